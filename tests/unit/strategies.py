"""Functions, manifests and worlds for property tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from reconciler.model import (
    LastUpdateStatus,
    PackageType,
    Publish,
    State,
    UpdateRuntimeOn,
)
from tests.unit.builders import (
    ARM,
    AUTO,
    FUNCTION_UPDATE,
    KEY,
    NEW,
    OLD,
    X86,
    code,
    desired,
    live,
    manual,
    version,
)
from tests.unit.world import World, carries

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

    from reconciler.model import (
        Architecture,
        DesiredFunction,
        LiveFunction,
        PublishedVersion,
        RuntimeManagement,
    )

digests = st.sampled_from((OLD, NEW, code("third")))
architectures = st.sampled_from((X86, ARM))
publishes = st.sampled_from((None, Publish(), Publish("build 41")))
keys = st.sampled_from((None, KEY))
reason_codes = st.sampled_from(
    (None, "Idle", "ImageDeleted", "KMSKeyNotFound", "FunctionError", "Unheard")
)
states = st.sampled_from((*State, State("Hibernating")))
last_update_statuses = st.sampled_from(
    (None, LastUpdateStatus.SUCCESSFUL, LastUpdateStatus.SUCCESSFUL, LastUpdateStatus.FAILED)
)


def modes(architecture: Architecture) -> SearchStrategy[RuntimeManagement]:
    """Any mode whose pin fits the architecture."""
    pins = (manual("a", architecture), manual("b", architecture))
    return st.sampled_from((AUTO, FUNCTION_UPDATE, *pins))


@st.composite
def versions(draw: DrawFn, *, state: SearchStrategy[State | None]) -> PublishedVersion:
    """Any published version."""
    architecture = draw(architectures)
    return version(
        str(draw(st.integers(1, 12))),
        code=draw(digests),
        architecture=architecture,
        state=draw(state),
        state_reason_code=draw(reason_codes),
        runtime_management=draw(modes(architecture)),
    )


@st.composite
def any_live(draw: DrawFn) -> LiveFunction:
    """Whatever AWS might ever answer for a function that is not in progress."""
    architecture = draw(architectures)
    return live(
        code=draw(digests),
        architecture=architecture,
        runtime_management=draw(st.none() | modes(architecture)),
        newest_version=draw(st.none() | versions(state=st.none() | states)),
        package_type=draw(st.sampled_from(PackageType)),
        state=draw(states),
        state_reason_code=draw(reason_codes),
        last_update_status=draw(last_update_statuses),
        source_kms_key_arn=draw(keys),
    )


@st.composite
def any_desired(draw: DrawFn) -> DesiredFunction:
    """Whatever a manifest might declare, sensible for the function or not."""
    return desired(
        code=draw(st.none() | digests),
        architecture=draw(st.none() | architectures),
        runtime_management=draw(st.none() | modes(draw(architectures))),
        publish=draw(publishes),
        package_type=draw(st.sampled_from(PackageType)),
    )


@st.composite
def worlds(draw: DrawFn) -> World:
    """Any zip function that can be reconciled: resting, or having lost its artifact."""
    architecture = draw(architectures)
    state, reason_code = draw(
        st.sampled_from(
            (
                (State.ACTIVE, None),
                (State.ACTIVE, None),
                (State.ACTIVE_NON_INVOCABLE, None),
                (State.INACTIVE, "Idle"),
                (State.INACTIVE, "ImageAccessDenied"),
                (State.FAILED, "ImageDeleted"),
            )
        )
    )
    latest = live(
        code=draw(digests),
        architecture=architecture,
        runtime_management=draw(modes(architecture)),
        newest_version=draw(st.none() | versions(state=st.just(State.ACTIVE))),
        state=state,
        state_reason_code=reason_code,
        last_update_status=draw(last_update_statuses),
        source_kms_key_arn=draw(keys),
    )
    unchanged = carries(latest.newest_version, (latest.code, latest.architecture))
    return World(latest, changed=not unchanged or draw(st.booleans()))


@st.composite
def reachable(draw: DrawFn) -> tuple[DesiredFunction, World]:
    """Pair a world with a manifest that AWS's rules let it be brought to."""
    world = draw(worlds())
    found = world.latest
    owns_code = draw(st.integers(0, 4)) > 0 or found.state is State.FAILED
    if found.last_update_status is LastUpdateStatus.FAILED or found.state_reason_code is not None:
        owns_code = True
    wanted = draw(digests) if owns_code else None
    architecture = draw(st.none() | architectures) if owns_code else None
    mode = draw(st.none() | modes(architecture or found.architecture))
    if mode is None and _pinned(found):
        architecture = None  # the pin is not ours, and AWS refuses another architecture
    return (
        desired(
            code=wanted,
            architecture=architecture,
            runtime_management=mode,
            publish=draw(publishes),
        ),
        world,
    )


@st.composite
def equal(draw: DrawFn) -> tuple[DesiredFunction, LiveFunction]:
    """Pair a healthy function with a manifest that declares any part of exactly that."""
    architecture = draw(architectures)
    mode = draw(modes(architecture))
    found = live(
        code=draw(digests),
        architecture=architecture,
        runtime_management=mode,
        state=draw(st.sampled_from((State.ACTIVE, State.INACTIVE, State.ACTIVE_NON_INVOCABLE))),
        last_update_status=draw(st.sampled_from((None, LastUpdateStatus.SUCCESSFUL))),
        source_kms_key_arn=draw(keys),
        newest_version=None,
    )
    publish = draw(publishes)
    if publish is not None:
        newest = version(code=found.code, architecture=found.architecture, runtime_management=mode)
        found = live(
            code=found.code,
            architecture=architecture,
            runtime_management=mode,
            newest_version=newest,
            state=found.state,
            last_update_status=found.last_update_status,
            source_kms_key_arn=found.source_kms_key_arn,
        )
    return (
        desired(
            code=draw(st.sampled_from((None, found.code))),
            architecture=draw(st.sampled_from((None, architecture))),
            runtime_management=draw(st.sampled_from((None, mode))),
            publish=publish,
        ),
        found,
    )


def _pinned(found: LiveFunction) -> bool:
    mode = found.runtime_management
    return mode is not None and mode.update_runtime_on is UpdateRuntimeOn.MANUAL
