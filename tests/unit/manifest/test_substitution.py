"""Values from the environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler.model import Publish

if TYPE_CHECKING:
    from tests.unit.manifest.conftest import Read

HEADER = "apiVersion: lambda.reconciler/v1\nkind: Function\nmetadata: {name: orders}\nspec:\n"
FORMS = "write ${NAME} or ${NAME:-default}, or $${ for a literal ${"
ENVIRONMENT = {"SHA": "0123456", "EMPTY": "", "QUOTES": "a: 'b', {c}", "LONG": "x" * 40_000}


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("'${SHA}'", "0123456"),
        ("'v-${SHA}-${SHA}'", "v-0123456-0123456"),
        ("'${UNSET:-main}'", "main"),
        ("'${EMPTY:-main}'", "main"),
        ("'${SHA:-main}'", "0123456"),
        ("'${UNSET:-}'", ""),
        ("'${EMPTY}'", ""),
        ("'${UNSET:-a:-b $x}'", "a:-b $x"),
        ("'$${SHA}'", "${SHA}"),
        ("'$$${SHA}'", "$${SHA}"),
        ("'$SHA $ $$ {SHA}'", "$SHA $ $$ {SHA}"),
        ("'${QUOTES}'", "a: 'b', {c}"),
    ],
)
def test_a_substituted_value(read: Read, written: str, expected: str) -> None:
    """A substituted value is a string of the same structure, whatever characters come in."""
    manifests = read(f"{HEADER}  publish: {{description: {written}}}\n", ENVIRONMENT)
    assert manifests.errors == ()
    assert manifests.specs[0].publish == Publish(expected)


def test_a_plain_scalar_is_substituted_as_a_string(read: Read) -> None:
    """Digits that come from the environment stay a string, as a commit's name must."""
    text = HEADER.replace("{name: orders}", "\n  name: orders\n  labels:\n    commit: ${SHA}")
    manifests = read(text + "  {suspend: false}\n", ENVIRONMENT)
    assert manifests.errors == ()
    assert manifests.specs[0].labels == {"commit": "0123456"}


@pytest.mark.parametrize(("value", "expected"), [("true", True), ("false", False)])
def test_a_boolean_may_be_substituted(read: Read, value: str, *, expected: bool) -> None:
    """Exactly true and false are booleans where a boolean is wanted."""
    body = "  suspend: ${SWITCH}\n  publish: '${SWITCH}'\n"
    (spec,) = read(HEADER + body, {"SWITCH": value}).specs
    assert spec.suspend is expected
    assert spec.publish == (Publish() if expected else None)


def test_a_boolean_where_a_string_is_wanted_stays_a_string(read: Read) -> None:
    """Only suspend and publish take a substituted boolean."""
    body = "  publish: {description: '${SWITCH}'}\n"
    assert read(HEADER + body, {"SWITCH": "true"}).specs[0].publish == Publish("true")


def test_keys_are_never_substituted(read: Read) -> None:
    """A key is taken as it stands."""
    text = HEADER.replace("{name: orders}", "{name: orders, labels: {'${SHA}': x}}")
    assert read(text + "  {suspend: false}\n", ENVIRONMENT).specs[0].labels == {"${SHA}": "x"}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            "region: ${REGION}",
            (
                "5:11: the environment variable REGION is not set; "
                "set it, or give it a default: ${REGION:-default}"
            ),
        ),
        (
            "region: 'é${SHA} ${REGION}'",
            (
                "5:20: the environment variable REGION is not set; "
                "set it, or give it a default: ${REGION:-default}"
            ),
        ),
        (
            "region: >-\n    one\n    ${REGION}",
            (
                "7:5: the environment variable REGION is not set; "
                "set it, or give it a default: ${REGION:-default}"
            ),
        ),
        (
            r'region: "\x24{REGION}"',
            (
                "5:11: the environment variable REGION is not set; "
                "set it, or give it a default: ${REGION:-default}"
            ),
        ),
        ("region: ${SHA", f'5:11: "${{SHA" is not a substitution; {FORMS}'),
        ("region: ${}", f'5:11: "${{}}" is not a substitution; {FORMS}'),
        ("region: ${1A}", f'5:11: "${{1A}}" is not a substitution; {FORMS}'),
        ("region: ${SHA:+x}", f'5:11: "${{SHA:+x}}" is not a substitution; {FORMS}'),
        ("region: ${SHA-x}", f'5:11: "${{SHA-x}}" is not a substitution; {FORMS}'),
        ("region: '${A:-${B}}'", f'5:12: "${{A:-${{B}}}}" is not a substitution; {FORMS}'),
        (
            "architecture: ${SHA}",
            (
                '5:17: spec.architecture is "0123456" (from "${SHA}"), '
                "not one of x86_64, arm64; write one of them"
            ),
        ),
        (
            "suspend: ${SHA}",
            '5:12: spec.suspend is "0123456" (from "${SHA}"), not a boolean; write true or false',
        ),
        (
            "suspend: ${UPPER:-TRUE}",
            '5:12: spec.suspend is "TRUE" (from "${UPPER:-TRUE}"), not a boolean; write true',
        ),
        ("region: ${LONG}${LONG}${LONG}", "5:11: a string is longer than 64 KiB; shorten it"),
        ("region: '$${'", "5:11: spec.region is"),
    ],
)
def test_a_substitution_that_fails(read: Read, body: str, expected: str) -> None:
    """What cannot be substituted is one error, at the place of the substitution."""
    error, *others = read(f"{HEADER}  {body}\n", ENVIRONMENT).errors
    assert str(error).startswith(f"<stdin>:{expected}")
    assert all("is not set" in other.what for other in others)


