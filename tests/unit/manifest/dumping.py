"""FunctionSpec values, and the manifests that describe them: the loader's way, backwards."""

from __future__ import annotations

import base64
import string
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import yaml
from hypothesis import assume
from hypothesis import strategies as st

from reconciler.model import (
    Architecture,
    AssumeRole,
    Directory,
    FunctionReference,
    FunctionSpec,
    Image,
    Publish,
    RuntimeManagementSpec,
    S3Object,
    Target,
    UpdateRuntimeOn,
    ZipFile,
    partition_of,
)
from tests.unit.builders import location

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from hypothesis.strategies import DrawFn, SearchStrategy

    from reconciler.model import CodeSource

    Fields = dict[str, Any]  # a document as YAML has it

ACCOUNT = "123456789012"
NOWHERE = location("", 0, 0)
BOTH = (Architecture.X86_64, Architecture.ARM64)

# What YAML can carry between double quotes: no surrogates, which no UTF-8 text has.
TEXT = st.text(st.characters(codec="utf-8"), max_size=20)
TRICKY = st.sampled_from(["no", "~", "0o17", "1e3", "${A}", "$${A}", "a: b", "- x", "#", "\n", "é"])
ANY_TEXT = TEXT | TRICKY
names = st.text(string.ascii_letters + string.digits + "_-", min_size=1, max_size=64)
regions = st.sampled_from(("eu-west-1", "us-gov-west-1", "cn-north-1"))


@st.composite
def references(draw: DrawFn) -> FunctionReference:
    """Any way to name a function that AWS takes, as the loader spells it."""
    name, region = draw(names), draw(st.none() | regions)
    account = draw(st.sampled_from((None, ACCOUNT)))
    if account is None:
        return FunctionReference(name, name, None, region)
    partial = f"{account}:function:{name}"
    partition = partition_of(region) if region else None
    if partition is not None and draw(st.booleans()):
        partial = f"arn:{partition.name}:lambda:{region}:{partial}"
    return FunctionReference(partial, name, account, region)


def sources(folder: Path, region: str | None) -> SearchStrategy[CodeSource | None]:
    """Any source of code; the files are there, and an image is where the function is."""
    sha256 = st.binary(min_size=32, max_size=32).map(base64.b64encode).map(bytes.decode)
    key = ANY_TEXT.filter(bool)
    at = region or "eu-west-1"
    partition = partition_of(at)
    assert partition is not None
    registry = f"{ACCOUNT}.dkr.ecr.{at}.{partition.dns_suffix}/orders"
    tags = st.sampled_from((":v1", f"@sha256:{'a' * 64}", f":v1@sha256:{'b' * 64}"))
    return st.one_of(
        st.none(),
        st.just(ZipFile(folder / "api.zip", NOWHERE)),
        st.just(Directory(folder / "source", NOWHERE)),
        st.builds(
            S3Object,
            st.sampled_from(("artifacts", "my.artifacts")),
            key,
            st.none() | key,
            st.none() | sha256,
            st.just(NOWHERE),
        ),
        tags.map(lambda tag: Image(f"{registry}{tag}", NOWHERE)),
    )


@st.composite
def modes(
    draw: DrawFn, region: str | None, architecture: Architecture | None
) -> RuntimeManagementSpec | None:
    """Any mode: Manual has one ARN for both, or one for each that the function may need."""
    mode = draw(st.none() | st.sampled_from(UpdateRuntimeOn))
    if mode is not UpdateRuntimeOn.MANUAL:
        return None if mode is None else RuntimeManagementSpec(mode)
    partition = partition_of(region or "eu-west-1")
    assert partition is not None
    prefix = f"arn:{partition.name}:lambda:{region or 'eu-west-1'}::runtime:"
    if region is None or draw(st.booleans()):
        return RuntimeManagementSpec(mode, dict.fromkeys(BOTH, f"{prefix}{'c' * 64}"))
    of = {architecture} if architecture else set(draw(st.sets(st.sampled_from(BOTH), min_size=1)))
    return RuntimeManagementSpec(mode, {each: f"{prefix}{each}" for each in BOTH if each in of})


