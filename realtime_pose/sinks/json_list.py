"""Scenes to a JSON list of objects, which is valid after each scene, also in a killed process."""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from realtime_pose.files.text_output import TextOutput
from realtime_pose.scene import Scene

Describe = Callable[[Scene], Iterable[Mapping[str, Any]]]


class JsonListSink:
    """Writes the objects of each scene, one a line.

    Args:
        output: The file to write; closed at the end.
        describe: The objects of a scene, such as one for each person.

    Raises:
        SinkError: The start of the list cannot be written.
    """

    def __init__(self, output: TextOutput, describe: Describe) -> None:
        self._output, self._describe = output, describe
        output.begin("[", footer="\n]\n")
        self._is_first = True

    def write(self, scene: Scene) -> None:
        """Append the objects of one scene.

        Raises:
            SinkError: They cannot be written.
        """
        lines = [json.dumps(value, separators=(",", ":"), allow_nan=False) for value in self._describe(scene)]
        # A comma precedes each object except the first of the file.
        text = "".join(f"{'' if self._is_first and row == 0 else ','}\n{line}" for row, line in enumerate(lines))
        self._output.append(text)
        self._is_first = self._is_first and not lines

    def close(self) -> None:
        """Close the file; may be called twice."""
        self._output.close()
