from __future__ import annotations

import json
import logging
import sys
from typing import TYPE_CHECKING

import pytest

from reconciler.model import FunctionResult, Status
from reconciler.report.progress import JsonFormatter, LiveProgress, LogProgress, TextFormatter
from tests.unit.builders import failure, result, spec

if TYPE_CHECKING:
    from collections.abc import Iterator

EVIL = "\x1b[2J\b\x07"


class Kept(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one record."""
        self.records.append(record)

    @property
    def lines(self) -> list[tuple[str, str]]:
        """Give what was logged, by level."""
        formatter = TextFormatter()
        return [(record.levelname, formatter.format(record)) for record in self.records]


@pytest.fixture
def kept() -> Iterator[Kept]:
    logger = logging.getLogger("reconciler")
    before = logger.level, logger.propagate
    handler = Kept()
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    yield handler
    logger.removeHandler(handler)
    logger.setLevel(before[0])
    logger.propagate = before[1]


def _record(
    message: str, *, function: str | None = None, error: Exception | None = None
) -> logging.LogRecord:
    trace = (type(error), error, error.__traceback__) if error else None
    record = logging.LogRecord("reconciler", logging.INFO, "x.py", 1, message, None, trace)
    record.created = 1_772_600_767.089
    if function is not None:
        record.function = function
    return record


def _raised() -> Exception:
    try:
        int(f"odd {EVIL}")
    except ValueError as error:
        return error
    raise AssertionError


# Lines.


def test_a_step_is_told_and_a_wait_is_not(kept: Kept) -> None:
    """Waits are many, so that they are at debug."""
    log = LogProgress()
    log.progress(spec("orders"), "UpdateFunctionCode (arm64)")
    log.progress(spec("orders"), "waiting for $LATEST: LastUpdateStatus is InProgress")
    assert [
        ("INFO", "orders: UpdateFunctionCode (arm64)"),
        ("DEBUG", "orders: waiting for $LATEST: LastUpdateStatus is InProgress"),
    ] == kept.lines


def test_a_long_wait_is_told_each_15_seconds(kept: Kept) -> None:
    """Between two lines that are told there is no other; each function has its own 15 s."""
    seconds = iter(range(-1, 100))
    log = LogProgress(lambda: next(seconds))
    log.progress(spec("orders"), "PublishVersion")
    for second in range(50):
        log.progress(spec("orders"), f"waiting for version 1, second {second}")
    log.progress(spec("billing"), "waiting for $LATEST")
    told = [line for level, line in kept.lines if level == "INFO"]
    assert [
        "orders: PublishVersion",
        "orders: waiting for version 1, second 14",
        "orders: waiting for version 1, second 29",
        "orders: waiting for version 1, second 44",
    ] == told


@pytest.mark.parametrize(
    ("ended", "line"),
    [
        (result(Status.UPDATED), ("INFO", "orders-api: updated")),
        (result(Status.SUSPENDED), ("DEBUG", "orders-api: suspended")),
        (result(Status.NOT_ATTEMPTED), ("INFO", "orders-api: not attempted")),
        (result(Status.IN_SYNC), ("DEBUG", "orders-api: in sync")),
        (result(Status.PLANNED), ("DEBUG", "orders-api: planned")),
        (
            result(Status.FAILED, failure=failure(what="it broke", remedy="mend it")),
            ("INFO", "orders-api: failed: it broke; mend it"),
        ),
    ],
    ids=lambda value: value.status if isinstance(value, FunctionResult) else "",
)
def test_an_end_is_told_unless_nothing_happened(
    kept: Kept, ended: FunctionResult, line: tuple[str, str]
) -> None:
    """Hundreds of functions in sync are no news."""
    LogProgress().finished(ended)
    assert [line] == kept.lines


@pytest.mark.parametrize("message", ["100 %", "%s", "%(name)s %d"])
def test_a_message_is_no_format(kept: Kept, message: str) -> None:
    """What AWS says may have a per cent sign in it."""
    LogProgress().progress(spec(), message)
    LogProgress().finished(result(Status.FAILED, failure=failure(what=message, remedy="x")))
    assert [f"orders-api: {message}", f"orders-api: failed: {message}; x"] == [
        line for _, line in kept.lines
    ]


@pytest.mark.parametrize("function", [None, "orders"])
def test_a_line_of_text_obeys_nobody(function: str | None) -> None:
    """Control characters in a message or a name are shown, not sent."""
    name = None if function is None else function + EVIL
    line = TextFormatter().format(_record(f"said {EVIL}", function=name))
    assert line.isprintable()
    assert "\\x1b[2J" in line


def test_a_line_of_a_watch_says_when() -> None:
    """In UTC: it goes on for days."""
    line = TextFormatter(times=True).format(_record("updated", function="orders"))
    assert "2026-03-04T05:06:07.089+00:00 orders: updated" == line


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r", "\u2028", "\x85", "\x0b"], ids=ascii)
def test_a_message_cannot_forge_a_line(line_end: str) -> None:
    """A line break in what AWS says does not begin a line of its own."""
    said = f"failed: odd{line_end}billing: updated"
    line = TextFormatter().format(_record(said, function="orders"))
    assert 1 == len(line.splitlines())
    assert line.startswith("orders: failed: odd")


def test_a_stack_trace_keeps_its_lines() -> None:
    """A trace is for people to read, obeys nobody, and quotes no exception."""
    lines = TextFormatter().format(_record("unexpected", error=_raised())).splitlines()
    assert ["unexpected", "ValueError (its text is not shown)"] == lines[:2]
    assert lines[2].endswith(" in _raised")
    assert all(line.isprintable() for line in lines)


# JSON.


def test_a_line_of_json() -> None:
    """One object a line, with the run's id on each."""
    line = JsonFormatter("run-1").format(_record("updated", function="orders"))
    assert {
        "time": "2026-03-04T05:06:07.089+00:00",
        "level": "info",
        "run_id": "run-1",
        "function": "orders",
        "message": "updated",
    } == json.loads(line)


def test_a_line_of_json_without_a_function() -> None:
    """What is of the whole run names no function, and has the member all the same."""
    assert json.loads(JsonFormatter("run-1").format(_record("begin")))["function"] is None


@pytest.mark.parametrize("error", [None, _raised()], ids=["message", "trace"])
def test_json_is_one_line_whatever_is_said(error: Exception | None) -> None:
    """A line break in a message, or a stack trace, does not end the object."""
    line = JsonFormatter("run-1").format(_record(f"a\nb\u2028{EVIL}\udce9", error=error))
    assert 1 == len(line.splitlines())
    assert line.isascii()
    message = json.loads(line)["message"]
    assert message.startswith(f"a\nb\u2028{EVIL}\\udce9")
    assert ("ValueError" in message, False) == (error is not None, "odd" in message)


# The live table.


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the table take standard error for a terminal of 80 columns."""
    for name in ("NO_COLOR", "TERM", "TTY_INTERACTIVE", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")


@pytest.mark.usefixtures("terminal")
def test_the_table_shows_what_is_going_on(capsys: pytest.CaptureFixture[str]) -> None:
    """What is at work is listed, what has ended is counted."""
    with LiveProgress(3) as table:
        table.progress(spec("orders"), "UpdateFunctionCode (arm64)")
        table.progress(spec("billing"), "PublishVersion")
        table.progress(spec("orders"), "waiting for $LATEST")
        table.finished(result(Status.UPDATED, "billing"))
        table.finished(result(Status.IN_SYNC, "never-shown"))
    shown = capsys.readouterr()
    assert not shown.out
    assert "2 of 3 functions done" in shown.err
    assert "orders: waiting for $LATEST" in shown.err
    assert "billing" not in shown.err.rpartition("2 of 3")[2]


@pytest.mark.usefixtures("terminal")
def test_the_table_does_not_grow_without_end(capsys: pytest.CaptureFixture[str]) -> None:
    """Hundreds of functions at once are summed up."""
    with LiveProgress(200) as table:
        for number in range(200):
            table.progress(spec(f"function-{number:03}"), "settling")
    shown = capsys.readouterr().err
    assert "function-011: settling" in shown
    assert "function-012" not in shown
    assert "and 188 more" in shown


@pytest.mark.usefixtures("terminal")
def test_the_table_obeys_nobody(capsys: pytest.CaptureFixture[str]) -> None:
    """Neither escape sequences nor the table's own markup are taken from outside."""
    with LiveProgress(1) as table:
        table.progress(spec(f"evil{EVIL}"), "[bold]said[/bold] \x1b]0;owned\x07")
    shown = capsys.readouterr().err
    assert "\x1b]0;owned" not in shown
    assert "evil\\x1b[2J" in shown
    assert "[bold]said[/bold]" in shown


@pytest.mark.usefixtures("terminal")
def test_the_table_leaves_nothing_behind(capsys: pytest.CaptureFixture[str]) -> None:
    """It is gone when the report comes, and the cursor is back, even after an error."""
    with pytest.raises(KeyError), LiveProgress(1):
        raise KeyError(sys.platform)
    shown = capsys.readouterr().err
    assert shown.rfind("\x1b[?25h") > shown.rfind("\x1b[?25l")
    assert "\x1b[2K" in shown[shown.rfind("functions done") :]