@st.composite
def specs(draw: DrawFn, folder: Path) -> FunctionSpec:
    """Any valid document."""
    function = draw(references())
    source = draw(sources(folder, function.region))
    architecture = draw(st.none() | st.sampled_from(BOTH))
    is_image = isinstance(source, Image)
    key = st.none() | st.just(f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1234abcd")
    spec = FunctionSpec(
        name=draw(names),
        labels=draw(st.dictionaries(ANY_TEXT, ANY_TEXT, max_size=3)),
        function=function,
        code=source,
        architecture=architecture,
        runtime_management=None if is_image else draw(modes(function.region, architecture)),
        publish=draw(
            st.none() | st.builds(Publish, st.none() | ANY_TEXT, to_latest_published=st.booleans())
        ),
        suspend=draw(st.booleans()),
        location=NOWHERE,
        source_kms_key_arn=None if is_image or source is None else draw(key),
        native_check=draw(st.booleans()),
    )
    assume(spec.suspend or any((source, architecture, spec.runtime_management, spec.publish)))
    return spec


class _Quoting(yaml.SafeDumper):
    """Every string between double quotes, since YAML 1.1 and 1.2 differ on plain ones."""


_Quoting.add_representer(
    str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"')
)


@st.composite
def in_target(draw: DrawFn, spec: FunctionSpec) -> FunctionSpec:
    """Return the same function in any target that it can be in."""
    function = spec.function
    region = function.region or "eu-west-1"
    partition = partition_of(region)
    assert partition is not None
    account = function.account or draw(st.text(string.digits, min_size=12, max_size=12))
    characters = string.ascii_letters + string.digits + "_+=,.@-"
    role = st.builds(
        AssumeRole,
        st.just(f"arn:{partition.name}:iam::{account}:role/team/reconciler"),
        st.none() | st.text(f"{characters}:/", min_size=2, max_size=1224),
        st.none() | st.text(characters, min_size=2, max_size=64),
    )
    share = st.floats(0, 1, exclude_min=True, allow_subnormal=False)
    target = Target(
        draw(names), account, region, NOWHERE, draw(st.none() | role), draw(st.none() | share)
    )
    return replace(spec, target=target, function=replace(function, account=account, region=region))


def dump_target(target: Target) -> str:
    """Write the manifest of a target."""
    role = target.assume_role
    fields: Fields = {
        "region": target.region,
        "accountId": target.account,
        "assumeRole": role
        and _given(
            {
                "roleArn": role.role_arn,
                "externalId": role.external_id,
                "sessionName": role.session_name,
            }.items()
        ),
        "quotaShare": target.quota_share,
    }
    document = {
        "apiVersion": "lambda.reconciler/v1",
        "kind": "Target",
        "metadata": {"name": target.name},
        "spec": _given(fields.items()),
    }
    text: str = yaml.dump(document, Dumper=_Quoting)
    return text


def dump(document: FunctionSpec, *, flow: bool = False) -> str:
    """Write the manifest of a spec, in block or in flow style."""
    text: str = yaml.dump(_document(document), Dumper=_Quoting, default_flow_style=flow)
    return text


def without_places(found: FunctionSpec) -> FunctionSpec:
    """Leave out where everything stands, which is all that a spec has beside its meaning."""
    code = found.code and replace(found.code, location=NOWHERE)
    target = found.target and replace(found.target, location=NOWHERE)
    return replace(found, code=code, location=NOWHERE, target=target)


def _document(spec: FunctionSpec) -> Fields:
    function = spec.function
    in_arn = function.function_name.startswith("arn:")
    fields: Fields = {
        "functionName": function.function_name,
        "region": None if in_arn or spec.target else function.region,
        "targets": [spec.target.name] if spec.target else None,
        "code": _code(spec) or None,
        "architecture": spec.architecture and str(spec.architecture),
        "runtimeManagement": _mode(spec),
        "publish": _publish(spec.publish),
        "suspend": spec.suspend,  # also false: a spec that declares nothing is an error
    }
    return {
        "apiVersion": "lambda.reconciler/v1",
        "kind": "Function",
        "metadata": {
            "name": spec.name,
            "labels": {name: _escaped(value) for name, value in spec.labels.items()},
        },
        "spec": _given(fields.items()),
    }


def _code(spec: FunctionSpec) -> Fields:
    source: Fields = {}
    match spec.code:
        case ZipFile(path=path):
            source = {"zipFile": str(path)}
        case Directory(path=path):
            source = {"directory": str(path)}
        case Image(image_uri=image_uri):
            source = {"imageUri": image_uri}
        case S3Object() as found:
            version, sha256 = found.version_id, found.sha256
            version = None if version is None else _escaped(version)
            fields = {"bucket": found.bucket, "key": _escaped(found.key), "sha256": sha256}
            source = {"s3": _given([*fields.items(), ("versionId", version)])}
    others = {
        "sourceKmsKeyArn": spec.source_kms_key_arn,
        "nativeCheck": None if spec.native_check else "off",
    }
    return source | _given(others.items())


def _mode(spec: FunctionSpec) -> Fields | None:
    if spec.runtime_management is None:
        return None
    arns = spec.runtime_management.runtime_version_arns
    by_architecture = {str(architecture): arn for architecture, arn in arns.items()}
    same = len(arns) == len(BOTH) and len(set(arns.values())) == 1
    arn = next(iter(arns.values())) if same else {spec.function.region: by_architecture}
    mode = {"updateRuntimeOn": str(spec.runtime_management.update_runtime_on)}
    return mode | ({"runtimeVersionArn": arn} if arns else {})


def _publish(publish: Publish | None) -> object:
    if publish is None:
        return None
    fields = {
        "description": publish.description and _escaped(publish.description),
        "publishTo": "LATEST_PUBLISHED" if publish.to_latest_published else None,
    }
    return _given(fields.items()) or True


def _given(fields: Iterable[tuple[str, Any]]) -> Fields:
    return {name: value for name, value in fields if value is not None}


def _escaped(text: str) -> str:
    return text.replace("${", "$${")
