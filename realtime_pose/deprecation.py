"""Old names of public attributes, methods and arguments: they work for one release and warn of the new name."""

import functools
import warnings
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

Class = TypeVar("Class", bound=type)


def accept_old_names(
    new_by_old: Mapping[str, str], *, converters: Mapping[str, Callable[[Any], Any]] | None = None
) -> Callable[[Class], Class]:
    """Class decorator: old names of attributes, methods and arguments keep working.

    Each use of an old name gives a DeprecationWarning that names the new one.

    Args:
        new_by_old: The new name of each old one.
        converters: For an attribute whose type changed: from the new value to what the old name had.

    >>> @accept_old_names({"colour": "color"})
    ... class Pen:
    ...     color = "red"
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     Pen().colour, str(caught[0].message)
    ('red', 'Pen.colour is now Pen.color; the old name goes with the next release')
    """

    def decorate(owner: Class) -> Class:
        for old, new in new_by_old.items():
            convert = (converters or {}).get(old, lambda value: value)
            setattr(owner, old, _old_attribute(owner.__name__, old, new, convert))
        # Only a dataclass whose field was renamed takes the old name as an argument.
        if is_dataclass(owner) and {field.name for field in fields(owner)} & set(new_by_old.values()):
            setattr(owner, "__init__", _accept_old_arguments(owner.__init__, owner.__name__, new_by_old))  # noqa: B010 - mypy refuses owner.__init__ =
        return owner

    return decorate


def _old_attribute(owner: str, old: str, new: str, convert: Callable[[Any], Any]) -> property:
    def get(instance: Any) -> Any:
        _warn(owner, old, new)
        return convert(getattr(instance, new))

    return property(get, doc=f"Deprecated: the old name of ``{new}``.")


def _accept_old_arguments(init: Callable[..., None], owner: str, new_by_old: Mapping[str, str]) -> Callable[..., None]:
    @functools.wraps(init)
    def init_with_old_names(self: Any, *args: Any, **values: Any) -> None:
        # dataclasses.replace(x, old=1) hands over the new name too, with its previous value: the old name wins.
        for old in new_by_old.keys() & values.keys():
            _warn(owner, old, new_by_old[old])
            values[new_by_old[old]] = values.pop(old)
        init(self, *args, **values)

    return init_with_old_names


def _warn(owner: str, old: str, new: str) -> None:
    message = f"{owner}.{old} is now {owner}.{new}; the old name goes with the next release"
    warnings.warn(message, DeprecationWarning, stacklevel=3)
