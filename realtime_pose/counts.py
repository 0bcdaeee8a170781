"""A number with its noun, in the singular or the plural, for messages."""


def counted(number: int, noun: str, plural: str = "") -> str:
    """The number and the noun.

    Args:
        number: How many there are.
        noun: The singular.
        plural: The plural; "" if it is the singular with an s.

    >>> counted(1, "frame"), counted(0, "frame"), counted(2, "class", "classes")
    ('1 frame', '0 frames', '2 classes')
    """
    return f"{number} {noun if number == 1 else plural or f'{noun}s'}"
