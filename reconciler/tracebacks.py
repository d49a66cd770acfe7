"""
Tracebacks without values: where something broke, and never what it held.

The text of an exception that nobody foresaw may quote whatever was at hand, an
environment variable or a signed URL among it; so may those of its causes.
"""

from __future__ import annotations

import sys
import threading
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_OURS = Path(__file__).parent


def place(error: BaseException) -> str:
    """Say where it was raised: the innermost line of the reconciler that it went through."""
    frames = list(_frames(error))
    ours = [frame for frame in frames if _OURS in Path(frame.filename).parents]
    return _shown((ours or frames)[-1]) if frames else "an unknown place"


def lines(error: BaseException) -> Iterator[str]:
    """Give one line for each exception of the chain and for each of its frames, latest first."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        after = "" if current is error else "after "
        yield f"{after}{type(current).__name__} (its text is not shown)"
        yield from (f"  at {_shown(frame)}" for frame in reversed(list(_frames(current))))
        current = current.__cause__ or current.__context__


def install() -> None:
    """Let the interpreter show what nobody caught in this way, in whichever thread."""
    sys.excepthook = lambda _, error, __: _tell(error)
    threading.excepthook = lambda hook: _tell(hook.exc_value)
    sys.unraisablehook = lambda hook: _tell(hook.exc_value)


def _tell(error: BaseException | None) -> None:
    if error is not None and sys.stderr is not None:
        sys.stderr.write("".join(f"{line}\n" for line in ("reconcile: unexpected", *lines(error))))


def _frames(error: BaseException) -> Iterator[traceback.FrameSummary]:
    walked = traceback.walk_tb(error.__traceback__)
    yield from traceback.StackSummary.extract(walked, lookup_lines=False)


def _shown(frame: traceback.FrameSummary) -> str:
    return f"{frame.filename}:{frame.lineno} in {frame.name}"
