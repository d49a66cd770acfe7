from __future__ import annotations

import pytest

from reconciler.model import (
    Change,
    DesiredFunction,
    LastUpdateStatus,
    Publish,
    PublishVersion,
    PutRuntimeManagementConfig,
    RuntimeManagement,
    State,
    UpdateFunctionCode,
    UpdateRuntimeOn,
)
from reconciler.planner import plan
from tests.unit.builders import (
    ARM,
    AUTO,
    FUNCTION_UPDATE,
    KEY,
    NEW,
    OLD,
    X86,
    desired,
    live,
    manual,
    version,
)

EVERYTHING_DIFFERS = desired(
    code=NEW, architecture=ARM, runtime_management=FUNCTION_UPDATE, publish=Publish()
)


# What is not declared is not ours.


def test_a_manifest_that_declares_nothing_plans_nothing() -> None:
    """Nothing declared means nothing compared, whatever is live."""
    actual = plan(desired(), live(runtime_management=manual(), newest_version=version(code=NEW)))
    assert actual.in_sync
    assert () == actual.changes
    assert () == actual.notes


@pytest.mark.parametrize(
    ("declared", "fields", "kinds"),
    [
        pytest.param(desired(code=NEW), ["code"], [UpdateFunctionCode], id="code"),
        pytest.param(
            desired(code=OLD, architecture=ARM),
            ["architecture"],
            [UpdateFunctionCode],
            id="architecture",
        ),
        pytest.param(
            desired(runtime_management=AUTO),
            ["runtimeManagement"],
            [PutRuntimeManagementConfig],
            id="runtimeManagement",
        ),
        pytest.param(desired(publish=Publish()), ["publish"], [PublishVersion], id="publish"),
    ],
)
def test_only_the_declared_field_is_compared(
    declared: DesiredFunction, fields: list[str], kinds: list[type]
) -> None:
    """A field that is left out gives neither a change nor a step, though it differs."""
    actual = plan(
        declared,
        live(
            runtime_management=FUNCTION_UPDATE,
            newest_version=version(code=NEW, architecture=ARM, runtime_management=manual("b")),
        ),
    )
    assert fields == [change.field for change in actual.changes]
    assert kinds == [type(step) for step in actual.steps]


def test_an_undeclared_architecture_is_sent_as_it_is() -> None:
    """UpdateFunctionCode without Architectures might mean x86_64, so the live one is sent."""
    assert (UpdateFunctionCode(NEW, ARM),) == plan(desired(code=NEW), live(architecture=ARM)).steps


def test_publishing_alone_publishes_what_is_live() -> None:
    """Where another pipeline owns the code, a version of the live code is published."""
    assert (PublishVersion(OLD, "nightly"),) == plan(
        desired(publish=Publish("nightly")), live(newest_version=version(code=NEW))
    ).steps


def test_publishing_alone_is_in_sync_with_a_version_of_the_live_code() -> None:
    """Without declared code the newest version is compared with $LATEST."""
    assert plan(desired(publish=Publish()), live(newest_version=version(code=OLD))).in_sync


def test_a_version_without_declared_publish_is_never_looked_at() -> None:
    """A Failed version with another mode is not ours while publish is not declared."""
    newest = version(state=State.FAILED, runtime_management=manual())
    actual = plan(
        desired(code=OLD, runtime_management=AUTO),
        live(runtime_management=AUTO, newest_version=newest),
    )
    assert actual.in_sync


def test_another_description_is_no_difference() -> None:
    """A version's description cannot be changed, and is no reason to publish again."""
    assert plan(desired(publish=Publish("another")), live(newest_version=version())).in_sync


# What is shown.


def test_the_changes_show_every_difference_in_the_order_of_the_manifest() -> None:
    """Old and new of each field are shown, with AWS's own values."""
    actual = plan(EVERYTHING_DIFFERS, live(runtime_management=AUTO, newest_version=version()))
    assert (
        Change("code", str(OLD), str(NEW)),
        Change("architecture", "x86_64", "arm64"),
        Change("runtimeManagement", "Auto", "FunctionUpdate"),
        Change("publish", "version 7", "new version"),
    ) == actual.changes


def test_a_first_version_has_no_old_value() -> None:
    """Where no version exists the change's old value is None."""
    actual = plan(desired(publish=Publish()), live())
    assert (Change("publish", None, "new version"),) == actual.changes


def test_a_mode_change_shows_the_pin() -> None:
    """Two Manual modes differ by their ARN, so the change shows it."""
    old, new = manual("a"), manual("b")
    actual = plan(desired(runtime_management=new), live(runtime_management=old))
    assert (
        Change(
            "runtimeManagement",
            f"Manual {old.runtime_version_arn}",
            f"Manual {new.runtime_version_arn}",
        ),
    ) == actual.changes


