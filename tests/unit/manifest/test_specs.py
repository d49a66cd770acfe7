"""Good manifests, and the specs that they come to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler.model import (
    Architecture,
    Directory,
    FunctionReference,
    FunctionSpec,
    Image,
    Location,
    Publish,
    RuntimeManagementSpec,
    S3Object,
    UpdateRuntimeOn,
    ZipFile,
)

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.model import CodeSource
    from tests.unit.manifest.conftest import Read

HEADER = "apiVersion: lambda.reconciler/v1\nkind: Function\nmetadata: {name: orders}\n"
RUNTIME = "arn:aws:lambda:eu-west-1::runtime:0123456789abcdef"
IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/orders:v1"
KEY = "arn:aws-cn:kms:cn-north-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
DIGEST = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="

EVERYTHING = f"""\
# yaml-language-server: $schema=../schemas/function.v1.schema.json
apiVersion: lambda.reconciler/v1
kind: Function
metadata:
  name: orders-api
  labels: {{team: orders, tier: "1"}}
spec:
  functionName: orders-api-prod
  region: eu-west-1
  code:
    zipFile: ./other/../api.zip
  architecture: arm64
  runtimeManagement:
    updateRuntimeOn: Manual
    runtimeVersionArn: {RUNTIME}
  publish: {{description: "orders-api ${{GIT_SHA:-dev}}"}}
  suspend: true
"""


def _spec(read: Read, body: str, default_region: str | None = None) -> FunctionSpec:
    manifests = read(HEADER + body, default_region=default_region)
    assert manifests.errors == ()
    (spec,) = manifests.specs
    return spec


def test_a_document_with_every_field_is_read(read: Read, folder: Path) -> None:
    """Every field of the manifest arrives in the spec, with the positions of its values."""
    manifests = read(EVERYTHING, {"GIT_SHA": "1234567"})
    assert manifests.errors == ()
    assert manifests.specs == (
        FunctionSpec(
            name="orders-api",
            labels={"team": "orders", "tier": "1"},
            function=FunctionReference("orders-api-prod", "orders-api-prod", None, "eu-west-1"),
            code=ZipFile(folder / "api.zip", Location("<stdin>", 11, 14)),
            architecture=Architecture.ARM64,
            runtime_management=RuntimeManagementSpec(
                UpdateRuntimeOn.MANUAL, dict.fromkeys(Architecture, RUNTIME)
            ),
            publish=Publish("orders-api 1234567"),
            suspend=True,
            location=Location("<stdin>", 5, 9),
        ),
    )


def test_what_is_left_out_is_none(read: Read) -> None:
    """A document that declares nothing leaves every field None, and is not suspended."""
    assert _spec(read, "spec: {suspend: false}\n") == FunctionSpec(
        name="orders",
        labels={},
        function=FunctionReference("orders", "orders", None, None),
        code=None,
        architecture=None,
        runtime_management=None,
        publish=None,
        suspend=False,
        location=Location("<stdin>", 3, 18),
    )


@pytest.mark.parametrize(
    ("body", "default_region", "expected"),
    [
        ("spec: {suspend: false, region: eu-west-1}", "us-east-1", "eu-west-1"),
        (
            (
                "spec:\n  suspend: false\n"
                "  functionName: arn:aws:lambda:eu-west-2:123456789012:function:f"
            ),
            "us-east-1",
            "eu-west-2",
        ),
        ("spec: {suspend: false}", "us-east-1", "us-east-1"),
        ("spec: {suspend: false}", None, None),
        ("spec: {suspend: false}", "", None),
    ],
)
def test_where_the_region_comes_from(
    read: Read, body: str, default_region: str | None, expected: str | None
) -> None:
    """spec.region goes before the ARN's, and both before the configured one."""
    assert _spec(read, body, default_region).function.region == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("directory: source", Directory),
        (f"imageUri: {IMAGE}", Image(IMAGE, Location("<stdin>", 6, 15))),
        (
            "s3: {bucket: artifacts, key: a b.zip}",
            S3Object("artifacts", "a b.zip", None, None, Location("<stdin>", 6, 9)),
        ),
        (
            f"s3: {{bucket: artifacts, key: k, versionId: v, sha256: {DIGEST}}}",
            S3Object("artifacts", "k", "v", DIGEST, Location("<stdin>", 6, 9)),
        ),
    ],
)
def test_every_source_of_code(
    read: Read, folder: Path, code: str, expected: CodeSource | type[Directory]
) -> None:
    """Each source arrives as its own value, at the position of what was written."""
    if isinstance(expected, type):
        expected = expected(folder / "source", Location("<stdin>", 6, 16))
    assert _spec(read, f"spec:\n  code:\n    {code}\n").code == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("true", Publish(None)),
        ("false", None),
        ("{}", Publish(None)),
        ("{description: ''}", Publish("")),
        ("{description: hello}", Publish("hello")),
        ("{publishTo: LATEST_PUBLISHED}", Publish(None, to_latest_published=True)),
        (
            "{publishTo: LATEST_PUBLISHED, description: hello}",
            Publish("hello", to_latest_published=True),
        ),
    ],
)
def test_every_way_to_publish(read: Read, written: str, expected: Publish | None) -> None:
    """False is the same as leaving it out; true takes over the function's description."""
    assert _spec(read, f"spec: {{publish: {written}}}").publish == expected


