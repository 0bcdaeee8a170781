"""Old names of attributes, methods and arguments: they work and warn, at the line that uses them."""

import warnings
from dataclasses import dataclass, replace

import pytest

from realtime_pose.deprecation import accept_old_names


@accept_old_names({"colour": "color", "paint": "draw"})
@dataclass(frozen=True, slots=True)
class Pen:
    color: str
    width_px: int = 1

    def draw(self) -> str:
        return f"a {self.color} line"


def test_new_names_give_no_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert replace(Pen("red", width_px=2), color="blue").draw() == "a blue line"


def test_old_names_work_and_warn_at_the_line_that_uses_them() -> None:
    with pytest.warns(DeprecationWarning, match=r"^Pen\.colour is now Pen\.color; .* next release$") as caught:
        assert Pen(colour="red").color == "red"  # type: ignore[call-arg]
    assert caught[0].filename == __file__
    with pytest.warns(DeprecationWarning, match=r"Pen\.paint is now Pen\.draw") as caught:
        assert Pen("red").paint() == "a red line"  # type: ignore[attr-defined]
    assert caught[0].filename == __file__


def test_an_old_name_overrides_the_value_that_replace_keeps() -> None:
    with pytest.warns(DeprecationWarning, match="Pen.colour"):
        assert replace(Pen("red", 3), colour="blue") == Pen("blue", 3)  # type: ignore[call-arg]
