"""Mistakes in scenario files: each is one error at its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler.manifest import KnownOperations, Scenario, load_scenario
from reconciler.sandbox import UPDATES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.unit.manifest.conftest import ReadScenario

    Errors = Callable[[str], list[str]]

HEADER = "apiVersion: lambda.reconciler/v1\nkind: Scenario\n"
NAMES = "write the name of a function without its ARN; * and ? may stand for others"
STATES = (
    "write Pending, Active, Inactive, Failed, Deactivating, Deactivated, ActiveNonInvocable "
    "or Deleting"
)


@pytest.fixture
def errors(read_scenario: ReadScenario) -> Errors:
    """Return the messages for a body below the first two lines."""

    def made(body: str) -> list[str]:
        found = read_scenario(f"{HEADER}{body}\n")
        assert isinstance(found, list)
        return found

    return made


WRONG = {
    "a field": (
        "functions: {a: {stat: Failed}}",
        ['3:17: functions.a has no field "stat"; did you mean state?'],
    ),
    "a field at the top": (
        "settle: 3",
        [
            (
                '3:1: the document has no field "settle"; '
                "its fields are apiVersion, kind, functions, faults"
            )
        ],
    ),
    "a state": (
        "functions: {a: {state: Faild}}",
        [f'3:24: functions.a.state is "Faild"; {STATES}'],
    ),
    "a name": (
        "functions: {'arn:x': {}}",
        [f'3:13: "arn:x" cannot be a name in functions; {NAMES}'],
    ),
    "a line break at the end of a name": (
        'functions: {"a\\n": {}}',
        [f'3:13: "a\\n" cannot be a name in functions; {NAMES}'],
    ),
    "a function of a fault": (
        "faults: [{function: 'a:1', settle: 1}]",
        [f'3:21: faults[0].function is "a:1"; {NAMES}'],
    ),
    "no effect": (
        "faults: [{function: a}]",
        [
            (
                "3:10: faults[0] says nothing that happens; "
                "say what is to happen: error, closeConnection, failWith or settle"
            )
        ],
    ),
    "an effect that is misspelt": (
        "faults: [{fail: {}}]",
        ['3:11: faults[0] has no field "fail"; did you mean failWith?'],
    ),
    "an error with an update": (
        "faults: [{error: {status: 500}, settle: 1}]",
        [
            (
                "3:41: faults[0].settle cannot be here; "
                "remove it: a request that is answered with an error has no effect"
            )
        ],
    ),
    "no request and a failed update": (
        "faults: [{closeConnection: before, settle: 1}]",
        [
            (
                "3:44: faults[0].settle cannot be here; "
                "remove it, or write closeConnection: after: before means that there is no update"
            )
        ],
    ),
    "an error without its code": (
        "faults: [{error: {status: 404}}]",
        [
            (
                "3:11: faults[0].error.code is missing; "
                "add AWS's error code, for example code: AccessDeniedException"
            )
        ],
    ),
    "a success as an error": (
        "faults: [{error: {status: 200}}]",
        ["3:27: faults[0].error.status is the number 200; write an HTTP status from 400 to 599"],
    ),
    "a header of two lines": (
        'faults: [{error: {status: 500, headers: {Retry-After: "1\\r\\nX: y"}}}]',
        [
            (
                '3:55: faults[0].error.headers.Retry-After is "1\\r\\nX: y"; '
                "write a line of ASCII characters"
            )
        ],
    ),
    "an operation": (
        "faults: [{operation: PublishVersio, settle: 1}]",
        ['3:22: the sandbox answers no operation "PublishVersio"; did you mean PublishVersion?'],
    ),
    "a read that is to fail later": (
        "faults: [{operation: Get*, failWith: {reasonCode: Idle}}]",
        [
            (
                "3:28: faults[0].failWith cannot happen to Get*, which begins no update; "
                f"name one of {', '.join(sorted(UPDATES))}"
            )
        ],
    ),
    "counts": (
        "faults: [{settle: 1, times: 0}, {settle: 1, times: 1.5}, {settle: 1, skip: -1}]",
        [
            "3:29: faults[0].times is the number 0; write a whole number from 1, or always",
            "3:52: faults[1].times is the number 1.5; write a whole number from 1, or always",
            "3:76: faults[2].skip is the number -1; write a whole number from 0",
        ],
    ),
    "times that never come": (
        "faults: [{settle: .nan}, {settle: .inf}, {settle: -1}, {settle: '1'}]",
        [
            "3:19: faults[0].settle is the number .nan; write seconds, from 0 to 86400",
            "3:35: faults[1].settle is the number .inf; write seconds, from 0 to 86400",
            "3:51: faults[2].settle is the number -1; write seconds, from 0 to 86400",
            '3:65: faults[3].settle is "1"; write seconds, from 0 to 86400',
        ],
    ),
    "the same twice": (
        "faults: []\nfaults: []",
        ["4:1: faults is given twice, at line 3 and at line 4; keep one of them"],
    ),
    "a type": ("faults: {}", ["3:9: faults is a mapping; write a list of faults"]),
    "an unset variable, reported once": (
        "faults: [{operation: '${NOPE}', settle: 1}]",
        [
            (
                "3:23: the environment variable NOPE is not set; "
                "set it, or give it a default: ${NOPE:-default}"
            )
        ],
    ),
}


@pytest.mark.parametrize(("body", "expected"), WRONG.values(), ids=WRONG)
def test_each_mistake_is_one_error_at_its_place(
    errors: Errors, body: str, expected: list[str]
) -> None:
    """Line and column, what is wrong, and what to do."""
    assert expected == errors(body)


def test_all_errors_come_at_once_in_their_order(errors: Errors) -> None:
    """From the top of the file to its end."""
    found = errors("faults: [{settle: x}]\nfunctions: {a: {state: y}}\nmore: 1")
    assert ["3:19", "4:24", "5:1"] == [":".join(each.split(":")[:2]) for each in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "",
            (
                "1:1: the file is empty; "
                "begin it with apiVersion: lambda.reconciler/v1 and kind: Scenario"
            ),
        ),
        (f"{HEADER}---\n{HEADER}", "4:1: this is a second document; keep one scenario in a file"),
        (
            "apiVersion: lambda.reconciler/v1\nkind: Function\nspec: {}\n",
            '2:7: kind is "Function"; write Scenario',
        ),
        ("kind: Scenario\n", "1:1: apiVersion is missing; add apiVersion: lambda.reconciler/v1"),
        (
            "[]",
            (
                "1:1: the document is a list; write a mapping that begins with "
                "apiVersion: lambda.reconciler/v1 and kind: Scenario"
            ),
        ),
        (b"\xff", "1:1: the byte 0xff is not UTF-8; save the file as UTF-8"),
    ],
)
def test_a_file_that_is_no_scenario_has_one_error(
    read_scenario: ReadScenario, text: str | bytes, expected: str
) -> None:
    """Nothing else in it matters."""
    assert [expected] == read_scenario(text)


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    """The path is named as it was given."""
    path = str(tmp_path / "missing.yaml")
    found = load_scenario(path, environment={}, known=KnownOperations(frozenset(), frozenset()))
    assert not isinstance(found, Scenario)
    assert [f"{path}:1:1: there is no such file or folder; correct the path"] == [
        str(error) for error in found
    ]
