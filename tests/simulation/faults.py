"""What befalls a call on its way to AWS, there, and on its way back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore import exceptions
from botocore.parsers import ResponseParserError

from reconciler.sandbox import LambdaError, errors
from reconciler.sandbox.names import function_arn
from tests.simulation import answers
from tests.simulation.storage import ACCOUNT, REGION
from tests.simulation.weather import OF_LAMBDA, OF_WRITES, STALE_READS, Trouble, Weather

if TYPE_CHECKING:
    import asyncio
    import random
    from collections.abc import Callable

    from reconciler.sandbox import ControlPlane
    from reconciler.sandbox.state import FailWith
    from tests.simulation.aws import Request
    from tests.simulation.clock import SimulatedLoop
    from tests.simulation.trace import Trace

    Outcome = asyncio.Future[dict[str, Any]]
    Arrive = Callable[[Request, Trouble | None], dict[str, Any]]

READ_TIMEOUT = 60.0
_URL = "https://lambda.test"
_REASONS: tuple[FailWith, ...] = (
    ("InternalError", "An internal error occurred."),
    ("EniLimitExceeded", "The account has no network interface left."),
    ("ImageAccessDenied", "Lambda may not pull the image."),
    ("Unheard-of", "A reason that no SDK lists."),
)
_VERSION_REASONS: tuple[FailWith, ...] = (
    ("FunctionError.InitTimeout", "The function did not initialise in time."),
)
_EFFECT_THEN_NOTHING = (
    Trouble.SERVER_ERROR_AFTER,
    Trouble.LOST,
    Trouble.TIME_OUT_AFTER,
    Trouble.UNREADABLE,
)


@dataclass(slots=True)
class Faults:
    """Draws what befalls each call, and carries it there and back."""

    loop: SimulatedLoop
    chances: random.Random
    trace: Trace
    _kinds: dict[tuple[Weather, str], tuple[Trouble, ...]] = field(default_factory=dict)

    def draw(self, weather: Weather, request: Request) -> Trouble | None:
        """Choose what befalls a call, mostly nothing; more of a write than of a read."""
        if not weather.troubles:
            return None
        special = self._special(weather, request)
        if special is not None:
            return special
        often = 2 if request.writes else 1
        if self.chances.random() >= weather.trouble * often:
            return None
        key = (weather, request.operation)
        if key not in self._kinds:
            self._kinds[key] = tuple(k for k in weather.troubles if _befalls(k, request))
        kinds = self._kinds[key]
        return self.chances.choice(kinds) if kinds else None

    def _special(self, weather: Weather, request: Request) -> Trouble | None:
        """Choose what would be too rare if it came as seldom as the others."""
        kind = Trouble.FAILS if request.writes else Trouble.STALE
        if kind not in weather.troubles or not _befalls(kind, request):
            return None
        return kind if self.chances.random() < weather.special else None

    def settle(self, weather: Weather) -> float:
        """Choose how long a change takes; one in a hundred takes longer than anybody waits."""
        if weather.troubles and self.chances.random() < 0.01:
            return 400.0
        return weather.settle * self.chances.uniform(0.2, 2.0)

    def carry(
        self, weather: Weather, request: Request, trouble: Trouble | None, arrive: Arrive
    ) -> Outcome:
        """Send it, and give the future of its answer."""
        if trouble not in (None, Trouble.STALE):
            self.trace.count(str(trouble))
            self.trace.note("fault", request.function, f"{trouble}: {request}")
        outcome: Outcome = self.loop.create_future()
        there, back = (self.chances.expovariate(1 / weather.latency) for _ in range(2))
        handle = self._handler(request, trouble, arrive, outcome, back)
        if trouble is Trouble.LATE:
            there = READ_TIMEOUT + self.chances.uniform(0, 30)
        if trouble in (Trouble.TIME_OUT, Trouble.TIME_OUT_AFTER, Trouble.LATE):
            self.loop.call_later(READ_TIMEOUT, self._give_up, request, outcome)
        if trouble is not Trouble.TIME_OUT:
            self.loop.call_later(there, handle)
        return outcome

    def _give_up(self, request: Request, outcome: Outcome) -> None:
        request.late = True
        _fail(outcome, exceptions.ReadTimeoutError(endpoint_url=_URL))

    def _handler(
        self,
        request: Request,
        trouble: Trouble | None,
        arrive: Arrive,
        outcome: Outcome,
        back: float,
    ) -> Callable[[], None]:
        """Make what happens when the request gets there."""

        def handle() -> None:
            if trouble is Trouble.REFUSED:
                _fail(outcome, exceptions.EndpointConnectionError(endpoint_url=_URL))
                return
            if trouble is Trouble.RESET:
                _fail(outcome, exceptions.ConnectionClosedError(endpoint_url=_URL))
                return
            try:
                answer = arrive(request, trouble)
            except exceptions.ClientError as error:
                self.loop.call_later(back, _fail, outcome, error)
                return
            if trouble in _EFFECT_THEN_NOTHING:
                lost = _lost(trouble, request)
                if lost is not None:
                    self.loop.call_later(back, _fail, outcome, lost)
                return
            if trouble is not Trouble.LATE:
                self.loop.call_later(back, _succeed, outcome, answer)

        return handle

    def refuse(self, trouble: Trouble | None) -> None:
        """Raise what AWS answers in place of any effect."""
        match trouble:
            case Trouble.THROTTLED:
                raise answers.throttled(None)
            case Trouble.THROTTLED_PAUSE:
                raise answers.throttled(self.chances.randint(1, 5))
            case Trouble.SERVER_ERROR:
                raise answers.server_error(self.chances.choice((500, 502, 503, 504)))
            case Trouble.CONFLICT:
                raise errors.update_in_progress(function_arn(ACCOUNT, REGION, "somebody"))
            case Trouble.OTHER_CONFLICT:
                raise LambdaError(409, "ResourceConflictException", "A conflict of another kind.")
            case Trouble.STORAGE_FULL:
                text = "Code storage limit exceeded."
                raise LambdaError(400, "CodeStorageExceededException", text)
            case Trouble.EXPIRED:
                text = "The security token included in the request is expired"
                raise LambdaError(403, "ExpiredTokenException", text, members={})

    def failure(
        self, trouble: Trouble | None, request: Request, plane: ControlPlane
    ) -> FailWith | None:
        """Choose with what an accepted change is to end badly, if it is."""
        if trouble is not Trouble.FAILS or request.operation == "PutRuntimeManagementConfig":
            return None
        if request.operation == "UpdateFunctionCode":
            return self.chances.choice(_REASONS)
        latest = plane.function(request.function, region=REGION)
        return _VERSION_REASONS[0] if latest.snap_start == "PublishedVersions" else None


def _befalls(kind: Trouble, request: Request) -> bool:
    if kind is Trouble.STALE:
        return request.operation in STALE_READS
    if kind in OF_WRITES:
        return request.writes
    return bool(request.function) or kind not in OF_LAMBDA


def _lost(trouble: Trouble | None, request: Request) -> Exception | None:
    """Make what the sender gets in place of the answer; a time-out comes by itself."""
    if trouble is Trouble.SERVER_ERROR_AFTER:
        return answers.client_error(answers.server_error(500), request.operation, "lost")
    if trouble is Trouble.UNREADABLE:
        return ResponseParserError("cut short")
    if trouble is Trouble.LOST:
        return exceptions.ConnectionClosedError(endpoint_url=_URL)
    return None


def _succeed(outcome: Outcome, answer: dict[str, Any]) -> None:
    if not outcome.done():
        outcome.set_result(answer)


def _fail(outcome: Outcome, error: Exception) -> None:
    if not outcome.done():
        outcome.set_exception(error)
