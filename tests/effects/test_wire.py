"""What is sent, member by member, and what odd pages of versions make of a run."""

from __future__ import annotations

import asyncio
import base64
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.model import (
    Architecture,
    CodeDigest,
    FailureKind,
    ImageLocation,
    PublishVersion,
    PutRuntimeManagementConfig,
    ReconcileError,
    RuntimeManagement,
    S3Location,
    Status,
    UpdateFunctionCode,
    UpdateRuntimeOn,
    ZipContent,
)
from tests.effects.endpoint import Endpoint, Sent, listening
from tests.effects.world import FUNCTION_UPDATE, REGION, zip_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from reconciler.aws.functions import BotoLambdaFunctions
    from reconciler.aws.protocol import LambdaFunctions, Receipt
    from reconciler.model import CodeContent
    from tests.effects.world import World

KEY = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
CODE = CodeDigest("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")
PIN = RuntimeManagement(UpdateRuntimeOn.MANUAL, "arn:aws:lambda:eu-west-1::runtime:abc")
PUBLISHED = "code: {zipFile: app.zip}\npublish: true"


def configuration(version: str = "1") -> dict[str, Any]:
    """Answer as every call that answers with a configuration does, in small."""
    return {
        "CodeSha256": str(CODE),
        "Version": version,
        "Architectures": ["arm64"],
        "UpdateRuntimeOn": "Auto",
    }


def only_request(call: Callable[[LambdaFunctions], Awaitable[Receipt]]) -> tuple[Sent, Receipt]:
    """Make one call, and give what was sent and what came of it."""
    endpoint = Endpoint(lambda _: configuration())

    async def make(functions: LambdaFunctions) -> Receipt:
        return await call(functions)

    with listening(endpoint) as connection:
        receipt = asyncio.run(make(connection.functions(REGION, lambda: None)))
    (sent,) = endpoint.sent
    return sent, receipt


def test_update_function_code_carries_code_architecture_key_and_guard() -> None:
    """Everything that AWS would otherwise reset or not check is named."""
    step = UpdateFunctionCode(CODE, Architecture.ARM64, source_kms_key_arn=KEY)

    sent, receipt = only_request(
        lambda functions: functions.update_function_code(
            "app", step, ZipContent(b"zip"), "revision"
        )
    )

    assert ("PUT", "/2015-03-31/functions/app/code") == (sent.method, sent.path)
    assert {
        "ZipFile": base64.b64encode(b"zip").decode(),
        "Architectures": ["arm64"],
        "SourceKMSKeyArn": KEY,
        "RevisionId": "revision",
    } == sent.body
    assert ("request-1", CODE) == (receipt.request_id, receipt.code)


def test_what_is_not_known_is_left_out() -> None:
    """A function without a key, and an answer without a RevisionId, name neither."""
    step = UpdateFunctionCode(CODE, Architecture.X86_64)

    sent, _ = only_request(
        lambda functions: functions.update_function_code("app", step, ZipContent(b"zip"), None)
    )

    assert {
        "ZipFile": base64.b64encode(b"zip").decode(),
        "Architectures": ["x86_64"],
    } == sent.body


def test_publish_version_carries_both_guards() -> None:
    """The hash says what is published, the RevisionId that nobody came between."""
    sent, receipt = only_request(
        lambda functions: functions.publish_version(
            "app", PublishVersion(CODE, "release 1"), "revision"
        )
    )

    assert ("POST", "/2015-03-31/functions/app/versions") == (sent.method, sent.path)
    assert {
        "CodeSha256": str(CODE),
        "Description": "release 1",
        "RevisionId": "revision",
    } == sent.body
    assert receipt.version is not None
    assert ("request-1", "1") == (receipt.request_id, receipt.version.version)


def test_publish_version_may_go_to_latest_published() -> None:
    """On Lambda Managed Instances unqualified invocations run $LATEST.PUBLISHED."""
    sent, _ = only_request(
        lambda functions: functions.publish_version(
            "app", PublishVersion(CODE, to_latest_published=True), None
        )
    )

    assert {"CodeSha256": str(CODE), "PublishTo": "LATEST_PUBLISHED"} == sent.body


