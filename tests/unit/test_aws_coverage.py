"""
``docs/aws-coverage.md`` has all that AWS's API model has, and nothing else.

The model is that of the installed botocore: what AWS adds fails here until somebody has looked at
it, decided what the reconciler does, and written it down beside the test that shows it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.aws_model import ELSEWHERE, READS, WRITES, answer, members, model, request
from tests.unit.coverage_page import FIELDS, MODE, NOT_READ, below, names_below, rows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

ENUMS = {
    "State": "States and reasons / State",
    "LastUpdateStatus": "States and reasons / LastUpdateStatus",
    "PackageType": "Other values / PackageType",
    "Architecture": "Other values / Architecture",
    "UpdateRuntimeOn": "Other values / UpdateRuntimeOn",
    "S3ObjectStorageMode": "Other values / S3ObjectStorageMode",
    "FunctionVersionLatestPublished": "Other values / FunctionVersionLatestPublished",
    "SnapStartApplyOn": "Other values / SnapStartApplyOn",
    "SnapStartOptimizationStatus": "Other values / SnapStartOptimizationStatus",
    "ThrottleReason": "Other values / ThrottleReason",
}
CLOSED = ("S3ObjectStorageMode", "FunctionVersionLatestPublished", "SnapStartOptimizationStatus")
"""Values that are only sent, or not read at all: none can come that is not known."""

REASON_CODES = ("StateReasonCode", "LastUpdateStatusReasonCode")
OF_DOCUMENTS = {
    "Request parameters / UpdateFunctionCode": (
        "FunctionName Architectures DryRun ImageUri Publish RevisionId S3Bucket S3Key "
        "S3ObjectVersion ZipFile"
    ),
    "Request parameters / PublishVersion": "FunctionName CodeSha256 Description RevisionId",
    "Request parameters / PutRuntimeManagementConfig": (
        "FunctionName Qualifier RuntimeVersionArn UpdateRuntimeOn"
    ),
    "Errors / Declared": (
        "CodeSigningConfigNotFoundException CodeStorageExceededException "
        "CodeVerificationFailedException InvalidCodeSignatureException "
        "InvalidParameterValueException PreconditionFailedException ResourceConflictException "
        "ResourceNotFoundException ServiceException TooManyRequestsException"
    ),
    "States and reasons / State": "Pending Active Inactive Failed",
    "States and reasons / LastUpdateStatus": "Successful Failed InProgress",
    "States and reasons / Reason codes": (
        "Idle Creating Restoring EniLimitExceeded InsufficientRolePermissions InvalidConfiguration "
        "InternalError SubnetOutOfIPAddresses InvalidSubnet InvalidSecurityGroup ImageDeleted "
        "ImageAccessDenied InvalidImage KMSKeyAccessDenied KMSKeyNotFound InvalidStateKMSKey "
        "DisabledKMSKey EFSIOError EFSMountConnectivityError EFSMountFailure EFSMountTimeout "
        "InvalidRuntime InvalidZipFileException FunctionError"
    ),
    "Other values / PackageType": "Zip Image",
    "Other values / Architecture": "x86_64 arm64",
    "Other values / UpdateRuntimeOn": "Auto Manual FunctionUpdate",
}
"""
What the API reference says of the three operations on its pages, which outlives the model.

Two pages of UpdateFunctionCode, of 2019 and of today, and one of each of the others.
"""


def limits(shape: Any) -> str:  # noqa: ANN401 - a shape of botocore
    """Say a parameter's limits as the page does."""
    shortest, longest = shape.metadata.get("min", 0), shape.metadata.get("max")
    if longest is None:
        return f"at least {shortest}" if shortest else ""
    return str(longest) if shortest == longest else f"{shortest} to {longest}"


@pytest.mark.parametrize("operation", WRITES)
def test_every_request_parameter_is_on_the_page(operation: str) -> None:
    """Each parameter has one line, with AWS's own limits."""
    lines = below(f"Request parameters / {operation}")
    assert {name: limits(shape) for name, shape in request(operation).items()} == {
        name: row.cells["limits"] for row in lines for name in row.names
    }
    assert len(request(operation)) == len(lines)


def test_every_parameter_of_the_reads_is_on_the_page() -> None:
    """All those of Lambda's reads, and of the other services no other than they have."""
    listed = [tuple(name.split(".")) for name in names_below("Request parameters / Reads")]
    lambdas = [name for name in listed if name[0] in READS]
    assert sorted((read, name) for read in READS for name in request(read)) == sorted(lambdas)
    for operation, *path in set(listed) - set(lambdas):
        assert set(path) <= set(request(operation))
    assert {*READS, *ELSEWHERE} == {operation for operation, *_ in listed}


def paths(shape: Any, known: set[str], path: str = "") -> Iterator[str]:  # noqa: ANN401 - a shape
    """Give what is below a shape, as deep as nothing above it is known."""
    if path in known:
        yield path
    elif shape.type_name == "list":
        yield from paths(shape.member, known, path)
    elif shape.type_name == "structure":
        for name, member in shape.members.items():
            yield from paths(member, known, f"{path}.{name}" if path else name)
    else:
        yield path


