"""Functions, manifests and worlds for property tests."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from reconciler.model import (
    LastUpdateStatus,
    NativeCode,
    PackageType,
    Publish,
    S3Location,
    State,
    UpdateRuntimeOn,
)
from tests.unit.builders import (
    ARM,
    ARN,
    AUTO,
    FUNCTION_UPDATE,
    KEY,
    NEW,
    OLD,
    X86,
    code,
    desired,
    image,
    live,
    manual,
    pins,
    version,
)
from tests.unit.world import World, carries, content, is_well

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

    from reconciler.model import (
        Architecture,
        CodeDigest,
        DesiredFunction,
        LiveFunction,
        PublishedVersion,
        RuntimeManagement,
        RuntimeManagementSpec,
    )

digests = st.sampled_from((OLD, NEW, code("third")))
images = st.builds(
    image, st.sampled_from(("old", "new")), repository=st.sampled_from(("orders", "moved"))
)
architectures = st.sampled_from((X86, ARM))
publishes = st.sampled_from((None, Publish(), Publish("build 41")))
keys = st.sampled_from((None, KEY, f"{KEY}6"))
locations = st.sampled_from((None, None, S3Location("artifacts", "orders/api.zip", "v1")))
native_codes = st.sampled_from(
    (
        None,
        NativeCode(),
        NativeCode(((X86, "lib/fast.so"),)),
        NativeCode(((ARM, "lib/fast.so"),)),
        NativeCode(((X86, "lib/x.so"), (ARM, "lib/a.so"))),
    )
)
reason_codes = st.sampled_from(
    (None, "Idle", "ImageDeleted", "KMSKeyNotFound", "FunctionError", "Unheard")
)
states = st.sampled_from((*State, State("Hibernating")))
last_update_statuses = st.sampled_from(
    (None, LastUpdateStatus.SUCCESSFUL, LastUpdateStatus.SUCCESSFUL, LastUpdateStatus.FAILED)
)
resting = st.sampled_from((State.ACTIVE, State.INACTIVE, State.ACTIVE_NON_INVOCABLE))
reconcilable = st.sampled_from(
    (
        (State.ACTIVE, None),
        (State.ACTIVE, None),
        (State.ACTIVE_NON_INVOCABLE, None),
        (State.INACTIVE, "Idle"),
        (State.INACTIVE, "ImageAccessDenied"),
        (State.FAILED, "ImageDeleted"),
    )
)


def modes(architecture: Architecture) -> SearchStrategy[RuntimeManagement]:
    """Any mode whose pin fits the architecture."""
    fitting = (manual("a", architecture), manual("b", architecture))
    return st.sampled_from((AUTO, FUNCTION_UPDATE, *fitting))


def declared_modes(
    architecture: Architecture,
) -> SearchStrategy[RuntimeManagement | RuntimeManagementSpec]:
    """Any mode with a pin for the architecture: its own, or one of a map."""
    return modes(architecture) | st.sampled_from((pins("a"), pins("b"), pins("a", architecture)))


@st.composite
def codes(draw: DrawFn, package_type: PackageType) -> tuple[CodeDigest, str | None]:
    """Any code of a package type; an image's comes with where it lies."""
    if package_type is PackageType.ZIP:
        return draw(digests), None
    return draw(images)


@st.composite
def versions(
    draw: DrawFn, package_type: PackageType, *, state: SearchStrategy[State | None]
) -> PublishedVersion:
    """Any published version."""
    architecture = draw(architectures)
    digest, uri = draw(codes(package_type))
    return version(
        str(draw(st.integers(1, 12))),
        code=digest,
        architecture=architecture,
        state=draw(state),
        state_reason_code=draw(reason_codes),
        resolved_image_uri=uri,
        runtime_management=draw(modes(architecture)),
    )


@st.composite
def any_live(draw: DrawFn) -> LiveFunction:
    """Whatever AWS might ever answer for a function that is not in progress."""
    architecture = draw(architectures)
    package_type = draw(st.sampled_from(PackageType))
    digest, uri = draw(codes(package_type))
    return live(
        code=digest,
        architecture=architecture,
        runtime_management=draw(st.none() | modes(architecture)),
        newest_version=draw(st.none() | versions(package_type, state=st.none() | states)),
        package_type=package_type,
        state=draw(states),
        state_reason_code=draw(reason_codes),
        last_update_status=draw(last_update_statuses),
        source_kms_key_arn=draw(keys),
        code_unreadable=draw(st.sampled_from((None, None, "AccessDeniedException"))),
        resolved_image_uri=uri,
        s3_location=draw(locations),
        runtime=draw(st.sampled_from(("python3.13", "custom", None))),
        master_arn=draw(st.sampled_from((None, None, None, ARN))),
        managed_instances=draw(st.booleans()),
        durable=draw(st.booleans()),
        snap_start=draw(st.booleans()),
    )


