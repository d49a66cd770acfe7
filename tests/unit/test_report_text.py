from __future__ import annotations

import re
from dataclasses import replace

import pytest

from reconciler.model import Change, Plan, RunResult, Status
from reconciler.report import text
from reconciler.report.style import Style
from tests.unit.builders import failure, location, manual, record, result, run
from tests.unit.runs import (
    APPLIED,
    DEPLOYMENT,
    EVERY_RUN,
    FAILED,
    INTERRUPTED,
    NO_CHANGES,
    NOT_ATTEMPTED,
    PLAN,
    PUBLISH,
    REFUSED,
    RIVALS,
    SUSPENDED,
    TOO_MANY,
    UPDATE,
    in_sync,
)

PLAIN = Style(coloured=False)
COLOURED = Style(coloured=True)
EVIL = "\x1b[2J\x1b]0;owned\x07\r\b\x9b\u202e\n"


def _rendered(run: RunResult, *, verbose: bool = False, width: int | None = None) -> str:
    return text.render(run, PLAIN, verbose=verbose, width=width)


# Whole reports.


def test_a_plan() -> None:
    """What differs is listed by function, what is in sync is only counted."""
    expected = """\
~ orders-api (eu-west-1)
    code               y6BrVzb69n5U... -> EVB6Di9eadXf...
    architecture       x86_64 -> arm64
    publish            new version
    note: mind the gap

~ orders-worker (eu-west-1)
    code               y6BrVzb69n5U... -> EVB6Di9eadXf...
    runtimeManagement  Auto -> Manual arn:aws:lambda:eu-west-1::runtime:PIN...

! frozen (eu-west-1)  suspended: nothing is changed
    code               y6BrVzb69n5U... -> EVB6Di9eadXf...

Plan: 2 to update, 1 to publish, 17 in sync, 1 suspended.
Calls: 2 UpdateFunctionCode, 1 PublishVersion, 1 PutRuntimeManagementConfig.
"""
    pin = str(manual().runtime_version_arn).rpartition(":")[2]
    assert expected.replace("PIN", pin[:12]) == _rendered(PLAN)


def test_an_applied_run() -> None:
    """What was done is listed after what differed; notes were for the plan."""
    expected = """\
+ orders-api (eu-west-1)  updated
    code               y6BrVzb69n5U... -> EVB6Di9eadXf...
    architecture       x86_64 -> arm64
    publish            new version
    done UpdateFunctionCode: Successful (4.0 s)
    done PublishVersion: version 8 (0.3 s)

+ orders-worker (eu-west-1)  updated
    code               y6BrVzb69n5U... -> EVB6Di9eadXf...
    runtimeManagement  Auto -> Manual arn:aws:lambda:eu-west-1::runtime:PIN...
    done PutRuntimeManagementConfig: FunctionUpdate (1.2 s)
    done UpdateFunctionCode: Successful (1.2 s)

! frozen (eu-west-1)  suspended: nothing is changed
    code               y6BrVzb69n5U... -> EVB6Di9eadXf...

Applied: 2 updated, 1 published, 17 in sync, 1 suspended.
Calls: 2 UpdateFunctionCode, 1 PublishVersion, 1 PutRuntimeManagementConfig.
"""
    pin = str(manual().runtime_version_arn).rpartition(":")[2]
    assert expected.replace("PIN", pin[:12]) == _rendered(APPLIED)


def test_a_run_with_failures() -> None:
    """A failure says what, what now and where; what was done before it is not hidden."""
    expected = """\
x orders-api (eu-west-1)  FAILED
    code               y6BrVzb69n5U... -> EVB6Di9eadXf...
    architecture       x86_64 -> arm64
    publish            new version
    done UpdateFunctionCode: Successful (1.2 s)
    not done PublishVersion (1.2 s)
    temporary failure: PublishVersion: no answer
    what now: run again
    declared at manifests/orders.yaml:4:3

x absent (eu-west-1)  FAILED
    permanent failure: GetFunction: ResourceNotFoundException: Function not found \
(request request-7)
    what now: create the function first
    declared at manifests/absent.yaml:12:1

Applied: 1 in sync, 2 failed.
Calls: 1 UpdateFunctionCode, 7 PublishVersion.
"""
    assert expected == _rendered(FAILED)


def test_an_interrupted_run() -> None:
    """Functions whose turn never came are named, with or without a region."""
    expected = """\
+ orders-api (eu-west-1)  updated
    code               y6BrVzb69n5U... -> EVB6Di9eadXf...
    architecture       x86_64 -> arm64
    publish            new version
    done UpdateFunctionCode (1.2 s)
    done PutRuntimeManagementConfig (1.2 s)

x half-way (eu-west-1)  interrupted
    in flight UpdateFunctionCode: accepted, not settled: LastUpdateStatus is InProgress (1.2 s)
    not attempted PublishVersion
    interrupted; run again

? late (eu-west-1)  not attempted

? nowhere  not attempted

Interrupted by SIGTERM: the next run goes on from there.
Applied: 1 updated, 1 interrupted, 2 not attempted.
Calls: 2 UpdateFunctionCode, 1 PutRuntimeManagementConfig.
"""
    assert expected == _rendered(INTERRUPTED)


