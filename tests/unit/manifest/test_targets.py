"""``kind: Target`` documents: what they say, and every mistake in them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import botocore
import pytest

from reconciler import schema
from reconciler.model import AssumeRole, Location, Target

if TYPE_CHECKING:
    from tests.unit.manifest.conftest import Read

HEADER = "apiVersion: lambda.reconciler/v1\nkind: Target\nmetadata: {name: prod-eu}\nspec:\n"
BODY = "  region: eu-west-1\n  accountId: '012345678901'\n"
ROLE = "arn:aws:iam::012345678901:role/reconciler"
ASSUME = f"{BODY}  assumeRole:\n    roleArn: {ROLE}\n"
FIELDS = "region, accountId, assumeRole, quotaShare"
ACCOUNT = "which is not allowed; write the 12 digits of the account, without dashes"


@pytest.mark.parametrize(
    ("body", "role", "share"),
    [
        (BODY, None, None),
        (BODY + "  quotaShare: 0.5\n", None, 0.5),
        (BODY + "  quotaShare: 1\n", None, 1.0),
        (ASSUME, AssumeRole(ROLE), None),
        (
            ASSUME + "    externalId: a:/b\n    sessionName: 'ci@2'\n",
            AssumeRole(ROLE, "a:/b", "ci@2"),
            None,
        ),
        (
            BODY + "  assumeRole: {roleArn: '${ROLE}', externalId: '${ID:-xy}'}\n",
            AssumeRole(f"{ROLE}/path/name", "xy"),
            None,
        ),
    ],
)
def test_what_a_target_says(
    read: Read, body: str, role: AssumeRole | None, share: float | None
) -> None:
    """Every field arrives as it was meant, the environment's values among them."""
    found = read(HEADER + body, {"ROLE": f"{ROLE}/path/name"})
    expected = Target(
        "prod-eu", "012345678901", "eu-west-1", Location("<stdin>", 3, 18), role, share
    )
    assert ((), (), (expected,)) == (found.errors, found.specs, found.targets)


MISTAKES = {
    "nothing": (
        "  {}\n",
        [
            "4:1: spec.region is missing; add it, for example region: eu-west-1",
            "4:1: spec.accountId is missing; add it, for example accountId: 123456789012",
        ],
    ),
    "an account that is a number": (
        "  region: eu-west-1\n  accountId: 012345678901\n",
        [
            (
                "6:14: spec.accountId is the number 012345678901, not a string; "
                'quote it: "012345678901", as an account may begin with 0'
            )
        ],
    ),
    "an account with dashes": (
        "  region: eu-west-1\n  accountId: 0123-4567-8901\n",
        [f'6:14: spec.accountId is "0123-4567-8901", {ACCOUNT}'],
    ),
    "an account that is too short": (
        "  region: eu-west-1\n  accountId: '12345678901'\n",
        [f'6:14: spec.accountId is "12345678901", {ACCOUNT}'],
    ),
    "no region at all": (
        "  region: nowhere\n  accountId: '012345678901'\n",
        [
            (
                '5:11: spec.region is "nowhere", which is not allowed; '
                "write a region's code, such as eu-west-1"
            )
        ],
    ),
    "misspelt fields": (
        "  regoin: eu-west-1\n  account: '012345678901'\n  assumeRole: {externalID: ab}\n",
        [
            '5:3: spec has no field "regoin"; did you mean region?',
            '6:3: spec has no field "account"; did you mean accountId?',
            (
                "7:3: spec.assumeRole.roleArn is missing; "
                "add it, for example roleArn: arn:aws:iam::123456789012:role/reconciler"
            ),
            '7:16: spec.assumeRole has no field "externalID"; did you mean externalId?',
        ],
    ),
    "fields of elsewhere": (
        BODY + "  roleArn: x\n  code: {}\n",
        [
            '7:3: spec has no field "roleArn"; move it to spec.assumeRole',
            f'8:3: spec has no field "code"; its fields are {FIELDS}',
        ],
    ),
    "a role that is none": (
        BODY + "  assumeRole:\n    roleArn: arn:aws:sts::012345678901:assumed-role/a/b\n",
        [
            (
                "8:14: spec.assumeRole.roleArn is "
                '"arn:aws:sts::012345678901:assumed-role/a/b", which is not allowed; '
                "write arn:aws:iam::ACCOUNT:role/NAME"
            )
        ],
    ),
    "a role of another account": (
        BODY + "  assumeRole: {roleArn: 'arn:aws:iam::222222222222:role/r'}\n",
        [
            (
                "7:25: spec.assumeRole.roleArn is in the account 222222222222, "
                "but spec.accountId at line 6 is 012345678901; make them agree"
            )
        ],
    ),
    "a role of another partition": (
        BODY + "  assumeRole: {roleArn: 'arn:aws-cn:iam::012345678901:role/r'}\n",
        [
            (
                '7:25: spec.assumeRole.roleArn names the partition "aws-cn", '
                "but eu-west-1 is in aws; begin it with arn:aws:iam::"
            )
        ],
    ),
    "what STS would refuse": (
        ASSUME + "    externalId: a\n    sessionName: a b\n",
        [
            (
                '9:17: spec.assumeRole.externalId is "a", which is not allowed; '
                "write 2 to 1,224 letters, digits and any of _+=,.@:/-"
            ),
            (
                '10:18: spec.assumeRole.sessionName is "a b", which is not allowed; '
                "write 2 to 64 letters, digits and any of _+=,.@-"
            ),
        ],
    ),
    "a session name that is too long": (
        ASSUME + f"    sessionName: {'n' * 65}\n",
        [("9:18: spec.assumeRole.sessionName has 65 characters; at most 64 are allowed")],
    ),
    "no share": (
        BODY + "  quotaShare: 0\n",
        [
            (
                "7:15: spec.quotaShare is the number 0, not over 0 and up to 1; "
                "write a share, such as 0.5"
            )
        ],
    ),
    "too great a share": (
        BODY + "  quotaShare: 80\n",
        [
            (
                "7:15: spec.quotaShare is the number 80, not over 0 and up to 1; "
                "write a share, such as 0.5"
            )
        ],
    ),
    "a share in quotes": (
        BODY + "  quotaShare: '0.5'\n",
        ['7:15: spec.quotaShare is "0.5", not a number; write 0.5 without quotes'],
    ),
    "a share of words": (
        BODY + "  quotaShare: 80%\n",
        ['7:15: spec.quotaShare is "80%", not a number; write a number, such as 0.5'],
    ),
    "a share of the environment": (
        BODY + "  quotaShare: ${SHARE:-0.5}\n",
        [
            (
                '7:15: spec.quotaShare is "0.5" (from "${SHARE:-0.5}"), not a number; '
                "write the number itself: what is substituted is a string"
            )
        ],
    ),
    "no share at all": (
        BODY + "  quotaShare:\n",
        [
            (
                "7:14: spec.quotaShare is empty, not a number; "
                "write a number, such as 0.5, or leave the field out"
            )
        ],
    ),
    "a value of a target": (
        "  region: ${target.region}\n  accountId: '012345678901'\n",
        [
            (
                "5:11: ${target.region} has a value only in a Function with spec.targets; "
                "name its targets there, or write the value out"
            )
        ],
    ),
    "targets of its own": (
        BODY + "  targets: [a]\n",
        [f'7:3: spec has no field "targets"; its fields are {FIELDS}'],
    ),
}


