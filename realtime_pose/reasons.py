"""Why something is as it is: a code with values, and the outages of a source. Words are made at the edge only."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Reason:
    """A code with its values; false if there is nothing to explain.

    Attributes:
        code: A member of an enum of codes, such as `SourceReason`; "" for nothing.
        values: Numbers and texts that belong to the code. Names have units, such as ``waited_s``.

    >>> bool(Reason("late", {"lag_s": 1.2})), bool(NO_REASON)
    (True, False)
    """

    code: str = ""
    values: Mapping[str, float | str] = field(default_factory=dict, hash=False)

    def __bool__(self) -> bool:
        """Whether there is a reason."""
        return bool(self.code)

    def differs_from(self, earlier: "Reason") -> bool:
        """Whether the code or a text in the values changed; a change of a number does not count.

        >>> Reason("late", {"lag_s": 1.2}).differs_from(Reason("late", {"lag_s": 3.4}))
        False
        """
        return (self.code, _texts(self.values)) != (earlier.code, _texts(earlier.values))


def _texts(values: Mapping[str, float | str]) -> dict[str, str]:
    return {name: value for name, value in values.items() if isinstance(value, str)}


NO_REASON = Reason()


@dataclass(frozen=True, slots=True)
class Outage:
    """A time in which a source was not live; false if there was none.

    Attributes:
        number: Number of the outage in its source, from 1; 0 for none.
        duration_s: Its length.
        reason: Its last reason.
    """

    number: int = 0
    duration_s: float = 0.0
    reason: Reason = NO_REASON

    def __bool__(self) -> bool:
        """Whether there was an outage."""
        return self.number > 0


NO_OUTAGE = Outage()
