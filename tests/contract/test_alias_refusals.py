"""What AWS refuses of aliases, and of versions that aliases need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from reconciler.model import State

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_lambda import LambdaClient

    from reconciler.sandbox import ControlPlane

    Refused = Callable[..., tuple[int, str, str]]

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:orders"
WEIGHTS = "routingConfig.additionalVersionWeights"
WEIGHT_RULE = (
    "Map value must satisfy constraint: [Member must have value less than or equal to 1.0, "
    "Member must have value greater than or equal to 0.0, Member must not be null]"
)
VERSION_RULE = (
    "Map keys must satisfy constraint: [Member must have length less than or equal to 1024, "
    "Member must have length greater than or equal to 1, "
    "Member must satisfy regular expression pattern: [0-9]+]"
)


def routing(**weights: float) -> Any:  # noqa: ANN401 - the stubs have a type for each use
    """Spell a RoutingConfig; ``v2=0.5`` means version 2."""
    return {"AdditionalVersionWeights": {key.lstrip("v"): each for key, each in weights.items()}}


def bad(value: str, member: str, rule: str) -> tuple[int, str, str]:
    text = (
        f"1 validation error detected: Value '{value}' at '{member}' "
        f"failed to satisfy constraint: {rule}"
    )
    return 400, "ValidationException", text


@pytest.mark.parametrize(
    ("version", "config", "refusal"),
    [
        (
            "1",
            routing(v2=0.5, v3=0.5),
            (
                400,
                "InvalidParameterValueException",
                "Number of items in AdditionalVersionWeights cannot be greater than 1",
            ),
        ),
        ("1", routing(v2=2), bad("{2=2.0}", WEIGHTS, WEIGHT_RULE)),
        ("1", routing(v2=-1), bad("{2=-1.0}", WEIGHTS, WEIGHT_RULE)),
        (
            "1",
            {"AdditionalVersionWeights": {"$LATEST": 0.5}},
            bad("{$LATEST=0.5}", WEIGHTS, VERSION_RULE),
        ),
        (
            "1",
            routing(v1=0.5),
            (
                400,
                "InvalidParameterValueException",
                (
                    "Invalid function version 1. Function version 1 is already included in "
                    "routing configuration."
                ),
            ),
        ),
        (
            "10",
            routing(v2=0.5),
            (404, "ResourceNotFoundException", f"Function not found: {ARN}:10"),
        ),
        (
            "1",
            routing(v10=0.5),
            (404, "ResourceNotFoundException", f"Function not found: {ARN}:10"),
        ),
        (
            "$LATEST",
            routing(v1=0.5),
            (
                400,
                "InvalidParameterValueException",
                "$LATEST is not supported for an alias pointing to more than 1 version",
            ),
        ),
    ],
)
def test_what_routing_cannot_be(  # noqa: PLR0913, PLR0917 - two clients, and a row of the table
    aws: LambdaClient,
    unchecked: LambdaClient,
    versions: str,
    refused: Refused,
    version: str,
    config: dict[str, Any],
    refusal: tuple[int, str, str],
) -> None:
    """Weights and versions are checked (LocalStack test_notfound_and_invalid_routingconfigs)."""
    alias = {"FunctionName": versions, "Name": "live"}
    members = {"FunctionVersion": version, "RoutingConfig": config}
    assert refused(unchecked.create_alias, **alias, **members) == refusal
    assert aws.list_aliases(FunctionName=versions)["Aliases"] == []
    aws.create_alias(**alias, FunctionVersion="2")  # type: ignore[arg-type]  # strings
    assert refused(unchecked.update_alias, **alias, **members) == refusal


def test_an_alias_of_a_missing_function(aws: LambdaClient, refused: Refused) -> None:
    """The version is what is not found (test_notfound_and_invalid_routingconfigs)."""
    refusal = refused(aws.create_alias, FunctionName="orders", Name="live", FunctionVersion="1")
    assert refusal == (404, "ResourceNotFoundException", f"Function not found: {ARN}:1")


def test_an_alias_is_created_once(aws: LambdaClient, versions: str, refused: Refused) -> None:
    """A duplicate is a conflict (LocalStack test_notfound_and_invalid_routingconfigs)."""
    alias = {"FunctionName": versions, "Name": "live", "FunctionVersion": "1"}
    aws.create_alias(**alias)  # type: ignore[arg-type]  # strings
    assert refused(aws.create_alias, **alias) == (
        409,
        "ResourceConflictException",
        f"Alias already exists: {ARN}:live",
    )


def test_a_number_is_no_alias(aws: LambdaClient, versions: str, refused: Refused) -> None:
    """A date can be a name, a number cannot (LocalStack test_alias_naming)."""
    made = aws.create_alias(FunctionName=versions, Name="2024-01-02", FunctionVersion="1")
    assert made["AliasArn"] == f"{ARN}:2024-01-02"
    rule = "Member must satisfy regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)"
    refusal = refused(aws.create_alias, FunctionName=versions, Name="2024", FunctionVersion="1")
    assert refusal == bad("2024", "name", rule)


def test_a_version_in_use_is_not_deleted(
    aws: LambdaClient, versions: str, refused: Refused
) -> None:
    """Neither with an alias nor with a weight (AWS API reference; go-lambda-cleanup#45)."""
    aws.create_alias(
        FunctionName=versions, Name="live", FunctionVersion="2", RoutingConfig=routing(v1=0.1)
    )
    for version in ("1", "2"):
        refusal = refused(aws.delete_function, FunctionName=versions, Qualifier=version)
        assert refusal == (
            409,
            "ResourceConflictException",
            "Unable to delete version because the following aliases reference it: [live]",
        )
    aws.delete_alias(FunctionName=versions, Name="live")
    aws.delete_function(FunctionName=versions, Qualifier="1")


@pytest.mark.parametrize("state", [State.FAILED, State.PENDING])
def test_an_alias_needs_a_version_that_can_serve(
    aws: LambdaClient, versions: str, control_plane: ControlPlane, refused: Refused, state: State
) -> None:
    """Failed is a conflict (terraform-provider-aws#49904), Pending too (snapstart-activate)."""
    aws.create_alias(FunctionName=versions, Name="live", FunctionVersion="1")
    control_plane.set_status(
        versions,
        region="eu-west-1",
        qualifier="2",
        state=state,
        state_reason_code="FunctionError",
    )
    move = {"FunctionName": versions, "Name": "live", "FunctionVersion": "2"}
    refusal = refused(aws.update_alias, **move)
    assert refusal[:2] == (409, "ResourceConflictException")
    assert refusal[2].endswith(f"state: '{state}', StateReasonCode: 'FunctionError'")
    assert aws.get_alias(FunctionName=versions, Name="live")["FunctionVersion"] == "1"


def test_aliases_die_with_their_function(
    aws: LambdaClient, versions: str, creation: dict[str, Any]
) -> None:
    """A function made anew has none (AWS API reference: DeleteFunction)."""
    aws.create_alias(FunctionName=versions, Name="live", FunctionVersion="1")
    aws.delete_function(FunctionName=versions)
    aws.create_function(**creation)
    assert aws.list_aliases(FunctionName=versions)["Aliases"] == []


@pytest.mark.parametrize("operation", ["get", "put"])
def test_runtime_management_takes_no_alias(
    aws: LambdaClient, versions: str, refused: Refused, operation: str
) -> None:
    """Only $LATEST and numbers are documented (AWS API reference), so an alias is refused."""
    aws.create_alias(FunctionName=versions, Name="live", FunctionVersion="1")
    members = {"UpdateRuntimeOn": "Auto"} if operation == "put" else {}
    call = getattr(aws, f"{operation}_runtime_management_config")
    refusal = refused(call, FunctionName=versions, Qualifier="live", **members)
    assert refusal[:2] == (400, "InvalidParameterValueException")
