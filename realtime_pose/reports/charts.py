"""Curves and counts of errors as charts: values in, PNG files as bytes out, drawn by Matplotlib.

Matplotlib is an extra and is imported where it is used; its figures are made without pyplot, so that nothing is shown,
nothing is kept, and no screen is asked for.
"""

import io
from typing import TYPE_CHECKING, Any

import numpy as np

from realtime_pose.errors import MissingPackageError
from realtime_pose.evaluate.coco import CocoScores
from realtime_pose.evaluate.curves import Curves
from realtime_pose.evaluate.error_types import COUNTED, ErrorCounts, ErrorType
from realtime_pose.skeletons import Skeleton

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_INK, _FAINT, _QUIET = "#1c2126", "#dfe3e6", "#6b747c"
# Okabe & Ito's colours, which colour-blind eyes tell apart; what is good stands back.
TYPE_COLOURS = {
    ErrorType.MISS: "#d55e00",
    ErrorType.SWAP: "#cc79a7",
    ErrorType.INVERSION: "#0072b2",
    ErrorType.JITTER: "#f0c542",
    ErrorType.GOOD: "#e4e8ea",
}
_LIGHT = {ErrorType.SWAP, ErrorType.JITTER, ErrorType.GOOD}  # dark text reads better on these
_STACKED = tuple(TYPE_COLOURS)  # from the left: the worst begin at 0, so that they compare from row to row
_CURVE_COLOURS = ("#0072b2", "#e69f00", _INK)
_LEAST_LABELLED = 0.045  # a narrower part of a bar has no room for its number


def check() -> None:
    """Raise MissingPackageError unless there is a Matplotlib to draw with."""
    _figure((1, 1))


def draw_curves(keypoints: tuple[Curves, CocoScores], boxes: tuple[Curves, CocoScores], *, title: str) -> bytes:
    """Precision over recall of keypoints and of boxes beside each other, the scorer's AP in the legends."""
    figure = _figure((10.5, 5.0))
    left, right = figure.subplots(1, 2, sharey=True)
    _draw_curves(left, *keypoints, words=("Keypoints", "OKS"))
    _draw_curves(right, *boxes, words=("Boxes", "IoU"))
    left.set_ylabel("precision")
    _write_title(figure, title)
    return _encoded(figure)


def draw_errors(counts: ErrorCounts, skeleton: Skeleton, *, title: str) -> bytes:
    """A bar of error types for all keypoints and for each, and how many persons and poses found no partner."""
    figure = _figure((9.5, 2.6 + 0.34 * len(skeleton)))
    upper, lower = figure.subplots(2, 1, height_ratios=(len(skeleton) + 2, 4))
    _draw_types(upper, counts, skeleton)
    _draw_persons(lower, counts)
    _write_title(figure, title)
    return _encoded(figure)


def _draw_curves(axes: "Axes", curves: Curves, scores: CocoScores, *, words: tuple[str, str]) -> None:
    """One pair of axes: the curves at .50 and .75, their mean over all thresholds, and the best score on the first."""
    title, unit = words
    at75 = int(np.argmin(np.abs(curves.thresholds - 0.75)))
    drawn = (
        (f"{unit} .50", curves.precision[0], scores.ap50),
        (f"{unit} .75", curves.precision[at75], scores.ap75),
        ("mean .50 to .95", curves.precision.mean(axis=0), scores.ap),
    )
    for (name, precision, ap), colour in zip(drawn, _CURVE_COLOURS, strict=True):
        reached = curves.recall[: int((precision > 0).sum())]
        ends = reached[-1] if len(reached) else 0.0
        axes.plot(
            [*reached, ends],
            [*precision[: len(reached)], 0.0],
            color=colour,
            linewidth=2,
            drawstyle="steps-pre",  # precision is what is reached at this recall or further on
            label=f"{name}   AP {100 * ap:.1f}",
            clip_on=False,
        )
    if curves.best_score > 0:
        point = curves.recall[curves.best], curves.precision[0, curves.best]
        axes.plot(*point, "o", color=_CURVE_COLOURS[0], markersize=7, markeredgecolor="white", zorder=5)
        axes.annotate(
            f"best F1: score ≥ {curves.best_score:.2f}", point, (8, 6), textcoords="offset points", color=_QUIET,
            fontsize=8.5,
        )  # fmt: skip
    axes.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="recall")
    axes.set_title(title, loc="left", fontsize=12, color=_INK, fontweight="bold")
    axes.legend(loc="best", frameon=True, framealpha=0.9, edgecolor="none", fontsize=9.5)
    axes.set_xticks(np.linspace(0, 1, 6))
    axes.set_yticks(np.linspace(0, 1, 6))
    axes.grid(color=_FAINT, linewidth=0.8)
    _tidy(axes)


