"""A quota of which somebody else uses half."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from typing import TYPE_CHECKING

from bench import rival
from bench.figures import Figure
from bench.processes import ROOT, environment_for
from bench.stage import set_up

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_FUNCTIONS = 150
_HALF = 7.5
"""Requests a second, of the 15 that there are."""


def crowded() -> Iterator[Figure]:
    """150 functions with new code and publish, beside somebody who takes half of the quota."""
    with set_up(_FUNCTIONS, quota="aws", settle=2.0, more=", publish: true") as stage:
        with _rival(stage.environment):
            cost = stage.reconcile("--quota-share", "1")
        ours = [each for each in stage.requests if each["function"] != rival.FUNCTION]
        refused = sum(each["status"] == 429 for each in ours)  # noqa: PLR2004 - HTTP
        theirs = len(stage.requests) - len(ours)
    bound = 2 * _FUNCTIONS / _HALF
    note = f"the other one sent {theirs / cost.wall:.1f} a second"
    yield Figure("beside a rival: wall over 300/7.5 s", cost.wall, bound, note=note)
    yield Figure("beside a rival: exit code", cost.code, None, 0, "")
    share = 100 * refused / len(ours)
    scarce = [each for each in ours if each["operation"] != "GetFunction"]
    note = f"{refused} of {len(ours)} calls, {len(scarce)} of them of the scarce quota"
    yield Figure("beside a rival: throttled calls", share, None, 3, "%", note)


@contextlib.contextmanager
def _rival(environment: Mapping[str, str]) -> Iterator[None]:
    with subprocess.Popen(  # noqa: S603 - ourselves
        [sys.executable, "-m", "bench.rival", str(_HALF)],
        cwd=ROOT,
        env=environment_for(environment),
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            yield
        finally:
            process.kill()
