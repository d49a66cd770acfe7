"""
Every error that AWS declares for the three operations, answered once over HTTP.

The errors and their statuses are those of botocore's model, so that one that AWS adds is tried
here at once: it must stand in the table below, and lead to what the table says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import botocore.session
import pytest

from reconciler.model import FailureKind, Status
from reconciler.sandbox import Fault

if TYPE_CHECKING:
    from typing import Any

    from tests.effects.world import World

PASSES = (
    "PreconditionFailedException",
    "ResourceConflictException",
    "ServiceException",
    "TooManyRequestsException",
)
STAYS = (
    "CodeSigningConfigNotFoundException",
    "CodeStorageExceededException",
    "CodeVerificationFailedException",
    "FunctionVersionsPerCapacityProviderLimitExceededException",
    "InvalidCodeSignatureException",
    "InvalidParameterValueException",
    "ResourceNotFoundException",
)
OPERATIONS = ("UpdateFunctionCode", "PublishVersion", "PutRuntimeManagementConfig")


@dataclass(frozen=True)
class Declared:
    """One error of one operation."""

    operation: str
    code: str
    status: int

    def __str__(self) -> str:
        return f"{self.operation}-{self.code}"


def _declared() -> list[Declared]:
    model: Any = botocore.session.Session().get_service_model("lambda")
    return [
        Declared(operation, shape.name, shape.metadata["error"]["httpStatusCode"])
        for operation in OPERATIONS
        for shape in model.operation_model(operation).error_shapes
    ]


DECLARED = _declared()


@pytest.fixture
def differing(world: World) -> World:
    """Set up a function that takes one call of each kind."""
    world.create("app", "old")
    world.package("app", "new")
    world.declare(
        app="code: {zipFile: app.zip}\n"
        "runtimeManagement: {updateRuntimeOn: FunctionUpdate}\n"
        "publish: true"
    )
    return world


def inject(world: World, error: Declared) -> None:
    """Let the next such call be answered like this."""
    world.sandbox.inject(
        Fault(error.operation, status=error.status, code=error.code, message="in AWS's words")
    )


@pytest.mark.parametrize("error", [each for each in DECLARED if each.code in PASSES], ids=str)
def test_an_error_that_passes_is_survived(differing: World, error: Declared) -> None:
    """Everything is read again, the call is sent again, and no version is burnt."""
    inject(differing, error)

    assert Status.UPDATED == differing.one().status
    refused = [call for call in differing.writes if call.startswith(error.operation)][:2]
    assert [f"{error.operation} -> {error.status}", error.operation] == refused
    assert ["1"] == differing.versions("app")


@pytest.mark.parametrize("error", [each for each in DECLARED if each.code not in PASSES], ids=str)
def test_an_error_that_stays_ends_the_function_in_words_of_aws(
    differing: World, error: Declared
) -> None:
    """The call is not sent again, nothing is sent after it, and AWS's text has a remedy."""
    assert error.code in STAYS
    inject(differing, error)

    result = differing.one()

    assert Status.FAILED == result.status
    assert result.failure is not None
    assert (FailureKind.PERMANENT, error.code) == (result.failure.kind, result.failure.code)
    assert f"{error.operation}: {error.code}: in AWS's words" == result.failure.what
    assert result.failure.request_id
    assert result.failure.remedy
    assert f"{error.operation} -> {error.status}" == differing.writes[-1]


def test_the_table_names_declared_errors_only() -> None:
    """A name that AWS does not declare would be tried nowhere."""
    assert {*PASSES, *STAYS} == {each.code for each in DECLARED}
