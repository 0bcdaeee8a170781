"""What the user of a window wants of single people: whom to follow, whom to leave out, and their names."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleView:
    """People by their ids, in one run.

    Attributes:
        locked: The person whom the picture follows; None for nobody.
        hidden: People who are not drawn. They are still tracked, recorded and written.
        names: Names of people; the results have them too.
        has_inset: Whether the locked person is shown in a corner, while all of the picture stays visible.
    """

    locked: int | None = None
    hidden: frozenset[int] = frozenset()
    names: Mapping[int, str] = field(default_factory=dict)
    has_inset: bool = False

    def name_of(self, track_id: int) -> str:
        """The name of a person, or else the id.

        >>> PeopleView(names={3: "Anna"}).name_of(3), PeopleView().name_of(4)
        ('Anna', '4')
        """
        return self.names.get(track_id, "") or str(track_id)
