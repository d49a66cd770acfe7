"""The command as a process on a machine full of canaries, and all that it leaves behind."""

from __future__ import annotations

import os
import signal
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.e2e.command import LIMIT, Command
from tests.secrets import canaries

if TYPE_CHECKING:
    import subprocess

    from tests.secrets.leaky import Leaky


@dataclass(frozen=True)
class Left:
    """What a run showed: its streams, and the files and command lines of its life and after."""

    code: int
    streams: bytes
    files: bytes

    @property
    def leaked(self) -> set[str]:
        """Name the canaries in it."""
        return canaries.found_in(self.streams) | canaries.found_in(self.files)

    @property
    def text(self) -> str:
        """Give the streams, for what must have been said."""
        return self.streams.decode(errors="replace")


class Machine(Command):
    """
    Runs the command where everything that may be kept lies below one folder.

    At each request of the run every file there is read, and every command line of the
    process and its children; files that a test has ``planted`` are left out.
    """

    def __init__(self, folder: Path, leaky: Leaky) -> None:
        super().__init__(folder, leaky.url)
        self.leaky = leaky
        self.planted: set[Path] = set()
        self._seen: set[bytes] = set()
        self._process: subprocess.Popen[str] | None = None
        leaky.look = self._look
        (folder / "tmp").mkdir()
        self.environment |= {
            "TMPDIR": str(folder / "tmp"),
            "AWS_ACCESS_KEY_ID": canaries.ACCESS_KEY.value,
            "AWS_SECRET_ACCESS_KEY": canaries.SECRET_KEY.value,
            "AWS_SESSION_TOKEN": canaries.SESSION_TOKEN.value,
            "UNUSED_PASSWORD": canaries.UNUSED.value,
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def plant(self, name: str, text: str) -> Path:
        """Write a file that may hold canaries."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        self.planted.add(path)
        return path

    def meddle(self, code: str) -> None:
        """Let Python run this code at its start, before the command."""
        self.plant("meddling/sitecustomize.py", code)
        self.environment["PYTHONPATH"] = os.pathsep.join(
            [str(self.folder / "meddling"), self.environment["PYTHONPATH"]]
        )

    def leave(self, *arguments: str, **environment: str) -> Left:
        """Run to the end."""
        before, self.environment = self.environment, self.environment | environment
        process = self._process = self.start(*arguments)
        self.environment = before
        return self._left(process)

    def kill_at(self, number: signal.Signals, operation_path: str, *arguments: str) -> Left:
        """Run, and send a signal at the first request whose path has this part, unanswered."""
        reached, release = threading.Event(), threading.Event()
        refuse = self.leaky.refuse

        def hold(asked: object) -> None:
            if operation_path in getattr(asked, "path", ""):
                reached.set()
                release.wait(LIMIT)

        self.leaky.refuse = hold
        process = self._process = self.start(*arguments)
        try:
            assert reached.wait(LIMIT), process.communicate()
            process.send_signal(number)
            if number is signal.SIGKILL:
                process.wait(LIMIT)
        finally:
            self.leaky.refuse = refuse
            release.set()
        return self._left(process)

    def _left(self, process: subprocess.Popen[str]) -> Left:
        out, err = process.communicate(timeout=LIMIT)
        self._process = None
        self._look()
        seen, self._seen = self._seen, set()
        return Left(process.returncode, f"{out}\n{err}".encode(), b"\n".join(sorted(seen)))

    def _look(self) -> None:
        """Read what there is to be read at this moment."""
        for path in self.folder.rglob("*"):
            if path not in self.planted:
                self._seen.add(os.fsencode(path))
                self._seen.add(_content(path))
        if self._process is not None:
            self._seen |= set(_command_lines(self._process.pid))


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes() if path.is_file() else b""
    except OSError:  # gone meanwhile
        return b""


def _command_lines(pid: int) -> list[bytes]:
    """Read the command lines of a process and of its children, where the system tells."""
    children = _content(Path(f"/proc/{pid}/task/{pid}/children")).split()
    return [
        _content(Path(f"/proc/{pid}/cmdline")),
        *(line for child in children for line in _command_lines(int(child))),
    ]
