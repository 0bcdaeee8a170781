"""OpenVINO, imported without its telemetry (docs/development/decisions/0012): all other modules take it from here.

Its import sends an event to Intel through the package openvino_telemetry, which also needs a home folder. Where that
package cannot be imported, OpenVINO takes a stub in its place.
"""

import sys

if "openvino" not in sys.modules:  # else the program that imported it has decided
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type] # Python then refuses to import it

import openvino as ov

__all__ = ["ov"]
