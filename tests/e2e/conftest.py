from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler.sandbox import Sandbox
from tests.e2e.action import Api, Runner
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


@pytest.fixture
def api() -> Iterator[Api]:
    with Api() as api:
        yield api


@pytest.fixture
def runner(command: Command, api: Api) -> Runner:
    environment = {
        name: value for name, value in command.environment.items() if name != "PYTHONPATH"
    }
    runner = Runner(command.folder, environment, api.url)
    runner.installed()
    return runner


@pytest.fixture
def pull_request(runner: Runner) -> Runner:
    runner.event = {"pull_request": {"number": 7, "head": {"sha": "c0ffee"}}}
    return runner
