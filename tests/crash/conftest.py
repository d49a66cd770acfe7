from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.crash.processes import Nursery
from tests.crash.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    with Nursery() as nursery:
        yield nursery


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """Give a stage whose runs are not slowed down by AWS's quotas."""
    for rate in ("_GET_FUNCTION", "_EVERYTHING_ELSE"):
        monkeypatch.setattr(f"reconciler.aws.budget.{rate}", 1e6)
    with Stage(tmp_path) as stage:
        yield stage
