from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.faults.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from _pytest.terminal import TerminalReporter

SAID = {
    "test_matrix.py": "faults at one call of a run, as docs/fault-matrix.md has them",
    "test_reason_codes.py": "changes that end as Failed, with each reason code",
    "test_positions.py": "faults at any request of a run",
    "test_pairs.py": "pairs of faults in one run",
}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Give one stage for all cells of a module; each has a function of its own."""
    folder = tmp_path_factory.mktemp("faults")
    with pytest.MonkeyPatch.context() as patch, Stage(folder, patch) as stage:
        yield stage


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Say how many cells were tried, and how many did as the page says."""
    for file, what in SAID.items():
        ended = {
            outcome: sum(file in report.nodeid for report in terminalreporter.getreports(outcome))
            for outcome in ("passed", "failed")
        }
        if any(ended.values()):
            tried = sum(ended.values())
            terminalreporter.write_line(f"{tried} {what}: {ended['passed']} as expected")
