"""Measures the tables of the documents: runs the command of each table and writes its output between two markers.

    python benchmarks/tables.py --weights DIR --data DIR [--peer-python PYTHON] [--only NAME ...]

--weights is the folder of the ONNX files that are not shipped (FILES of benchmarks/support/zoo.py). --data is the
folder with coco_val, coco_train_extra and videos. --peer-python is the Python of an environment with rtmlib (see
peers/compare.py); without it the tables that compare with rtmlib are left out. In a document a table lies between
`<!-- table: NAME -->` and `<!-- end -->`; the rest of the document does not change.
"""

import argparse
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.support.zoo import EXAMPLES, FILES

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Table:
    """One table.

    Attributes:
        document: The file in docs/development/ that has the table.
        command: The command that prints it, without the interpreter; {models}, {data}, {weights} and {peer} are
            replaced by paths.
        is_text: The command prints plain text, not Markdown.
    """

    document: str
    command: str
    is_text: bool = False


_VARIANTS = "benchmarks/accuracy/compare.py"
_FULL = "--annotations {data}/coco_val/full_gt.json --images {data}/coco_val/images"
_EXTRA = "{data}/coco_train_extra/person_keypoints_train2017_subset.json"
_HELD_OUT = f"--annotations {_EXTRA} --images {{data}}/coco_train_extra/images"
_RTMDET, _TINYPOSE = "{models}/rtmdet-nano.onnx", "{models}/tinypose-256.onnx"
_OTHER_PAIR = f"--detector {_RTMDET} --pose {_TINYPOSE}"
_FOUR_PAIRS = f"--detector {_RTMDET} nanodet-g --pose {_TINYPOSE} movenet-thunder"
_ALL_MODELS = "nanodet-g {detectors} movenet-thunder movenet-lightning {poses}".format(
    detectors=" ".join(f"{{models}}/{name}.onnx" for name in FILES if "pose" not in name),
    poses=" ".join(f"{{models}}/{name}.onnx" for name in FILES if "pose" in name),
)


def _fit_from(sigma_1: float, sigma_2: float, mu: float, eta: float) -> Table:
    """The fit of pose NMS to two pairs of models, starting from these limits."""
    return Table(
        "accuracy.md",
        f"-m realtime_pose fit nms --annotations {_EXTRA} {{data}}/coco_val/kp_only_gt.json --images "
        "{data}/coco_train_extra/images {data}/coco_val/images --out {models}/pose_nms.toml "
        f"--pose-nms.sigma-1 {sigma_1} --pose-nms.sigma-2 {sigma_2} --pose-nms.mu {mu} --pose-nms.eta {eta} "
        f"--also {_RTMDET} {_TINYPOSE}",
        is_text=True,
    )


TABLES: Mapping[str, Table] = {
    "presets": Table("accuracy.md", f"{_VARIANTS} {_FULL} --only presets {_FOUR_PAIRS}"),
    "curve": Table("accuracy.md", f"{_VARIANTS} {_FULL} --only curve --plot docs/images/curve.svg"),
    "steps": Table("accuracy.md", f"{_VARIANTS} {_FULL} --only steps"),
    "changes": Table("accuracy.md", f"{_VARIANTS} {_HELD_OUT} --only changes"),
    "changes-other-pair": Table("accuracy.md", f"{_VARIANTS} {_HELD_OUT} --only changes {_OTHER_PAIR}"),
    "steps-other-pair": Table("accuracy.md", f"{_VARIANTS} {_FULL} --only steps {_OTHER_PAIR}"),
    "fit": _fit_from(0.3, 0.0025, 1, 0.9),
    "fit-from-afar": _fit_from(0.1, 0.01, 0.5, 8),
    "models": Table("models.md", f"benchmarks/accuracy/models.py {_FULL} {_ALL_MODELS}"),
    "sizes": Table(
        "models.md",
        f"benchmarks/accuracy/models.py {_FULL} nanodet-g {_RTMDET} --detector-size 320 416 416x416 640 640x640",
    ),
    "letterbox": Table(
        "benchmarks.md",
        f"benchmarks/accuracy/letterbox.py {_FULL} --detector {_RTMDET} nanodet-g --pose {_TINYPOSE} --size 640",
    ),
    "pose-nms": Table("benchmarks.md", "benchmarks/pose_nms.py --persons 3 40"),
    "peers-accuracy": Table(
        "benchmarks.md", f"benchmarks/peers/compare.py --peer-python {{peer}} --weights {{weights}} {_FULL}"
    ),
    "peers": Table(
        "benchmarks.md",
        "benchmarks/peers/compare.py --peer-python {peer} --weights {weights} --videos realtime_pose/media/demo.mp4 "
        "{data}/videos/openpose_video.avi",
    ),
}


def replace_table(text: str, name: str, table: str) -> str:
    """The document with this table between the markers of this name.

    Raises:
        ValueError: The markers are missing or stand there more than once.
    """
    place = re.compile(rf"(<!-- table: {re.escape(name)} -->\n).*?(<!-- end -->)", re.DOTALL)
    new, count = place.subn(lambda markers: f"{markers[1]}\n{table}\n\n{markers[2]}", text)
    if count != 1:
        raise ValueError(f"expected <!-- table: {name} --> and <!-- end --> once, found them {count} times")
    return new


def run_command(table: Table, paths: Mapping[str, str]) -> str:
    """The output of the table's command, as Markdown."""
    arguments = [argument.format(**paths) for argument in shlex.split(table.command)]
    run = subprocess.run([sys.executable, *arguments], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    lines = "\n".join(line.rstrip() for line in run.stdout.strip().splitlines())
    return f"```\n{lines}\n```" if table.is_text else lines


def link_models(weights: Path, folder: Path) -> None:
    """Link each network that is not shipped as NAME.onnx into the folder, and copy its entry."""
    for name, file in FILES.items():
        (folder / f"{name}.onnx").symlink_to(weights.resolve() / file)
        shutil.copyfile(EXAMPLES / f"{name}.toml", folder / f"{name}.toml")


def main() -> None:
    """Measure the tables and write them into the documents."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--peer-python", default="")
    parser.add_argument("--only", nargs="+", choices=tuple(TABLES), default=[], metavar="NAME")
    options = parser.parse_args()
    with_peer = [name for name, table in TABLES.items() if "{peer}" in table.command]
    if not options.peer_python and (missing := [name for name in options.only if name in with_peer]):
        parser.error(f"expected --peer-python PYTHON for {', '.join(missing)}: that of an environment with rtmlib")
    names = options.only or [name for name in TABLES if options.peer_python or name not in with_peer]
    with tempfile.TemporaryDirectory() as folder:
        link_models(options.weights, Path(folder))
        paths = {"models": folder, "peer": options.peer_python}
        paths |= {"data": str(options.data.resolve()), "weights": str(options.weights.resolve())}
        for name in names:
            print(name, file=sys.stderr, flush=True)
            table = run_command(TABLES[name], paths)
            # The document is read only now: the command may have taken an hour, and somebody may have edited it.
            document = ROOT / "docs" / "development" / TABLES[name].document
            document.write_text(replace_table(document.read_text(encoding="utf-8"), name, table), encoding="utf-8")


if __name__ == "__main__":
    main()
