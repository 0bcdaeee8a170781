"""Manifest entries, and graphs that match or do not match their entries."""

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from realtime_pose.errors import ConfigError, MissingWeightsError, ModelError
from realtime_pose.models import onnx_backend
from realtime_pose.models.manifest import InputSpec, ModelSpec, load_manifest, weights_folder
from realtime_pose.models.onnx_backend import OnnxBackend
from realtime_pose.models.patches_cpu import whole_frame
from realtime_pose.models.signatures import input_shape, output_shapes, shapes_match
from tests.support.models.graphs import constant_graph, dimmed_graph

MANIFEST = load_manifest()
LIGHTNING = MANIFEST.models["movenet-lightning"]
NANODET = MANIFEST.models["nanodet-g"]
HEATMAP = ModelSpec(
    name="m", task="pose", family="heatmap", file="x", skeleton="coco17", input=InputSpec(name="x", wh=(8, 8))
)


def weights_path(spec: ModelSpec) -> Path:
    return Path(str(weights_folder())) / spec.file


class TestManifest:
    @pytest.mark.parametrize(
        ("name", "task", "message"),
        [
            pytest.param("movenet-thundr", "pose", "did you mean movenet-thunder", id="typo"),
            pytest.param("xyz", "detector", "expected one of nanodet-g", id="far from all"),
            pytest.param("nanodet-g", "pose", "expected one for task pose, but its entry says detector", id="task"),
        ],
    )
    def test_unknown_names_get_suggestions(self, name: str, task: str, message: str) -> None:
        with pytest.raises(ConfigError, match=message):
            MANIFEST.find(name, task=task)

    def test_an_onnx_file_uses_the_entry_beside_it(self, tmp_path: Path) -> None:
        own = tmp_path / "mine.onnx"
        own.write_bytes(weights_path(LIGHTNING).read_bytes())
        entry = 'task = "pose"\nfamily = "movenet"\nskeleton = "coco17"\n[input]\nname = "images"\nwh = [192, 192]\n'
        # utf-8-sig: editors of Windows write a byte order mark.
        own.with_suffix(".toml").write_text(entry + 'layout = "NHWC"\nfit = "crop"\n', encoding="utf-8-sig")
        spec = MANIFEST.find(str(own), task="pose")
        assert (spec.name, spec.file, spec.input.wh) == ("mine", str(own), (192, 192))
        assert OnnxBackend(own, spec, device="cpu").device == "CPU"

    @pytest.mark.parametrize(
        ("entry", "error", "message"),
        [
            pytest.param(None, MissingWeightsError, "run: realtime-pose weights add", id="no entry"),
            pytest.param("task = ", ConfigError, "expected TOML", id="no TOML"),
            pytest.param('task = "pose"\nfamly = "movenet"', ConfigError, "did you mean 'family'", id="typo"),
            pytest.param('task = "pose"', ConfigError, "missing", id="keys missing"),
            pytest.param(
                'task = "juggle"\nfamily = "x"\n[input]\nname = "i"\nwh = [1, 1]', ConfigError, "juggle", id="task"
            ),
            pytest.param(
                'task = "pose"\nfamily = "x"\n[input]\nname = "i"\nwh = [1, 1]',
                ConfigError,
                "skeleton",
                id="no skeleton",
            ),
            pytest.param(
                'task = "detector"\nfamily = "x"\n[input]\nname = "i"\nwh = [1, 1]\ncolour = "GBR"',
                ConfigError,
                "expected one of BGR, RGB",
                id="colour",
            ),
        ],
    )
    def test_errors_in_a_users_own_entry(
        self, tmp_path: Path, entry: str | None, error: type[Exception], message: str
    ) -> None:
        own = tmp_path / "mine.onnx"
        own.write_bytes(b"not read")
        if entry is not None:
            own.with_suffix(".toml").write_text(entry, encoding="utf-8")
        with pytest.raises(error, match=message):
            MANIFEST.find(str(own), task="pose")

    @pytest.mark.parametrize(
        ("more", "wrong", "message"),
        [
            pytest.param(
                "person_class = -1", "", "keypoints and person_class: expected indices of 0 or more", id="class"
            ),
            pytest.param("", "pad = 300", "pad: expected a value from 0 to 255, got 300", id="pad"),
            pytest.param("", "multiple_px = -32", "multiple_px: expected 0 or more, got -32", id="multiple"),
            pytest.param("", "std = [1, nan, 1]", "mean, std and padding: expected numbers", id="std"),
            pytest.param("", "mean = [1, inf, 1]", "mean, std and padding: expected numbers", id="mean"),
            pytest.param("", "wh = [0, 1]", "must be positive", id="size"),
        ],
    )
    def test_numbers_out_of_range_are_refused(self, tmp_path: Path, more: str, wrong: str, message: str) -> None:
        own = tmp_path / "mine.onnx"
        own.write_bytes(b"not read")
        size = "" if "wh" in wrong else "wh = [1, 1]\n"
        entry = f'task = "detector"\nfamily = "x"\n{more}\n[input]\nname = "i"\n{size}{wrong}\n'
        own.with_suffix(".toml").write_text(entry, encoding="utf-8")
        with pytest.raises(ConfigError, match=message):
            MANIFEST.find(str(own), task="detector")

    def test_a_keypoint_has_no_negative_index(self) -> None:
        with pytest.raises(ConfigError, match="keypoints and person_class: expected indices of 0 or more"):
            replace(LIGHTNING, keypoints=(*range(16), -3))

    def test_a_missing_onnx_file_is_named(self) -> None:
        with pytest.raises(MissingWeightsError, match=r"nowhere\.onnx"):
            MANIFEST.find("nowhere.onnx", task="pose")


