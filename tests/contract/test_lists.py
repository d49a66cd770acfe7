"""ListFunctions and ListVersionsByFunction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_lambda import LambdaClient

    from reconciler.sandbox import ControlPlane

    Package = Callable[[str], bytes]
    Refused = Callable[..., tuple[int, str, str]]

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:orders"
STATUS = {
    "State",
    "StateReason",
    "StateReasonCode",
    "LastUpdateStatus",
    "LastUpdateStatusReason",
    "LastUpdateStatusReasonCode",
    "RuntimeVersionConfig",
}


def test_a_list_says_nothing_of_status(aws: LambdaClient, orders: str) -> None:
    """Items lack status and runtime version only (LocalStack test_list_functions)."""
    (item,) = aws.list_functions()["Functions"]
    live: Any = aws.get_function_configuration(FunctionName=orders)
    del live["ResponseMetadata"]
    assert item == {key: value for key, value in live.items() if key not in STATUS}


def test_the_arn_follows_what_was_asked(aws: LambdaClient, orders: str) -> None:
    """Only lists of versions are qualified (LocalStack test_list_functions)."""
    aws.publish_version(FunctionName=orders)
    assert [each["FunctionArn"] for each in aws.list_functions()["Functions"]] == [ARN]
    listed = aws.list_functions(FunctionVersion="ALL")["Functions"]
    assert [each["FunctionArn"] for each in listed] == [f"{ARN}:$LATEST", f"{ARN}:1"]


def test_versions_begin_with_latest(
    aws: LambdaClient, orders: str, control_plane: ControlPlane, package: Package
) -> None:
    """$LATEST is first, then oldest to newest (LocalStack test_version_lifecycle)."""
    for text in "bc":
        control_plane.update_function_code(
            orders, region="eu-west-1", ZipFile=package(text), Publish=True
        )
        control_plane.settle_now(orders, region="eu-west-1")
    versions = aws.list_versions_by_function(FunctionName=orders)["Versions"]
    assert [each["FunctionArn"] for each in versions] == [
        f"{ARN}:$LATEST",
        f"{ARN}:1",
        f"{ARN}:2",
    ]
    assert not STATUS & set().union(*versions)


def test_fifty_functions_are_a_page(
    aws: LambdaClient, control_plane: ControlPlane, package: Package
) -> None:
    """A page has at most 50 items, whatever MaxItems says (AWS API reference)."""
    names = [f"function-{number:03}" for number in range(120)]
    for name in names:
        control_plane.create_function(
            name, region="eu-west-1", Code={"ZipFile": package("a")}, Role="role"
        )
    pages = []
    marker: dict[str, str] = {}
    while True:
        page = aws.list_functions(MaxItems=10_000, **marker)  # type: ignore[arg-type]  # only Marker
        pages.append([each["FunctionName"] for each in page["Functions"]])
        if "NextMarker" not in page:
            break
        marker = {"Marker": page["NextMarker"]}
    assert [len(page) for page in pages] == [50, 50, 20]
    assert [name for page in pages for name in page] == names


def test_a_page_can_be_smaller(aws: LambdaClient, orders: str) -> None:
    """MaxItems below 50 counts (LocalStack test_list_functions)."""
    aws.publish_version(FunctionName=orders)
    first = aws.list_versions_by_function(FunctionName=orders, MaxItems=1)
    assert [each["Version"] for each in first["Versions"]] == ["$LATEST"]
    second = aws.list_versions_by_function(FunctionName=orders, Marker=first["NextMarker"])
    assert [each["Version"] for each in second["Versions"]] == ["1"]
    assert "NextMarker" not in second


def test_a_list_is_of_one_region(
    aws: LambdaClient, orders: str, clients: Callable[..., Any]
) -> None:
    """A region has its own functions (AWS API reference)."""
    assert [each["FunctionName"] for each in aws.list_functions()["Functions"]] == [orders]
    assert clients("lambda", "us-east-1").list_functions()["Functions"] == []


def test_versions_of_a_missing_function(aws: LambdaClient, refused: Refused) -> None:
    """The function must exist (AWS API reference)."""
    assert refused(aws.list_versions_by_function, FunctionName="orders") == (
        404,
        "ResourceNotFoundException",
        f"Function not found: {ARN}",
    )


def test_function_version_is_all_or_nothing(aws: LambdaClient, refused: Refused) -> None:
    """FunctionVersion has one value (LocalStack test_list_functions)."""
    text = (
        "1 validation error detected: Value 'invalid' at 'functionVersion' failed to satisfy "
        "constraint: Member must satisfy enum value set: [ALL]"
    )
    refusal = refused(aws.list_functions, FunctionVersion="invalid")
    assert refusal == (400, "ValidationException", text)


def test_master_region_narrows_nothing(aws: LambdaClient, orders: str) -> None:
    """The sandbox takes MasterRegion and ignores it (a rule of the sandbox)."""
    listed = aws.list_functions(MasterRegion="us-east-1", FunctionVersion="ALL")["Functions"]
    assert [each["FunctionName"] for each in listed] == [orders]
