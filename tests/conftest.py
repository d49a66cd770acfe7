"""What is said at the end of a run of the tests."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Add up what tests have counted, and list what they have named."""
    counted: Counter[str] = Counter()
    named: defaultdict[str, list[str]] = defaultdict(list)
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            for name, told in report.user_properties:
                if isinstance(told, int):
                    counted[name] += told
                else:
                    named[name].append(str(told))
    for name, number in counted.items():
        terminalreporter.write_line(f"{name}: {number:,}")
    for name, all_told in named.items():
        terminalreporter.write_line(f"{name}: {', '.join(all_told)}")
