"""
AWS in memory, on a virtual clock: enough of it for a fleet that is too large for one machine.

Nothing is sent and nothing is parsed; the fleet, the loop of each function, the places and
the budgets are the real ones.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from reconciler.aws.budget import Budget
from reconciler.aws.calls import Caller
from reconciler.aws.protocol import Receipt
from reconciler.model import (
    Architecture,
    CodeDigest,
    LastUpdateStatus,
    LiveFunction,
    PackageType,
    PublishedVersion,
    State,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from reconciler.model import FunctionResult, FunctionSpec, Target, UpdateFunctionCode

    Answer = TypeVar("Answer")

LATENCY = 0.05
"""Seconds until an answer is there."""
GET_FUNCTION = 100.0
EVERYTHING_ELSE = 15.0

OLD = CodeDigest("old")
NEW = CodeDigest("new")
_LIVE = LiveFunction(
    function_arn="",
    package_type=PackageType.ZIP,
    code=OLD,
    architecture=Architecture.X86_64,
    state=State.ACTIVE,
    last_update_status=LastUpdateStatus.SUCCESSFUL,
    revision_id="0",
    runtime="python3.13",
)


@dataclass(slots=True)
class Simulated:
    """``fleet.Connections``; an update settles in so many seconds."""

    settle: float
    deployed: Callable[[str], bool]
    calls: Counter[str] = field(default_factory=Counter)
    accounts: dict[tuple[str, str], Place] = field(default_factory=dict)

    def of(self, target: Target | None) -> Account:
        """Give the connection of a target."""
        return Account(self, target.account if target else "123456789012")

    @property
    def bound(self) -> float:
        """The seconds that the quotas alone need for the calls of the busiest place."""
        return max(place.bound for place in self.accounts.values())

    # Listener

    def progress(self, _spec: FunctionSpec, _message: str) -> None:
        """Have nobody to tell."""

    def finished(self, _result: FunctionResult) -> None:
        """Have nobody to tell."""


@dataclass(slots=True)
class Account:
    """``fleet.Connection``."""

    aws: Simulated
    number: str

    def functions(
        self, region: str, check: Callable[[], None], in_flight: Callable[[], bool]
    ) -> Any:  # noqa: ANN401 - as much of LambdaFunctions as is called
        """Give the Lambda calls of a region."""
        key = (self.number, region)
        if key not in self.aws.accounts:
            self.aws.accounts[key] = Place(self.aws, *key)
        return Functions(self.aws.accounts[key], Caller(check, in_flight))

    def objects(self, _region: str, _check: Callable[[], None]) -> Any:  # noqa: ANN401 - none
        """Have no objects."""
        raise NotImplementedError

    images = objects

    def get_function_rate(self, region: str) -> float:
        """Give the pace of GetFunction."""
        return self.aws.accounts[self.number, region].budget.get_function_rate

    async def account(self, _region: str, _check: Callable[[], None]) -> str:
        """Give the account."""
        return self.number


class Place:
    """One account and region: what is live there, and its quotas."""

    def __init__(self, aws: Simulated, account: str, region: str) -> None:
        self.aws = aws
        self.prefix = f"arn:aws:lambda:{region}:{account}:function:"
        self.budget = Budget(1.0)
        self.calls: Counter[str] = Counter()
        self.live: dict[str, LiveFunction] = {}
        self.settles: defaultdict[str, float] = defaultdict(float)

    @property
    def bound(self) -> float:
        """The seconds that the quotas need for the calls that were made."""
        others = self.calls.total() - self.calls["GetFunction"]
        return max(self.calls["GetFunction"] / GET_FUNCTION, others / EVERYTHING_ELSE)

    def function(self, name: str) -> LiveFunction:
        """Give what is live."""
        if name not in self.live:
            code = NEW if self.aws.deployed(name) else OLD
            self.live[name] = replace(_LIVE, function_arn=self.prefix + name, code=code)
        live = self.live[name]
        busy = asyncio.get_running_loop().time() < self.settles[name]
        return replace(live, last_update_status=LastUpdateStatus.IN_PROGRESS) if busy else live

    def change(self, name: str, **members: Any) -> LiveFunction:  # noqa: ANN401 - any member
        """Change it, and its RevisionId."""
        before = self.live[name]
        revision_id = str(int(before.revision_id or 0) + 1)
        self.live[name] = replace(before, revision_id=revision_id, **members)
        return self.live[name]


@dataclass(slots=True)
class Functions:
    """As much of ``LambdaFunctions`` as is called."""

    place: Place
    caller: Caller

    async def get_function(self, name: str) -> LiveFunction:
        """Read it."""
        return await self._call("GetFunction", partial(self.place.function, name))

    async def update_function_code(
        self, name: str, step: UpdateFunctionCode, *_: object, **__: object
    ) -> Receipt:
        """Deploy it, and settle for a while."""

        def update() -> Receipt:
            loop = asyncio.get_running_loop()
            self.place.settles[name] = loop.time() + self.place.aws.settle
            live = self.place.change(name, code=step.code)
            return Receipt("r", live.revision_id, step.code)

        return await self._call("UpdateFunctionCode", update)

    async def publish_version(self, name: str, *_: object) -> Receipt:
        """Publish it."""

        def publish() -> Receipt:
            live = self.place.change(name)
            version = PublishedVersion("1", live.code, live.architecture, State.ACTIVE)
            return Receipt("r", live.revision_id, live.code, version)

        return await self._call("PublishVersion", publish)

    async def newest_version(self, _name: str) -> None:
        """Have none."""
        await self._call("ListVersionsByFunction", lambda: None)

    async def _call(self, operation: str, answer: Callable[[], Answer]) -> Answer:
        async def send() -> Answer:
            self.place.calls[operation] += 1
            await asyncio.sleep(LATENCY)
            return answer()

        return await self.place.budget.spend(operation, self.caller, send)