def test_a_plan_that_changes_too_much() -> None:
    """The plan is shown, and why nothing of it was done."""
    told = _rendered(TOO_MANY)

    assert told.startswith(_rendered(replace(TOO_MANY, too_many=None)).split("Plan:")[0])
    assert told.endswith("""\
Refused: 2 functions would change, and --max-changes 40% allows 1 of 3. Nothing was written.
Plan: 2 to update, 1 to publish, 1 in sync.
Calls: 2 UpdateFunctionCode, 1 PublishVersion, 1 PutRuntimeManagementConfig.
""")


def test_what_others_changed_is_named() -> None:
    """Beside what was done, and shortened like all digests."""
    assert """\
    done UpdateFunctionCode: Successful (1.2 s)
    not by this run: code y6BrVzb69n5U... -> EVB6Di9eadXf...
    not by this run: configuration (RevisionId) revision-9
""" in _rendered(RIVALS)


def test_a_refused_plan() -> None:
    """A plan that cannot be performed shows the difference and why not."""
    expected = """\
x orders-api (eu-west-1)  FAILED
    code               y6BrVzb69n5U... -> EVB6Di9eadXf...
    permanent failure: State is Failed
    what now: recreate it
    declared at manifests/orders.yaml:4:3

Plan: 1 failed.
Calls: none.
"""
    assert expected == _rendered(REFUSED)


def test_no_changes() -> None:
    """An unchanged world is two lines that say on what ground."""
    expected = """\
No changes. All 3 functions were read from AWS just now: everything declared is live, \
and no update is in progress or failed.
Calls: none that write.
"""
    assert expected == _rendered(NO_CHANGES)


def test_no_changes_of_one_function() -> None:
    """One function is not all of them."""
    assert "No changes. The function was read from AWS just now:" in _rendered(run(*in_sync(1)))


def test_no_changes_in_a_plan() -> None:
    """A plan makes no call that writes in any case, so there is nothing to add."""
    lines = _rendered(replace(NO_CHANGES, plan_only=True)).splitlines()
    assert "Calls: none." == lines[-1]
    assert lines[0].startswith("No changes. ")


def test_verbose_lists_what_is_in_sync() -> None:
    """Nothing is left out, and the notes are given in an applied run, too."""
    rendered = _rendered(APPLIED, verbose=True)
    assert 17 == rendered.count("= quiet-")
    assert "= quiet-16 (eu-west-1)  in sync\n" in rendered
    assert "    note: mind the gap\n" in rendered


@pytest.mark.parametrize(
    "status", [Status.FAILED, Status.SUSPENDED, Status.NOT_ATTEMPTED, Status.PLANNED]
)
def test_trust_is_claimed_only_when_all_is_in_sync(status: Status) -> None:
    """One function that is not in sync, and nothing is said of no changes."""
    plan = DEPLOYMENT if status is Status.PLANNED else None
    reported = run(*in_sync(5), result(status, plan=plan), plan_only=True)
    rendered = _rendered(reported)
    assert "No changes" not in rendered
    assert "5 in sync" in rendered


def test_nothing_read_is_nothing_vouched_for() -> None:
    """A run of no functions has read nothing, and claims nothing."""
    assert "were read" not in _rendered(run())


# The two lines at the end.


def test_a_suspended_function_counts_nowhere_else() -> None:
    """Its drift is shown, and no call is announced for it."""
    assert _rendered(run(SUSPENDED, plan_only=True)).endswith(
        "\nPlan: 1 suspended.\nCalls: none.\n"
    )


def test_a_step_that_failed_counts_as_a_call_only() -> None:
    """The call was sent, but nothing was updated."""
    reported = run(
        result(Status.FAILED, steps=(record(UPDATE, succeeded=False),), failure=failure()),
        calls={"UpdateFunctionCode": 1},
    )
    assert _rendered(reported).endswith("\nApplied: 1 failed.\nCalls: 1 UpdateFunctionCode.\n")


def test_a_function_that_is_only_published_is_not_updated() -> None:
    """Publishing changes nothing of $LATEST."""
    reported = run(result(Status.PLANNED, plan=Plan(steps=(PUBLISH,))), plan_only=True)
    assert _rendered(reported).endswith("\nPlan: 1 to publish.\nCalls: 1 PublishVersion.\n")


# Nothing that a terminal could obey.


