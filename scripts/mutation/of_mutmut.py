"""What mutmut found out, from the files that it leaves below mutants/."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.mutation.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

_SURVIVED = (0, 5, 33)
"""Exit codes as mutmut keeps them: tests passed, or there were none."""
_REFUSED = 37
"""By the type checker."""


def verdicts(path: Path) -> Iterator[tuple[Verdict, str]]:
    """Give each mutant of the module; SystemExit where one was not tried."""
    kept = Path("mutants", f"{path}.meta")
    if not kept.exists():
        return
    for name, code in json.loads(kept.read_text(encoding="utf-8"))["exit_code_by_key"].items():
        if code is None:
            raise SystemExit(f"{name} was not tried: run mutmut to its end")
        if code in _SURVIVED:
            yield Verdict.SURVIVED, name
        else:
            yield Verdict.TYPED if code == _REFUSED else Verdict.FOUND, name


def show(name: str) -> str:
    """Give the mutant's name and its changed lines."""
    shown = subprocess.run(["mutmut", "show", name], capture_output=True, text=True, check=True)  # noqa: S603, S607 - our own environment's
    lines = shown.stdout.splitlines()
    changed = [line for line in lines if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    return "\n".join([name, *filter(None, changed)])