def _draw_types(axes: "Axes", counts: ErrorCounts, skeleton: Skeleton) -> None:
    """Horizontal bars of shares: all keypoints above, a gap, then each keypoint."""
    rows = np.concatenate((counts.keypoints.sum(axis=0, keepdims=True), counts.keypoints))  # (1 + K, 5)
    places = np.concatenate(((-0.6,), np.arange(1, len(rows))))
    totals = rows.sum(axis=1)
    shares = rows / np.maximum(totals, 1)[:, None]
    start = np.zeros(len(rows))
    for kind in _STACKED:
        share = shares[:, COUNTED.index(kind)]
        colour = TYPE_COLOURS[kind]
        axes.barh(places, share, left=start, height=0.78, color=colour, edgecolor="white", linewidth=0.8,
                  label=kind.name.lower())  # fmt: skip
        for place, left, width in zip(places, start, share, strict=True):
            if width >= _LEAST_LABELLED:
                ink = _INK if kind in _LIGHT else "white"
                axes.text(
                    left + width / 2, place, f"{100 * width:.0f}", color=ink, ha="center", va="center", fontsize=8
                )
        start = start + share
    names = ["all", *(name.replace("_", " ") for name in skeleton.keypoints)]
    labels = [f"{name}  ({total})" for name, total in zip(names, totals, strict=True)]
    axes.set_yticks(places, labels)
    axes.get_yticklabels()[0].set_fontweight("bold")
    axes.set(xlim=(0, 1), xlabel="share of the labelled keypoints of matched persons, %")
    axes.set_ylim(len(rows) - 0.4, -2.2)  # from below upwards, with room for the legend
    axes.set_xticks(np.linspace(0, 1, 6), [f"{percent}" for percent in range(0, 101, 20)])
    axes.legend(
        loc="upper center", ncols=len(_STACKED), frameon=False, fontsize=9.5, handlelength=1.1, handleheight=1.1
    )
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    _tidy(axes)


def _draw_persons(axes: "Axes", counts: ErrorCounts) -> None:
    """Horizontal bars: persons found and missed, poses too many."""
    bars = {
        "persons found": (counts.matched, TYPE_COLOURS[ErrorType.GOOD]),
        "persons missed": (counts.missed, TYPE_COLOURS[ErrorType.MISS]),
        "poses repeated": (counts.repeated, _QUIET),
        "poses on background": (counts.background, _QUIET),
    }
    places = range(len(bars))
    drawn = axes.barh(places, [value for value, _ in bars.values()], color=[colour for _, colour in bars.values()])
    axes.bar_label(drawn, color=_INK, fontsize=9, padding=4)
    axes.set_yticks(places, list(bars))
    axes.invert_yaxis()
    axes.set_xticks([])
    axes.set_xlabel(f"poses of nobody are counted from a score of {counts.score:.2f} on")
    axes.margins(x=0.08)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    _tidy(axes)


def _figure(wh_inch: tuple[float, float]) -> "Figure":
    """An empty figure that belongs to nobody's screen."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingPackageError(
            "drawing charts needs the package matplotlib, which is not installed here: "
            "pip install 'realtime-pose[eval]'"
        ) from error
    return Figure(figsize=wh_inch, dpi=150, layout="constrained", facecolor="white")


def _tidy(axes: "Axes") -> None:
    """Only what is needed around a chart, in quiet colours."""
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(_FAINT)
    axes.tick_params(colors=_QUIET, labelcolor=_INK)
    axes.set_axisbelow(True)


def _write_title(figure: "Figure", title: str) -> None:
    figure.suptitle(title, x=0.01, ha="left", fontsize=10.5, color=_QUIET)


def _encoded(figure: "Figure") -> bytes:
    """As a PNG file."""
    file = io.BytesIO()
    metadata: dict[str, Any] = {"Software": None}  # the same values make the same file
    figure.savefig(file, format="png", metadata=metadata)
    return file.getvalue()