@pytest.mark.parametrize(
    "reported",
    [
        pytest.param(run(result(Status.SUSPENDED, f"a{EVIL}")), id="name"),
        pytest.param(run(result(Status.SUSPENDED, region=f"a{EVIL}")), id="region"),
        pytest.param(
            run(result(Status.SUSPENDED, plan=Plan((Change(f"a{EVIL}", EVIL, EVIL),)))),
            id="change",
        ),
        pytest.param(
            run(result(Status.SUSPENDED, plan=Plan(notes=(EVIL,))), plan_only=True), id="note"
        ),
        pytest.param(run(result(Status.UPDATED, steps=(record(UPDATE, result=EVIL),))), id="step"),
        pytest.param(
            run(result(Status.FAILED, failure=failure(what=EVIL, remedy=EVIL, request_id=EVIL))),
            id="failure",
        ),
        pytest.param(
            run(result(Status.FAILED, failure=failure(), at=location(f"a{EVIL}.yaml"))), id="file"
        ),
    ],
)
@pytest.mark.parametrize("width", [None, 60], ids=["unwrapped", "wrapped"])
def test_control_characters_are_shown_and_not_sent(reported: RunResult, width: int | None) -> None:
    """Names, AWS's messages and file names may hold anything; a report is lines of text."""
    rendered = text.render(reported, PLAIN, width=width)
    assert not [char for char in rendered if not char.isprintable() and char != "\n"]
    assert "\\x1b" in rendered
    assert len(rendered.splitlines()) == rendered.count("\n")


def test_a_name_cannot_forge_a_line() -> None:
    """A line break in a message does not begin a line of its own."""
    forged = failure(what="broken\n\nNo changes. All is well")
    lines = _rendered(run(result(Status.FAILED, failure=forged))).splitlines()
    assert not [line for line in lines if line.startswith("No changes")]


# Digests.


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", "47DEQpj8HBSa..."),
        ("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "e3b0c44298fc..."),
        ("e3b0c44298fc", "e3b0c44298fc"),
        ("version 7", "version 7"),
        ("Auto", "Auto"),
    ],
    ids=["zip", "image", "short", "version", "mode"],
)
def test_digests_are_shortened(value: str, shown: str) -> None:
    """A person compares twelve characters; the JSON report has all of them."""
    reported = run(result(Status.SUSPENDED, plan=Plan((Change("code", None, value),))))
    assert f"    code               {shown}\n" in _rendered(reported)


# Colour.


@pytest.mark.parametrize("reported", EVERY_RUN.values(), ids=EVERY_RUN)
def test_colour_adds_nothing_but_colour(reported: RunResult) -> None:
    """Without its escape sequences a coloured report is the plain one."""
    coloured = text.render(reported, COLOURED, verbose=True)
    assert "\x1b[" in coloured
    assert text.render(reported, PLAIN, verbose=True) == re.sub(r"\x1b\[\d+m", "", coloured)


@pytest.mark.parametrize("reported", EVERY_RUN.values(), ids=EVERY_RUN)
def test_every_colour_is_ended_on_its_line(reported: RunResult) -> None:
    """A line that is cut out, or a pager, does not bleed."""
    for line in text.render(reported, COLOURED, verbose=True).splitlines():
        sequences = re.findall(r"\x1b\[\d+m", line)
        assert len(sequences) == 2 * sequences.count("\x1b[0m")


@pytest.mark.parametrize(
    ("reported", "start"),
    [
        (run(SUSPENDED), "\x1b[33m! frozen\x1b[0m (eu-west-1)  suspended"),
        (run(NOT_ATTEMPTED), "\x1b[33m? late\x1b[0m (eu-west-1)  not attempted"),
        (FAILED, "\x1b[31mx orders-api\x1b[0m (eu-west-1)  FAILED"),
        (APPLIED, "\x1b[32m+ orders-api\x1b[0m (eu-west-1)  updated"),
        (PLAN, "\x1b[33m~ orders-api\x1b[0m (eu-west-1)\n"),
    ],
    ids=["suspended", "not-attempted", "failed", "updated", "planned"],
)
def test_signs_and_colours(reported: RunResult, start: str) -> None:
    """The sign says without colour what the colour says."""
    assert text.render(reported, COLOURED).startswith(start)


# Wrapping.


@pytest.mark.parametrize("width", [20, 40, 72, 100])
@pytest.mark.parametrize("reported", EVERY_RUN.values(), ids=EVERY_RUN)
def test_wrapping_breaks_at_spaces_only(reported: RunResult, width: int) -> None:
    """No word is cut or lost, and a line is too long only where one word is."""
    wrapped = _rendered(reported, verbose=True, width=width)
    assert _rendered(reported, verbose=True).split() == wrapped.split()
    for line in wrapped.splitlines():
        assert len(line) <= width or 1 == len(line.split())


def test_what_goes_on_is_indented() -> None:
    """A continued line stands below the text of the line that it continues."""
    reported = run(result(Status.FAILED, failure=failure(what="one two three", remedy="x")))
    assert "    permanent failure: one two\n        three\n" in _rendered(reported, width=30)


@pytest.mark.parametrize("reported", [PLAN, FAILED], ids=["plan", "failed"])
def test_colour_does_not_move_the_line_breaks(reported: RunResult) -> None:
    """Escape sequences take no room on a terminal."""
    coloured = text.render(reported, COLOURED, verbose=True, width=30)
    plain = text.render(reported, PLAIN, verbose=True, width=30)
    assert plain == re.sub(r"\x1b\[\d+m", "", coloured)
