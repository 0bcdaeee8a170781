"""The chart of `fit pgpg`: detected and generated boxes of held-out images to histograms, beside the atomic poses."""

from typing import TYPE_CHECKING

import numpy as np

from realtime_pose.reports.charts import DARK, GREY, LIGHT_GREY, Real, encode_png, make_figure, style, write_title
from realtime_pose.skeletons import Skeleton
from realtime_pose.train.atomic_poses import AtomicPoses
from realtime_pose.train.pgpg_agreement import AS_RELEASED, BY_POSE, FOR_ALL, AgreementReport

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLOURS = {BY_POSE: "#0072b2", FOR_ALL: "#e69f00", AS_RELEASED: "#d55e00"}  # Okabe & Ito
_EDGES = ("left edge", "top edge", "right edge", "bottom edge")
_BINS, _REACH = 31, 0.4  # of the box's side
_MIN_SHARE = 0.5  # of the poses of an atom: rarer keypoints are not drawn
_ATOM_WIDTH = 2.4  # torso lengths


def draw_agreement(report: AgreementReport, atoms: AtomicPoses, skeleton: Skeleton, *, title: str) -> bytes:
    """Histograms of the four edges and of IoU, and the atomic poses, as a PNG file."""
    figure = make_figure((13.0, 7.2))
    panels = figure.subplots(2, 3)
    for index, name in enumerate(_EDGES):
        axes = panels.flat[index]
        bins = np.linspace(-_REACH, _REACH, _BINS)
        sets = {key: (each.offsets[:, index], each.distance[index]) for key, each in report.generators.items()}
        _draw_histograms(axes, bins, report.offsets[:, index], sets)
        axes.set_title(name, loc="left", fontsize=11, color=DARK, fontweight="bold")
        axes.set_xlabel("offset from the true edge, as a share of the side")
    sets = {key: (each.iou, each.iou_distance) for key, each in report.generators.items()}
    _draw_histograms(panels[1, 1], np.linspace(0.5, 1, _BINS), report.iou, sets)
    panels[1, 1].set_title("overlap", loc="left", fontsize=11, color=DARK, fontweight="bold")
    panels[1, 1].set_xlabel("IoU with the true box")
    _draw_atoms(panels[1, 2], atoms, skeleton)
    write_title(figure, f"{title}; numbers: Kolmogorov-Smirnov distance")
    return encode_png(figure)


def _draw_histograms(axes: "Axes", bins: Real, real: Real, generated: dict[str, tuple[Real, float]]) -> None:
    """Densities: the detector's filled, each generator's as a line with its distance in the legend."""
    axes.hist(np.clip(real, bins[0], bins[-1]), bins=bins.tolist(), density=True, color=LIGHT_GREY, label="detector")
    for name, (values, distance) in generated.items():
        density, _ = np.histogram(np.clip(values, bins[0], bins[-1]), bins=bins, density=True)
        axes.stairs(density, bins, color=_COLOURS[name], linewidth=1.6, label=f"{name}  {distance:.2f}")
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.legend(frameon=False, fontsize=8.5, loc="upper left")
    style(axes)
    axes.margins(x=0)


def _draw_atoms(axes: "Axes", atoms: AtomicPoses, skeleton: Skeleton) -> None:
    """The atomic poses side by side in rows, with the keypoints that most of their poses have."""
    per_row = int(np.ceil(np.sqrt(2 * len(atoms.xy))))
    for index, (xy, share) in enumerate(zip(atoms.xy, atoms.share, strict=True)):
        row, column = divmod(index, per_row)
        points = xy + np.array((column, 2 * row)) * _ATOM_WIDTH
        for first, second in skeleton.limbs:
            if min(share[first], share[second]) >= _MIN_SHARE:
                axes.plot(*points[[first, second]].T, color=GREY, linewidth=1.4)
        is_drawn = share >= _MIN_SHARE
        axes.plot(*points[is_drawn].T, "o", color=_COLOURS[BY_POSE], markersize=2.5)
    axes.set_aspect("equal")
    axes.invert_yaxis()
    axes.set_axis_off()
    axes.set_title(f"atomic poses ({len(atoms.xy)})", loc="left", fontsize=11, color=DARK, fontweight="bold")
