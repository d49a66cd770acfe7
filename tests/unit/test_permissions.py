"""Policies for exactly what manifests declare."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from moto.iam.policy_validation import IAMPolicyDocumentValidator

from reconciler.cli.commands import main
from reconciler.model import (
    AssumeRole,
    Image,
    Location,
    Publish,
    S3Object,
    Target,
)
from reconciler.permissions import USUAL, Settings, parts, policies, size
from tests.unit.builders import ARM, FUNCTION_UPDATE, KEY, declared, spec

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.model import FunctionSpec

HERE = Location("app.yaml", 1, 1)
ACCOUNT = "123456789012"
ARN = f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:orders-api"
GET, MODE, LIST = (
    "lambda:GetFunction",
    "lambda:GetRuntimeManagementConfig",
    "lambda:ListVersionsByFunction",
)
UPDATE, PUBLISH, PUT = (
    "lambda:UpdateFunctionCode",
    "lambda:PublishVersion",
    "lambda:PutRuntimeManagementConfig",
)
EVERYTHING = replace(
    spec(code=S3Object("b", "k", None, None, HERE)),
    architecture=ARM,
    publish=Publish(),
    runtime_management=declared(FUNCTION_UPDATE),
)
OTHER = "111111111111"
IMAGE = "%s.dkr.ecr.eu-west-1.amazonaws.com/team/a:v1"
REPOSITORY = "arn:aws:ecr:eu-west-1:%s:repository/team/a"
LAYER = "ecr:GetDownloadUrlForLayer"
EVERY_KEY = "arn:aws:kms:eu-west-1:123456789012:key/*"
OBJECT = ("s3:GetObject", "arn:aws:s3:::b/k")


def document(*specs: FunctionSpec, **settings: Any) -> dict[str, Any]:  # noqa: ANN401 - any of them
    """Make the one policy, which IAM's grammar allows as moto checks it."""
    found = policies(specs, Settings(**{"account": ACCOUNT, **settings}))
    assert ((), [USUAL]) == (found.errors, list(found.by_role))
    IAMPolicyDocumentValidator(json.dumps(found.by_role[USUAL])).validate()
    return found.by_role[USUAL]


def grants(*specs: FunctionSpec, **settings: Any) -> set[tuple[str, str]]:  # noqa: ANN401 - as above
    """Take the policy apart; the resource is short where it is the function's."""
    return {
        (action, resource.removeprefix(ARN) if resource.startswith(ARN) else resource)
        for statement in document(*specs, **settings)["Statement"]
        for action in statement["Action"]
        for resource in statement["Resource"]
    }


READ = {(GET, ""), (GET, ":*"), (MODE, ""), (MODE, ":*"), (LIST, ""), OBJECT}
WRITE = {(UPDATE, ""), (PUBLISH, ""), (PUT, ""), (PUT, ":*")}
NEEDS: dict[str, tuple[FunctionSpec, set[tuple[str, str]]]] = {
    "nothing": (spec(), {(GET, "")}),
    "suspended": (spec(suspend=True), {(GET, "")}),
    "architecture": (replace(spec(), architecture=ARM), {(GET, ""), (MODE, ""), (UPDATE, "")}),
    "mode": (
        replace(spec(), runtime_management=declared(FUNCTION_UPDATE)),
        {(GET, ""), (MODE, ""), (PUT, "")},
    ),
    "publish": (
        replace(spec(), publish=Publish()),
        {(GET, ""), (GET, ":*"), (LIST, ""), (PUBLISH, "")},
    ),
    "publish in place": (
        replace(spec(), publish=Publish(to_latest_published=True)),
        {(GET, ""), (GET, ":*"), (PUBLISH, "")},
    ),
    "everything": (EVERYTHING, READ | WRITE),
    "version": (
        spec(code=S3Object("b", "k", "v", None, HERE)),
        {(GET, ""), (UPDATE, ""), ("s3:GetObjectVersion", "arn:aws:s3:::b/k")},
    ),
    "wildcards": (
        spec(code=S3Object("b", "a*/$b?.zip", None, None, HERE)),
        {(GET, ""), (UPDATE, ""), ("s3:GetObject", "arn:aws:s3:::b/a${*}/${$}b${?}.zip")},
    ),
    "image": (
        replace(
            spec(code=Image("111111111111.dkr.ecr.eu-west-1.amazonaws.com/team/a:v1", HERE)),
            architecture=ARM,
        ),
        {(GET, ""), (UPDATE, "")}
        | {
            (action, "arn:aws:ecr:eu-west-1:111111111111:repository/team/a")
            for action in ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
        },
    ),
    "image unchecked": (
        replace(spec(code=Image(IMAGE % ACCOUNT, HERE)), native_check=False),
        {(GET, ""), (UPDATE, ""), ("ecr:BatchGetImage", REPOSITORY % ACCOUNT)},
    ),
    "image of another account unchecked": (
        replace(spec(code=Image(IMAGE % OTHER, HERE)), native_check=False),
        {(GET, ""), (UPDATE, "")}
        | {(action, REPOSITORY % OTHER) for action in ("ecr:BatchGetImage", LAYER)},
    ),
    "key": (
        replace(spec(), source_kms_key_arn=KEY),
        {(GET, ""), ("kms:Decrypt", KEY), ("kms:GenerateDataKey", KEY)},
    ),
    "every key": (
        replace(spec(), source_kms_key_arn=EVERY_KEY),
        {(GET, "")}
        | {
            (action, EVERY_KEY.replace("*", "${*}"))
            for action in ("kms:Decrypt", "kms:GenerateDataKey")
        },
    ),
}


