"""The proposals generator: aligned poses, atomic poses, offsets by pose, its file, and its fit to detections."""

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from realtime_pose.errors import ConfigError, DatasetError, MissingPackageError
from realtime_pose.geometry import bounding_box, iou
from realtime_pose.scene import Float
from realtime_pose.skeletons import COCO17, HALPE26, MPII16, Skeleton, generic_skeleton, match_keypoints
from realtime_pose.train import fit_pgpg, pgpg
from realtime_pose.train.atomic_poses import NO_ATOM, align_by_torso, torso_of
from realtime_pose.train.fit_pgpg import MatchedBoxes, check_enough, fit, fit_mixture, match_images
from realtime_pose.train.persons import TrainPerson
from realtime_pose.train.pgpg import PoseGuidedGenerator
from realtime_pose.train.pgpg_agreement import AS_RELEASED, BY_POSE, FOR_ALL, compare
from realtime_pose.train.proposals import (
    MIN_IOU,
    RELEASED,
    Mixture,
    PoseIndependentGenerator,
    UniformJitter,
    nearby_boxes,
)
from tests.support.people.stick_figure import STANDING

pytestmark = [pytest.mark.slow]

F32 = np.float32
TORSO = torso_of(COCO17)
LEGS = [13, 14, 15, 16]
UNIT = np.array((0, 0, 1, 1), F32)
WHOLE = np.array((0.02, -0.05, 0.03, 0.04))  # mean offsets of whole persons, and of those without legs
CUT = np.array((-0.05, 0.0, 0.05, 0.25))
STD = 0.02


ALL = np.ones(17, bool)


def a_person(xy: Float, is_labelled: Any = ALL, *, box: Float | None = None) -> TrainPerson:
    return TrainPerson(
        Path("1.png"),
        bounding_box(xy[None].astype(F32))[0] if box is None else box,
        xy.astype(F32),
        np.asarray(is_labelled),
    )


def people(count: int, seed: int = 0) -> MatchedBoxes:
    """Whole people and people without legs in turn, ten in an image, each kind with offsets of its own."""
    rng = np.random.default_rng(seed)
    xy = STANDING * rng.uniform(50, 300, (count, 1, 1)) + rng.normal(0, 2, (count, 17, 2)) + rng.uniform(0, 500)
    is_labelled = np.ones((count, 17), bool)
    is_labelled[1::2, LEGS] = False
    true = np.array([bounding_box(each[None])[0] for each in xy], F32)
    mean = np.where((np.arange(count) % 2 == 0)[:, None], WHOLE, CUT)
    return MatchedBoxes(np.arange(count) // 10, xy, is_labelled, true, mean + rng.normal(0, STD, (count, 4)))


@pytest.fixture(scope="module")
def generator() -> PoseGuidedGenerator:
    return fit(people(240), COCO17)


def sampled(generator: Any, person: TrainPerson, count: int = 400) -> np.ndarray:
    """Mean offsets of the boxes of a person whose true box is the unit square."""
    rng = np.random.default_rng(0)
    boxes = np.array([generator.sample(replace(person, xyxy=UNIT), rng) for _ in range(count)])
    return np.asarray((boxes - UNIT).mean(axis=0))


class TestMixtures:
    def test_samples_have_its_moments(self) -> None:
        parts = [Mixture.independent(np.full(4, mean), np.full(4, 0.1)) for mean in (-0.2, 0.6)]
        mixture = Mixture.blend([(3, parts[0]), (1, parts[1])])
        assert mixture.weight.tolist() == [0.75, 0.25]
        offsets = mixture.sample(np.random.default_rng(0), 20_000)
        assert offsets.mean(axis=0) == pytest.approx(0, abs=0.01)
        assert offsets.std(axis=0) == pytest.approx(np.sqrt(0.01 + 0.75 * 0.04 + 0.25 * 0.36), abs=0.01)
        assert offsets.dtype == np.float64

    def test_the_density_is_that_of_scipy(self) -> None:
        from scipy.stats import multivariate_normal

        rng = np.random.default_rng(1)
        roots, means, weights = rng.normal(0, 1, (2, 4, 4)), rng.normal(0, 1, (2, 4)), np.array((0.3, 0.7))
        covariances = roots @ roots.transpose(0, 2, 1) + np.eye(4)
        offsets = rng.normal(0, 1, (5, 4))
        expected = sum(
            weight * multivariate_normal(mean, covariance).pdf(offsets)
            for weight, mean, covariance in zip(weights, means, covariances, strict=True)
        )
        assert Mixture(weights, means, covariances).log_density(offsets) == pytest.approx(np.log(expected))

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"weight": np.array((0.5, 0.6))}, "a sum of 1"),
            ({"weight": np.array((-0.5, 1.5))}, "0 or more"),
            ({"weight": np.ones(1)}, r"means \(C, 4\)"),
            ({"mean": np.full((2, 4), np.nan)}, "means that are numbers"),
            ({"covariance": -np.stack([np.eye(4)] * 2)}, "positive definite"),
        ],
    )
    def test_what_is_no_mixture_is_refused(self, change: dict[str, Any], message: str) -> None:
        good = {"weight": np.full(2, 0.5), "mean": np.zeros((2, 4)), "covariance": np.stack([np.eye(4)] * 2)}
        Mixture(**good)
        with pytest.raises(ValueError, match=message):
            Mixture(**{**good, **change})


