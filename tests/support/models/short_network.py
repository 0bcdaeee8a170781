"""The network ``small`` with fewer layers, for tests that are not about its architecture."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from realtime_pose.nets import small

_KEPT = (0, 1, 3, 8)  # the blocks that halve the sides: maps stay a quarter of the crop


@contextmanager
def short_network() -> Iterator[None]:
    """Within it, ``small`` has four blocks instead of eleven, wherever this process makes or loads it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(small, "_BLOCKS", tuple(small._BLOCKS[number] for number in _KEPT))
        yield
