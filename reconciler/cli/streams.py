"""Standard output and standard error as they may be: closed, full, or read by nobody."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from pathlib import Path
from typing import NoReturn

import click

from reconciler.printable import printable


def mend() -> None:
    """
    Put something in the place of streams that were closed before we started (``>&-``).

    What the stream's encoding lacks is written out, and no reason to fail.
    """
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - for good
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def say(text: str, *, coloured: bool | None = None) -> None:
    """
    Print a result, with its line break.

    Whoever reads only the first lines of a pipe and leaves has what he wanted. Raises
    click.ClickException when the result cannot be written, to a full disk for one.
    """
    try:
        click.echo(text, nl=False, color=coloured)
        sys.stdout.flush()
    except BrokenPipeError:
        _let_go()
    except OSError as error:
        _let_go()
        raise click.ClickException(f"standard output: {error.strerror}") from error


def complain(text: str) -> None:
    """Print a line for people. A standard error that cannot be written changes nothing."""
    with contextlib.suppress(OSError):
        click.echo(printable(text), err=True)


def leave(code: int) -> NoReturn:
    """
    End at once, whatever other threads wait for.

    A call that was given up may take another minute, and a log line that nobody reads may
    never end. All that is said has been flushed by then.
    """
    with contextlib.suppress(OSError):
        sys.stdout.flush()
    os._exit(code)


def _let_go() -> None:
    """Make the interpreter's own last flush go nowhere instead of failing again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
