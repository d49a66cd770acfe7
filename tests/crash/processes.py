"""Commands as processes, and their death at a given call."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self

from reconciler.sandbox import ConnectionLost, Fault, Moment
from tests.e2e.command import Command

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reconciler.sandbox import Sandbox

LIMIT = 60
"""Seconds after which a process that does not come fails its test."""


class Point(NamedTuple):
    """A moment of a run: of which of its calls, counted from 0, and when."""

    call: int
    moment: Moment


class Nursery:
    """Starts commands in milliseconds, one at a time."""

    def __enter__(self) -> Self:
        root = Path(__file__).parents[2]
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("nursery.py"))],
            env={"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(root)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *error: object) -> None:
        self._process.communicate(timeout=LIMIT)

    def start(self, folder: Path, sandbox: Sandbox) -> int:
        """Begin a run over the folder's manifests, and give the process's id."""
        environment = Command(folder, sandbox.url).environment
        environment |= {"TMPDIR": str(folder / "tmp"), "XDG_CACHE_HOME": str(folder / "cache")}
        order = {
            "arguments": ["--filename", str(folder / "manifests")],
            "folder": str(folder),
            "environment": environment,
            "output": str(folder / "output"),
        }
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def end(self) -> int:
        """Wait until the run is over; give its exit code, or minus the signal that ended it."""
        return self._answer()

    def run(self, folder: Path, sandbox: Sandbox) -> int:
        """Run to the end."""
        self.start(folder, sandbox)
        return self.end()

    def kill(self, folder: Path, sandbox: Sandbox, point: Point) -> int:
        """
        Run until the point, and kill there; nothing that the dying process asks is answered.

        Killed before a call, that has no effect; after its effect, no answer. After its last
        answer a run may come to its own end first.
        """
        code, serving = self._killed(folder, sandbox, point, _drop)
        _join(serving)
        return code

    @contextmanager
    def overtaken(self, folder: Path, sandbox: Sandbox, call: int) -> Iterator[Callable[[], None]]:
        """
        Kill a run while a call of it is on its way; give what lets the call arrive.

        It arrives in the end, if nobody lets it before.
        """
        released = threading.Event()
        point = Point(call, Moment.BEFORE)
        code, serving = self._killed(folder, sandbox, point, lambda: released.wait(LIMIT))
        assert code == -signal.SIGKILL

        def arrive() -> None:
            released.set()
            _join(serving)

        yield arrive
        arrive()

    def _killed(
        self, folder: Path, sandbox: Sandbox, point: Point, then: Callable[[], object]
    ) -> tuple[int, list[threading.Thread]]:
        """Give how the run ended, and the threads that served what it asked since."""
        process: Future[int] = Future()
        serving: list[threading.Thread] = []  # one for each connection

        def strike() -> None:
            serving.append(threading.current_thread())
            with suppress(ProcessLookupError):  # that was the last answer it needed
                os.kill(process.result(LIMIT), signal.SIGKILL)
            then()

        def ignore() -> None:
            serving.append(threading.current_thread())
            raise ConnectionLost

        faults = (
            Fault(everywhere=True, skip=point.call, run=strike, run_at=point.moment),
            Fault(everywhere=True, skip=point.call, run=ignore, times=1000),
        )
        for fault in faults:
            sandbox.inject(fault)
        process.set_result(self.start(folder, sandbox))
        code = self.end()
        for fault in faults:
            sandbox.withdraw(fault)
        return code, serving

    def _answer(self) -> int:
        assert self._process.stdout is not None
        return int(self._process.stdout.readline())


def _drop() -> None:
    raise ConnectionLost


def _join(serving: list[threading.Thread]) -> None:
    """Wait until connections of a dead process are closed: what it asked is in the log then."""
    for thread in serving:
        thread.join(LIMIT)