@pytest.mark.parametrize("name", NEEDS)
def test_each_field_takes_its_own_permissions(name: str) -> None:
    """And nothing else."""
    declared_function, expected = NEEDS[name]
    assert expected == grants(declared_function)


def test_a_plan_takes_no_write() -> None:
    """Of a key it only reads."""
    assert READ == grants(EVERYTHING, plan_only=True)
    keyed = replace(spec(), source_kms_key_arn=KEY)
    assert {(GET, ""), ("kms:Decrypt", KEY)} == grants(keyed, plan_only=True)


def test_a_plan_reads_of_an_image_what_it_looks_at() -> None:
    """Its configuration is looked at unless the check is off; Lambda pulls nothing for a plan."""
    image = spec(code=Image(IMAGE % OTHER, HERE))
    tag = {(GET, ""), ("ecr:BatchGetImage", REPOSITORY % OTHER)}
    assert tag | {(LAYER, REPOSITORY % OTHER)} == grants(image, plan_only=True)
    assert tag == grants(replace(image, native_check=False), plan_only=True)


def test_a_role_with_a_star_in_its_path_is_that_role_alone() -> None:
    """IAM takes any printable character in a path (API reference, Role)."""
    entered = AssumeRole(f"arn:aws:iam::{OTHER}:role/team*/?/deploy")
    found = policies(
        [replace(spec(), target=Target("prod", OTHER, "eu-west-1", HERE, entered))], Settings()
    )
    (statement,) = found.by_role[USUAL]["Statement"]
    assert [f"arn:aws:iam::{OTHER}:role/team${{*}}/${{?}}/deploy"] == statement["Resource"]


def test_functions_that_take_the_same_share_a_statement() -> None:
    """Each Sid is another one, and the order is always the same."""
    same = replace(EVERYTHING, function=replace(EVERYTHING.function, name="other"))
    found = document(EVERYTHING, same, spec())
    assert found == document(spec(), same, EVERYTHING)
    sids = [statement["Sid"] for statement in found["Statement"]]
    assert [
        *("ReadFunctions1", "ReadFunctions2"),
        *("ChangeFunctions1", "ChangeFunctions2", "ReadObjects"),
    ] == sids
    assert [ARN, ARN.replace("orders-api", "other")] == found["Statement"][1]["Resource"]


def test_to_list_functions_is_a_statement_of_its_own() -> None:
    """AWS knows it for all functions alone, so that it has to be asked for."""
    (listing,) = [
        statement
        for statement in document(spec(), list_functions=True)["Statement"]
        if statement["Resource"] == ["*"]
    ]
    assert ("ListFunctions", ["lambda:ListFunctions"]) == (listing["Sid"], listing["Action"])
    assert all("*" not in resource for _, resource in grants(spec()))


