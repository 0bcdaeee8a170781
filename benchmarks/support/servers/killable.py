"""The base class of servers that can be killed, as by a power cut, and started again on the same port."""

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self


class KillableServer(ABC):
    """Runs inside a with block; can be killed and started again meanwhile."""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    @abstractmethod
    def start(self) -> None:
        """Start to listen."""

    @abstractmethod
    def kill(self) -> None:
        """Stop at once and cut all connections; does nothing if it does not run."""
