"""Making persons anonymous: without a privacy mode it costs nothing."""

import numpy as np

from realtime_pose.config import RenderConfig
from realtime_pose.render import Privacy, anonymize, draw
from tests.support.people.stills import people, scene


def test_without_privacy_it_is_the_same_image() -> None:
    still = scene(people([[1, 1, 9, 20]]))
    assert anonymize(still, Privacy.NONE) is still.frame.image


def test_drawing_without_privacy_is_drawing_on_the_frame() -> None:
    still = scene(people([[1, 1, 9, 20]]))
    assert np.array_equal(draw(still, RenderConfig(), privacy=Privacy.NONE), draw(still, RenderConfig()))