@pytest.mark.parametrize(
    "source", ["zipFile: api.zip", "directory: source", "s3: {bucket: abc, key: k}"]
)
@pytest.mark.usefixtures("folder")
def test_every_package_may_have_a_key(read: Read, source: str) -> None:
    """The key is that of the .zip package, wherever the package comes from."""
    assert (
        _spec(read, f"spec: {{code: {{{source}, sourceKmsKeyArn: '{KEY}'}}}}").source_kms_key_arn
        == KEY
    )
    assert _spec(read, f"spec: {{code: {{{source}}}}}").source_kms_key_arn is None


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("on", True),
        ("'on'", True),
        ("true", True),
        ("${CHECK}", False),
        ("${CHECK_BY_BOOLEAN}", False),
        ("${UNSET:-on}", True),
        ("off", False),
        ('"off"', False),
        ("false", False),
        ("False", False),
    ],
)
def test_native_code_is_looked_at_unless_it_is_off(
    read: Read, written: str, *, expected: bool
) -> None:
    """A bare off is a word in YAML 1.2 and a boolean in YAML 1.1; both mean off."""
    manifests = read(
        f"{HEADER}spec:\n  code:\n    imageUri: {IMAGE}\n    nativeCheck: {written}\n",
        {"CHECK": "off", "CHECK_BY_BOOLEAN": "false"},
    )
    assert manifests.errors == ()
    assert manifests.specs[0].native_check is expected


def test_anchors_and_aliases_work(read: Read) -> None:
    """A value that is written once with an anchor counts wherever its alias stands."""
    body = "spec:\n  functionName: &a orders\n  publish: {description: *a}\n"
    assert _spec(read, body).publish == Publish("orders")


def test_documents_keep_their_order_and_empty_ones_are_skipped(read: Read) -> None:
    """Several documents in a file become specs in their order; empty ones become nothing."""
    documents = [HEADER.replace("orders", name) + "spec: {suspend: false}\n" for name in "zab"]
    text = "---\n" + "---\n# nothing\n---\n~\n---\n".join(documents) + "---\n"
    manifests = read(text)
    assert manifests.errors == ()
    assert [spec.name for spec in manifests.specs] == ["z", "a", "b"]


@pytest.mark.parametrize("text", ["", "# only a comment\n", "---\n---\n", "null\n"])
def test_a_file_without_documents_is_no_error(read: Read, text: str) -> None:
    """A file may be empty."""
    manifests = read(text)
    assert (manifests.specs, manifests.errors) == ((), ())


def test_a_byte_order_mark_and_windows_line_ends_are_accepted(read: Read) -> None:
    """A file from another system reads as any other, with the same positions."""
    text = "\ufeff" + (HEADER + "spec: {suspend: false}\n").replace("\n", "\r\n")
    (spec,) = read(text).specs
    assert spec.location == Location("<stdin>", 3, 18)


def test_the_native_check_is_set_without_a_source_too(read: Read) -> None:
    """The live package is looked into as well, when it goes to another architecture."""
    manifests = read(f"{HEADER}spec: {{architecture: arm64, code: {{nativeCheck: off}}}}\n")
    assert manifests.errors == ()
    assert manifests.specs[0].code is None
    assert not manifests.specs[0].native_check
