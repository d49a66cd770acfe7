"""What the tests of folders share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler.artifacts.directory import from_directory
from reconciler.model import FailureKind, ReconcileError

if TYPE_CHECKING:
    from pathlib import Path


def refused(root: Path, kind: FailureKind = FailureKind.INVALID) -> str:
    """Give why the folder cannot be deployed."""
    with pytest.raises(ReconcileError) as raised:
        from_directory(root)
    failure = raised.value.failure
    assert kind is failure.kind
    assert failure.remedy
    return failure.what