class TestSignatures:
    def test_an_unknown_family_lists_the_known(self) -> None:
        with pytest.raises(ConfigError, match="expected one of nanodet, yolox"):
            output_shapes(replace(LIGHTNING, family="ouija"))

    def test_inputs_of_any_size(self) -> None:
        assert input_shape(NANODET) == (None, 3, None, None)
        assert input_shape(LIGHTNING) == (None, 192, 192, 3)

    @pytest.mark.parametrize(
        ("expected", "actual", "is_match"),
        [
            pytest.param((None, 3), ("N", 3), True, id="free batch"),
            pytest.param((None, 3), (1, 4), False, id="other length"),
            pytest.param((3,), ("K",), True, id="free in the graph"),
            pytest.param((None, 3), (3,), False, id="other number of axes"),
            pytest.param((), (), True, id="scalar"),
        ],
    )
    def test_shapes(self, expected: tuple[int | None, ...], actual: tuple[object, ...], *, is_match: bool) -> None:
        assert shapes_match(expected, actual) is is_match


class TestOnnxBackend:
    def test_the_rows_of_a_batch_are_independent(self) -> None:
        backend = OnnxBackend(weights_path(LIGHTNING), LIGHTNING, device="cpu", threads=1)
        batch = np.random.default_rng(0).uniform(0, 255, (3, 192, 192, 3)).astype(np.float32)
        together = backend.run(batch)
        alone = backend.run(batch[1:2])
        assert together["heatmap"].shape == (3, 17, 48, 48)
        assert np.allclose(together["heatmap"][1], alone["heatmap"][0], atol=1e-4)

    def test_crops_that_run_in_parallel_give_the_same_outputs_in_order(self) -> None:
        one, two = (
            OnnxBackend(weights_path(LIGHTNING), LIGHTNING, device="cpu", threads=threads) for threads in (1, 2)
        )
        batch = np.random.default_rng(0).uniform(0, 255, (5, 192, 192, 3)).astype(np.float32)
        serial, parallel = one.run(batch), two.run(batch)
        assert parallel.keys() == serial.keys()
        for name, values in serial.items():
            assert np.allclose(parallel[name], values, atol=1e-5)

    def test_a_failure_of_a_parallel_crop_is_raised(self) -> None:
        backend = OnnxBackend(weights_path(LIGHTNING), LIGHTNING, device="cpu", threads=2)
        with pytest.raises(ModelError, match=r"failed on a batch \(1, 64, 64, 3\)"):
            backend.run(np.zeros((4, 64, 64, 3), np.float32))

    @pytest.mark.parametrize(
        ("spec", "message"),
        [
            pytest.param(replace(NANODET, family="movenet", task="pose", skeleton="coco17"), "outputs", id="family"),
            pytest.param(
                replace(LIGHTNING, input=replace(LIGHTNING.input, wh=(256, 256))),
                r"expected shape \(None, 256, 256, 3\), got \('N', 192, 192, 3\)",
                id="size",
            ),
            pytest.param(
                replace(LIGHTNING, input=replace(LIGHTNING.input, name="image")), "expects input 'image'", id="name"
            ),
            pytest.param(
                replace(LIGHTNING, input=replace(LIGHTNING.input, layout="NCHW")), "expected shape", id="layout"
            ),
        ],
    )
    def test_a_graph_that_does_not_match_its_entry_is_refused(self, spec: ModelSpec, message: str) -> None:
        with pytest.raises(ModelError, match=message):
            OnnxBackend(weights_path(spec), spec, device="cpu")

    @pytest.mark.parametrize("dtype", ["uint8", "int32", "int64", "float16", "float32", "float64"])
    def test_an_image_enters_in_the_type_of_the_graph(self, tmp_path: Path, dtype: str) -> None:
        path = dimmed_graph(tmp_path / "x.onnx", (1, 3, 8, 8), np.ones((1, 17, 2, 2), np.float32), dtype=dtype)
        backend = OnnxBackend(path, HEATMAP, device="cpu")
        (value,) = np.unique(backend.run(np.full((1, 3, 8, 8), 200, np.float32))["heatmap"])
        assert value == 200

    def test_integers_are_not_normalised(self, tmp_path: Path) -> None:
        path = dimmed_graph(tmp_path / "x.onnx", (1, 3, 8, 8), np.ones((1, 17, 2, 2), np.float32), dtype="uint8")
        plain = HEATMAP.input
        for wrong in (replace(plain, std=(255.0, 255.0, 255.0)), replace(plain, mean=(0.0, 0.0, 1.0))):
            with pytest.raises(ModelError, match="input x: expected mean 0 and std 1 for a graph with integer input"):
                OnnxBackend(path, replace(HEATMAP, input=wrong), device="cpu")

    def test_a_type_that_is_not_for_images_is_refused(self, tmp_path: Path) -> None:
        path = dimmed_graph(tmp_path / "x.onnx", (1, 3, 8, 8), np.ones((1, 17, 2, 2), np.float32), dtype="bool")
        with pytest.raises(ModelError, match=r"expected an input of float32, .*, got bool"):
            OnnxBackend(path, HEATMAP, device="cpu")

    @pytest.mark.parametrize(
        ("spec", "shape", "message"),
        [
            pytest.param({"keypoints": (*range(16), 40)}, (26, 2, 2), "at least 41, got 26 keypoints", id="beyond"),
            pytest.param({"keypoints": (*range(16), 25)}, (26, 2, 2), "", id="the last"),
            pytest.param({"family": "blazepose"}, (195,), "the 17 of coco17, got 39 keypoints", id="not selected"),
            pytest.param({"family": "blazepose"}, (86,), r"expected 5 numbers per keypoint", id="not five each"),
            pytest.param({"family": "blazepose", "keypoints": (*range(16), 38)}, (195,), "", id="selected"),
        ],
    )
    def test_keypoints_that_a_network_does_not_have_are_refused(
        self, tmp_path: Path, spec: dict[str, Any], shape: tuple[int, ...], message: str
    ) -> None:
        name = "keypoints" if "family" in spec else "heatmap"
        outputs = {name: np.zeros((1, *shape), np.float32)}
        path = constant_graph(tmp_path / "x.onnx", {"x": ("N", 3, 8, 8)}, outputs)
        with pytest.raises(ModelError, match=message) if message else nullcontext():
            OnnxBackend(path, replace(HEATMAP, **spec), device="cpu")

    def test_keypoints_that_movenet_does_not_have_are_refused(self) -> None:
        spec = replace(LIGHTNING, keypoints=(*range(16), 40))
        with pytest.raises(ModelError, match="at least 41, got 17 keypoints"):
            OnnxBackend(weights_path(LIGHTNING), spec, device="cpu")

    @pytest.mark.parametrize("content", [b"", b"this is text, not a graph"])
    def test_a_file_that_is_no_graph_is_refused(self, tmp_path: Path, content: bytes) -> None:
        file = tmp_path / "text.onnx"
        file.write_bytes(content)
        with pytest.raises(ModelError, match="cannot be loaded as an ONNX graph"):
            OnnxBackend(file, LIGHTNING, device="cpu")

    def test_a_batch_of_another_shape_is_refused(self) -> None:
        backend = OnnxBackend(weights_path(LIGHTNING), LIGHTNING, device="cpu")
        with pytest.raises(ModelError, match=r"failed on a batch \(1, 64, 64, 3\)"):
            backend.run(np.zeros((1, 64, 64, 3), np.float32))

    def test_without_a_driver_cuda_falls_back_to_the_cpu(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(onnx_backend, "has_cuda_driver", lambda: False)
        assert OnnxBackend(weights_path(LIGHTNING), LIGHTNING, device="cuda").device == "CPU"


@pytest.mark.parametrize("fit", ["letterbox", "letterbox-centred", "stretch"])
@pytest.mark.parametrize("colour", ["BGR", "RGB"])
def test_a_whole_frame_is_fitted_padded_and_normalised(fit: str, colour: str) -> None:
    spec = InputSpec(
        name="i", wh=(64, 64), colour=colour, mean=(10, 20, 30), std=(2, 4, 5), fit=fit, pad=100, layout="NCHW"
    )
    image = np.full((20, 40, 3), (50, 60, 70), np.uint8)
    batch, affine = whole_frame(image, spec, (64, 64))
    inside = [50, 60, 70] if colour == "BGR" else [70, 60, 50]
    expected = [(value - mean) / std for value, mean, std in zip(inside, spec.mean, spec.std, strict=True)]
    padding = [(100 - mean) / std for mean, std in zip(spec.mean, spec.std, strict=True)]
    rows = {"letterbox": (5, 60), "letterbox-centred": (32, 2), "stretch": (60, None)}[fit]
    assert batch.dtype == np.float32
    assert batch[0, :, rows[0], 32].tolist() == pytest.approx(expected)
    if rows[1] is not None:
        assert batch[0, :, rows[1], 32].tolist() == pytest.approx(padding)
    assert affine[0, 0] == pytest.approx(1.6)
    assert affine[1, 1] == pytest.approx(3.2 if fit == "stretch" else 1.6)
