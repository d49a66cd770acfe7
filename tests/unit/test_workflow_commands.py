"""Commands to GitHub's runner: ours as its toolkit writes them, and none of anybody else."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model import Location
from reconciler.printable import printable
from reconciler.report import github, json_report, junit, markdown, text
from reconciler.report.events import Events
from reconciler.report.progress import JsonFormatter, TextFormatter
from reconciler.report.style import Style
from tests.hostile.canaries import altered
from tests.hostile.commands import COMMANDS, EVIL, Command, commands_in
from tests.unit.runs import EVERY_RUN

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.model import RunResult

TOOLKIT = [  # text, escapeData and escapeProperty of @actions/core 3.0.1, as it printed them
    ("plain", "plain", "plain"),
    ("100%", "100%25", "100%25"),
    ("%0A", "%250A", "%250A"),
    ("%250A", "%25250A", "%25250A"),
    ("a:b,c", "a:b,c", "a%3Ab%2Cc"),
    ("a ::error::x", "a ::error::x", "a %3A%3Aerror%3A%3Ax"),
    ("]; =&<>", "]; =&<>", "]; =&<>"),
    ("gr\u00fc\u00dfe", "gr\u00fc\u00dfe", "gr\u00fc\u00dfe"),
    ("", "", ""),
]
OURS = [  # where we write out more than the toolkit does
    ("a\r\nb", "a\\r%0Ab", "a\\r\\nb"),
    ("\u2028", "\\u2028", "\\u2028"),
    ("a##[error]b", "a#\\x23[error]b", "a#\\x23[error]b"),
]
PLACE = Location("manifests/app.yaml", 3, 7)
RUNS = pytest.mark.parametrize("run", EVERY_RUN.values(), ids=EVERY_RUN)


@pytest.mark.parametrize(("given", "data", "told"), TOOLKIT + OURS)
def test_escapes_are_those_of_the_toolkit(given: str, data: str, told: str) -> None:
    """Percent signs first, so that what is escaped already is not taken for an escape."""
    place = Location(f"a/{given}", 3, 7)
    told_of_file = f"a/{told}".removesuffix("/")

    assert f"::error file={told_of_file},line=3,col=7,title={told}::{data}" == (
        str(github.Annotation(github.Level.ERROR, given, given, place))
    )


@pytest.mark.parametrize(
    "file", ["manifests/app.yaml", "./manifests/app.yaml", "a/..//manifests/./app.yaml"]
)
def test_a_file_is_named_as_github_names_it(file: str) -> None:
    """Or its annotation stands at no line."""
    told = str(github.Annotation(github.Level.ERROR, "t", "m", Location(file, 3, 7)))

    assert "::error file=manifests/app.yaml,line=3,col=7,title=t::m" == told


def test_a_title_begins_with_no_command() -> None:
    """Nor does a message, whose line a reader may take out of its place."""
    annotation = github.Annotation(github.Level.ERROR, "::error::x", "::error::x")

    assert "::error title=\\x3a%3Aerror%3A%3Ax::\\x3a:error::x" == str(annotation)


@given(st.text(max_size=40) | st.text(":#[]%0AaD,;= \n\r\v\u0085\u2028", max_size=40))
def test_the_runner_reads_what_was_meant(meant: str) -> None:
    """One annotation, at the manifest's line, with the text whole."""
    printed = str(github.Annotation(github.Level.WARNING, f"t {meant}.", meant, PLACE))

    place = {"file": PLACE.file, "line": "3", "col": "7", "title": printable(f"t {meant}.")}
    lines = "\n".join(map(printable, meant.split("\n")))
    assert [Command("warning", place, lines)] == list(commands_in(printed))


@given(st.text(":#[]%0AaD,;= \n\r\v\u0085\u2028\u00a0", max_size=40))
def test_no_text_is_a_command_where_a_line_begins(evil: str) -> None:
    """Not before a command's name either, whatever stands between."""
    for name in COMMANDS:
        shown = printable(f"{evil}{name}{evil} ##[{name}]{evil}")
        assert [] == list(commands_in(shown))
        assert shown == printable(shown)


def _events(run: RunResult) -> str:
    told: list[str] = []
    events = Events("run", told.append, plan_only=run.plan_only)
    events.started(len(run.functions), watch=False)
    for each in run.functions:
        events.progress(each.spec, EVIL)
        events.finished(each)
    events.run_finished(run, 0)
    return "".join(told)


FORMS: dict[str, Callable[[RunResult], str]] = {
    "text": lambda run: text.render(run, Style(coloured=False), verbose=True),
    "coloured": lambda run: text.render(run, Style(coloured=True), verbose=True),
    "json": json_report.render,
    "jsonl": _events,
    "markdown": markdown.render,
    "junit": lambda run: junit.render(run, detailed=True),
}


def test_the_canaries_of_this_test_are_alive() -> None:
    """What is looked for is found where nothing is done against it, and is in each form."""
    failed = altered(EVERY_RUN["failed"], lambda told: f"{EVIL}{told}")
    assert [] == [name for name in FORMS if "stop-commands" not in FORMS[name](failed)]
    assert ["stop-commands"] == [each.name for each in commands_in(f"\u00a0 {EVIL}")]
    assert [Command("set-output", {"name": "changed"}, "false")] == list(commands_in(f"a {EVIL}"))


@RUNS
@pytest.mark.parametrize("render", FORMS.values(), ids=FORMS)
def test_no_form_of_a_report_has_commands_of_others(
    run: RunResult, render: Callable[[RunResult], str]
) -> None:
    """The runner reads every line that a step prints, whatever it was meant to be."""
    printed = render(altered(run, lambda told: f"{EVIL}{told}\n{EVIL}\r{EVIL}"))

    assert [] == list(commands_in(printed))


@RUNS
def test_annotations_are_the_only_commands(run: RunResult) -> None:
    printed = github.render(altered(run, lambda told: f"{EVIL}{told}\n{EVIL}"))

    names = [each.name for each in commands_in(printed)]
    assert len(printed.splitlines()) == len(names)
    assert {"error", "warning", "notice"} >= set(names)


@pytest.mark.parametrize("formatter", [TextFormatter(), JsonFormatter("run")], ids=["text", "json"])
def test_the_log_has_no_commands(formatter: logging.Formatter) -> None:
    """It is on standard error, which the runner reads as well."""
    record = logging.makeLogRecord({"msg": f"\n{EVIL}\n{EVIL}", "function": EVIL})

    assert [] == list(commands_in(formatter.format(record)))


def test_json_says_the_same_as_it_did() -> None:
    """What is written out there is an escape of JSON's own."""
    run = altered(EVERY_RUN["failed"], lambda told: f"{told}##[a]")

    assert "##[" not in json_report.render(run)
    assert json_report.render(run).count("#\\u0023[a]") > 10
