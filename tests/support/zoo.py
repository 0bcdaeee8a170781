"""Networks of other families for tests: real files that are not shipped, each with its entry of weights/examples.

``placed`` puts one into a folder as a user would have it: NAME.onnx (a link) and NAME.toml; its path goes to
``--detector`` or ``--pose``, or to ``Manifest.find``.
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


def placed(name: str, folder: Path, *, shared: Path) -> Path:
    """NAME.onnx in the folder, its entry beside it.

    Args:
        name: A key of FILES.
        folder: Where to put it, such as tmp_path.
        shared: The folder of test data, as the fixture shared_data gives it.
    """
    own = folder / f"{name}.onnx"
    own.symlink_to(shared / "weights" / "test-only" / FILES[name])
    shutil.copyfile(EXAMPLES / f"{name}.toml", own.with_suffix(".toml"))
    return own
