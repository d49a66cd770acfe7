"""--only, --selector and --max-changes as a process: what is chosen, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from reconciler.sandbox import Sandbox
    from tests.e2e.command import Command

DIFFERS = "{code: {directory: code}}"


@pytest.fixture
def three(command: Command, sandbox: Sandbox) -> Command:
    """Declare three functions, each with its team's label, that differ from what is live."""
    for name in ("orders-api", "orders-worker", "billing"):
        command.declare(name, DIFFERS)
    command.seed(sandbox)
    return command


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--only", "order-api"], "--only order-api matches no function; did you mean orders-api?"),
        (["--only", "billing", "--only", "xyz*"], "--only xyz* matches no function"),
        (["-l", "team=biling"], "matches no function; did you mean team=billing?"),
        (["-l", "taem=billing"], "--selector taem=billing matches no function"),
        (["--only", "billing", "-l", "team=orders-api"], "leave none of 3 functions"),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, list) else "",
)
def test_a_selection_with_a_typo_is_64(
    three: Command, sandbox: Sandbox, arguments: list[str], said: str
) -> None:
    """Each flag must match something, or a typo would leave functions out without a word."""
    finished = three.run(*arguments)

    assert (64, "") == (finished.returncode, finished.stdout)
    assert said in finished.stderr
    assert () == sandbox.requests


def test_too_many_changes_are_5_with_the_plan_shown(three: Command, sandbox: Sandbox) -> None:
    """Nothing was written, and one can see what would have been."""
    finished = three.run("--max-changes", "50%")

    assert 5 == finished.returncode
    assert 3 == finished.stdout.count("~ ")
    assert (
        "Refused: 3 functions would change, and --max-changes 50% allows 1 of 3. "
        "Nothing was written.\nPlan: 3 to update.\n"
    ) in finished.stdout
    assert {"GetFunction"} == {each.operation for each in sandbox.requests}


def test_enough_is_enough(three: Command) -> None:
    """The same functions within the limit are updated."""
    finished = three.run("--max-changes", "3")

    assert (0, True) == (finished.returncode, "Applied: 3 updated." in finished.stdout)


def test_one_function_is_one_function(command: Command, sandbox: Sandbox) -> None:
    """The sentence is right also when it is about one."""
    command.declare("app", DIFFERS)
    command.seed(sandbox)

    finished = command.run("--max-changes", "0")

    assert "Refused: 1 function would change, and --max-changes 0 allows 0 of 1" in finished.stdout
