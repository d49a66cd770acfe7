"""TagResource, UntagResource and ListTags, and the Tags of GetFunction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_lambda import LambdaClient

    from reconciler.sandbox import ManualClock, Sandbox

    Refused = Callable[..., tuple[int, str, str]]

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:orders"
FIFTY = {f"{number}_key": f"{number}_value" for number in range(50)}
TOO_MANY = (
    400,
    "InvalidParameterValueException",
    "Number of tags exceeds resource tag limit.",
)
PATTERN = (
    r"arn:(aws[a-zA-Z-]*):lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:\d{12}:"
    r"(function:[a-zA-Z0-9-_]+(:(\$LATEST|[a-zA-Z0-9-_]+))?|layer:([a-zA-Z0-9-_]+)"
    r"|code-signing-config:csc-[a-z0-9]{17}"
    r"|event-source-mapping:[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}"
    r"-[0-9a-fA-F]{12}|capacity-provider:[a-zA-Z0-9-_]+)"
)


def tags(aws: LambdaClient) -> dict[str, str]:
    return aws.list_tags(Resource=ARN)["Tags"]


@pytest.mark.usefixtures("orders")
def test_tags_come_and_go(aws: LambdaClient) -> None:
    """Tags are added, overwritten and removed, also absent ones (LocalStack test_tag_lifecycle)."""
    assert tags(aws) == {}
    answer = aws.tag_resource(Resource=ARN, Tags={"a": "1", "b": "2", "c": "3"})
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
    aws.tag_resource(Resource=ARN, Tags={"b": "two", "d": "4"})
    assert tags(aws) == {"a": "1", "b": "two", "c": "3", "d": "4"}
    answer = aws.untag_resource(Resource=ARN, TagKeys=["a", "c", "never was"])
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert tags(aws) == {"b": "two", "d": "4"}


def test_get_function_shows_tags(aws: LambdaClient, creation: dict[str, Any]) -> None:
    """Tags are there when there is one (LocalStack test_create_tag_on_fn_create)."""
    aws.create_function(**creation, Tags={"team": "orders"})
    assert tags(aws) == {"team": "orders"}
    assert aws.get_function(FunctionName="orders")["Tags"] == {"team": "orders"}
    aws.untag_resource(Resource=ARN, TagKeys=["team"])
    assert "Tags" not in aws.get_function(FunctionName="orders")


def test_each_change_of_tags_is_a_revision(aws: LambdaClient, orders: str) -> None:
    """$LATEST changes its RevisionId and stays Successful (LocalStack test_tag_lifecycle)."""
    seen = []
    for change in ("tag", "tag", "untag"):
        if change == "tag":
            aws.tag_resource(Resource=ARN, Tags={"a": "1"})
        else:
            aws.untag_resource(Resource=ARN, TagKeys=["a"])
        live = aws.get_function(FunctionName=orders)["Configuration"]
        assert live["LastUpdateStatus"] == "Successful"
        seen.append(live["RevisionId"])
    assert len(set(seen)) == 3


def test_tags_are_no_change_to_publish(aws: LambdaClient, orders: str) -> None:
    """They are not among what makes a version (developer guide: configuration-versions)."""
    aws.publish_version(FunctionName=orders)
    aws.tag_resource(Resource=ARN, Tags={"a": "1"})
    assert aws.publish_version(FunctionName=orders)["Version"] == "1"


def test_no_tag_during_an_update(
    aws: LambdaClient, orders: str, clock: ManualClock, refused: Refused
) -> None:
    """TagResource fails while InProgress (developer guide: functions-states)."""
    aws.update_function_configuration(FunctionName=orders, Timeout=9)
    assert refused(aws.tag_resource, Resource=ARN, Tags={"a": "1"}) == (
        409,
        "ResourceConflictException",
        (
            "The operation cannot be performed at this time. "
            f"An update is in progress for resource: {ARN}"
        ),
    )
    clock.advance(10)
    aws.tag_resource(Resource=ARN, Tags={"a": "1"})


@pytest.mark.usefixtures("orders")
def test_fifty_tags_are_the_limit(
    aws: LambdaClient, creation: dict[str, Any], refused: Refused
) -> None:
    """More are refused at once, in addition, and at creation (LocalStack test_tag_limits)."""
    too_many = {**FIFTY, "51": "x"}
    assert refused(aws.tag_resource, Resource=ARN, Tags=too_many) == TOO_MANY
    aws.tag_resource(Resource=ARN, Tags=FIFTY)
    assert tags(aws) == FIFTY
    assert refused(aws.tag_resource, Resource=ARN, Tags={"51": "x"}) == TOO_MANY
    assert tags(aws) == FIFTY
    other = {**creation, "FunctionName": "other", "Tags": too_many}
    assert refused(aws.create_function, **other) == TOO_MANY


@pytest.mark.usefixtures("orders")
@pytest.mark.parametrize("qualifier", ["$LATEST", "1", "live"])
def test_only_functions_have_tags(aws: LambdaClient, refused: Refused, qualifier: str) -> None:
    """Versions and aliases have none (LocalStack test_tag_versions)."""
    assert refused(aws.tag_resource, Resource=f"{ARN}:{qualifier}", Tags={"a": "1"}) == (
        400,
        "InvalidParameterValueException",
        "Tags on function aliases and versions are not supported. Please specify a function ARN.",
    )


@pytest.mark.parametrize(
    ("operation", "members"),
    [
        ("tag_resource", {"Tags": {"a": "1"}}),
        ("untag_resource", {"TagKeys": ["a"]}),
        ("list_tags", {}),
    ],
)
def test_a_missing_function_has_no_tags(
    aws: LambdaClient, refused: Refused, operation: str, members: dict[str, Any]
) -> None:
    """All three find nothing (LocalStack test_tag_nonexisting_resource)."""
    refusal = refused(getattr(aws, operation), Resource=ARN, **members)
    assert refusal == (404, "ResourceNotFoundException", f"Function not found: {ARN}")


@pytest.mark.parametrize(
    "resource", ["arn:aws:something", ARN.replace("function:orders", "foobar:orders")]
)
def test_what_is_not_an_arn_of_lambda(aws: LambdaClient, refused: Refused, resource: str) -> None:
    """Other ARNs do not fit the pattern (LocalStack test_tag_exceptions)."""
    text = (
        f"1 validation error detected: Value '{resource}' at 'resource' failed to satisfy "
        f"constraint: Member must satisfy regular expression pattern: {PATTERN}"
    )
    assert refused(aws.list_tags, Resource=resource) == (400, "ValidationException", text)


@pytest.mark.usefixtures("orders")
def test_nothing_to_tag_or_untag(aws: LambdaClient, refused: Refused) -> None:
    """Empty tags and no keys are refused, each in its way (LocalStack test_tag_exceptions)."""
    assert refused(aws.tag_resource, Resource=ARN, Tags={}) == (
        400,
        "InvalidParameterValueException",
        "An error occurred and the request cannot be processed.",
    )
    assert refused(aws.untag_resource, Resource=ARN, TagKeys=[]) == (
        400,
        "ValidationException",
        (
            "1 validation error detected: Value null at 'tagKeys' failed to satisfy constraint: "
            "Member must not be null"
        ),
    )


def test_tags_of_other_things_are_not_here(aws: LambdaClient, refused: Refused) -> None:
    """The sandbox has functions only, and says so (a rule of the sandbox, not of AWS)."""
    layer = ARN.replace("function:orders", "layer:common")
    assert refused(aws.list_tags, Resource=layer) == (
        501,
        "NotImplementedException",
        "The sandbox does not have tags of layer resources.",
    )


@pytest.mark.usefixtures("orders")
def test_the_log_names_the_function_of_a_tag(aws: LambdaClient, sandbox: Sandbox) -> None:
    """A tag's ARN is a function's name in the log of requests (a rule of the sandbox)."""
    aws.tag_resource(Resource=ARN, Tags={"a": "1"})
    record = sandbox.requests[-1]
    assert (record.operation, record.function, record.status) == ("TagResource", "orders", 204)
