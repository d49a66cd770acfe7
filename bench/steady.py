"""The watch loop when nothing changes."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from bench.figures import Figure
from bench.processes import ROOT, environment_for, measured
from bench.stage import set_up

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.stage import Stage

_FUNCTIONS = 1000
_INTERVAL = 5.0
_ROUNDS = 4
_NAME = "watch: calls of a round for 1,000 functions"


def steady() -> Iterator[Figure]:
    """Count the calls of a round for 1,000 functions, once all were looked at."""
    if "--watch" not in measured(["-m", "reconciler", "--help"]).output:
        yield Figure(_NAME, limit=25, skipped="there is no --watch")
        return
    with set_up(_FUNCTIONS, deployed=True, quota="aws") as stage:
        calls, seconds = _calls(stage)
    rounds = seconds / _INTERVAL
    note = f"{calls} calls in {seconds:.0f} s"
    yield Figure(_NAME, calls / rounds, None, 25, "", note)


def _calls(stage: Stage) -> tuple[int, float]:
    """Let it run; give what it asked for after its first round, and in what time."""
    arguments = ["--watch", "--interval", f"{_INTERVAL:.0f}s", "--quota-share", "1", "-q"]
    with subprocess.Popen(  # noqa: S603 - ourselves
        [sys.executable, "-m", "reconciler", "-f", str(stage.folder / "manifests"), *arguments],
        cwd=ROOT,
        env=environment_for(stage.environment),
        stdout=subprocess.DEVNULL,
    ) as watch:
        try:
            while stage.calls["GetFunction"] < _FUNCTIONS:
                if watch.poll() is not None:
                    raise RuntimeError(f"the watch ended with {watch.returncode}")
                time.sleep(0.5)
            time.sleep(2 * _INTERVAL)  # the end of the first round, and a quiet one
            before, begun = stage.calls.total(), time.monotonic()
            time.sleep(_ROUNDS * _INTERVAL)
            return stage.calls.total() - before, time.monotonic() - begun
        finally:
            watch.send_signal(signal.SIGTERM)
