"""One text for one value, and its hash."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from reconciler.printable import encodable

if TYPE_CHECKING:
    from typing import Any


def sha256(value: Any) -> str:  # noqa: ANN401 - JSON is any JSON
    """Hash a JSON value, in hex: members in order, ASCII, no spaces."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(encodable(text).encode()).hexdigest()