class TestBoxes:
    def test_a_box_too_far_away_is_drawn_again(self) -> None:
        far, good = (0.9, 0, 0, 0), (0.1, 0.1, 0, 0)
        offsets = np.array(((far, good, (0, 0, 0, 0)), (far, (0.6, 0, 0, 0), far)))
        assert nearby_boxes(UNIT, offsets) == pytest.approx(np.array(((0.1, 0.1, 1, 1), (0.6, 0, 1, 1))))

    def test_the_released_offsets(self) -> None:
        mean = sampled(PoseIndependentGenerator(RELEASED), a_person(STANDING), 2000)
        assert mean == pytest.approx((-0.0142, 0.0043, 0.0154, -0.0013), abs=0.01)

    def test_uniform_jitter_of_the_same_strength(self) -> None:
        offsets = np.random.default_rng(0).normal((0.05, 0, 0, 0), (0.05, 0.1, 0.02, 0.07), (5000, 4))
        jitter = UniformJitter.as_strong_as(offsets)
        person, rng = a_person(STANDING, box=UNIT), np.random.default_rng(1)
        drawn = np.array([jitter.sample(person, rng) for _ in range(2000)]) - UNIT
        assert np.sqrt(np.square(drawn).mean(axis=0)) == pytest.approx(
            np.sqrt(np.square(offsets).mean(axis=0)), rel=0.05
        )
        assert drawn.mean(axis=0) == pytest.approx(0, abs=0.01)

    def test_all_boxes_would_count_as_detections(self, generator: PoseGuidedGenerator) -> None:
        rng, person = np.random.default_rng(0), a_person(STANDING * 100)
        for each in (generator, PoseIndependentGenerator(RELEASED)):
            boxes = np.array([each.sample(person, rng) for _ in range(300)])
            assert iou(person.xyxy[None], boxes).min() >= MIN_IOU - 1e-6

    def test_boxes_depend_on_the_random_numbers_only(self, generator: PoseGuidedGenerator) -> None:
        person = a_person(STANDING * 100)
        first, second = (generator.sample(person, np.random.default_rng(7)) for _ in range(2))
        assert np.array_equal(first, second)
        assert first.dtype == np.float32
        assert not np.array_equal(first, generator.sample(person, np.random.default_rng(8)))


