"""Drawn articulated figures on busy backgrounds, with their keypoints: people for trainings that take minutes."""

import itertools
from pathlib import Path

import numpy as np

from realtime_pose._cv2 import cv2
from realtime_pose.geometry import bounding_box
from realtime_pose.models.topology import Topology
from realtime_pose.scene import Float, Image
from realtime_pose.skeletons import Skeleton
from realtime_pose.train.persons import TrainPerson

WH = (200, 200)
_SIDES = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
_NAMES = ("head", *(f"{side}_{part}" for part in _SIDES for side in ("left", "right")))
_COLOURS = {"left": (60, 90, 230), "right": (210, 140, 40), "middle": (120, 190, 120)}
_MARGIN = 0.08  # of the figure's height, around its keypoints


def skeleton() -> Skeleton:
    """13 keypoints: the head, and six on each side."""
    pairs = tuple((f"left_{part}", f"right_{part}") for part in _SIDES)
    return Topology(keypoints=_NAMES, pairs=pairs).to_skeleton("articulated")


def write_figures(folder: Path, count: int, *, seed: int) -> list[TrainPerson]:
    """So many pictures with a figure each, and where its keypoints are."""
    folder.mkdir(parents=True)
    persons = []
    for number in range(count):
        rng = np.random.default_rng((seed, number))
        xy = make_figure(rng)
        path = folder / f"{number}.png"
        cv2.imwrite(str(path), draw_figure(xy, rng))
        margin = np.float32(_MARGIN) * (xy[:, 1].max() - xy[:, 1].min())
        box = bounding_box(xy[None])[0] + margin * np.array([-1, -1, 1, 1], np.float32)
        persons.append(TrainPerson(path, box, xy, np.ones(len(xy), bool)))
    return persons


def make_figure(rng: np.random.Generator) -> Float:
    """(13, 2) keypoints in pixels, in the order of the skeleton; the front of the figure is seen."""
    tilt, size = rng.normal(0, 0.25), rng.uniform(22, 34)  # of the torso, in radians and px
    up = _direction(tilt, -1.0)
    across = np.array([-up[1], up[0]])
    hips = rng.uniform(80, 120, 2)
    chest = hips + up * size
    found = {"head": chest + size * 0.45 * _direction(tilt + rng.normal(0, 0.3), -1.0)}
    for side, sign in (("left", 1.0), ("right", -1.0)):
        shoulder, hip = chest + sign * across * size * 0.32, hips + sign * across * size * 0.2
        arm, leg = sign * rng.uniform(-0.2, 2.6), sign * abs(rng.normal(0.15, 0.3))
        elbow = shoulder + size * 0.5 * _direction(arm, 1.0)
        knee = hip + size * 0.62 * _direction(leg, 1.0)
        found |= {f"{side}_shoulder": shoulder, f"{side}_elbow": elbow, f"{side}_hip": hip, f"{side}_knee": knee}
        found[f"{side}_wrist"] = elbow + size * 0.48 * _direction(arm + sign * rng.uniform(-0.3, 1.8), 1.0)
        found[f"{side}_ankle"] = knee + size * 0.62 * _direction(leg - sign * rng.uniform(0, 0.9), 1.0)
    return np.array([found[name] for name in _NAMES], np.float32)


def draw_figure(xy: Float, rng: np.random.Generator) -> Image:
    """The figure before a background of blurred colours and loose sticks in its own colours."""
    noise = cv2.GaussianBlur(rng.integers(0, 255, (WH[1], WH[0], 3)).astype(np.uint8), (0, 0), 7)
    image = np.asarray(cv2.convertScaleAbs(noise, alpha=3.0, beta=-240.0), np.uint8)
    for _ in range(12):
        first = rng.uniform(0, WH[0], 2).astype(np.float32)
        colour = _shade(rng.choice(["left", "right", "middle"]), rng)
        _draw_stick(image, first, (first + rng.normal(0, 18, 2)).astype(np.float32), colour, 3)
    at = dict(zip(_NAMES, xy, strict=True))
    middle = (at["left_hip"] + at["right_hip"]) / 2, (at["left_shoulder"] + at["right_shoulder"]) / 2
    colours = {side: _shade(side, rng) for side in _COLOURS}
    _draw_stick(image, *middle, colours["middle"], 9)
    cv2.circle(image, tuple(map(int, np.round(at["head"]))), 6, colours["middle"], -1, cv2.LINE_AA)
    for side in ("left", "right"):
        for chain in (("shoulder", "elbow", "wrist"), ("hip", "knee", "ankle")):
            for first_part, second_part in itertools.pairwise(chain):
                _draw_stick(image, at[f"{side}_{first_part}"], at[f"{side}_{second_part}"], colours[side], 5)
    return image


def _direction(angle: float, y: float) -> Float:
    """A unit vector down (y = 1) or up (y = -1), turned by an angle to the right."""
    return np.array([np.sin(angle), y * np.cos(angle)])


def _shade(side: str, rng: np.random.Generator) -> tuple[int, int, int]:
    blue, green, red = np.clip(np.array(_COLOURS[side]) + rng.normal(0, 25, 3), 0, 255).astype(int).tolist()
    return blue, green, red


def _draw_stick(image: Image, first: Float, second: Float, colour: tuple[int, int, int], width: int) -> None:
    ends = [tuple(map(int, np.round(point))) for point in (first, second)]
    cv2.line(image, ends[0], ends[1], colour, width, cv2.LINE_AA)
