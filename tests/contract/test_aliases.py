"""CreateAlias, GetAlias, UpdateAlias, DeleteAlias and ListAliases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_lambda import LambdaClient

    Refused = Callable[..., tuple[int, str, str]]

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:orders"


def routing(**weights: float) -> Any:  # noqa: ANN401 - the stubs have a type for each use
    """Spell a RoutingConfig; ``v2=0.5`` means version 2."""
    return {"AdditionalVersionWeights": {key.lstrip("v"): each for key, each in weights.items()}}


def test_the_members_of_an_alias(aws: LambdaClient, versions: str) -> None:
    """Created with 201, and looked up as it was made (LocalStack test_alias_lifecycle)."""
    made: Any = aws.create_alias(
        FunctionName=versions,
        Name="live",
        FunctionVersion="1",
        Description="serves",
        RoutingConfig=routing(v2=0.2),
    )
    assert made.pop("ResponseMetadata")["HTTPStatusCode"] == 201
    assert made.pop("RevisionId")
    assert made == {
        "AliasArn": f"{ARN}:live",
        "Description": "serves",
        "FunctionVersion": "1",
        "Name": "live",
        "RoutingConfig": {"AdditionalVersionWeights": {"2": 0.2}},
    }
    found: Any = aws.get_alias(FunctionName=versions, Name="live")
    assert {**made, **found} == found


def test_an_alias_without_weights_has_no_routing(aws: LambdaClient, versions: str) -> None:
    """RoutingConfig is absent, also when given empty (test_notfound_and_invalid_routingconfigs)."""
    for name, members in (("plain", {}), ("empty", {"RoutingConfig": routing()})):
        made = aws.create_alias(
            FunctionName=versions,
            Name=name,
            FunctionVersion="1",
            **members,
        )
        assert "RoutingConfig" not in made
        assert made["Description"] == ""


@pytest.mark.parametrize(
    "question",
    [{"FunctionName": "orders", "Qualifier": "live"}, {"FunctionName": f"{ARN}:live"}],
)
def test_a_function_can_be_read_through_an_alias(
    aws: LambdaClient, versions: str, question: dict[str, str]
) -> None:
    """The version answers under the alias's ARN (LocalStack test_alias_lifecycle)."""
    aws.create_alias(FunctionName=versions, Name="live", FunctionVersion="1")
    expected = aws.get_function(FunctionName=versions, Qualifier="1")["Configuration"]
    found = aws.get_function(**question)["Configuration"]
    assert found == {**expected, "FunctionArn": f"{ARN}:live"}


def test_an_alias_can_mean_latest(aws: LambdaClient, orders: str) -> None:
    """$LATEST without weights is fine (test_notfound_and_invalid_routingconfigs)."""
    made = aws.create_alias(FunctionName=orders, Name="newest", FunctionVersion="$LATEST")
    assert made["FunctionVersion"] == "$LATEST"
    live = aws.get_function_configuration(FunctionName=orders, Qualifier="newest")
    assert (live["Version"], live["FunctionArn"]) == ("$LATEST", f"{ARN}:newest")


def test_an_alias_moves(aws: LambdaClient, versions: str) -> None:
    """What is given changes, the rest stays (LocalStack test_lambda_alias_moving)."""
    before = aws.create_alias(
        FunctionName=versions, Name="live", FunctionVersion="1", Description="serves"
    )
    moved = aws.update_alias(FunctionName=versions, Name="live", FunctionVersion="2")
    assert (moved["FunctionVersion"], moved["Description"]) == ("2", "serves")
    assert moved["RevisionId"] != before["RevisionId"]
    live = aws.get_function_configuration(FunctionName=versions, Qualifier="live")
    assert live["Version"] == "2"


def test_an_empty_update_costs_a_revision(aws: LambdaClient, versions: str) -> None:
    """Nothing changes but the RevisionId (LocalStack test_alias_lifecycle)."""
    made: Any = aws.create_alias(FunctionName=versions, Name="live", FunctionVersion="1")
    again: Any = aws.update_alias(FunctionName=versions, Name="live")
    assert made.pop("RevisionId") != again.pop("RevisionId")
    del made["ResponseMetadata"], again["ResponseMetadata"]
    assert made == again


