"""
Whose a request is: the account of the keys that it was signed with.

Any keys are accepted as the usual ones, but those that AssumeRole gave out: these are
good with their token, in their role's account, and until they expire.
"""

from __future__ import annotations

import re
import secrets
import threading
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import Enum, auto

from reconciler.sandbox.names import ACCOUNT_ID

_KEY = re.compile(r"Credential=([^/]+)/")
_ROLE = re.compile(
    r"arn:(?P<partition>aws[a-z-]*):iam::(?P<account>\d{12}):role/(?:.*/)?(?P<name>[^/]+)"
)
HOUR = 3600
"""Seconds that a session of a role has where nothing else is said (STS, AssumeRole)."""


@dataclass(frozen=True, slots=True)
class Role:
    """A role that may be assumed, for ``seconds``, and with the external id if it has one."""

    arn: str
    external_id: str | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Session:
    """What AssumeRole gave out; ``arn`` is that of the assumed role."""

    account: str
    arn: str
    access_key_id: str
    secret_access_key: str
    token: str
    expiration: datetime


class Refusal(Enum):
    """Why keys are no good."""

    EXPIRED = auto()
    OTHER_TOKEN = auto()


@dataclass(frozen=True, slots=True)
class Caller:
    """As whom a request was signed; ``assumed`` says that the keys are a role's."""

    account: str
    arn: str
    assumed: bool = False
    refusal: Refusal | None = None


class Accounts:
    """
    The roles that can be assumed, and the sessions that were begun.

    ``usual`` is the account of all keys that AssumeRole did not give out.
    """

    def __init__(self) -> None:
        self.usual = ACCOUNT_ID
        self._roles: dict[str, Role] = {}
        self._sessions: dict[str, Session] = {}
        self._lock = threading.Lock()

    def allow(self, arn: str, external_id: str | None, seconds: float = HOUR) -> None:
        """Let everybody assume a role. Raises ValueError for what is no role's ARN."""
        if _ROLE.fullmatch(arn) is None:
            raise ValueError(f"{arn} is not the ARN of a role")
        with self._lock:
            self._roles[arn] = Role(arn, external_id, seconds)

    def forbid(self, arn: str) -> None:
        """Let nobody assume a role any more; sessions go on."""
        with self._lock:
            self._roles.pop(arn, None)

    def assume(self, arn: str, name: str, external_id: str | None) -> Session | None:
        """Begin a session; None where the role does not exist or its trust policy forbids it."""
        with self._lock:
            role = self._roles.get(arn)
            found = _ROLE.fullmatch(arn)
            if role is None or found is None or role.external_id not in (None, external_id):
                return None
            partition, account, role_name = found.group("partition", "account", "name")
            session = Session(
                account,
                f"arn:{partition}:sts::{account}:assumed-role/{role_name}/{name}",
                f"ASIA{secrets.token_hex(8).upper()}",
                secrets.token_urlsafe(30),
                secrets.token_urlsafe(90),
                datetime.now(UTC) + timedelta(seconds=role.seconds),
            )
            self._sessions[session.access_key_id] = session
            return session

    def expire(self) -> None:
        """End all sessions, before those who have them expect it."""
        with self._lock:
            ended = datetime.now(UTC)
            for key, session in self._sessions.items():
                self._sessions[key] = replace(session, expiration=ended)

    def caller(self, authorization: str, token: str | None) -> Caller:
        """Find out who signed a request, by two of its headers; by default the usual keys."""
        key = _KEY.search(authorization)
        with self._lock:
            session = self._sessions.get(key[1]) if key else None
        if session is None:
            return Caller(self.usual, f"arn:aws:iam::{self.usual}:user/sandbox")
        refusal = None
        if token != session.token:
            refusal = Refusal.OTHER_TOKEN
        elif session.expiration <= datetime.now(UTC):
            refusal = Refusal.EXPIRED
        return Caller(session.account, session.arn, assumed=True, refusal=refusal)
