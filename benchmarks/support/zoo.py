"""Networks of other families for tests: real files that are not shipped, with their entries from weights/examples.

``link_model`` puts a network into a folder as a user would have it: NAME.onnx (a link) and NAME.toml. Its path can be
given to ``--detector`` or ``--pose``, or to ``Manifest.find``.
"""

import shutil
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parents[2] / "weights" / "examples"
FILES = {
    "rtmdet-nano": "rtmdet_nano_person_320.onnx",
    "yolox-nano": "yolox_nano_416.onnx",
    "deimv2-femto": "deimv2_femto_416.onnx",
    "picodet-s": "picodet_s_lcnet_pedestrian_320.onnx",
    "tinypose-256": "pp_tinypose_256x192.onnx",
    "tinypose-128": "pp_tinypose_128x96.onnx",
    "blazepose-lite": "blazepose_landmark_lite_256_w16.onnx",
}


def link_model(name: str, folder: Path, *, shared: Path) -> Path:
    """Link a network as NAME.onnx into the folder, with its entry beside it; the path of the link.

    Args:
        name: A key of FILES.
        folder: Where to put it, such as tmp_path.
        shared: The folder of test data: the fixture shared_data.
    """
    link = folder / f"{name}.onnx"
    link.symlink_to(shared / "weights" / "test-only" / FILES[name])
    shutil.copyfile(EXAMPLES / f"{name}.toml", link.with_suffix(".toml"))
    return link
