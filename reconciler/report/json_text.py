"""JSON that every parser takes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from reconciler.printable import encodable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any


def json_text(value: Mapping[str, Any] | Sequence[Any], *, indent: int | None = None) -> str:
    """
    Write the value in ASCII, so that no terminal and no encoding can change it.

    The name of a file need not be UTF-8, and half a surrogate pair is no JSON string
    that others can read (RFC 8259, 8.2): such bytes are written out. So is ``##[``, which
    GitHub's runner takes for the beginning of a command: a parser reads the same again.
    """
    return json.dumps(_well_formed(value), indent=indent).replace("##[", "#\\u0023[")


def _well_formed(value: Any) -> Any:  # noqa: ANN401 - JSON is any JSON
    if isinstance(value, str):
        return encodable(value)
    if isinstance(value, dict):
        return {encodable(name): _well_formed(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_well_formed(item) for item in value]
    return value