def test_a_value_that_is_not_unicode(read: Read) -> None:
    """Bytes in the environment that are not UTF-8 do not get any further."""
    (error,) = read(f"{HEADER}  region: ${{RAW}}\n", {"RAW": "a\udcff"}).errors
    assert str(error) == r'<stdin>:5:11: "a\udcff" is not valid Unicode; write it as UTF-8'


def test_every_unset_name_is_reported_once_and_not_without_end(read: Read) -> None:
    """One string reports each name once, and at most twenty of them."""
    names = [f"${{N{number}}}" for number in range(100)]
    text = f"{HEADER}  region: {' '.join(['${N0}', *names])}\n"
    errors = read(text).errors
    assert [error.what.split()[3] for error in errors] == [f"N{number}" for number in range(20)]


REFUSED = "looks like a secret, which no manifest takes"
NAMES = [
    "AWS_SECRET_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_SESSION_TOKEN",
    "GITHUB_TOKEN",
    "NPM_TOKEN",
    "CI_JOB_JWT",
    "ACTIONS_ID_TOKEN_REQUEST_URL",
    "DB_PASSWORD",
    "db_password",
    "PASSWD",
    "DOCKER_AUTH_CONFIG",
    "GH_PAT",
    "STRIPE_API_KEY",
    "APIKEY",
    "SSH_PRIVATE_KEY",
    "GOOGLE_CREDENTIALS",
    "TOKEN",
    "PGPASSWORD",
    "DB_PASS",
    "MYSQL_PWD",
    "githubToken",
    "dbPassword",
    "stripeApiKey",
    "MYTOKEN",
    "SSH_KEY",
    "SHA_TOKEN",
    "NAME_PASSWORD",
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("form", ["${%s}", "${%s:-none}", "v-${%s}"])
@pytest.mark.parametrize("value", ["sesame", "", None])
def test_a_secret_of_the_build_is_not_put_into_a_manifest(
    read: Read, name: str, form: str, value: str | None
) -> None:
    """A plan would send it to AWS or show it; whether it is set makes no difference."""
    environment = {} if value is None else {name: value}
    manifests = read(f"{HEADER}  code: {{imageUri: '{form % name}'}}\n", environment)
    (error,) = manifests.errors
    assert f"the environment variable {name} {REFUSED}" in str(error)
    assert "sesame" not in str(error)


WITH_PASSWORD = [
    "http://user:sesame@proxy:1",
    "postgres://sesame@db/x",
    "https://user:sesame/seed@host",
    "https://user:sesame@seed@host/x",
    "https://user:sesame@host/a@b",
    "https://sesame@host/a@b",
    "https://host/x https://user:sesame@host",
    "https://host/?next=https://user:sesame@host",
]


@pytest.mark.parametrize("value", WITH_PASSWORD)
def test_an_address_with_a_password_is_not_put_into_a_manifest(read: Read, value: str) -> None:
    """Whatever its variable is called."""
    manifests = read(f"{HEADER}  publish: {{description: '${{WHERE}}'}}\n", {"WHERE": value})
    (error,) = manifests.errors
    assert f"the environment variable WHERE {REFUSED}" in str(error)
    assert "sesame" not in str(error)


def test_a_name_that_is_excused_does_not_excuse_its_value(read: Read) -> None:
    """An address with a password is one by any name."""
    environment = {"AUTH_VERSION": "https://user:sesame@host"}
    text = f"{HEADER}  publish: {{description: '${{AUTH_VERSION}}'}}\n"
    (error,) = read(text, environment).errors
    assert f"the environment variable AUTH_VERSION {REFUSED}" in str(error)


@pytest.mark.parametrize(
    "value", ["git@host:repository", "https://host/a@b", "s3://bucket/key", "a:b@sha256:0123"]
)
def test_an_address_without_a_password_is_substituted(read: Read, value: str) -> None:
    """An @ in a path, or without a scheme, is none of a user."""
    text = f"{HEADER}  publish: {{description: '${{WHERE}}'}}\n"
    assert read(text, {"WHERE": value}).specs[0].publish == Publish(value)


@pytest.mark.parametrize(
    "name",
    [
        *("GIT_SHA", "KMS_KEY_ARN", "S3_KEY", "TOKENIZER", "AUTHOR", "PATH_TO_ZIP", "SECRETARY"),
        *("KEY", "PWD", "OLDPWD", "COMPASS", "keyArn", "AUTH_SERVICE_VERSION", "TOKEN_SERVICE_SHA"),
        *("AUTH_API_IMAGE_TAG", "SECRETS_LAMBDA_VERSION", "API_KEY_AUTHORIZER_VERSION"),
        *("TOKEN_IMAGE_DIGEST", "authServiceVersion", "SECRETS_BUCKET", "TOKEN_SHA"),
    ],
)
def test_names_that_only_resemble_are_substituted(read: Read, name: str) -> None:
    """A key of KMS or S3 is no secret, nor is the version or the name of what handles them."""
    manifests = read(f"{HEADER}  publish: {{description: '${{{name}}}'}}\n", {name: "a@b"})
    assert manifests.errors == ()
    assert manifests.specs[0].publish == Publish("a@b")
