"""The keypoints of a user's own network: a table of names, limbs, pairs and sigmas to a skeleton."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from realtime_pose.config.toml_dataclass import from_table, to_table
from realtime_pose.counts import counted
from realtime_pose.errors import ConfigError
from realtime_pose.skeletons import SKELETONS, Skeleton, generic_skeleton


@dataclass(frozen=True, slots=True, kw_only=True)
class Topology:
    """Names of keypoints, and what is known of them.

    Attributes:
        keypoints: K names, in the order of the network's output.
        limbs: Pairs of names that are drawn as lines.
        pairs: (left, right) names that a mirror swaps.
        sigmas: As in `Skeleton`; () for the usual one of all keypoints.
    """

    keypoints: tuple[str, ...]
    limbs: tuple[tuple[str, str], ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()
    sigmas: tuple[float, ...] = ()

    def to_skeleton(self, name: str) -> Skeleton:
        """The skeleton with this name.

        Raises:
            ConfigError: The name is that of another skeleton, or names of keypoints are missing or not unique.
        """
        if name in SKELETONS:
            raise ConfigError(f"skeleton {name!r}: expected a name of its own, but there is a skeleton {name} already")
        if not self.keypoints or len(set(self.keypoints)) != len(self.keypoints):
            raise ConfigError(f"skeleton {name}: expected keypoints with different names, got {list(self.keypoints)}")
        if self.sigmas and (len(self.sigmas) != len(self.keypoints) or not all(0 < value < 1 for value in self.sigmas)):
            raise ConfigError(
                f"skeleton {name}: expected {counted(len(self.keypoints), 'sigma')} between 0 and 1, "
                f"got {list(self.sigmas)}"
            )
        generic = generic_skeleton(len(self.keypoints))
        return replace(
            generic,
            name=name,
            keypoints=self.keypoints,
            limbs=tuple(self._indices_of(names, f"skeleton {name}, limbs") for names in self.limbs),
            pairs=tuple(self._indices_of(names, f"skeleton {name}, pairs") for names in self.pairs),
            sigmas=self.sigmas or generic.sigmas,
        )

    def _indices_of(self, names: Iterable[str], where: str) -> tuple[int, int]:
        """The indices of two keypoints."""
        first, second = names
        for keypoint in (first, second):
            if keypoint not in self.keypoints:
                raise ConfigError(f"{where}: expected names of keypoints, got {keypoint!r}")
        return self.keypoints.index(first), self.keypoints.index(second)


def load_topology(path: Path) -> tuple[str, Topology]:
    """Name and topology from a user's TOML file; without a name in the file, its stem is the name.

    Raises:
        ConfigError: The file cannot be read, or is no skeleton.
    """
    try:
        table: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"skeleton {path}: cannot be read ({error.strerror}); check the path") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"skeleton {path}: expected TOML, but {error}") from error
    name = table.pop("name", path.stem)
    if not isinstance(name, str):
        raise ConfigError(f"skeleton {path}: name: expected text, got {name!r}")
    try:
        topology = from_table(Topology, table)
        topology.to_skeleton(name)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error
    return name, topology


def topology_table(topology: Topology) -> dict[str, Any]:
    """The topology as a TOML table, without what is empty."""
    return {key: value for key, value in to_table(topology).items() if value}