def test_latest_published_is_read_like_a_version() -> None:
    """The qualifier is sent as it is."""
    endpoint = Endpoint(lambda _: {"Configuration": configuration("$LATEST.PUBLISHED")})

    with listening(endpoint) as connection:
        functions = connection.functions(REGION, lambda: None)
        version = asyncio.run(functions.get_version("app", "$LATEST.PUBLISHED"))

    (sent,) = endpoint.sent
    assert {"Qualifier": "$LATEST.PUBLISHED"} == sent.query
    assert "$LATEST.PUBLISHED" == version.version


@pytest.mark.parametrize(
    ("step", "members"),
    [
        pytest.param(
            UpdateFunctionCode(CODE, Architecture.X86_64, by_reference=True),
            {"S3Bucket": "bucket", "S3Key": "k", "S3ObjectVersion": "v"},
            id="reference",
        ),
        pytest.param(
            UpdateFunctionCode(CODE, Architecture.X86_64),
            {"ImageUri": "registry/orders@sha256:abc"},
            id="image",
        ),
    ],
)
def test_code_elsewhere_is_named(step: UpdateFunctionCode, members: dict[str, str]) -> None:
    """AWS fetches it by itself; the storage mode is named where it is not the default."""
    content = (
        S3Location("bucket", "k", "v") if step.by_reference else ImageLocation(members["ImageUri"])
    )

    sent, _ = only_request(
        lambda functions: functions.update_function_code("app", step, content, None, dry_run=True)
    )

    mode = {"S3ObjectStorageMode": "REFERENCE"} if step.by_reference else {}
    assert {**members, **mode, "Architectures": ["x86_64"], "DryRun": True} == sent.body


@pytest.mark.parametrize(
    ("step", "query", "body"),
    [
        pytest.param(
            PutRuntimeManagementConfig(FUNCTION_UPDATE),
            {},
            {"UpdateRuntimeOn": "FunctionUpdate"},
            id="latest",
        ),
        pytest.param(
            PutRuntimeManagementConfig(PIN, "3"),
            {"Qualifier": "3"},
            {"UpdateRuntimeOn": "Manual", "RuntimeVersionArn": PIN.runtime_version_arn},
            id="version",
        ),
    ],
)
def test_put_runtime_management_config_names_mode_pin_and_version(
    step: PutRuntimeManagementConfig, query: dict[str, str], body: dict[str, str]
) -> None:
    """$LATEST is the default and is not named."""
    sent, receipt = only_request(
        lambda functions: functions.put_runtime_management_config("app", step)
    )

    assert (query, body) == (sent.query, sent.body)
    assert "request-1" == receipt.request_id


def test_the_key_of_the_package_stays(world: World) -> None:
    """AWS resets a SourceKMSKeyArn that an update leaves out; ours names it."""
    world.plane.create_function(
        "app",
        region=REGION,
        Code={"ZipFile": zip_of("old"), "SourceKMSKeyArn": KEY},
        Role="arn:aws:iam::123456789012:role/r",
        Runtime="python3.13",
        Handler="app.handler",
    )
    world.package("app", "new")
    world.declare(app="code: {zipFile: app.zip}")

    assert Status.UPDATED == world.one().status
    package = world.live("app").package
    assert (zip_of("new"), KEY) == (package.content, package.source_kms_key_arn)


class Guards:
    """The real calls, and the RevisionIds that they are guarded by."""

    def __init__(self, functions: BotoLambdaFunctions, world: World) -> None:
        self._functions = functions
        self._world = world
        self.given: list[tuple[str | None, str]] = []

    def __getattr__(self, name: str) -> object:
        return getattr(self._functions, name)

    async def update_function_code(
        self,
        function_name: str,
        step: UpdateFunctionCode,
        content: CodeContent,
        revision: str | None,
    ) -> Receipt:
        """Note the guard beside what is live."""
        self.given.append((revision, self._world.live("app").revision_id))
        return await self._functions.update_function_code(function_name, step, content, revision)

    async def publish_version(
        self, function_name: str, step: PublishVersion, revision: str | None
    ) -> Receipt:
        """Note the guard beside what is live."""
        self.given.append((revision, self._world.live("app").revision_id))
        return await self._functions.publish_version(function_name, step, revision)


