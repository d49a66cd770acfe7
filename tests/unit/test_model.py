from __future__ import annotations

import copy
import hashlib
import pickle
from dataclasses import FrozenInstanceError

import pytest

from reconciler.model import (
    Architecture,
    CodeDigest,
    FailureKind,
    LastUpdateStatus,
    OpenEnum,
    Plan,
    PublishVersion,
    PutRuntimeManagementConfig,
    ReconcileError,
    RuntimeManagement,
    State,
    UpdateRuntimeOn,
)
from tests.unit.builders import ARM, AUTO, OLD, failure, live, location, manual, spec

# Open enums.


@pytest.mark.parametrize("enum", [Architecture, State, LastUpdateStatus, UpdateRuntimeOn])
def test_an_unknown_value_is_taken_as_it_came(enum: type[OpenEnum]) -> None:
    """AWS sends values that no SDK lists; they read, compare and print like the string."""
    value = enum("Unheard")
    assert value == "Unheard"
    assert enum("Unheard") == value
    assert hash(enum("Unheard")) == hash(value)
    assert "Unheard" == str(value) == f"{value}" == value.value == value.name
    assert "Unheard" in repr(value)
    assert all(value != known for known in enum)


def test_an_unknown_value_does_not_become_a_member() -> None:
    """Reading something odd once does not change what is listed."""
    before = list(State)
    State("Odd")
    assert before == list(State)


def test_a_known_value_is_the_member() -> None:
    """Known values may be compared by identity."""
    assert State.ACTIVE is State("Active")


@pytest.mark.parametrize("value", [None, 1, b"Active", ["Active"]], ids=repr)
def test_only_strings_are_taken(value: object) -> None:
    """Anything but a string is a bug, not a new value."""
    with pytest.raises(ValueError, match="not a valid State"):
        State(value)  # type: ignore[arg-type]  # the point of the test


@pytest.mark.parametrize("value", [State.ACTIVE, State("Unheard")])
def test_values_survive_copying(value: State) -> None:
    """Known and unknown values are equal to their copies."""
    assert value == copy.deepcopy(value)
    assert value == pickle.loads(pickle.dumps(value))  # noqa: S301 - the test's own value


# Values.


def test_a_zip_digest_has_the_form_of_code_sha256() -> None:
    """The base64 of SHA-256: for no bytes at all it is known from AWS's own messages."""
    digest = CodeDigest.of_zip(hashlib.sha256(b"").digest())
    assert "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" == str(digest)


def test_a_mode_says_its_pin() -> None:
    """Two Manual modes are told apart by their ARN."""
    pinned = RuntimeManagement(UpdateRuntimeOn.MANUAL, "arn:aws:lambda:eu-west-1::runtime:1")
    assert "Auto" == str(AUTO)
    assert "Manual arn:aws:lambda:eu-west-1::runtime:1" == str(pinned)


def test_a_location_can_be_clicked() -> None:
    """file:line:column, as editors understand it."""
    assert "a.yaml:3:7" == str(location("a.yaml", 3, 7))


def test_values_are_frozen() -> None:
    """What was read or planned cannot change under anybody's hands."""
    with pytest.raises(FrozenInstanceError):
        live().code = OLD  # type: ignore[misc]  # the point of the test


def test_an_error_tells_what_and_what_now() -> None:
    """The exception's text is the failure's."""
    error = ReconcileError(failure(FailureKind.INVALID, "no zip", "build it"))
    assert "no zip; build it" == str(error)
    assert FailureKind.INVALID is error.failure.kind


def test_a_step_means_latest_unless_it_says_otherwise() -> None:
    """The qualifier's default is AWS's own."""
    assert "$LATEST" == PutRuntimeManagementConfig(AUTO).qualifier


# Plans.


@pytest.mark.parametrize(
    ("plan", "in_sync"),
    [
        pytest.param(Plan(), True, id="empty"),
        pytest.param(Plan(notes=("mind",)), True, id="notes-only"),
        pytest.param(Plan(steps=(PublishVersion(OLD),)), False, id="steps"),
        pytest.param(Plan(refusal=failure()), False, id="refused"),
        pytest.param(Plan(steps=(PublishVersion(OLD),), refusal=failure()), False, id="both"),
    ],
)
def test_in_sync_is_neither_steps_nor_a_refusal(plan: Plan, *, in_sync: bool) -> None:
    """A refused plan is not in sync, however empty."""
    assert in_sync is plan.in_sync


# Live functions.


@pytest.mark.parametrize(
    ("state", "status", "in_progress"),
    [
        (State.ACTIVE, LastUpdateStatus.SUCCESSFUL, False),
        (State.ACTIVE, LastUpdateStatus.IN_PROGRESS, True),
        (State.ACTIVE, LastUpdateStatus.FAILED, False),
        (State.ACTIVE, None, False),
        (State.PENDING, None, True),
        (State.PENDING, LastUpdateStatus.SUCCESSFUL, True),
        (State.DEACTIVATING, LastUpdateStatus.SUCCESSFUL, True),
        (State.INACTIVE, LastUpdateStatus.SUCCESSFUL, False),
        (State.INACTIVE, LastUpdateStatus.IN_PROGRESS, True),
        (State.FAILED, None, False),
        (State.DELETING, LastUpdateStatus.SUCCESSFUL, False),
        (State("Unheard"), LastUpdateStatus("Unheard"), False),
    ],
)
def test_in_progress_is_what_will_end_by_itself(
    state: State, status: LastUpdateStatus | None, *, in_progress: bool
) -> None:
    """Failed and Deleting end no wait's purpose; Pending and InProgress do."""
    assert in_progress is live(state=state, last_update_status=status).in_progress


@pytest.mark.parametrize(
    ("arn", "account", "region"),
    [
        ("arn:aws:lambda:eu-west-1:123456789012:function:f", "123456789012", "eu-west-1"),
        ("arn:aws-cn:lambda:cn-north-1:000000000001:function:f", "000000000001", "cn-north-1"),
        ("f", "", ""),
        ("", "", ""),
    ],
    ids=["aws", "other-partition", "no-arn", "empty"],
)
def test_account_and_region_come_from_the_arn(arn: str, account: str, region: str) -> None:
    """Leading zeros stay, and what is no ARN has neither."""
    found = live(function_arn=arn)
    assert (account, region) == (found.account, found.region)


def test_a_pin_belongs_to_one_architecture() -> None:
    """The builders keep AWS's rule, on which the planner's tests rest."""
    assert manual("a") != manual("a", ARM)
    assert spec().function.function_name == "orders-api"