@pytest.mark.parametrize(("body", "expected"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_in_a_target(read: Read, body: str, expected: list[str]) -> None:
    """Every mistake in a target is reported once, at its place, with what to write."""
    found = read(HEADER + body)
    assert [f"<stdin>:{line}" for line in expected] == [str(error) for error in found.errors]
    assert ((), ()) == (found.specs, found.targets)


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (
            f"apiVersion: lambda.reconciler/v1\nkind: target\nmetadata: {{name: a}}\nspec:\n{BODY}",
            ['2:7: kind is "target", not Target; write Target'],
        ),
        (
            f"apiVersion: lambda.reconciler/v1\nmetadata: {{name: a}}\nspec:\n{BODY}",
            ["1:1: kind is missing; add kind: Target"],
        ),
        (
            (
                "apiVersion: lambda.reconciler/v1\nkind: Target\n"
                f"metadata: {{name: a b, labels: {{a: b}}}}\nspec:\n{BODY}"
            ),
            [
                (
                    '3:18: metadata.name is "a b", which is not allowed; '
                    "write 1 to 64 letters, digits, - and _"
                ),
                '3:23: metadata has no field "labels"; its fields are name',
            ],
        ),
        (
            "apiVersion: lambda.reconciler/v1\nkind: Target\nspec:\n" + BODY,
            ["1:1: metadata is missing; add it; its fields are name"],
        ),
    ],
)
def test_a_mistake_around_the_spec(read: Read, document: str, expected: list[str]) -> None:
    """A document is taken for a target by its kind, and without one by its fields."""
    assert [f"<stdin>:{line}" for line in expected] == [
        str(error) for error in read(document).errors
    ]


def test_a_name_is_taken_once(read: Read) -> None:
    """Two targets of one name are an error, at the second; a function may have it as well."""
    function = HEADER.replace("Target", "Function") + "  suspend: true\n"
    (error,) = read("---\n".join([HEADER + BODY, function, HEADER + BODY])).errors
    assert str(error) == (
        '<stdin>:16:18: metadata.name "prod-eu" is taken by the target at <stdin>:3:18; '
        "give each target a name of its own"
    )


def test_two_targets_may_be_one_place(read: Read) -> None:
    """Other credentials or another share of the quota are reasons for a second target."""
    other = HEADER.replace("prod-eu", "prod-eu-2")
    found = read(f"{HEADER}{BODY}---\n{other}{BODY}")
    assert ((), 2) == (found.errors, len(found.targets))


def _shapes() -> dict[str, dict[str, Any]]:
    (path,) = Path(botocore.__file__).parent.glob("data/sts/*/service-2.json.gz")
    shapes: dict[str, dict[str, Any]] = json.loads(gzip.decompress(path.read_bytes()))["shapes"]
    return shapes


@pytest.mark.parametrize(
    ("field", "shape"),
    [
        ("roleArn", "arnType"),
        ("externalId", "externalIdType"),
        ("sessionName", "roleSessionNameType"),
    ],
)
def test_the_schema_allows_what_sts_allows(field: str, shape: str) -> None:
    """Lengths and characters are those of AssumeRole in botocore's model."""
    spec = schema.load("target")["properties"]["spec"]["properties"]
    ours, theirs = spec["assumeRole"]["properties"][field]["anyOf"][0], _shapes()[shape]
    assert (theirs["min"], theirs["max"]) == (ours["minLength"], ours["maxLength"])
    if field != "roleArn":
        assert theirs["pattern"].replace("\\w", "A-Za-z0-9_").replace("\\/", "/") == (
            ours["pattern"].strip("^$")
        )
