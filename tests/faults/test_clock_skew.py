"""A machine whose clock is wrong: each service has its own words, and the remedy is the clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler.model import FailureKind
from tests.faults import wire
from tests.faults.matrix import CELLS
from tests.faults.proxy import End, Fault
from tests.faults.scenarios import PLACES
from tests.faults.wire import Refusal

if TYPE_CHECKING:
    from tests.faults.stage import Stage

EXPIRED = (
    "Signature expired: 20370101T000000Z is now earlier than 20370101T001000Z "
    "(20370101T001500Z - 5 min.)"
)
EARLY = "Signature not yet current: 20370101T010000Z is still later than 20370101T000500Z"
SKEWED = "The difference between the request time and the current time is too large."
"""AWS's texts: IAM user guide, signature-v4-troubleshooting; S3 API reference, ErrorResponses."""
SPARED = (*wire.DOWNLOADS, wire.LIST_FUNCTIONS)
"""Calls that are signed otherwise, or done without when they are refused."""
SIGNED = sorted({cell.call for cell in CELLS if PLACES[cell.call].call not in SPARED})
"""A signed URL is signed by AWS, with AWS's clock."""


def skewed(text: str) -> Fault:
    """Answer as each service does to a signature from another time."""
    codes = {
        "lambda": "InvalidSignatureException",
        "ecr": "InvalidSignatureException",
        "sts": "SignatureDoesNotMatch",
        "s3": "RequestTimeTooSkewed",
    }
    return Fault(End.REFUSAL, refusal=Refusal(403, codes, text, statuses={"ecr": 400}))


@pytest.mark.parametrize("text", [EXPIRED, EARLY], ids=["late", "early"])
@pytest.mark.parametrize("call", SIGNED)
def test_a_wrong_clock_is_called_one(stage: Stage, call: str, text: str) -> None:
    """AWS's words are shown, the remedy names the clock, and the next run mends."""
    place = PLACES[call]
    is_s3 = place.call in (wire.HEAD_OBJECT, wire.GET_OBJECT)
    stage.proxy.arm(place.call, skewed(SKEWED if is_s3 else text), skip=place.skip, always=True)
    if place.call == wire.HEAD_OBJECT:  # whose answer has no text: STS is asked
        stage.proxy.arm(wire.GET_CALLER, skewed(text), always=True)
    name = stage.create(place.scenario)
    run = stage.run(place.scenario, name)
    assert stage.proxy.disarm() == 1

    failure = run.result.failure
    assert failure is not None
    assert (FailureKind.PERMANENT, 4) == (failure.kind, run.exit_code)
    shown = SKEWED if place.call == wire.GET_OBJECT else text
    assert shown in failure.what
    assert failure.remedy.startswith("set this machine's clock")
    after = stage.run(place.scenario, name)
    assert list(place.scenario.writes) == run.carried_out + after.carried_out