def test_an_unread_mode_is_called_unknown() -> None:
    """A mode that was not read is never taken for the declared one."""
    actual = plan(desired(runtime_management=AUTO), live(runtime_management=None))
    assert (Change("runtimeManagement", "unknown", "Auto"),) == actual.changes


def test_an_unread_mode_is_not_relaxed() -> None:
    """A new architecture with a pin goes first even where the live mode is not known."""
    declared = desired(code=OLD, architecture=ARM, runtime_management=manual("a", ARM))
    actual = plan(declared, live(runtime_management=None))
    assert (
        UpdateFunctionCode(OLD, ARM),
        PutRuntimeManagementConfig(manual("a", ARM)),
    ) == actual.steps


def test_a_mode_that_the_sdk_does_not_know_is_put_back() -> None:
    """A live mode that no SDK lists yet differs from the declared one."""
    unknown = RuntimeManagement(UpdateRuntimeOn("Scheduled"))
    actual = plan(desired(runtime_management=AUTO), live(runtime_management=unknown))
    assert (PutRuntimeManagementConfig(AUTO),) == actual.steps
    assert "Scheduled" == actual.changes[0].old


# What UpdateFunctionCode would reset.


@pytest.mark.parametrize("key", [None, KEY], ids=["no-key", "key"])
def test_the_key_of_the_package_is_carried_over(key: str | None) -> None:
    """AWS resets SourceKMSKeyArn when the call omits it, so the live one is sent."""
    actual = plan(desired(code=NEW), live(source_kms_key_arn=key))
    assert (UpdateFunctionCode(NEW, X86, source_kms_key_arn=key),) == actual.steps


def test_the_key_is_carried_over_when_a_failed_update_is_repaired() -> None:
    """The repair of equal code keeps the key too."""
    broken = live(last_update_status=LastUpdateStatus.FAILED, source_kms_key_arn=KEY)
    assert (UpdateFunctionCode(OLD, X86, KEY),) == plan(desired(code=OLD), broken).steps


# The published version's own mode.


@pytest.mark.parametrize(
    ("mode_of_version", "puts"),
    [
        pytest.param(FUNCTION_UPDATE, [], id="equal"),
        pytest.param(None, [], id="not-read"),
        pytest.param(AUTO, ["7"], id="other"),
        pytest.param(manual(), ["7"], id="pinned"),
    ],
)
def test_the_mode_of_the_serving_version_is_put_where_it_differs(
    mode_of_version: RuntimeManagement | None, puts: list[str]
) -> None:
    """A version has a mode of its own, which traffic runs on."""
    newest = version(runtime_management=mode_of_version)
    actual = plan(
        desired(publish=Publish(), runtime_management=FUNCTION_UPDATE),
        live(runtime_management=FUNCTION_UPDATE, newest_version=newest),
    )
    assert tuple(PutRuntimeManagementConfig(FUNCTION_UPDATE, number) for number in puts) == (
        actual.steps
    )


def test_the_mode_of_a_version_is_shown_as_a_change() -> None:
    """The version's number tells its mode from that of $LATEST."""
    newest = version("12", runtime_management=AUTO)
    actual = plan(
        desired(publish=Publish(), runtime_management=FUNCTION_UPDATE),
        live(runtime_management=FUNCTION_UPDATE, newest_version=newest),
    )
    assert (Change("runtimeManagement of version 12", "Auto", "FunctionUpdate"),) == actual.changes


def test_a_version_that_will_be_superseded_keeps_its_mode() -> None:
    """A version that no longer carries what is declared is history."""
    newest = version(runtime_management=AUTO)
    actual = plan(
        desired(code=NEW, publish=Publish(), runtime_management=FUNCTION_UPDATE),
        live(runtime_management=FUNCTION_UPDATE, newest_version=newest),
    )
    assert (UpdateFunctionCode(NEW, X86), PublishVersion(NEW)) == actual.steps


def test_the_mode_of_latest_goes_before_that_of_the_version() -> None:
    """Both differ: $LATEST first, the version last."""
    newest = version(runtime_management=AUTO)
    actual = plan(
        desired(publish=Publish(), runtime_management=FUNCTION_UPDATE),
        live(runtime_management=AUTO, newest_version=newest),
    )
    assert (
        PutRuntimeManagementConfig(FUNCTION_UPDATE, "$LATEST"),
        PutRuntimeManagementConfig(FUNCTION_UPDATE, "7"),
    ) == actual.steps
