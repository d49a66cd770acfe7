"""
Get- and PutRuntimeManagementConfig.

No answer of these was ever recorded: the rules are AWS's documentation, and the
sandbox is strict beyond it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler.sandbox import runtime_version_arn

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_lambda import LambdaClient

    from reconciler.sandbox import ControlPlane

    Package = Callable[[str], bytes]
    Refused = Callable[..., tuple[int, str, str]]

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:orders"
X86_64 = runtime_version_arn("python3.13", "eu-west-1", "x86_64")
ARM64 = runtime_version_arn("python3.13", "eu-west-1", "arm64")
OLDER = "arn:aws:lambda:eu-west-1::runtime:" + "0" * 64
IN_PROGRESS = (
    f"The operation cannot be performed at this time. An update is in progress for resource: {ARN}"
)
PENDING = (
    "The operation cannot be performed at this time. "
    f"The resource {ARN} is currently in the following state: 'Pending'"
)
MANUAL = (
    "Cannot change architecture when runtime management configuration is set to 'Manual'. "
    "Change the runtime management configuration to 'Auto' or 'FunctionUpdate', then retry."
)


def test_the_mode_is_auto_unless_it_was_set(aws: LambdaClient, orders: str) -> None:
    """A fresh function answers Auto and no ARN (go-to-k/cdkd)."""
    answer = aws.get_runtime_management_config(FunctionName=orders)
    assert answer["UpdateRuntimeOn"] == "Auto"
    assert answer["FunctionArn"] == ARN
    assert answer.get("RuntimeVersionArn") is None


def test_the_mode_can_be_set(aws: LambdaClient, orders: str) -> None:
    """Put answers with what Get answers then (AWS API reference)."""
    answer = aws.put_runtime_management_config(
        FunctionName=orders, UpdateRuntimeOn="FunctionUpdate"
    )
    assert (answer["UpdateRuntimeOn"], answer["FunctionArn"]) == ("FunctionUpdate", ARN)
    live = aws.get_runtime_management_config(FunctionName=orders)
    assert live["UpdateRuntimeOn"] == "FunctionUpdate"
    assert live.get("RuntimeVersionArn") is None


def test_manual_pins_a_runtime_version(aws: LambdaClient, orders: str, package: Package) -> None:
    """Only Manual shows its ARN, and updates stay on it (developer guide: runtimes-update)."""
    aws.put_runtime_management_config(
        FunctionName=orders, UpdateRuntimeOn="Manual", RuntimeVersionArn=OLDER
    )
    live = aws.get_runtime_management_config(FunctionName=orders)
    assert (live["UpdateRuntimeOn"], live["RuntimeVersionArn"]) == ("Manual", OLDER)
    answer = aws.update_function_code(FunctionName=orders, ZipFile=package("b"))
    assert answer["RuntimeVersionConfig"]["RuntimeVersionArn"] == OLDER


def test_function_update_moves_with_the_next_update(
    aws: LambdaClient, orders: str, package: Package
) -> None:
    """Leaving Manual for FunctionUpdate waits for an update (developer guide: runtimes-update)."""
    aws.put_runtime_management_config(
        FunctionName=orders, UpdateRuntimeOn="Manual", RuntimeVersionArn=OLDER
    )
    aws.put_runtime_management_config(FunctionName=orders, UpdateRuntimeOn="FunctionUpdate")
    before = aws.get_function_configuration(FunctionName=orders)
    assert before["RuntimeVersionConfig"]["RuntimeVersionArn"] == OLDER
    answer = aws.update_function_code(FunctionName=orders, ZipFile=package("b"))
    assert answer["RuntimeVersionConfig"]["RuntimeVersionArn"] == X86_64


def test_each_version_has_its_own_mode(aws: LambdaClient, orders: str) -> None:
    """Qualifier chooses (developer guide: runtime-management-configure-settings)."""
    aws.publish_version(FunctionName=orders)
    answer = aws.put_runtime_management_config(
        FunctionName=orders, Qualifier="1", UpdateRuntimeOn="Manual", RuntimeVersionArn=X86_64
    )
    assert answer["FunctionArn"] == f"{ARN}:1"
    modes = [
        aws.get_runtime_management_config(FunctionName=orders, Qualifier=qualifier)
        for qualifier in ("$LATEST", "1")
    ]
    assert [mode["UpdateRuntimeOn"] for mode in modes] == ["Auto", "Manual"]


def test_a_fresh_version_starts_with_auto(aws: LambdaClient, orders: str) -> None:
    """Whether it inherits is unknown on AWS; the harder case is that it does not."""
    aws.put_runtime_management_config(FunctionName=orders, UpdateRuntimeOn="FunctionUpdate")
    aws.publish_version(FunctionName=orders)
    answer = aws.get_runtime_management_config(FunctionName=orders, Qualifier="1")
    assert answer["UpdateRuntimeOn"] == "Auto"


def test_a_fresh_version_can_be_made_to_inherit(
    aws: LambdaClient, orders: str, control_plane: ControlPlane
) -> None:
    """A setting of the sandbox takes the other answer to what is unknown."""
    control_plane.versions_inherit_runtime_management = True
    aws.put_runtime_management_config(FunctionName=orders, UpdateRuntimeOn="FunctionUpdate")
    aws.publish_version(FunctionName=orders)
    answer = aws.get_runtime_management_config(FunctionName=orders, Qualifier="1")
    assert answer["UpdateRuntimeOn"] == "FunctionUpdate"


@pytest.mark.parametrize("changes", [False, True])
def test_whether_the_revision_changes_is_a_setting(
    aws: LambdaClient, orders: str, control_plane: ControlPlane, *, changes: bool
) -> None:
    """Whether Put changes RevisionId is unknown on AWS; by default it does not."""
    if changes:
        control_plane.runtime_management_changes_revision = True
    before = aws.get_function_configuration(FunctionName=orders)["RevisionId"]
    aws.put_runtime_management_config(FunctionName=orders, UpdateRuntimeOn="FunctionUpdate")
    after = aws.get_function_configuration(FunctionName=orders)["RevisionId"]
    assert (before != after) == changes


@pytest.mark.parametrize("operation", ["get", "put"])
def test_a_missing_version_is_not_found(
    aws: LambdaClient, orders: str, refused: Refused, operation: str
) -> None:
    """A version that was never published has no mode (AWS API reference)."""
    members = {"UpdateRuntimeOn": "Auto"} if operation == "put" else {}
    call = getattr(aws, f"{operation}_runtime_management_config")
    assert refused(call, FunctionName=orders, Qualifier="7", **members) == (
        404,
        "ResourceNotFoundException",
        f"Function not found: {ARN}:7",
    )


@pytest.mark.parametrize(
    "members",
    [
        pytest.param({"UpdateRuntimeOn": "Manual"}, id="Manual without an ARN"),
        pytest.param({"UpdateRuntimeOn": "Auto", "RuntimeVersionArn": X86_64}, id="Auto with one"),
        pytest.param(
            {"UpdateRuntimeOn": "Manual", "RuntimeVersionArn": ARM64}, id="another architecture"
        ),
        pytest.param(
            {"UpdateRuntimeOn": "Manual", "RuntimeVersionArn": X86_64.replace("eu-", "us-")},
            id="another region",
        ),
    ],
)
def test_mode_and_arn_must_fit(
    aws: LambdaClient, orders: str, refused: Refused, members: dict[str, str]
) -> None:
    """An ARN is for Manual, one region and one architecture (runtime-management-rollback)."""
    refusal = refused(aws.put_runtime_management_config, FunctionName=orders, **members)
    assert refusal[:2] == (400, "InvalidParameterValueException")


def test_an_unknown_mode_is_refused(aws: LambdaClient, orders: str, refused: Refused) -> None:
    """The modes are an enum (AWS API reference)."""
    refusal = refused(
        aws.put_runtime_management_config, FunctionName=orders, UpdateRuntimeOn="Never"
    )
    assert refusal[:2] == (400, "ValidationException")


def test_manual_forbids_another_architecture(
    aws: LambdaClient, orders: str, package: Package, refused: Refused
) -> None:
    """The pin is for one architecture (developer guide: runtime-management-rollback)."""
    aws.put_runtime_management_config(
        FunctionName=orders, UpdateRuntimeOn="Manual", RuntimeVersionArn=X86_64
    )
    members = {"ZipFile": package("b"), "Architectures": ["arm64"]}
    assert refused(aws.update_function_code, FunctionName=orders, **members) == (
        400,
        "InvalidParameterValueException",
        MANUAL,
    )
    aws.update_function_code(FunctionName=orders, ZipFile=package("b"), Architectures=["x86_64"])


@pytest.mark.usefixtures("clock")
def test_the_mode_cannot_be_set_during_an_update(
    aws: LambdaClient, orders: str, package: Package, refused: Refused
) -> None:
    """Unknown on AWS, which declares the conflict (AWS API reference): so it is refused."""
    aws.update_function_code(FunctionName=orders, ZipFile=package("b"))
    assert refused(
        aws.put_runtime_management_config, FunctionName=orders, UpdateRuntimeOn="Auto"
    ) == (409, "ResourceConflictException", IN_PROGRESS)


@pytest.mark.usefixtures("clock")
def test_the_mode_cannot_be_set_while_pending(
    aws: LambdaClient, creation: dict[str, object], refused: Refused
) -> None:
    """Its text differs from the other operations' (go-to-k/cdkd#1621)."""
    aws.create_function(**creation)  # type: ignore[arg-type]  # a plain dict
    assert refused(
        aws.put_runtime_management_config, FunctionName="orders", UpdateRuntimeOn="Auto"
    ) == (
        409,
        "ResourceConflictException",
        PENDING,
    )