class TestAlignment:
    def test_place_and_size_do_not_matter(self, generator: PoseGuidedGenerator) -> None:
        poses = np.stack((STANDING, STANDING * 300 + (40, -7)))
        aligned, is_whole = align_by_torso(poses, np.ones((2, 17), bool), TORSO)
        assert is_whole.all()
        assert aligned[0] == pytest.approx(aligned[1], abs=1e-5)
        assert aligned[0, list(TORSO)].mean(axis=0) == pytest.approx(0, abs=1e-6)
        assert np.linalg.norm(aligned[0, [5, 6]].mean(axis=0) - aligned[0, [11, 12]].mean(axis=0)) == pytest.approx(1)
        assert len(set(generator.atoms.nearest(poses, np.ones((2, 17), bool)).tolist())) == 1

    def test_without_a_hip_the_pose_is_placed_by_the_rest(self, generator: PoseGuidedGenerator) -> None:
        is_labelled = np.ones((1, 17), bool)
        is_labelled[0, 11] = False
        aligned, known, is_aligned = generator.atoms.align(STANDING[None] * 55 + 9, is_labelled)
        whole, _, _ = generator.atoms.align(STANDING[None], np.ones((1, 17), bool))
        assert is_aligned.all()
        assert np.array_equal(known, is_labelled)
        assert aligned[is_labelled] == pytest.approx(whole[is_labelled], abs=0.05)
        assert aligned[0, 11].tolist() == [0, 0]

    @pytest.mark.parametrize(
        "labelled", [pytest.param([], id="none"), pytest.param([3], id="one keypoint"), pytest.param([5, 5], id="same")]
    )
    def test_poses_that_cannot_be_aligned_are_like_none(
        self, generator: PoseGuidedGenerator, labelled: list[int]
    ) -> None:
        mask = np.isin(np.arange(17), labelled)
        assert generator.atoms.nearest(STANDING[None], mask[None]).tolist() == [NO_ATOM]
        mean = sampled(generator, a_person(STANDING, mask))
        assert mean == pytest.approx((WHOLE + CUT) / 2, abs=0.02)  # of all poses

    def test_a_torso_seen_from_above_does_not_blow_up_the_pose(self, generator: PoseGuidedGenerator) -> None:
        xy = STANDING.copy()
        xy[[11, 12]] = xy[[5, 6]] + (0, 0.001)
        aligned, _, is_aligned = generator.atoms.align(xy[None], np.ones((1, 17), bool))
        assert is_aligned.all()
        assert np.abs(aligned).max() < 3

    def test_no_pose(self, generator: PoseGuidedGenerator) -> None:
        assert generator.atoms.nearest(np.zeros((0, 17, 2)), np.zeros((0, 17), bool)).shape == (0,)

    def test_a_skeleton_without_a_torso_is_refused(self) -> None:
        with pytest.raises(ConfigError, match="it has no left_shoulder, right_shoulder, left_hip, right_hip"):
            torso_of(generic_skeleton(4))


