"""Networks stay loaded from test to test, where the program frees them with their last user.

To load the default networks takes a second of computing, most of a test that runs a command in this process. Tests of
loading and freeing have the marker ``loads_networks``: for them everything is as in a new process.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable

import pytest

from realtime_pose.models.network import Network
from realtime_pose.models.network_cache import NetworkCache

_NUM_KEPT = 6


class KeptNetworks:
    """The networks that were used last.

    Args:
        cache: The networks of the process. Its method ``get`` is replaced.
    """

    def __init__(self, cache: NetworkCache) -> None:
        self._get = cache.get
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, Network] = OrderedDict()
        self._keeps = False
        pytest.MonkeyPatch().setattr(cache, "get", self.get)  # for the whole run

    def begin_test(self, *, keeps: bool) -> None:
        """From now on networks are kept, or all are freed with their last user."""
        self._keeps = keeps
        if not keeps:
            self._kept.clear()

    def get(self, key: Hashable, load: Callable[[], Network]) -> Network:
        """As NetworkCache.get."""
        network = self._get(key, load)
        if self._keeps:
            with self._lock:
                self._kept[key] = network
                self._kept.move_to_end(key)
                if len(self._kept) > _NUM_KEPT:
                    self._kept.popitem(last=False)
        return network