@pytest.mark.parametrize(
    ("region", "partition"),
    [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov"), ("eusc-de-east-1", "aws-eusc")],
)
def test_every_partition_has_its_own_arns(region: str, partition: str) -> None:
    """Of functions as of objects."""
    there = replace(EVERYTHING, function=replace(EVERYTHING.function, region=region))
    assert {partition} == {resource.split(":")[1] for _, resource in grants(there)}


def test_each_role_has_its_own_policy() -> None:
    """Who enters may do nothing else; a target without a role takes the usual credentials."""
    entered = AssumeRole("arn:aws:iam::111111111111:role/deploy", "external")
    prod = Target("prod", "111111111111", "eu-west-1", HERE, entered)
    home = Target("home", "222222222222", "eu-west-1", HERE)
    found = policies([replace(spec(), target=prod), replace(spec(), target=home)], Settings())
    assert [entered.role_arn, USUAL] == list(found.by_role)
    text = {role: json.dumps(each) for role, each in found.by_role.items()}
    assert ":111111111111:function:" in text[entered.role_arn]
    assert ":222222222222:function:" in text[USUAL]
    assert "sts:AssumeRole" in text[USUAL]
    assert "external" not in "".join(text.values())


ERRORS = {
    "account": (spec(), "no account is known for this function; give --account"),
    "region": (spec(region=None, account=ACCOUNT), "no region is known"),
    "partition": (spec(region="xx-north-1", account=ACCOUNT), "the partition of the region xx-"),
    "alias": (
        replace(spec(account=ACCOUNT), source_kms_key_arn=KEY.replace(":key/", ":alias/")),
        "a policy cannot allow a key by an alias",
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_what_is_not_known_is_an_error_and_never_a_wildcard(name: str) -> None:
    """With its place, and what to do."""
    wrong, said = ERRORS[name]
    found = policies([wrong, spec(account=ACCOUNT)], Settings())
    assert {} == found.by_role
    ((location, what),) = found.errors
    assert (wrong.location, True) == (location, what.startswith(said))


# The command.

FUNCTION = """
apiVersion: lambda.reconciler/v1
kind: Function
metadata: {name: %s}
spec: {%s}
---
"""
TARGETS = """
apiVersion: lambda.reconciler/v1
kind: Target
metadata: {name: prod}
spec:
  accountId: "111111111111"
  region: eu-west-1
  assumeRole: {roleArn: "arn:aws:iam::111111111111:role/deploy"}
---
"""


def run(folder: Path, text: str, *arguments: str) -> int:
    """Run the command on one file."""
    path = folder / "app.yaml"
    path.write_text(text)
    return main(["iam-policy", "-f", str(path), *arguments])


def test_one_policy_is_printed_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It can go to IAM without a change."""
    text = FUNCTION % ("app", "region: eu-west-1, suspend: false")
    assert 0 == run(tmp_path, text, "--account", ACCOUNT, "--plan-only")
    printed = capsys.readouterr()
    assert ("", "2012-10-17") == (printed.err, json.loads(printed.out)["Version"])


def test_several_are_printed_by_role(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--target gives the one of a target's role as it is."""
    text = TARGETS + FUNCTION % ("app", "targets: [prod], suspend: false")
    assert 0 == run(tmp_path, text)
    by_role = json.loads(capsys.readouterr().out)
    assert ["arn:aws:iam::111111111111:role/deploy", USUAL] == list(by_role)
    assert 0 == run(tmp_path, text, "--target", "prod")
    assert by_role["arn:aws:iam::111111111111:role/deploy"] == json.loads(capsys.readouterr().out)
    assert 64 == run(tmp_path, text, "--target", "absent")


def test_errors_are_shown_all_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No policy is printed that would lack something."""
    two = FUNCTION % ("a", "region: eu-west-1, suspend: false") + FUNCTION % (
        "b",
        "region: eu-west-1, suspend: false",
    )
    assert 3 == run(tmp_path, two)
    printed = capsys.readouterr()
    assert ("", 2) == (printed.out, printed.err.count("no account is known"))
    assert "2 errors; no policy is printed." in printed.err
    assert 3 == run(tmp_path, "")
    assert "declare no function" in capsys.readouterr().err


@pytest.mark.parametrize("account", ["", "1", "1234567890123", "12345678901x", "*"])
def test_an_account_is_twelve_digits(account: str, tmp_path: Path) -> None:
    """A star would be a policy for everybody's functions."""
    assert 64 == run(
        tmp_path, FUNCTION % ("a", "region: eu-west-1, suspend: false"), "--account", account
    )


def test_a_policy_that_iam_does_not_take_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is printed all the same: it can be made shorter by who knows the names."""
    text = "".join(
        FUNCTION % (f"function-{n}", "region: eu-west-1, suspend: false") for n in range(100)
    )
    assert 0 == run(tmp_path, text, "--account", ACCOUNT)
    printed = capsys.readouterr()
    assert 100 == printed.out.count(":function:")
    assert "IAM takes 6,144 in a managed policy" in printed.err
    assert "--split prints several managed policies" in printed.err


def test_parts_of_a_policy_allow_what_it_allows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each grant is in one of them, and IAM takes each of them, by size as by form."""
    text = "".join(
        FUNCTION % (f"function-{n}", f"region: eu-west-1, code: {{s3: {{bucket: bkt, key: k{n}}}}}")
        for n in range(100)
    )
    assert 0 == run(tmp_path, text, "--account", ACCOUNT)
    whole = json.loads(capsys.readouterr().out)
    assert 0 == run(tmp_path, text, "--account", ACCOUNT, "--split")
    printed = capsys.readouterr()
    divided = json.loads(printed.out)
    taken = [pair for part in divided for pair in _pairs(part)]
    assert ("", 3) == (printed.err, len(divided))
    assert sorted(_pairs(whole)) == sorted(taken)
    for part in divided:
        assert 6_144 >= len(json.dumps(part, separators=(",", ":")))
        IAMPolicyDocumentValidator(json.dumps(part)).validate()


def _pairs(document: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (action, resource)
        for statement in document["Statement"]
        for action in statement["Action"]
        for resource in statement["Resource"]
    ]


@pytest.mark.parametrize("largest", [1, 200, 500, 1_000, 10_000])
def test_no_part_is_larger_than_its_longest_resource_makes_it(largest: int) -> None:
    """What cannot be divided is a part of its own."""
    others = [
        replace(EVERYTHING, function=replace(EVERYTHING.function, name=f"f{n}")) for n in "ab"
    ]
    whole = document(EVERYTHING, *others)
    divided = parts(whole, largest)
    assert sorted(_pairs(whole)) == sorted(pair for part in divided for pair in _pairs(part))
    for part in divided:
        resources = [each for statement in part["Statement"] for each in statement["Resource"]]
        assert size(part) <= largest or len(resources) == 1
    assert (largest == 10_000) == ([whole] == divided)


def test_more_parts_than_a_role_takes_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """They are printed all the same."""
    text = "".join(
        FUNCTION % (f"function-{n}", "region: eu-west-1, publish: true") for n in range(400)
    )
    assert 0 == run(tmp_path, text, "--account", ACCOUNT, "--split")
    printed = capsys.readouterr()
    assert f"has {len(json.loads(printed.out))} parts. IAM attaches 10 to a role" in printed.err


@pytest.mark.parametrize("role", ["plan", "apply"])
def test_a_policy_asks_for_no_package(
    role: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Who makes it need not build; a role may be named by the environment, one for each use."""
    monkeypatch.setenv("RECONCILER_ROLE", role)
    targets = TARGETS.replace("role/deploy", "role/${RECONCILER_ROLE}")
    text = FUNCTION % ("a", "region: eu-west-1, code: {zipFile: absent.zip}")
    text += targets + FUNCTION % ("b", "targets: [prod], code: {directory: absent}")
    assert 0 == run(tmp_path, text, "--account", ACCOUNT)
    printed = capsys.readouterr()
    assert ("", [f"arn:aws:iam::111111111111:role/{role}", USUAL]) == (
        printed.err,
        list(json.loads(printed.out)),
    )


@pytest.mark.parametrize(("account", "told"), [(ACCOUNT, False), (OTHER, True)])
def test_two_accounts_with_one_set_of_credentials_are_told(
    account: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], *, told: bool
) -> None:
    """A run would refuse one of them; that of a role is reached by that role."""
    own, named = "suspend: true", f"functionName: '{account}:function:b', suspend: true"
    text = TARGETS + FUNCTION % ("a", f"region: eu-west-1, {own}")
    text += FUNCTION % ("b", f"region: eu-west-1, {named}") + FUNCTION % (
        "c",
        f"targets: [prod], {own}",
    )
    assert 0 == run(tmp_path, text, "--account", ACCOUNT)
    said = capsys.readouterr().err
    assert told == (f"functions are declared in {OTHER}, {ACCOUNT} that nothing" in said)
    assert told or said == ""