class TestFit:
    def test_offsets_are_those_of_the_pose(self, generator: PoseGuidedGenerator) -> None:
        without_legs = ~np.isin(np.arange(17), LEGS)
        assert sampled(generator, a_person(STANDING * 90)) == pytest.approx(WHOLE + mirrored_share(WHOLE), abs=0.01)
        cut = sampled(generator, a_person(STANDING * 200, without_legs))
        assert cut == pytest.approx(CUT + mirrored_share(CUT), abs=0.01)

    def test_held_out_boxes_are_nearer_by_pose(self) -> None:
        report = compare(people(200), COCO17)
        by_pose, for_all, released = (report.generators[name] for name in (BY_POSE, FOR_ALL, AS_RELEASED))
        assert by_pose.mean_distance < 0.15 < released.mean_distance
        assert by_pose.log_likelihood > for_all.log_likelihood + 0.5 > released.log_likelihood
        assert len(report.offsets) == len(report.iou) == 200
        assert by_pose.offsets.shape == (200 * 50, 4)

    def test_the_result_is_always_the_same(self, generator: PoseGuidedGenerator) -> None:
        again = fit(people(240), COCO17)
        assert np.array_equal(again.atoms.xy, generator.atoms.xy)
        assert np.array_equal(again.parent.covariance, generator.parent.covariance)

    def test_an_atom_with_few_detections_has_the_distribution_of_all(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """120 people and 9 who lie on their side."""
        most, few = people(120), people(9, seed=1)
        lying = replace(few, xy=few.xy[..., ::-1] * (3, 1), is_labelled=np.ones((9, 17), bool))
        both = MatchedBoxes(
            *(np.concatenate((getattr(most, name), getattr(lying, name))) for name in MatchedBoxes.__slots__)
        )
        monkeypatch.setattr(fit_pgpg, "_DETECTIONS_PER_ATOM", 40)
        fitted = fit(both, COCO17)
        atom = fitted.atoms.nearest(lying.xy, lying.is_labelled)
        own = [fitted.mixtures[index] for index in set(atom.tolist())]
        assert None in own
        assert all(fitted.mixture(index) is fitted.parent for index in atom.tolist() if fitted.mixtures[index] is None)

    def test_the_mirror_image_has_mirrored_offsets(self) -> None:
        one = people(1)
        both = one.with_mirrored(COCO17)
        left, top, right, bottom = one.offsets[0]
        assert both.offsets[1].tolist() == [-right, top, -left, bottom]
        assert both.xy[1, 5].tolist() == [-one.xy[0, 6, 0], one.xy[0, 6, 1]]
        assert both.true[1] == pytest.approx(bounding_box(both.xy[1:].astype(F32))[0], rel=1e-5)

    def test_two_kinds_of_offsets_are_two_components(self) -> None:
        rng = np.random.default_rng(0)
        one, other = (rng.normal(mean, 0.02, (200, 4)) for mean in (0.0, 0.3))
        assert len(fit_mixture(one).weight) == 1
        mixture = fit_mixture(np.concatenate((one, other)))
        assert sorted(mixture.mean[:, 0].round(1).tolist()) == [0.0, 0.3]

    def test_few_people_with_the_same_pose_are_one_atom(self) -> None:
        same = replace(
            people(70), xy=np.repeat(STANDING[None].astype(float), 70, axis=0), is_labelled=np.ones((70, 17), bool)
        )
        assert 1 <= len(fit(same, COCO17).mixtures) <= 2

    def test_too_few_people(self) -> None:
        check_enough(people(30))
        with pytest.raises(DatasetError, match=r"expected at least 30 persons whom the detector finds .* got 29"):
            check_enough(people(29))
        with pytest.raises(DatasetError, match="in at least 2 images"):
            compare(replace(people(40), image=np.zeros(40, np.int64)), COCO17)

    def test_without_any_torso(self) -> None:
        legs_only = replace(people(40), is_labelled=np.tile(np.isin(np.arange(17), LEGS), (40, 1)))
        with pytest.raises(DatasetError, match="labelled shoulders and hips"):
            fit(legs_only, COCO17)

    def test_without_scikit_learn(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "sklearn.cluster", None)
        with pytest.raises(MissingPackageError, match=r"scikit-learn.*pip install 'realtime-pose\[train\]'"):
            fit_pgpg.check_packages()


def mirrored_share(offsets: np.ndarray) -> np.ndarray:
    """What the mean of people and of their mirror images adds to the mean offsets of people who stand straight."""
    mirrored = offsets[[2, 1, 0, 3]] * (-1, 1, -1, 1)
    return np.asarray((mirrored - offsets) / 2)


class TestMatching:
    def test_each_person_gets_the_nearest_box(self) -> None:
        first, second = a_person(STANDING * 100), a_person(STANDING * 100 + (30, 0))
        boxes = np.stack((second.xyxy + np.array((1, 0, 0, 0), F32), first.xyxy, np.array((500, 500, 600, 600), F32)))
        matched = match_images([[first, second], []], [boxes, boxes], 17)
        assert matched.image.tolist() == [0, 0]
        assert matched.offsets[0].tolist() == [0, 0, 0, 0]
        width = second.xyxy[2] - second.xyxy[0]
        assert matched.offsets[1] == pytest.approx((1 / width, 0, 0, 0), rel=1e-3)

    def test_a_person_without_keypoints_keeps_the_own_box(self) -> None:
        labelled, other = a_person(STANDING * 100), a_person(STANDING * 100 + (8, 0), ~ALL)
        assert len(match_images([[labelled, other]], [other.xyxy[None]], 17)) == 0
        assert len(match_images([[labelled]], [other.xyxy[None]], 17)) == 1

    def test_nobody_and_no_box(self) -> None:
        nothing = match_images([[], [a_person(STANDING)]], [np.zeros((0, 4), F32)] * 2, 17)
        assert len(nothing) == 0
        assert nothing.xy.shape == (0, 17, 2)


class TestFile:
    def test_it_gives_the_same_boxes_without_scikit_learn(
        self, generator: PoseGuidedGenerator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = tmp_path / "pgpg.json"
        pgpg.write(path, generator, origin="a command")
        monkeypatch.setitem(sys.modules, "sklearn", None)
        read = pgpg.read(path)
        assert path.stat().st_size < 100_000
        assert json.loads(path.read_text(encoding="utf-8"))["origin"] == "a command"
        for is_labelled in (ALL, ~np.isin(np.arange(17), LEGS), np.arange(17) < 1):
            person = a_person(STANDING * 100, is_labelled)
            first, second = (each.sample(person, np.random.default_rng(5)) for each in (generator, read))
            assert first == pytest.approx(second, rel=1e-4)

    @pytest.mark.parametrize("skeleton", [HALPE26, MPII16])
    def test_other_skeletons_are_matched_by_name(self, generator: PoseGuidedGenerator, skeleton: Skeleton) -> None:
        indices = match_keypoints(skeleton, COCO17)
        given = np.array(indices) >= 0
        other = generator.for_skeleton(skeleton)
        poses = np.where(given[:, None], STANDING[indices], 0)
        for mask in (given, ~np.isin(indices, LEGS)):
            person = a_person(poses, given & mask)
            assert sampled(other, person)[3] == pytest.approx((WHOLE if mask is given else CUT)[3], abs=0.03)

    def test_a_skeleton_without_a_torso_can_use_it(self, generator: PoseGuidedGenerator) -> None:
        names = ("left_knee", "right_knee", "left_ankle", "right_ankle", "tail")
        plain = generic_skeleton(5)
        legs = generator.for_skeleton(Skeleton("legs", names, (), ((0, 1), (2, 3)), plain.sigmas))
        assert np.isfinite(
            legs.sample(
                a_person(np.concatenate((STANDING[LEGS], [[0, 0]])), np.ones(5, bool)), np.random.default_rng(0)
            )
        ).all()

    def test_a_skeleton_with_no_known_keypoint_is_refused(self, generator: PoseGuidedGenerator) -> None:
        with pytest.raises(ConfigError, match="some keypoints of generic3, got one with nose, left_eye, right_eye"):
            generator.for_skeleton(generic_skeleton(3))

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            (lambda table: table.pop("atoms"), "it has no 'atoms'"),
            (lambda table: table["keypoints"].pop(), "expected numbers of shape"),
            (lambda table: table["keypoints"].__setitem__(5, "tail"), "it has no left_shoulder"),
            (lambda table: table["mean"][0].append(1), "fit it again"),
            (lambda table: table["mean"].__setitem__(0, [float("nan"), 0]), "expected numbers"),
            (lambda table: table["parent"].update(weight=[2.0]), "sum of 1"),
            (lambda table: table["parent"].update(covariance=[[[-1, 0, 0, 0]] * 4]), "positive definite"),
            (lambda table: table["atoms"][0].update(offsets=7), "fit it again"),
            (lambda table: table["atoms"][0].update(share=None), "fit it again"),
            (lambda table: table.update(atoms=3), "fit it again"),
        ],
    )
    def test_a_wrong_file_is_refused(
        self, generator: PoseGuidedGenerator, tmp_path: Path, change: Any, message: str
    ) -> None:
        path = tmp_path / "pgpg.json"
        pgpg.write(path, replace(generator, parent=Mixture.independent(np.zeros(4), np.ones(4))), origin="")
        table = json.loads(path.read_text(encoding="utf-8"))
        change(table)
        path.write_text(json.dumps(table), encoding="utf-8")
        with pytest.raises(ConfigError, match=message) as caught:
            pgpg.read(path)
        assert str(path) in str(caught.value)

    @pytest.mark.parametrize("content", [b"", b"[1, 2]", b"{", b"\xff\xfe", b"7", b"null"])
    def test_something_else_is_refused(self, tmp_path: Path, content: bytes) -> None:
        path = tmp_path / "x.json"
        path.write_bytes(content)
        with pytest.raises(ConfigError, match="expected a file that `realtime-pose fit pgpg` wrote"):
            pgpg.read(path)

    def test_a_missing_file(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match=r"cannot be read: No such file"):
            pgpg.read(tmp_path / "none.json")
