"""Accepted changes that end as Failed, with each reason code, once or each time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler.sandbox import Fault
from tests.faults import wire
from tests.faults.matrix import REASON_CODES, Outcome
from tests.faults.scenarios import OTHER, PUBLISHED, SNAPSHOT

if TYPE_CHECKING:
    from reconciler.model import Failure
    from tests.faults.stage import Ending, Stage

WORDS = {"a code that AWS adds later": "AddedLater", "none at all": ""}
REASON = "AWS's own words"
AGAIN = pytest.mark.parametrize("times", [1, 2], ids=["once", "always"])


def check(ending: Ending, outcome: Outcome, code: str) -> Failure:
    """Expect a failure of the kind that the page has, in AWS's words, and what now."""
    failure = ending.result.failure
    assert failure is not None
    assert (outcome.kind, outcome.exit_code) == (failure.kind, ending.exit_code)
    assert f"{WORDS.get(code, code)}: {REASON}".removeprefix(": ") in failure.what
    assert failure.remedy
    return failure


@AGAIN
@pytest.mark.parametrize("code", REASON_CODES)
def test_an_update_that_ends_as_failed_is_told_and_repaired(
    stage: Stage, code: str, times: int
) -> None:
    """The run ends at once, nothing is published, and the next run sends the code again."""
    name = stage.create(PUBLISHED)
    reason = (WORDS.get(code, code), REASON)
    stage.sandbox.inject(Fault(wire.UPDATE, name, times=times, fail_update=reason))

    for _ in range(times):
        failed = stage.run(PUBLISHED, name)
        check(failed, REASON_CODES[code][0], code)
        assert [wire.UPDATE] == failed.carried_out
    healed = stage.run(PUBLISHED, name)

    assert (0, [wire.UPDATE, wire.PUBLISH]) == (healed.exit_code, healed.carried_out)
    assert stage.wanted(PUBLISHED) == stage.end(name)


@AGAIN
@pytest.mark.parametrize("code", REASON_CODES)
def test_a_version_that_ends_as_failed_stays_refused_until_the_code_changes(
    stage: Stage, code: str, times: int
) -> None:
    """AWS would answer with the same version again, so that nothing is written for it."""
    name = stage.create(SNAPSHOT)
    reason = (WORDS.get(code, code), REASON)
    stage.sandbox.inject(Fault(wire.PUBLISH, name, times=times, fail_update=reason))
    outcome = REASON_CODES[code][1]

    for scenario in (SNAPSHOT, OTHER)[:times]:
        failed, again = stage.run(scenario, name), stage.run(scenario, name)
        check(failed, outcome, code)
        assert "AWS publishes again only after a change" in check(again, outcome, code).remedy
        assert ([wire.UPDATE, wire.PUBLISH], []) == (failed.carried_out, again.carried_out)
    healing = (OTHER, SNAPSHOT)[times - 1]
    healed = stage.run(healing, name)

    assert (0, [wire.UPDATE, wire.PUBLISH]) == (healed.exit_code, healed.carried_out)
    code_sha256, _, modes = stage.end(name)
    assert (stage.wanted(healing)[0], times + 2) == (code_sha256, len(modes))
