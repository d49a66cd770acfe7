"""How AWS names what the table names, and what a failure must say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.faults import wire
from tests.faults.faults import FAULTS, STALE

if TYPE_CHECKING:
    from reconciler.model import Failure
    from tests.faults.stage import Ending

SERVICES = {
    wire.HEAD_OBJECT: "s3",
    wire.GET_OBJECT: "s3",
    wire.GET_IMAGE: "ecr",
    wire.GET_LAYER_URL: "ecr",
    wire.GET_CALLER: "sts",
    wire.LIVE_PACKAGE: "download",
    wire.LAYER: "download",
}
"""Who answers to a call, unless Lambda does."""
OPERATIONS = {
    wire.GET_VERSION: "GetFunction",
    wire.DRY_RUN: "UpdateFunctionCode",
    wire.LIVE_PACKAGE: "GetFunction",
    wire.LAYER: "GetDownloadUrlForLayer",
}
"""AWS's operation, where the call has another name."""


def check_words(fault_name: str, call: str, ending: Ending, failure: Failure) -> None:
    """Expect the call and, where AWS spoke, its code, words and request; and what now."""
    refusal = FAULTS[fault_name].refusal
    if fault_name in STALE and call == wire.HEAD_OBJECT:
        call = wire.GET_CALLER  # a HEAD cannot say that a token is expired, and STS is asked
    assert OPERATIONS.get(call, call) in failure.what
    assert failure.remedy
    if refusal is None:
        return
    code = refusal.code_for(SERVICES.get(call, "lambda"))
    if call == wire.HEAD_OBJECT or call in wire.DOWNLOADS or code is None:
        assert str(refusal.status) in failure.what
    else:
        assert (code, True) == (failure.code, refusal.message in failure.what)
    if code is not None:
        assert failure.request_id in {each.request_id for each in ending.exchanges if each.fault}
