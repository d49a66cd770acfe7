"""The JSON Schemas of what the reconciler reads and writes, for it and for editors."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

NAMES = ("function", "target", "manifest", "report", "event", "plan", "scenario")
"""Those of manifests (either kind, for editors), reports, events, plans, and scenarios."""


@cache
def text(name: str) -> str:
    """Return the schema as it is published."""
    if name not in NAMES:
        raise ValueError(f"there is no schema {name!r}; the schemas are {', '.join(NAMES)}")
    return _folder().joinpath(f"{name}.v1.schema.json").read_text(encoding="utf-8")


def load(name: str) -> dict[str, Any]:
    """Return the schema as a fresh value, which the caller may change."""
    schema: dict[str, Any] = json.loads(text(name))
    return schema


def _folder() -> Traversable:
    installed = resources.files("reconciler").joinpath("schemas")
    return installed if installed.is_dir() else Path(__file__).parents[1] / "schemas"
