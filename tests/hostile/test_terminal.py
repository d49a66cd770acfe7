"""Canaries wherever text of others comes in: no output has anything that a terminal obeys."""

from __future__ import annotations

import io
import json
import logging
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from reconciler.printable import printable
from reconciler.report import json_report, text
from reconciler.report.progress import JsonFormatter, LiveProgress, LogProgress, TextFormatter
from reconciler.report.style import Style
from tests.hostile.canaries import EVIL, OURS, harm_in, poisoned
from tests.unit.runs import EVERY_RUN, FAILED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.model import RunResult

RUNS = pytest.mark.parametrize("run", EVERY_RUN.values(), ids=EVERY_RUN)


def test_the_canaries_are_alive() -> None:
    """What is looked for below is there, and all of it is found."""
    assert {"U+001B", "U+009B", "U+202E", "U+200B", "U+000D", "U+0000"} <= set(harm_in(EVIL))
    assert poisoned(FAILED).functions[0].failure.what.endswith(EVIL)
    assert not harm_in(printable(EVIL))


@RUNS
@pytest.mark.parametrize("coloured", [True, False], ids=["coloured", "plain"])
@pytest.mark.parametrize("width", [None, 80], ids=["pipe", "terminal"])
def test_the_text_report_obeys_nobody(run: RunResult, *, coloured: bool, width: int | None) -> None:
    """Names, places, changes, notes, results, reasons and request ids are shown as they are."""
    rendered = text.render(poisoned(run), Style(coloured), verbose=True, width=width)
    assert [] == harm_in(OURS.sub("", rendered) if coloured else rendered)


@RUNS
def test_the_json_report_obeys_nobody(run: RunResult) -> None:
    """In JSON everything is an escape; it says the same when it is read."""
    rendered = json_report.render(poisoned(run))
    assert [] == harm_in(rendered)
    assert rendered.isascii()
    for function in json.loads(rendered)["functions"]:
        assert function["name"].endswith(EVIL)


def test_a_name_that_is_not_utf_8_is_json_all_the_same() -> None:
    """Half a surrogate pair is refused by many parsers; the byte is written out."""
    broken = json_report.render(_with_name(FAILED, "caf\udce9.yaml"))
    assert "caf\\\\udce9.yaml" in broken
    assert "caf\\udce9.yaml" == json.loads(broken)["functions"][0]["file"]
    json.dumps(json.loads(broken), ensure_ascii=False).encode("utf-8")


def _with_name(run: RunResult, file: str) -> RunResult:
    first = run.functions[0]
    location = replace(first.spec.location, file=file)
    result = replace(first, spec=replace(first.spec, location=location))
    return replace(run, functions=(result, *run.functions[1:]))


@pytest.fixture(params=[TextFormatter(), JsonFormatter("run")], ids=["text", "json"])
def log(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    """Log into memory as the command does to standard error."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(request.param)
    logger = logging.getLogger("reconciler")
    before = logger.level, logger.propagate
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    yield stream
    logger.level, logger.propagate = before
    logger.removeHandler(handler)


def _fail() -> None:
    raise ValueError(EVIL)


def test_the_log_obeys_nobody(log: io.StringIO) -> None:
    """Progress, ends and tracebacks, as text and as JSON."""
    lines = LogProgress()
    for run in EVERY_RUN.values():
        for result in poisoned(run).functions:
            lines.progress(result.spec, f"UpdateFunctionCode {EVIL}")
            lines.finished(result)
    try:
        _fail()
    except ValueError:
        logging.getLogger("reconciler").exception("unexpected %s", EVIL)
    assert "in _fail" in log.getvalue()
    assert [] == harm_in(log.getvalue())


@pytest.mark.parametrize("markup", ["[red]", "[link=http://evil.example]", "[/]", ":bomb:", "[@x]"])
def test_the_live_table_obeys_nobody(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, markup: str
) -> None:
    """Neither escape sequences nor rich's own markup come from outside."""
    for name, value in {"FORCE_COLOR": "1", "COLUMNS": "200", "TERM": "xterm"}.items():
        monkeypatch.setenv(name, value)
    with LiveProgress(3) as table:
        for result in poisoned(FAILED).functions:
            table.progress(result.spec, f"waiting {EVIL}")
        table.progress(FAILED.functions[0].spec, f"{markup}{EVIL}")
        table.finished(poisoned(FAILED).functions[1])
    shown = capsys.readouterr().err
    assert markup in shown
    for sequence in ("\x1b]", "\x1bP", "\x1b[31m", "\x1b[2J", "\x9b", "\u202e", "\u200b", "\x00"):
        assert sequence not in shown
