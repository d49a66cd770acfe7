from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler.sandbox import Sandbox
from tests.secrets.leaky import Leaky, leaking
from tests.secrets.machine import Machine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(settle=0) as sandbox:
        yield sandbox


@pytest.fixture
def leaky(sandbox: Sandbox) -> Iterator[Leaky]:
    with leaking(sandbox) as leaky:
        yield leaky


@pytest.fixture
def machine(leaky: Leaky, tmp_path: Path) -> Machine:
    return Machine(tmp_path, leaky)
