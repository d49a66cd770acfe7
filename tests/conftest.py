"""What all tests share: what is said at the end, and how hypothesis works on mutants."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, Phase, settings

if TYPE_CHECKING:
    import pytest

# The same examples each time, so that a mutant is found or survives for good; and a failing
# one is not made small, for nobody reads it. A slow machine is no reason to fail. Chosen by
# --hypothesis-profile=mutation.
settings.register_profile(
    "mutation",
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=tuple(HealthCheck),
)


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