def test_empty_weights_clear_the_routing(aws: LambdaClient, versions: str) -> None:
    """An empty map takes RoutingConfig away (LocalStack test_alias_lifecycle)."""
    aws.create_alias(
        FunctionName=versions, Name="live", FunctionVersion="1", RoutingConfig=routing(v2=0.2)
    )
    kept = aws.update_alias(FunctionName=versions, Name="live", Description="as before")
    assert kept["RoutingConfig"] == {"AdditionalVersionWeights": {"2": 0.2}}
    cleared = aws.update_alias(FunctionName=versions, Name="live", RoutingConfig=routing())
    assert "RoutingConfig" not in cleared


def test_an_alias_has_its_own_revision(aws: LambdaClient, versions: str, refused: Refused) -> None:
    """It is not the function's (LocalStack test_function_revisions_version_and_alias)."""
    before = aws.get_function(FunctionName=versions)["Configuration"]["RevisionId"]
    made = aws.create_alias(FunctionName=versions, Name="live", FunctionVersion="1")
    assert aws.get_function(FunctionName=versions)["Configuration"]["RevisionId"] == before
    members = {"FunctionName": versions, "Name": "live", "Description": "changed"}
    assert refused(aws.update_alias, **members, RevisionId="wrong") == (
        412,
        "PreconditionFailedException",
        (
            "The Revision Id provided does not match the latest Revision Id. "
            "Call the GetFunction/GetAlias API to retrieve the latest Revision Id"
        ),
    )
    assert aws.get_alias(FunctionName=versions, Name="live")["Description"] == ""
    updated = aws.update_alias(
        FunctionName=versions, Name="live", Description="changed", RevisionId=made["RevisionId"]
    )
    assert updated["Description"] == "changed"


def test_aliases_are_listed(aws: LambdaClient, versions: str) -> None:
    """All, or those whose main version is asked for (LocalStack test_alias_lifecycle)."""
    for name, version in (("a", "1"), ("b", "1"), ("c", "2")):
        aws.create_alias(FunctionName=versions, Name=name, FunctionVersion=version)
    aws.update_alias(FunctionName=versions, Name="c", RoutingConfig=routing(v1=0.5))
    every = aws.list_aliases(FunctionName=versions)["Aliases"]
    assert [each["Name"] for each in every] == ["a", "b", "c"]
    assert every[2]["RoutingConfig"] == {"AdditionalVersionWeights": {"1": 0.5}}
    some = aws.list_aliases(FunctionName=versions, FunctionVersion="1")["Aliases"]
    assert [each["Name"] for each in some] == ["a", "b"]
    first = aws.list_aliases(FunctionName=versions, MaxItems=2)
    assert [each["Name"] for each in first["Aliases"]] == ["a", "b"]
    rest = aws.list_aliases(FunctionName=versions, Marker=first["NextMarker"])
    assert [each["Name"] for each in rest["Aliases"]] == ["c"]
    assert "NextMarker" not in rest


def test_an_alias_is_deleted(aws: LambdaClient, versions: str, refused: Refused) -> None:
    """DeleteAlias answers 204, and again when there is none (test_non_existent_alias_deletion)."""
    aws.create_alias(FunctionName=versions, Name="live", FunctionVersion="1")
    for _ in range(2):
        answer = aws.delete_alias(FunctionName=versions, Name="live")
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert refused(aws.get_alias, FunctionName=versions, Name="live")[0] == 404


def test_a_missing_alias_has_three_texts(aws: LambdaClient, orders: str, refused: Refused) -> None:
    """Each operation has its words (test_alias_lifecycle, test_non_existent_alias_update)."""
    alias = {"FunctionName": orders, "Name": "none"}
    not_found = (404, "ResourceNotFoundException")
    arn = f"{ARN}:none"
    assert refused(aws.get_alias, **alias) == (*not_found, f"Cannot find alias arn: {arn}")
    assert refused(aws.update_alias, **alias) == (*not_found, f"Alias not found: {arn}")
    refusal = refused(aws.get_function, FunctionName=orders, Qualifier="none")
    assert refusal == (*not_found, f"Function not found: {arn}")
