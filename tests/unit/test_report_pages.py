"""Markdown, annotations and JUnit: pinned for every kind of run, and safe with any text."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from reconciler.cli.reports import append_summary
from reconciler.model import Change, Plan, Status
from reconciler.printable import printable
from reconciler.report import github, junit, markdown
from reconciler.report.markdown_text import code
from tests.hostile.canaries import harm_in, poisoned
from tests.unit.builders import failure, result, run
from tests.unit.runs import DEPLOYMENT, EVERY_RUN, PLAN, SUSPENDED, UPDATE, in_sync

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.model import RunResult

GOLDEN = Path(__file__).with_name("reports")
FORMS: dict[str, Callable[[RunResult], str]] = {
    "md": markdown.render,
    "github.txt": github.render,
    "xml": junit.render,
}
RUNS = pytest.mark.parametrize("run", EVERY_RUN.values(), ids=EVERY_RUN)
MARKUP = (
    "</code></details><img src=x onerror=alert(1)> [a](http://evil.example) ![b](c) <!--"
    " @octocat #1 www.evil.example a@evil.example ``` `` ` | **b** _c_ ~~d~~ $e$ &lt; \\"
    "\n\n# heading\n- item\n::error::x\n##[add-mask]x ::set-output name=a::b %0A::stop-commands::x"
)
PARSER = MarkdownIt("commonmark").enable("table").enable("strikethrough")


@pytest.mark.parametrize("suffix", FORMS)
@pytest.mark.parametrize("name", EVERY_RUN)
def test_each_kind_of_run_is_told_as_it_was_read_over(name: str, suffix: str) -> None:
    """The files beside this test are what people have looked at."""
    expected = (GOLDEN / f"{name}.{suffix}").read_text(encoding="utf-8")
    assert expected == FORMS[suffix](EVERY_RUN[name])


# Markdown.


@given(st.text(st.characters(codec="utf-8"), max_size=60) | st.text("`\\ <a>&\n|", max_size=20))
def test_a_code_span_says_just_the_text(text: str) -> None:
    """Whatever it holds: one span, of the whole text, in a list."""
    inline = PARSER.parse(f"- a {code(text)} b")[3]
    assert inline.children is not None
    found = [token for token in inline.children if token.type == "code_inline"]
    assert (printable(text) or " ") == found[0].content
    assert ["text", "code_inline", "text"] == [token.type for token in inline.children]


@RUNS
def test_markdown_of_others_is_text(run: RunResult) -> None:
    """No link, image, HTML or heading but our own, and all text of others in code spans."""
    page = markdown.render(poisoned_with_markup(run))
    kinds = set()
    for block in PARSER.parse(page):
        kinds.add(block.type)
        for token in block.children or ():
            kinds.add(token.type)
            assert token.type == "code_inline" or "evil" not in token.content
            assert token.type == "code_inline" or "octocat" not in token.content
    assert not kinds & {"link_open", "image", "html_inline", "html_block", "table_open", "fence"}


@RUNS
def test_no_page_acts_on_a_terminal(run: RunResult) -> None:
    """The same canaries as for the text."""
    for render in FORMS.values():
        assert [] == harm_in(render(poisoned(run)))


def poisoned_with_markup(run: RunResult) -> RunResult:
    """Put markup where the canaries of terminals would be."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tests.hostile.canaries.EVIL", MARKUP)
        changed: RunResult = poisoned(run)
        return changed


def many(number: int) -> RunResult:
    """Make a fleet in which one function failed and all others differ, each otherwise."""
    differing = [
        result(Status.PLANNED, f"app-{index}", plan=Plan((Change("code", "a", str(index)),)))
        for index in range(number)
    ]
    return run(
        *differing,
        result(Status.FAILED, "broken", failure=failure(what="x" * 90_000)),
        plan_only=True,
    )


def test_what_has_no_room_is_left_out_from_the_end_and_counted_at_the_top() -> None:
    """The failure, though last in the manifests and long, is there; the page fits."""
    page = markdown.render(many(2000))
    assert len(page.encode()) <= 65_000
    shown = page.count("**`app-")
    assert f"**Truncated:** {2000 - shown} functions have no room here." in page.split("\n\n")[1]
    assert page.index("**`broken`**") < page.index("**`app-0`**")
    assert "(88000 more characters)" in page
    assert 100 < shown


def test_the_page_of_a_step_has_room_for_more_and_never_too_much(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """GitHub takes 1 MiB for all that a step writes, and shows nothing of more."""
    page = tmp_path / "page.md"
    page.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(page))

    append_summary(many(2000))
    assert 2000 == page.read_text().count("**`app-")

    for _ in range(9):
        append_summary(many(2000))
    assert 990_000 < page.stat().st_size < 1_048_576
    assert 10 == page.read_text().count("### reconcile: Plan")
    assert "**Truncated:** 2001 functions have no room here." in page.read_text()


