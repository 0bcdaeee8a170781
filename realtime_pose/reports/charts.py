"""Charts of curves and error counts: values in, PNG files as bytes out, drawn with Matplotlib.

Matplotlib is an extra, imported where it is used. The figures are made without pyplot: so no window opens, no figure
stays in memory, and no screen is needed.
"""

import io
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from realtime_pose.errors import MissingPackageError
from realtime_pose.evaluate.coco import CocoScores
from realtime_pose.evaluate.curves import Curves
from realtime_pose.evaluate.error_types import COUNTED, ErrorCounts, ErrorType
from realtime_pose.skeletons import Skeleton

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Real = NDArray[np.float64]

DARK, LIGHT_GREY, GREY = "#1c2126", "#dfe3e6", "#6b747c"
# Okabe & Ito, "Color Universal Design", 2008: distinct for colour-blind people. Good keypoints are light grey.
TYPE_COLOURS = {
    ErrorType.MISS: "#d55e00",
    ErrorType.SWAP: "#cc79a7",
    ErrorType.INVERSION: "#0072b2",
    ErrorType.JITTER: "#f0c542",
    ErrorType.GOOD: "#e4e8ea",
}
_WITH_DARK_TEXT = {ErrorType.SWAP, ErrorType.JITTER, ErrorType.GOOD}  # light colours
_STACKED = tuple(TYPE_COLOURS)  # from the left; the worst type starts at 0, so that rows are easy to compare
_CURVE_COLOURS = ("#0072b2", "#e69f00", DARK)
_MIN_LABELLED = 0.045  # a smaller share of a bar has no room for its number


def check_matplotlib() -> None:
    """Raise MissingPackageError if Matplotlib is not installed."""
    make_figure((1, 1))


def draw_curves(keypoints: tuple[Curves, CocoScores], boxes: tuple[Curves, CocoScores], *, title: str) -> bytes:
    """Precision-recall curves of keypoints and boxes side by side, with the scorer's AP in the legends."""
    figure = make_figure((10.5, 5.0))
    left, right = figure.subplots(1, 2, sharey=True)
    _draw_curves(left, *keypoints, title="Keypoints", measure="OKS")
    _draw_curves(right, *boxes, title="Boxes", measure="IoU")
    left.set_ylabel("precision")
    write_title(figure, title)
    return encode_png(figure)


def draw_errors(counts: ErrorCounts, skeleton: Skeleton, *, title: str) -> bytes:
    """Bars of error types for all keypoints and for each, and the numbers of missed persons and unmatched poses."""
    figure = make_figure((9.5, 2.6 + 0.34 * len(skeleton)))  # one row per keypoint
    upper, lower = figure.subplots(2, 1, height_ratios=(len(skeleton) + 2, 4))
    _draw_types(upper, counts, skeleton)
    _draw_persons(lower, counts)
    write_title(figure, title)
    return encode_png(figure)


def _draw_curves(axes: "Axes", curves: Curves, scores: CocoScores, *, title: str, measure: str) -> None:
    """One chart: the curves at .50 and .75, their mean over all thresholds, and the point with the best F1."""
    at75 = int(np.argmin(np.abs(curves.thresholds - 0.75)))
    lines = (
        (f"{measure} .50", curves.precision[0], scores.ap50),
        (f"{measure} .75", curves.precision[at75], scores.ap75),
        ("mean .50 to .95", curves.precision.mean(axis=0), scores.ap),
    )
    for (name, precision, ap), colour in zip(lines, _CURVE_COLOURS, strict=True):
        label = f"{name}   AP {100 * ap:.1f}"
        _draw_curve(axes, curves.recall, precision, label=label, colour=colour)
    if curves.best_score > 0:
        point = curves.recall[curves.best], curves.precision[0, curves.best]
        axes.plot(*point, "o", color=_CURVE_COLOURS[0], markersize=7, markeredgecolor="white", zorder=5)
        axes.annotate(
            f"best F1: score ≥ {curves.best_score:.2f}", point, (8, 6), textcoords="offset points", color=GREY,
            fontsize=8.5,
        )  # fmt: skip
    axes.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="recall")
    axes.set_title(title, loc="left", fontsize=12, color=DARK, fontweight="bold")
    axes.legend(loc="best", frameon=True, framealpha=0.9, edgecolor="none", fontsize=9.5)
    axes.set_xticks(np.linspace(0, 1, 6))
    axes.set_yticks(np.linspace(0, 1, 6))
    axes.grid(color=LIGHT_GREY, linewidth=0.8)
    style(axes)


