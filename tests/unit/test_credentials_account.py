"""Whose keys they are, as answers show it: a matter only once keys were exchanged."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.credentials import Credentials

from reconciler.aws.credentials import RenewableCredentials
from reconciler.model import Failure, FailureKind, ReconcileError, Scope

EXPIRED = Failure(FailureKind.PERMANENT, "expired", "log in", code="ExpiredTokenException")


def of(account: str) -> dict[str, Any]:
    """Answer GetFunction."""
    arn = f"arn:aws:lambda:eu-west-1:{account}:function:app"
    return {"Configuration": {"FunctionArn": arn}}


ONE, OTHER, THIRD = (of(digit * 12) for digit in "123")


def signing() -> RenewableCredentials:
    """Begin with keys, each time others than before."""
    numbers = iter(range(10))
    made = RenewableCredentials(lambda: Credentials(f"KEY{next(numbers)}", "secret"))
    made.load_credentials()
    made.get_frozen_credentials()
    return made


def test_functions_of_two_accounts_are_read_with_the_same_keys() -> None:
    """Another account may let these keys in: nothing was exchanged, and nothing is refused."""
    made = signing()

    for answer in (ONE, OTHER, ONE, THIRD):
        made.check_account(answer, made.renewals)


def test_after_a_renewal_the_accounts_of_before_go_on() -> None:
    """All that were seen with the keys of before, and no other."""
    made = signing()
    made.check_account(ONE, made.renewals)
    made.check_account(OTHER, made.renewals)
    assert FailureKind.TEMPORARY is made.renew(EXPIRED, made.renewals).kind

    made.check_account(OTHER, made.renewals)
    made.check_account(ONE, made.renewals)
    with pytest.raises(ReconcileError, match="account 333333333333") as raised:
        made.check_account(THIRD, made.renewals)

    assert Scope.RUN is raised.value.failure.scope


def test_keys_that_the_source_replaces_by_itself_are_compared_too() -> None:
    """A program gives keys for an hour, and after a login elsewhere those of another account."""
    keys = [Credentials("KEY1", "secret"), Credentials("KEY2", "secret")]
    made = RenewableCredentials(lambda: Source(keys))  # type: ignore[arg-type,return-value]
    made.load_credentials()
    made.get_frozen_credentials()
    made.check_account(ONE, made.renewals)
    made.get_frozen_credentials()

    made.check_account(ONE, made.renewals)
    with pytest.raises(ReconcileError, match="account 222222222222"):
        made.check_account(OTHER, made.renewals)


class Source:
    """Credentials that botocore renews by itself."""

    def __init__(self, keys: list[Credentials]) -> None:
        self._keys = keys

    def get_frozen_credentials(self) -> Any:  # noqa: ANN401 - botocore's own
        """Give the next."""
        return self._keys.pop(0).get_frozen_credentials()


def test_a_renewal_before_the_first_answer_is_compared_with_nothing() -> None:
    """No account was seen yet: the first one is that of the run."""
    made = signing()
    made.renew(EXPIRED, made.renewals)

    made.check_account(ONE, made.renewals)


@pytest.mark.parametrize(
    "answer", [{}, {"Configuration": None}, {"Configuration": {"FunctionArn": "app"}}]
)
def test_an_answer_without_an_arn_says_nothing(answer: dict[str, Any]) -> None:
    """Versions' modes and lists have none; what is odd is somebody else's to find."""
    made = signing()
    made.check_account(ONE, made.renewals)
    made.renew(EXPIRED, made.renewals)

    made.check_account(answer, made.renewals)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("400", FailureKind.TEMPORARY),
        ("403", FailureKind.TEMPORARY),
        ("404", FailureKind.PERMANENT),
        ("AccessDenied", FailureKind.PERMANENT),
    ],
)
def test_a_head_that_stale_keys_may_have_spoilt_is_sent_again(code: str, kind: FailureKind) -> None:
    """S3 answers a HEAD without a word: with 400 or 403 it may have been the keys of before."""
    made = signing()
    before = made.renewals
    made.renew(EXPIRED, before)
    refused = Failure(FailureKind.PERMANENT, "refused", "look", code=code)

    assert kind is made.renew(refused, before).kind
    assert refused == made.renew(refused, made.renewals)
