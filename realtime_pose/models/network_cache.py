"""The networks that this process has loaded: one instance for each file, device and engine, shared by all its users."""

import threading
from collections.abc import Callable, Hashable
from weakref import WeakValueDictionary

from realtime_pose.models.network import Network


class NetworkCache:
    """Loads a network once for any number of users at the same time. A network is freed with its last user."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._networks: WeakValueDictionary[Hashable, Network] = WeakValueDictionary()

    def get(self, key: Hashable, load: Callable[[], Network]) -> Network:
        """The network with this key; loaded if it has no user at the moment.

        Args:
            key: All that makes a difference: file, manifest entry, device, engine, threads.
            load: Loads it. Other threads wait meanwhile, so that two of them never load the same file.
        """
        with self._lock:
            network = self._networks.get(key)
            if network is None:
                network = self._networks[key] = load()
            return network

    def forget(self) -> None:
        """Load again what is asked for from now on; present users keep theirs."""
        with self._lock:
            self._networks.clear()


LOADED = NetworkCache()
"""The networks of this process."""
