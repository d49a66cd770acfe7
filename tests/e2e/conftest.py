from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler.sandbox import Sandbox
from tests.e2e.command import Command

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(settle=0) as sandbox:
        yield sandbox


@pytest.fixture
def command(sandbox: Sandbox, tmp_path: Path) -> Command:
    return Command(tmp_path, sandbox.url)
