"""UpdateFunctionConfiguration."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_lambda import LambdaClient

    from reconciler.sandbox import ControlPlane

    Refused = Callable[..., tuple[int, str, str]]

MANUAL = (
    "Cannot change runtime identifier when runtime management configuration is set to 'Manual'. "
    "Change the runtime management configuration to 'Auto' or 'FunctionUpdate', then retry."
)


def test_what_is_given_changes_and_the_rest_stays(aws: LambdaClient, orders: str) -> None:
    """Settings change at once, InProgress (LocalStack test_function_lifecycle)."""
    answer = aws.update_function_configuration(
        FunctionName=orders, Description="prices", MemorySize=512, Timeout=10
    )
    assert answer["LastUpdateStatus"] == "InProgress"
    assert (answer["Description"], answer["MemorySize"], answer["Timeout"]) == ("prices", 512, 10)
    assert answer["Environment"] == {"Variables": {"LEVEL": "info"}}
    assert answer["Handler"] == "index.handler"


def test_a_new_runtime_brings_its_runtime_version(aws: LambdaClient, orders: str) -> None:
    """RuntimeVersionArn moves in the update's answer (LocalStack test_function_lifecycle)."""
    before = aws.get_function_configuration(FunctionName=orders)
    answer = aws.update_function_configuration(FunctionName=orders, Runtime="python3.12")
    assert answer["Runtime"] == "python3.12"
    assert answer["RuntimeVersionConfig"] != before["RuntimeVersionConfig"]


def test_a_redundant_update_costs_two_revisions(aws: LambdaClient, orders: str) -> None:
    """AWS never says that nothing changed (LocalStack test_redundant_updates)."""
    before = aws.get_function_configuration(FunctionName=orders)["RevisionId"]
    answer = aws.update_function_configuration(FunctionName=orders, Description="")
    after = aws.get_function_configuration(FunctionName=orders)["RevisionId"]
    assert answer["LastUpdateStatus"] == "InProgress"
    assert len({before, answer["RevisionId"], after}) == 3


def test_a_stale_revision_is_refused(aws: LambdaClient, orders: str, refused: Refused) -> None:
    """RevisionId guards settings too (LocalStack test_function_revisions_basic)."""
    refusal = refused(
        aws.update_function_configuration, FunctionName=orders, Timeout=9, RevisionId="stale"
    )
    assert refusal[:2] == (412, "PreconditionFailedException")


def test_manual_mode_forbids_another_runtime(
    aws: LambdaClient, orders: str, control_plane: ControlPlane, refused: Refused
) -> None:
    """The runtime cannot change under a pin (terraform-provider-aws#42699)."""
    arn = control_plane.function(orders, region="eu-west-1").runtime_version_arn
    control_plane.put_runtime_management_config(
        orders, region="eu-west-1", UpdateRuntimeOn="Manual", RuntimeVersionArn=arn
    )
    assert refused(
        aws.update_function_configuration, FunctionName=orders, Runtime="python3.12"
    ) == (
        400,
        "InvalidParameterValueException",
        MANUAL,
    )


def test_an_unsupported_setting_is_refused_aloud(
    aws: LambdaClient, orders: str, refused: Refused
) -> None:
    """What the sandbox would ignore it refuses (a rule of the sandbox, not of AWS)."""
    assert refused(aws.update_function_configuration, FunctionName=orders, VpcConfig={}) == (
        501,
        "NotImplementedException",
        "The sandbox does not have UpdateFunctionConfiguration with VpcConfig.",
    )
