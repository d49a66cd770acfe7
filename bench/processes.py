"""Processes that are measured: how long they take, and what they cost."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import IO

ROOT = Path(__file__).parents[1]
_MEBIBYTE = 1 << 20
_RSS_UNIT = 1 if sys.platform == "darwin" else 1024  # bytes; getrusage(2) of each system


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds, and the largest resident set in MiB. ``output`` is standard output."""

    wall: float
    cpu: float
    peak: float
    code: int
    output: str
    errors: str


def measured(
    arguments: Sequence[str], environment: Mapping[str, str] | None = None, *, fails: bool = False
) -> Cost:
    """Run Python with these arguments to the end. Raises RuntimeError when it fails."""
    begun = time.perf_counter()
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        process = subprocess.Popen(  # noqa: S603 - ourselves
            [sys.executable, *arguments],
            cwd=ROOT,
            env=environment_for(environment or {}),
            stdout=out,
            stderr=err,
        )
        _, status, usage = os.wait4(process.pid, 0)  # of this one, and no other child
        wall = time.perf_counter() - begun
        process.returncode = code = os.waitstatus_to_exitcode(status)
        output, errors = _whole(out), _whole(err)
    if code and not fails:
        raise RuntimeError(f"{' '.join(arguments)} ended with {code}: {errors[-2000:]}")
    cpu = usage.ru_utime + usage.ru_stime
    return Cost(wall, cpu, usage.ru_maxrss * _RSS_UNIT / _MEBIBYTE, code, output, errors)


def environment_for(more: Mapping[str, str]) -> dict[str, str]:
    """Give an environment in which nothing of this machine's AWS settings counts."""
    return {
        "PATH": os.environ.get("PATH", ""),
        "HOME": os.devnull,
        "PYTHONPATH": str(ROOT),
        "AWS_EC2_METADATA_DISABLED": "true",
        **more,
    }


def _whole(file: IO[str]) -> str:
    file.seek(0)
    return file.read()