@st.composite
def any_desired(draw: DrawFn) -> DesiredFunction:
    """Whatever a manifest might declare, sensible for the function or not."""
    package_type = draw(st.sampled_from(PackageType))
    owns_code, is_zip = draw(st.booleans()), package_type is PackageType.ZIP
    digest, uri = draw(codes(package_type)) if owns_code else (None, None)
    return desired(
        code=digest,
        architecture=draw(st.none() | architectures),
        runtime_management=draw(st.none() | declared_modes(draw(architectures))),
        publish=draw(publishes | st.just(Publish(to_latest_published=True))),
        package_type=package_type,
        resolved_image_uri=uri,
        in_s3=owns_code and is_zip and draw(st.booleans()),
        source_kms_key_arn=draw(keys) if owns_code and is_zip else None,
        native_check=draw(st.booleans()),
        native_code=draw(native_codes),
    )


@st.composite
def worlds(draw: DrawFn) -> World:
    """Any function that can be reconciled: resting, or having lost its artifact."""
    architecture = draw(architectures)
    package_type = draw(st.sampled_from((PackageType.ZIP, PackageType.ZIP, PackageType.IMAGE)))
    is_zip = package_type is PackageType.ZIP
    state, reason_code = draw(reconcilable)
    digest, uri = draw(codes(package_type))
    latest = live(
        code=digest,
        architecture=architecture,
        runtime_management=draw(modes(architecture)) if is_zip else None,
        newest_version=draw(st.none() | versions(package_type, state=st.just(State.ACTIVE))),
        package_type=package_type,
        state=state,
        state_reason_code=reason_code,
        last_update_status=draw(last_update_statuses),
        source_kms_key_arn=draw(keys) if is_zip else None,
        resolved_image_uri=uri,
        s3_location=draw(locations) if is_zip else None,
        managed_instances=draw(st.booleans()),
        durable=draw(st.booleans()),
    )
    unchanged = carries(latest.newest_version, content(latest))
    return World(latest, changed=not unchanged or draw(st.booleans()))


@st.composite
def reachable(draw: DrawFn) -> tuple[DesiredFunction, World]:
    """Pair a world with a manifest that AWS's rules let it be brought to."""
    world = draw(worlds())
    found = world.latest
    is_zip = found.package_type is PackageType.ZIP
    owns_code = draw(st.integers(0, 4)) > 0 or not is_well(found)
    digest, uri = draw(codes(found.package_type)) if owns_code else (None, None)
    architecture = draw(st.none() | architectures) if owns_code or is_zip else None
    mode = draw(st.none() | declared_modes(architecture or found.architecture))
    if not is_zip:
        mode = None  # the runtime of an image is inside it
    if mode is None and _pinned(found):
        architecture = None  # the pin is not ours, and AWS refuses another architecture
    manifest = desired(
        code=digest,
        architecture=architecture,
        runtime_management=mode,
        publish=draw(publishes),
        package_type=found.package_type,
        resolved_image_uri=uri,
        in_s3=owns_code and found.s3_location is not None,
        source_kms_key_arn=draw(keys) if owns_code and is_zip else None,
        native_code=draw(_fitting(architecture or found.architecture)),
    )
    return manifest, replace(world, image_uri=uri)


@st.composite
def equal(draw: DrawFn) -> tuple[DesiredFunction, LiveFunction]:
    """Pair a healthy function with a manifest that declares any part of exactly that."""
    architecture = draw(architectures)
    package_type = draw(st.sampled_from(PackageType))
    is_zip = package_type is PackageType.ZIP
    digest, uri = draw(codes(package_type))
    mode = draw(modes(architecture)) if is_zip else None
    carrying = version(
        code=digest, architecture=architecture, resolved_image_uri=uri, runtime_management=mode
    )
    found = live(
        code=digest,
        architecture=architecture,
        runtime_management=mode,
        newest_version=carrying,
        package_type=package_type,
        state=draw(resting),
        last_update_status=draw(st.sampled_from((None, LastUpdateStatus.SUCCESSFUL))),
        source_kms_key_arn=draw(keys) if is_zip else None,
        resolved_image_uri=uri,
        s3_location=draw(locations) if is_zip else None,
    )
    owns_code = draw(st.booleans())
    return (
        desired(
            code=digest if owns_code else None,
            architecture=draw(st.sampled_from((None, architecture))),
            runtime_management=draw(st.sampled_from((None, mode))),
            publish=draw(publishes),
            package_type=package_type,
            resolved_image_uri=uri if owns_code else None,
            in_s3=owns_code and draw(st.booleans()),
            source_kms_key_arn=found.source_kms_key_arn if owns_code else None,
            native_code=draw(native_codes),
        ),
        found,
    )


def _fitting(architecture: Architecture) -> SearchStrategy[NativeCode | None]:
    """Whatever a package may hold that runs on the architecture."""
    return native_codes.filter(
        lambda found: found is None or not found.files or architecture in dict(found.files)
    )


def _pinned(found: LiveFunction) -> bool:
    mode = found.runtime_management
    return mode is not None and mode.update_runtime_on is UpdateRuntimeOn.MANUAL
