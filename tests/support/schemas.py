"""The JSON Schemas of the package, and a check of a value against one."""

import json
from importlib.resources import files
from typing import Any

import jsonschema


def schema(name: str) -> Any:
    return json.loads((files("realtime_pose") / "schemas" / f"{name}.schema.json").read_text("utf-8"))


def check(name: str, value: object) -> None:
    jsonschema.Draft202012Validator(schema(name)).validate(value)
