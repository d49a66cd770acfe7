"""The page of faults is whole: every call of the product, every fault, every reason code."""

from __future__ import annotations

import re
from functools import cache
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import botocore.session
from botocore import xform_name

from tests.faults.faults import FAULTS
from tests.faults.matrix import CELLS, IMPOSSIBLE, REASON_CODES, REASONS
from tests.faults.scenarios import PLACES, SCENARIOS
from tests.faults.words import OPERATIONS, SERVICES

if TYPE_CHECKING:
    from botocore.model import ServiceModel

    from tests.faults.stage import Stage

AWS = Path(__file__).parents[2] / "reconciler" / "aws"
CONDITIONS = {
    "409 in progress": "ResourceConflictException",
    "409 other": "ResourceConflictException",
    "409 Failed": "ResourceConflictException",
    "412": "PreconditionFailedException",
}
"""The error that the model must declare for a call that can meet the fault."""
NOT_LISTED = {"a code that AWS adds later", "none at all"}


@cache
def model(service: str) -> ServiceModel:
    return botocore.session.Session().get_service_model(service)


def operation(call: str) -> str:
    """Give AWS's name of a call of the table."""
    called = PLACES[call].call
    return OPERATIONS.get(called, called)


def test_every_fault_is_there_at_every_call() -> None:
    """No cell is left out, and none is there twice."""
    tried = [(cell.call, cell.fault, cell.always) for cell in CELLS]
    ruled_out = [(each.call, each.fault, always) for each in IMPOSSIBLE for always in (False, True)]

    assert sorted(product(PLACES, FAULTS, (False, True))) == sorted(tried + ruled_out)


def test_every_call_of_the_product_is_there() -> None:
    """What reconciler/aws asks of boto3 is what has a row."""
    source = "".join(path.read_text(encoding="utf-8") for path in AWS.glob("*.py"))
    methods = set(re.findall(r"client\.((?:get|head|list|batch|update|publish|put)_\w+)", source))

    assert methods == {xform_name(operation(call)) for call in PLACES}


def test_runs_without_a_fault_make_the_calls_of_the_table(stage: Stage) -> None:
    """Each scenario converges with the writes that it says, and all of them meet every row."""
    met = set()
    for scenario in SCENARIOS:
        name = stage.create(scenario)
        ending = stage.run(scenario, name)
        assert (0, list(scenario.writes)) == (ending.exit_code, ending.carried_out)
        assert stage.wanted(scenario) == stage.end(name)
        calls = [each.call for each in ending.exchanges]
        met.update(calls)
        for call, place in PLACES.items():
            if place.scenario is scenario:
                assert calls.count(place.call) > place.skip, call

    assert met == {place.call for place in PLACES.values()}


def test_what_cannot_happen_has_a_reason() -> None:
    """Each letter is explained, and each explanation is used."""
    assert set(REASONS) == {each.letter for each in IMPOSSIBLE}


def test_the_model_declares_the_refusals_that_are_tried_and_no_other() -> None:
    """A conflict or a stale RevisionId is ruled out only where the API model has none."""
    for call, (fault, error) in product(PLACES, CONDITIONS.items()):
        if SERVICES.get(PLACES[call].call, "lambda") in ("s3", "download"):
            continue
        service = SERVICES.get(PLACES[call].call, "lambda")
        shapes = model(service).operation_model(operation(call)).error_shapes
        declared = error in {shape.name for shape in shapes}
        tried = any((cell.call, cell.fault) == (call, fault) for cell in CELLS)
        assert declared == tried, (call, fault)


def test_every_reason_code_is_there() -> None:
    """The page has AWS's whole list, and what is not listed."""
    shape = model("lambda").shape_for("LastUpdateStatusReasonCode")
    listed: list[str] = getattr(shape, "enum")  # noqa: B009 - of string shapes only

    assert {*listed, *NOT_LISTED} == set(REASON_CODES)
