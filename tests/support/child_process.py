"""What the servers of the tests have in common: they are killed, as by a power cut and come back on the same port."""

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self


class MortalServer(ABC):
    """Runs inside a with statement; may be killed and started again meanwhile."""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    @abstractmethod
    def start(self) -> None:
        """Listen."""

    @abstractmethod
    def kill(self) -> None:
        """Be gone, with all connections; nothing where it does not run."""