def test_a_page_that_fits_says_nothing_of_truncation() -> None:
    """All functions are there."""
    page = markdown.render(many(20))
    assert (20, False) == (page.count("**`app-"), "Truncated" in page)


def test_equal_drifts_are_told_once() -> None:
    """With the first names, and all of them folded away."""
    mode = Plan((Change("runtimeManagement", "Auto", "FunctionUpdate"),))
    drifted = [result(Status.PLANNED, f"app-{index}", plan=mode) for index in range(41)]
    page = markdown.render(run(*drifted, *in_sync(3), SUSPENDED, plan_only=True))
    assert 1 == page.count("`runtimeManagement`: `Auto` -> `FunctionUpdate`")
    assert "**41 functions:** `app-0`, `app-1`, `app-2`, `app-3`, `app-4` and 36 more" in page
    assert 41 == page.count("  - **`app-")
    assert "quiet" not in page


@pytest.mark.parametrize(
    ("number", "says"), [(100, "all 100"), (101, "the first 100 of 101")], ids=str
)
def test_folded_away_are_as_many_as_is_said(number: int, says: str) -> None:
    """A heading of all, over a part of them, is believed."""
    mode = Plan((Change("runtimeManagement", "Auto", "FunctionUpdate"),))
    drifted = [result(Status.PLANNED, f"app-{index}", plan=mode) for index in range(number)]
    page = markdown.render(run(*drifted, plan_only=True))
    assert f"<summary>{says}</summary>" in page
    assert 100 == page.count("  - **`app-")


# Annotations.


@RUNS
def test_annotations_are_one_command_a_line_whatever_they_quote(run: RunResult) -> None:
    """The runner splits at line breaks, colons and commas."""
    told = github.render(poisoned_with_markup(run))
    for line in told.splitlines():
        assert line.startswith(("::error ", "::warning ", "::notice "))
        assert len(line.split("::", 2)[1].split(",")) in (1, 4)  # file, line, col, title
    assert "\n::stop" not in told


def test_no_more_annotations_than_github_shows() -> None:
    """Ten of a kind; what is left out is counted in the first."""
    told = github.render(many(30)).splitlines()
    assert (10, 1) == (len([line for line in told if "::notice" in line]), told[1].count("::error"))
    assert "::Truncated: 21 more annotations have no room here.%0A" in told[0]


# JUnit.


@RUNS
def test_junit_counts_what_it_holds(run: RunResult) -> None:
    """A case for each function, and numbers that CI systems show without counting."""
    suite = ET.fromstring(junit.render(poisoned_with_markup(run))).find("testsuite")  # noqa: S314 - our own
    assert suite is not None
    assert len(run.functions) + len(run.undeclared) == len(suite) == int(suite.attrib["tests"])
    failed = [each for each in run.functions if each.status is Status.FAILED]
    failures = len(failed) + len(run.undeclared)
    assert failures == int(suite.attrib["failures"]) == len(suite.findall("testcase/failure"))


# What the schema that Jenkins' xUnit plugin validates with has (jenkinsci/xunit-plugin,
# junit-10.xsd), and beside that where a function is declared, which GitLab and others link to.
JUNIT = {
    "testsuites": {"name"},
    "testsuite": {
        "name", "id", "timestamp", "tests", "failures", "errors", "skipped",
    },
    "testcase": {"name", "classname", "time", "file", "line"},
    "failure": {"type", "message"},
    "error": {"type", "message"},
    "skipped": {"message"},
    "system-out": set(),
}  # fmt: skip


@RUNS
def test_junit_has_what_its_readers_know_and_nothing_else(run: RunResult) -> None:
    """Elements, attributes, and numbers of seconds."""
    root = ET.fromstring(junit.render(run))  # noqa: S314 - our own
    for element in root.iter():
        assert set(element.attrib) <= JUNIT[element.tag]
    for case in root.iter("testcase"):
        assert re.fullmatch(r"[0-9]+\.[0-9]{3}", case.attrib["time"])
        assert len(case) <= 1


def test_differences_fail_in_junit_where_they_fail_the_command() -> None:
    """With --detailed-exitcode only."""
    suites = [ET.fromstring(junit.render(PLAN, detailed=each))[0] for each in (False, True)]  # noqa: S314 - our own
    assert ["0", "2"] == [suite.attrib["failures"] for suite in suites]


def test_the_first_lines_have_no_text_of_others() -> None:
    """What the run came to is made of numbers and of our own words."""
    told = markdown.render(run(result(Status.PLANNED, plan=DEPLOYMENT), plan_only=True))
    assert type(UPDATE).__name__ in told.split("\n\n")[1]