def test_each_write_is_guarded_by_the_revision_that_was_just_read(world: World) -> None:
    """The update's by the first reading, the version's by the settled one after it."""
    world.create("app", "old")
    world.package("app", "new")
    world.declare(app=PUBLISHED)
    guards: list[Guards] = []

    def wrap(functions: BotoLambdaFunctions) -> Guards:
        guards.append(Guards(functions, world))
        return guards[-1]

    world.wrap = wrap

    assert Status.UPDATED == world.one().status
    (used,) = guards
    assert [live for _, live in used.given] == [revision for revision, _ in used.given]
    assert 2 == len({revision for revision, _ in used.given})


@pytest.mark.parametrize(("versions", "pages"), [(11, 1), (60, 2)])
def test_the_newest_version_is_the_highest_number(world: World, versions: int, pages: int) -> None:
    """Not the highest string, not the last of the first page."""
    world.create("app", "0")
    for number in range(1, versions + 1):
        world.plane.update_function_code("app", region=REGION, ZipFile=zip_of(str(number)))
        world.plane.publish_version("app", region=REGION)
    world.package("app", str(versions))
    world.declare(app=PUBLISHED)

    assert Status.IN_SYNC == world.one().status
    lists = ["ListVersionsByFunction"] * pages
    assert ["GetFunction", *lists, f"GetFunction {versions}"] == world.calls


@pytest.mark.parametrize("order", [("9", "10", "11"), ("11", "10", "9"), ("10", "11", "9")])
def test_the_order_of_the_list_does_not_matter(order: tuple[str, ...]) -> None:
    """The highest number is found wherever it stands, on one page or on many."""
    pages: dict[str, dict[str, Any]] = {
        "": {"Versions": [configuration("$LATEST"), configuration(order[0])], "NextMarker": "2"},
        "2": {"Versions": [configuration(order[1])], "NextMarker": "3"},
        "3": {"Versions": [configuration(order[2])]},
    }
    endpoint = Endpoint(lambda sent: pages[sent.query.get("Marker", "")])

    with listening(endpoint) as connection:
        newest = asyncio.run(connection.functions(REGION, lambda: None).newest_version("app"))

    assert newest is not None
    assert "11" == newest.version
    assert [{}, {"Marker": "2"}, {"Marker": "3"}] == [sent.query for sent in endpoint.sent]


@pytest.mark.parametrize(
    ("markers", "requests"),
    [
        pytest.param({"": "a", "a": "a"}, 2, id="itself"),
        pytest.param({"": "a", "a": "b", "b": "a"}, 3, id="a-round"),
    ],
)
def test_a_marker_that_leads_round_is_a_temporary_failure(
    markers: dict[str, str], requests: int
) -> None:
    """The list has no end: it is given up as soon as a marker repeats."""
    endpoint = Endpoint(
        lambda sent: {
            "Versions": [configuration()],
            "NextMarker": markers[sent.query.get("Marker", "")],
        }
    )

    with listening(endpoint) as connection, pytest.raises(ReconcileError) as raised:
        asyncio.run(connection.functions(REGION, lambda: None).newest_version("app"))

    failure = raised.value.failure
    assert (FailureKind.TEMPORARY, "ListVersionsByFunction") == (failure.kind, failure.operation)
    assert requests == len(endpoint.sent)


class OtherList:
    """The real calls, but for a list of versions that comes from elsewhere."""

    def __init__(self, functions: BotoLambdaFunctions, other: LambdaFunctions) -> None:
        self._functions = functions
        self.newest_version = other.newest_version

    def __getattr__(self, name: str) -> object:
        return getattr(self._functions, name)


@pytest.mark.parametrize(
    "page",
    [
        pytest.param({}, id="absent"),
        pytest.param({"Versions": None}, id="null"),
        pytest.param({"versions": []}, id="in-another-case"),
        pytest.param({"Versions": [None]}, id="null-item"),
        pytest.param({"Versions": [{}]}, id="empty-item"),
    ],
)
def test_a_list_without_versions_is_never_no_versions(world: World, page: dict[str, Any]) -> None:
    """Half an answer must not publish anything: it ends in a temporary failure."""
    world.create("app", "same")
    world.plane.publish_version("app", region=REGION)
    world.package("app", "same")
    world.declare(app=PUBLISHED)

    with listening(Endpoint(lambda _: page)) as connection:
        other = connection.functions(REGION, lambda: None)
        world.wrap = lambda functions: OtherList(functions, other)
        result = world.one()

    assert Status.FAILED == result.status
    assert result.failure is not None
    assert FailureKind.TEMPORARY == result.failure.kind
    assert [] == world.writes
