"""OpenVINO, imported without its telemetry (docs/development/decisions/0012): all other modules take it from here.

Its import sends an event to Intel through the package openvino_telemetry, which also needs a home folder. Where that
package cannot be imported, OpenVINO takes a stub in its place.

OpenVINO also imports its converter of networks, which no run needs and which is half of the time of its import
(docs/development/decisions/0035). It is imported when somebody calls it.
"""

import importlib
import sys
from typing import Any

if "openvino" not in sys.modules:  # else the program that imported it has decided
    _modules: dict[str, Any] = sys.modules
    for _name in ("openvino_telemetry", "openvino.tools.ovc"):
        _modules.setdefault(_name, None)  # Python then refuses to import it

import openvino as ov

__all__ = ["ov"]

_CONVERTER = "openvino.tools.ovc"


def _convert_model(*args: Any, **named: Any) -> Any:
    """OpenVINO's converter of networks; the arguments are its own."""
    return importlib.import_module(_CONVERTER).convert_model(*args, **named)


if not hasattr(ov, "convert_model"):
    sys.modules.pop(_CONVERTER, None)
    vars(ov)["convert_model"] = _convert_model