CONFIGURATION = {*names_below(FIELDS), *names_below(NOT_READ)}
ANSWERS = {
    "UpdateFunctionCode": CONFIGURATION,
    "PublishVersion": CONFIGURATION,
    "GetFunction": set(names_below("Response fields / GetFunction, beside the configuration")),
    "PutRuntimeManagementConfig": set(names_below(MODE)),
    "GetRuntimeManagementConfig": set(names_below(MODE)),
    "ListVersionsByFunction": set(names_below("Response fields / ListVersionsByFunction")),
    "ListFunctions": set(names_below("Response fields / ListFunctions")),
}


@pytest.mark.parametrize("operation", ANSWERS)
def test_every_response_field_is_on_the_page(operation: str) -> None:
    """Each member of an answer, or the structure that it is in, has a line; no other has."""
    known = ANSWERS[operation]
    assert known == set(paths(answer(operation), known))


def test_the_answers_hold_configurations() -> None:
    """What GetFunction and both lists hold is what the writes answer with."""
    configuration = answer("UpdateFunctionCode").name
    assert configuration == answer("GetFunction").members["Configuration"].name
    assert configuration == answer("ListVersionsByFunction").members["Versions"].member.name
    assert configuration == answer("ListFunctions").members["Functions"].member.name


@pytest.mark.parametrize("name", names_below("Response fields / S3, ECR and STS"))
def test_what_is_read_of_other_services_is_there(name: str) -> None:
    """A field that its service's model does not have would be misspelt."""
    operation, *path = name.split(".")
    shape = answer(operation)
    for member in path:
        shape = getattr(shape, "member", shape).members[member]


def declared() -> dict[str, tuple[str, str]]:
    """Give status and operations of each error that AWS declares."""
    found: dict[str, tuple[str, str]] = {}
    for operation in WRITES:
        for shape in model().operation_model(operation).error_shapes:
            _, others = found.get(shape.name, ("", ""))
            status = str(shape.metadata["error"]["httpStatusCode"])
            found[shape.name] = status, f"{others}, {operation}".removeprefix(", ")
    return found


def test_every_declared_error_is_on_the_page() -> None:
    """With its status, and the operations that declare it."""
    assert declared() == {
        name: (row.cells["status"], row.cells["declared by"])
        for row in below("Errors / Declared")
        for name in row.names
    }


def test_every_field_of_an_error_is_on_the_page() -> None:
    """Some errors have a message, some a Message."""
    shapes = [model().shape_for(name) for name in declared()]
    fields = {name for shape in shapes for name in shape.members}
    assert fields == set(names_below("Response fields / Errors"))


@pytest.mark.parametrize("enum", ENUMS)
def test_every_value_of_an_enum_is_on_the_page(enum: str) -> None:
    """Each value has one line, and so has one that AWS may add."""
    place = ENUMS[enum]
    assert sorted(model().shape_for(enum).enum) == sorted(names_below(place))
    others = [row.cells["value"] for row in below(place) if not row.names]
    assert ([] if enum in CLOSED else ["any other"]) == others


def test_every_reason_code_is_on_the_page() -> None:
    """Each code of both enums has one line, which says where AWS sends it."""
    state, update = (set(model().shape_for(enum).enum) for enum in REASON_CODES)
    lines = below("States and reasons / Reason codes")
    listed = [(name, row.cells["sent in"]) for row in lines for name in row.names]
    assert update <= state
    assert sorted(
        (code, "both" if code in update else "StateReasonCode") for code in state
    ) == sorted(listed)


def enums(shape: Any, seen: frozenset[str] = frozenset()) -> Iterator[str]:  # noqa: ANN401 - a shape
    """Give the names of the enums below a shape."""
    if shape is None or shape.name in seen:
        return
    below_it = {**members(shape)} if shape.type_name == "structure" else {}
    if shape.type_name == "list":
        below_it["member"] = shape.member
    if getattr(shape, "enum", None):
        yield shape.name
    for member in below_it.values():
        yield from enums(member, seen | {shape.name})


def test_every_enum_is_on_the_page() -> None:
    """Each that a parameter, an answer or an error of the three operations has."""
    operations = [model().operation_model(operation) for operation in WRITES]
    shapes = [operation.input_shape for operation in operations]
    shapes += [operation.output_shape for operation in operations]
    shapes += [shape for operation in operations for shape in operation.error_shapes]
    listed = {*ENUMS, *REASON_CODES, *names_below("Other values / Values that are not read")}
    assert listed == {enum for shape in shapes for enum in enums(shape)}


@pytest.mark.parametrize("place", OF_DOCUMENTS)
def test_the_api_reference_is_on_the_page(place: str) -> None:
    """Also what AWS might take out of its model: old functions and manifests have it still."""
    assert set(OF_DOCUMENTS[place].split()) <= set(names_below(place))


def test_the_page_has_tables() -> None:
    """The tests above compare something."""
    assert len(rows()) > 150
