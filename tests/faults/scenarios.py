"""What a run has to do in each cell: a function, its manifest, and the writes that it takes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from tests.effects.artifacts import REGISTRY
from tests.effects.world import FUNCTION_UPDATE, REGION, zip_of
from tests.faults import wire

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.sandbox import ControlPlane

BUCKET, KEY = "artifacts", "app.zip"
REPOSITORY = "team/orders"
_ARN = f"functionName: arn:aws:lambda:{REGION}:123456789012:function:app"
MODE = "runtimeManagement: {updateRuntimeOn: FunctionUpdate}"
OLD, NEW, ANOTHER, IN_BUCKET = "old", "new", "another", "in the bucket"


@dataclass(frozen=True, slots=True)
class Scenario:
    """
    ``writes`` are all that AWS has to carry out, in their order.

    ``plan`` only shows, and has AWS validate. ``swept`` looks for versions as if there were many
    functions. What is live at the end is told by the
    text of a package (None for the image), the architecture, and the modes of $LATEST and
    of each version.
    """

    name: str
    spec: str
    writes: tuple[str, ...]
    create: Callable[[ControlPlane, str], None]
    code: str | None = NEW
    architecture: str = "x86_64"
    modes: tuple[str, ...] = ("Auto",)
    plan: bool = False
    swept: bool = False


def _zip(plane: ControlPlane, name: str, text: str = OLD, snap_start: str = "None") -> None:
    plane.create_function(
        name,
        region=REGION,
        Code={"ZipFile": zip_of(text)},
        Role="arn:aws:iam::123456789012:role/r",
        Runtime="python3.13",
        Handler="app.handler",
        Architectures=["x86_64"],
        SnapStart={"ApplyOn": snap_start},
    )
    plane.settle_now(name, region=REGION)


def _image(plane: ControlPlane, name: str) -> None:
    image = f"{REGISTRY}/{REPOSITORY}:{OLD}"
    plane.create_function(name, region=REGION, Code={"ImageUri": image}, Role="r")
    plane.settle_now(name, region=REGION)


def _published(plane: ControlPlane, name: str) -> None:
    """Leave what a run leaves that was killed before the version's own mode was put."""
    _zip(plane, name, NEW)
    plane.put_runtime_management_config(
        name, region=REGION, UpdateRuntimeOn=FUNCTION_UPDATE.update_runtime_on
    )
    plane.publish_version(name, region=REGION)


CODE = Scenario("code", "code: {zipFile: new.zip}", (wire.UPDATE,), _zip)
EVERYTHING = Scenario(
    "everything",
    f"code: {{zipFile: new.zip}}\npublish: true\n{MODE}",
    (wire.PUT_MODE, wire.UPDATE, wire.PUBLISH, wire.PUT_MODE),
    _zip,
    modes=("FunctionUpdate", "FunctionUpdate"),
)
VERSION = Scenario(
    "version",
    EVERYTHING.spec,
    (wire.PUT_MODE,),
    _published,
    modes=("FunctionUpdate", "FunctionUpdate"),
)
PUBLISHED = Scenario(
    "published",
    "code: {zipFile: new.zip}\npublish: true",
    (wire.UPDATE, wire.PUBLISH),
    _zip,
    modes=("Auto", "Auto"),
)
UNPUBLISHED = replace(
    PUBLISHED, name="unpublished", writes=(wire.PUBLISH,), create=partial(_zip, text=NEW)
)
SWEPT = replace(UNPUBLISHED, name="swept", swept=True)
SNAPSHOT = replace(PUBLISHED, name="snapshot", create=partial(_zip, snap_start="PublishedVersions"))
OTHER = replace(
    SNAPSHOT, name="other", spec="code: {zipFile: another.zip}\npublish: true", code=ANOTHER
)
MODE_ONLY = Scenario("mode", MODE, (wire.PUT_MODE,), _zip, code=OLD, modes=("FunctionUpdate",))
DRY = Scenario("dry run", CODE.spec, (), _zip, code=OLD, plan=True)
MOVED = Scenario(
    "architecture", "architecture: arm64", (wire.UPDATE,), _zip, code=OLD, architecture="arm64"
)
OBJECT = Scenario(
    "object",
    f"code: {{s3: {{bucket: {BUCKET}, key: {KEY}}}}}",
    (wire.UPDATE,),
    _zip,
    code=IN_BUCKET,
)
IMAGE = Scenario(
    "image",
    f"code: {{imageUri: '{REGISTRY}/{REPOSITORY}:{NEW}'}}",
    (wire.UPDATE,),
    _image,
    code=None,
    modes=(),
)
ACCOUNT = Scenario(
    "account",
    f"{_ARN}\n{CODE.spec}",
    (wire.UPDATE,),
    _zip,
)
OBJECT_AND_VERSION = replace(
    EVERYTHING,
    name="object and version",
    spec=f"{_ARN}\n{OBJECT.spec}\npublish: true\n{MODE}",
    code=IN_BUCKET,
)
IMAGE_AND_VERSION = replace(
    IMAGE,
    name="image and version",
    spec=f"{IMAGE.spec}\npublish: true",
    writes=(wire.UPDATE, wire.PUBLISH),
)

SCENARIOS = (
    CODE, EVERYTHING, VERSION, PUBLISHED, UNPUBLISHED, MODE_ONLY, DRY, MOVED, OBJECT, IMAGE,
    ACCOUNT, SWEPT,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """Where in which scenario a call of the matrix is; ``skip`` earlier ones are let pass."""

    scenario: Scenario
    call: str
    skip: int = 0


PLACES = {
    wire.GET_FUNCTION: Place(PUBLISHED, wire.GET_FUNCTION),
    "GetFunction, update under way": Place(PUBLISHED, wire.GET_FUNCTION, 1),
    wire.GET_VERSION: Place(VERSION, wire.GET_VERSION),
    wire.GET_MODE: Place(MODE_ONLY, wire.GET_MODE),
    "GetRuntimeManagementConfig, before the Put": Place(MODE_ONLY, wire.GET_MODE, 1),
    wire.LIST_VERSIONS: Place(UNPUBLISHED, wire.LIST_VERSIONS),
    wire.LIST_FUNCTIONS: Place(SWEPT, wire.LIST_FUNCTIONS),
    wire.UPDATE: Place(PUBLISHED, wire.UPDATE),
    "UpdateFunctionCode, DryRun": Place(DRY, wire.DRY_RUN),
    wire.PUBLISH: Place(PUBLISHED, wire.PUBLISH),
    wire.PUT_MODE: Place(EVERYTHING, wire.PUT_MODE),
    "PutRuntimeManagementConfig of a version": Place(EVERYTHING, wire.PUT_MODE, 1),
    "download of the live package": Place(MOVED, wire.LIVE_PACKAGE),
    wire.HEAD_OBJECT: Place(OBJECT, wire.HEAD_OBJECT),
    wire.GET_OBJECT: Place(OBJECT, wire.GET_OBJECT),
    wire.GET_IMAGE: Place(IMAGE, wire.GET_IMAGE),
    wire.GET_LAYER_URL: Place(IMAGE, wire.GET_LAYER_URL),
    "download of the image's configuration": Place(IMAGE, wire.LAYER),
    wire.GET_CALLER: Place(ACCOUNT, wire.GET_CALLER),
}
"""Where the test finds the calls by which the matrix is ordered."""
