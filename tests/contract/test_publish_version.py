"""PublishVersion: when it publishes, when it does not, and its two guards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.model import LastUpdateStatus

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_lambda import LambdaClient

    from reconciler.sandbox import ControlPlane

    Package = Callable[[str], bytes]
    Refused = Callable[..., tuple[int, str, str]]

OTHER_CODE = (
    "CodeSHA256 (other) is different from current CodeSHA256 in $LATEST ({}). "
    "Please try again with the CodeSHA256 in $LATEST."
)
ARN = "arn:aws:lambda:eu-west-1:123456789012:function:orders"


def latest_revision(aws: LambdaClient) -> str:
    return aws.get_function(FunctionName="orders")["Configuration"]["RevisionId"]


def test_a_version_is_active_and_successful_at_once(aws: LambdaClient, orders: str) -> None:
    """A settled function is published with 201 (LocalStack test_version_lifecycle)."""
    answer = aws.publish_version(FunctionName=orders, Description="first")
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert (answer["Version"], answer["FunctionArn"]) == ("1", f"{ARN}:1")
    assert (answer["State"], answer["LastUpdateStatus"]) == ("Active", "Successful")
    assert answer["Description"] == "first"


def test_publishing_changes_the_revision_of_latest(aws: LambdaClient, orders: str) -> None:
    """Three RevisionIds (LocalStack test_function_revisions_version_and_alias)."""
    before = latest_revision(aws)
    version = aws.publish_version(FunctionName=orders)["RevisionId"]
    assert len({before, version, latest_revision(aws)}) == 3


def test_an_unchanged_function_is_not_published_again(aws: LambdaClient, orders: str) -> None:
    """The version stays as it is, Description too (LocalStack test_publish_version_on_create)."""
    first = aws.publish_version(FunctionName=orders, Description="first")
    before = latest_revision(aws)
    again = aws.publish_version(FunctionName=orders, Description="second")
    assert again["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert (again["Version"], again["Description"]) == ("1", "first")
    assert again["RevisionId"] == first["RevisionId"]
    assert latest_revision(aws) == before


def test_identical_code_is_published_again(
    aws: LambdaClient, orders: str, package: Package
) -> None:
    """An update call counts, not its hash (moto#8379, verified against AWS)."""
    first = aws.publish_version(FunctionName=orders)
    aws.update_function_code(FunctionName=orders, ZipFile=package("first"))
    aws.get_function(FunctionName=orders)
    second = aws.publish_version(FunctionName=orders)
    assert (first["Version"], second["Version"]) == ("1", "2")
    assert first["CodeSha256"] == second["CodeSha256"]


def test_publish_of_an_update_counts_as_published(
    aws: LambdaClient, orders: str, package: Package
) -> None:
    """Publish=true makes a version each time, and a later publish none (moto#8379)."""
    for expected in ("1", "2"):
        answer = aws.update_function_code(
            FunctionName=orders, ZipFile=package("first"), Publish=True
        )
        assert answer["Version"] == expected
        aws.get_function(FunctionName=orders)
    assert aws.publish_version(FunctionName=orders)["Version"] == "2"


def test_a_changed_description_alone_makes_a_version(aws: LambdaClient, orders: str) -> None:
    """Settings count as changes; $LATEST's description is taken over (test_version_lifecycle)."""
    aws.publish_version(FunctionName=orders)
    aws.update_function_configuration(FunctionName=orders, Description="prices")
    aws.get_function(FunctionName=orders)
    answer = aws.publish_version(FunctionName=orders)
    assert (answer["Version"], answer["Description"]) == ("2", "prices")


def test_a_mode_alone_makes_no_version(aws: LambdaClient, orders: str) -> None:
    """Runtime management is not among the changes (developer guide: configuration-versions)."""
    aws.publish_version(FunctionName=orders)
    aws.put_runtime_management_config(FunctionName=orders, UpdateRuntimeOn="FunctionUpdate")
    assert aws.publish_version(FunctionName=orders)["Version"] == "1"


def test_a_version_never_changes(aws: LambdaClient, orders: str, package: Package) -> None:
    """Updates leave versions alone (LocalStack test_version_lifecycle)."""
    aws.publish_version(FunctionName=orders)
    before = aws.get_function(FunctionName=orders, Qualifier="1")["Configuration"]
    aws.update_function_code(FunctionName=orders, ZipFile=package("b"), Architectures=["arm64"])
    assert aws.get_function(FunctionName=orders, Qualifier="1")["Configuration"] == before


def test_other_code_is_not_published(aws: LambdaClient, orders: str, refused: Refused) -> None:
    """AWS names the live hash (LocalStack test_publish_with_wrong_sha256)."""
    live = aws.get_function(FunctionName=orders)["Configuration"]["CodeSha256"]
    assert refused(aws.publish_version, FunctionName=orders, CodeSha256="other") == (
        400,
        "InvalidParameterValueException",
        OTHER_CODE.format(live),
    )
    assert aws.publish_version(FunctionName=orders, CodeSha256=live)["Version"] == "1"


def test_a_stale_revision_is_not_published(
    aws: LambdaClient, orders: str, refused: Refused
) -> None:
    """RevisionId guards publishing (LocalStack test_function_revisions_version_and_alias)."""
    before = latest_revision(aws)
    aws.publish_version(FunctionName=orders)
    refusal = refused(aws.publish_version, FunctionName=orders, RevisionId=before)
    assert refusal[:2] == (412, "PreconditionFailedException")


def test_a_number_is_never_given_twice(aws: LambdaClient, orders: str, package: Package) -> None:
    """Deleting a version leaves the numbering alone (LocalStack test_version_lifecycle)."""
    aws.publish_version(FunctionName=orders)
    aws.delete_function(FunctionName=orders, Qualifier="1")
    aws.update_function_code(FunctionName=orders, ZipFile=package("b"))
    aws.get_function(FunctionName=orders)
    assert aws.publish_version(FunctionName=orders)["Version"] == "2"


def test_publish_on_create_answers_with_an_unqualified_arn(
    aws: LambdaClient, creation: dict[str, object]
) -> None:
    """CreateFunction(Publish=true) is version 1 (LocalStack test_publish_version_on_create)."""
    answer = aws.create_function(**creation, Publish=True)  # type: ignore[arg-type]  # a plain dict
    assert (answer["Version"], answer["FunctionArn"]) == ("1", ARN)
    assert answer["State"] == "Pending"
    version = aws.get_function(FunctionName="orders", Qualifier="1")["Configuration"]
    assert version["State"] == "Active"
    assert version["RevisionId"] not in (answer["RevisionId"], latest_revision(aws))


def test_a_failed_update_does_not_stop_publishing(
    aws: LambdaClient, orders: str, control_plane: ControlPlane
) -> None:
    """No source says that Failed forbids it (developer guide: functions-states)."""
    control_plane.set_status(orders, region="eu-west-1", last_update_status=LastUpdateStatus.FAILED)
    assert aws.publish_version(FunctionName=orders)["Version"] == "1"