def _draw_curve(axes: "Axes", recall: Real, precision: Real, *, label: str, colour: str) -> None:
    """One curve up to the highest recall that is reached, then down to 0."""
    num_reached = int((precision > 0).sum())
    last = recall[num_reached - 1] if num_reached else 0.0
    axes.plot(
        [*recall[:num_reached], last],
        [*precision[:num_reached], 0.0],
        color=colour,
        linewidth=2,
        drawstyle="steps-pre",  # the interpolated precision at a recall holds for all lower ones down to the last level
        label=label,
        clip_on=False,
    )


def _draw_types(axes: "Axes", counts: ErrorCounts, skeleton: Skeleton) -> None:
    """Stacked horizontal bars of shares: all keypoints at the top, a gap, then each keypoint."""
    rows = np.concatenate((counts.keypoints.sum(axis=0, keepdims=True), counts.keypoints))  # (1 + K, 5)
    y = np.concatenate(((-0.6,), np.arange(1, len(rows))))  # (1 + K,)
    totals = rows.sum(axis=1)
    shares = rows / np.maximum(totals, 1)[:, None]
    left = np.zeros(len(rows))
    for kind in _STACKED:
        share = shares[:, COUNTED.index(kind)]
        axes.barh(y, share, left=left, height=0.78, color=TYPE_COLOURS[kind], edgecolor="white", linewidth=0.8,
                  label=kind.name.lower())  # fmt: skip
        _label_bars(axes, y, left, share, colour=DARK if kind in _WITH_DARK_TEXT else "white")
        left = left + share
    names = ["all", *(name.replace("_", " ") for name in skeleton.keypoints)]
    labels = [f"{name}  ({total})" for name, total in zip(names, totals, strict=True)]
    axes.set_yticks(y, labels)
    axes.get_yticklabels()[0].set_fontweight("bold")
    axes.set(xlim=(0, 1), xlabel="share of the labelled keypoints of matched persons, %")
    axes.set_ylim(len(rows) - 0.4, -2.2)  # the first row at the top, with room for the legend above
    axes.set_xticks(np.linspace(0, 1, 6), [f"{percent}" for percent in range(0, 101, 20)])
    axes.legend(
        loc="upper center", ncols=len(_STACKED), frameon=False, fontsize=9.5, handlelength=1.1, handleheight=1.1
    )
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    style(axes)


def _label_bars(axes: "Axes", y: Real, left: Real, share: Real, *, colour: str) -> None:
    """The percentage in the middle of each part of a bar that has room for it."""
    for row, start, width in zip(y, left, share, strict=True):
        if width >= _MIN_LABELLED:
            axes.text(start + width / 2, row, f"{100 * width:.0f}", color=colour, ha="center", va="center", fontsize=8)


def _draw_persons(axes: "Axes", counts: ErrorCounts) -> None:
    """Horizontal bars: persons found and missed, and poses without a person."""
    bars = {
        "persons found": (counts.matched, TYPE_COLOURS[ErrorType.GOOD]),
        "persons missed": (counts.missed, TYPE_COLOURS[ErrorType.MISS]),
        "duplicate poses": (counts.duplicate, GREY),
        "poses on background": (counts.background, GREY),
    }
    y = range(len(bars))
    drawn = axes.barh(y, [value for value, _ in bars.values()], color=[colour for _, colour in bars.values()])
    axes.bar_label(drawn, color=DARK, fontsize=9, padding=4)
    axes.set_yticks(y, list(bars))
    axes.invert_yaxis()
    axes.set_xticks([])
    axes.set_xlabel(f"poses without a person are counted if their score is {counts.score:.2f} or more")
    axes.margins(x=0.08)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    style(axes)


def make_figure(wh_inch: tuple[float, float]) -> "Figure":
    """An empty figure that needs no screen."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingPackageError(
            "drawing charts needs the package matplotlib, which is not installed here: "
            "pip install 'realtime-pose[eval]'"
        ) from error
    return Figure(figsize=wh_inch, dpi=150, layout="constrained", facecolor="white")


def style(axes: "Axes") -> None:
    """A plain frame in grey, behind the data."""
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(LIGHT_GREY)
    axes.tick_params(colors=GREY, labelcolor=DARK)
    axes.set_axisbelow(True)


def write_title(figure: "Figure", title: str) -> None:
    """Write a line of text above the panels, from the left."""
    figure.suptitle(title, x=0.01, ha="left", fontsize=10.5, color=GREY)


def encode_png(figure: "Figure") -> bytes:
    """The figure as a PNG file."""
    file = io.BytesIO()
    metadata: dict[str, Any] = {"Software": None}  # no version of Matplotlib: the same values give the same file
    figure.savefig(file, format="png", metadata=metadata)
    return file.getvalue()
