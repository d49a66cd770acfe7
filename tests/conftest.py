"""What all tests share: what is measured and said, and how hypothesis works on mutants."""

from __future__ import annotations

import functools
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import botocore.session
import pytest
from botocore.loaders import create_loader
from hypothesis import HealthCheck, Phase, settings

if TYPE_CHECKING:
    from collections.abc import Sequence

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

# Each run in a test is one of a process of its own, and would read AWS's models anew: that
# was two fifths of the time of tests with AWS.
vars(botocore.session).update(create_loader=functools.cache(create_loader))

# For the Pythons whose tests come second: what differs between them shows with few examples.
settings.register_profile("brief", deadline=None, max_examples=20)

_UNMEASURED = ("crash", "e2e", "faults", "secrets", "simulation")
"""
Folders whose tests run the same lines a thousand times, or in other processes.

To measure lines takes half as much time again, and these tell nothing of them.
"""


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Leave coverage to the tests that are about single lines."""
    for item in items:
        if item.path.relative_to(item.config.rootpath / "tests").parts[0] in _UNMEASURED:
            item.add_marker(pytest.mark.no_cover)


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
