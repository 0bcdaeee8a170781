"""filterpy, imported without SciPy (docs/development/decisions/0035): all other modules take it from here.

filterpy imports SciPy's densities, image filters and matrix functions for functions that the tracker does not call.
This is a third of the time until a run begins. So while filterpy is imported, stand-ins take their places. Each one
imports what it stands for when it is first used. A thread that imports one of these modules for the first time during
these milliseconds would get a stand-in; so a program should import realtime_pose before it starts such threads.
"""

import importlib
import sys
from types import ModuleType
from typing import Any

_DEFERRED = ("scipy", "scipy.stats", "scipy.ndimage", "scipy.linalg", "scipy.sparse", "scipy.sparse.linalg")


class _DeferredModule(ModuleType):
    """Stands for a module while filterpy takes names from it."""

    def __getattr__(self, name: str) -> "_Deferred | _DeferredModule":
        """The stand-in of an object of the module, or of a module inside it."""
        if name.startswith("__"):
            raise AttributeError(name)
        return _stand_ins.get(f"{self.__name__}.{name}") or _Deferred(self, name)


class _Deferred:
    """Stands for an object of a module, which is imported when the object is used.

    Args:
        stand_in: The module that stands for it.
        name: Of the object.
    """

    def __init__(self, stand_in: _DeferredModule, name: str) -> None:
        self._stand_in, self._name = stand_in, name

    def __call__(self, *args: Any, **named: Any) -> Any:
        """Call the object itself."""
        return self._object()(*args, **named)

    def __getattr__(self, name: str) -> Any:
        """An attribute of the object itself."""
        if sys.modules.get(self._stand_in.__name__) is self._stand_in:
            # filterpy's import calls logpdf once, to see whether it takes an argument that each SciPy of today takes.
            return _accept
        return getattr(self._object(), name)

    def _object(self) -> Any:
        return getattr(importlib.import_module(self._stand_in.__name__), self._name)


def _accept(*_: object, **__: object) -> None:
    """Take any arguments."""


_stand_ins = {name: _DeferredModule(name) for name in _DEFERRED if name not in sys.modules}
sys.modules.update(_stand_ins)
try:
    from filterpy.common import Q_continuous_white_noise
    from filterpy.kalman import KalmanFilter
finally:
    for _name in _stand_ins:
        del sys.modules[_name]

__all__ = ["KalmanFilter", "Q_continuous_white_noise"]
