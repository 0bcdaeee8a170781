"""The models that can be chosen in the window, with what is known of their cost: accuracy, size of the file, time here.

Only figures that were published or measured are told; what is unknown is left out.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from realtime_pose.app.translation import tr
from realtime_pose.models.manifest import Manifest, ModelSpec
from realtime_pose.models.weights import expected_path


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the values of a setting.

    Attributes:
        value: As in the configuration.
        text: For the user.
        note: More about it; "" for nothing.
    """

    value: str
    text: str
    note: str = ""


def model_choices(manifest: Manifest, tasks: tuple[str, ...], times: Mapping[str, str], current: str) -> list[Choice]:
    """The models for these tasks, those first that are on this computer.

    Args:
        manifest: The models that have a name.
        tasks: Values of ModelSpec.task.
        times: What was measured on this computer, in words, by the names of the models.
        current: The present model, which may be a file of the user's own.
    """
    specs = [spec for spec in manifest.models.values() if spec.task in tasks]
    specs.sort(key=lambda spec: not expected_path(spec).is_file())
    choices = [Choice(spec.name, _title(spec), describe_cost(spec, times)) for spec in specs]
    if current not in manifest.models:
        choices.insert(0, Choice(current, current, tr("a file of your own")))
    return choices


def describe_cost(spec: ModelSpec, times: Mapping[str, str]) -> str:
    """What is known of a model, in one line."""
    return " · ".join(_facts(spec, times))


def _title(spec: ModelSpec) -> str:
    """Its name, and whether it has to be downloaded."""
    return spec.name if expected_path(spec).is_file() else tr("{name}  (to be downloaded)").format(name=spec.name)


def _facts(spec: ModelSpec, times: Mapping[str, str]) -> Iterator[str]:
    if spec.published_score:
        yield spec.published_score
    if spec.name in times:
        yield times[spec.name]
    yield tr("input {width} x {height}").format(width=spec.input.wh[0], height=spec.input.wh[1])
    path = expected_path(spec)
    num_bytes = spec.bytes or (path.stat().st_size if path.is_file() else 0)
    if num_bytes:
        yield tr("file of {size} MB").format(size=f"{num_bytes / 1e6:.1f}")
    if spec.skeleton not in ("", "coco17"):
        yield tr("{count} keypoints").format(count=len(spec.pose_skeleton))
