"""One process of the reconciler: the real fleet, over a connection that leads to memory."""

from __future__ import annotations

import asyncio
import base64
import contextvars
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from reconciler import fleet
from reconciler.aws import errors
from reconciler.aws.budget import Budget
from reconciler.aws.calls import Caller
from reconciler.aws.functions import BotoLambdaFunctions
from reconciler.aws.images import BotoImages
from reconciler.aws.objects import BotoObjects
from reconciler.model import ReconcileError
from tests.simulation.aws import Request
from tests.simulation.storage import ACCOUNT, REGION

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence

    from reconciler.aws.calls import Wanted
    from reconciler.model import FunctionResult, FunctionSpec, RunResult, Target
    from reconciler.reconcile import Task
    from tests.simulation.aws import Aws
    from tests.simulation.clock import SimulatedLoop
    from tests.simulation.witness import Witness

_OWNER: contextvars.ContextVar[Process | None] = contextvars.ContextVar("owner", default=None)
_CLIENT = cast(
    "Any",
    SimpleNamespace(
        meta=SimpleNamespace(region_name=REGION, endpoint_url="https://s3.test"),
        **dict.fromkeys(
            (
                "get_function",
                "list_versions_by_function",
                "list_functions",
                "get_runtime_management_config",
                "update_function_code",
                "publish_version",
                "put_runtime_management_config",
                "head_object",
                "get_object",
                "batch_get_image",
                "get_download_url_for_layer",
            )
        ),
    ),
)
"""Has the methods of boto3's clients, by name alone: a call names its operation too."""

_LAYERS = "https://layers.test/"


@dataclass(slots=True)
class Doom:
    """A process is killed at its ``call``-th call, in a phase of that call: see PHASES."""

    call: int
    phase: str


PHASES = ("before", "sent", "arrived", "answered")
"""Before it is sent; on its way; when AWS has handled it; when its answer is there."""


@dataclass(slots=True)
class Process:
    """
    ``fleet.Connection`` of one run, and the run itself.

    It has a budget and a memory of its own. When it is killed, what it has sent arrives all
    the same.
    """

    name: str
    aws: Aws
    witness: Witness
    tasks: Sequence[Task]
    settings: fleet.RunSettings
    doom: Doom | None = None
    calls: Counter[str] = field(default_factory=Counter)
    alive: bool = True
    stop: fleet.Stop = field(default_factory=fleet.Stop)
    _budget: Budget = field(default_factory=Budget)
    _own: list[asyncio.Task[Any]] = field(default_factory=list)

    async def run(self) -> RunResult | None:
        """Run the fleet once; None when the process was killed."""
        context = contextvars.copy_context()
        context.run(_OWNER.set, self if self.doom else None)
        self.witness.begins(self)
        work = fleet.run(self.tasks, self, self.settings, self.stop, self)
        main = context.run(asyncio.get_running_loop().create_task, work)
        await asyncio.wait([main])
        if main.cancelled():
            return None
        result = main.result()
        self.alive = False
        self.witness.ended(self, result)
        return result

    def kill(self) -> None:
        """End it here and now: no code of it runs on, and nothing of it is kept."""
        if self.alive:
            self.alive = False
            self.aws.trace.note(self.name, "", "is killed")
            self.aws.trace.count("crash")
            for task in list(self._own):
                task.cancel()

    def owns(self, task: asyncio.Task[Any]) -> None:
        """Remember a task, so that it can be killed."""
        self._own.append(task)

    # Listener

    def progress(self, spec: FunctionSpec, message: str) -> None:
        """Take note of what it says."""
        self.aws.trace.note(self.name, spec.name, message)

    def finished(self, result: FunctionResult) -> None:
        """Take note of an end, and look whether it is true."""
        self.witness.reported(self, result)

    # Connections, and the only connection

    def of(self, target: Target | None) -> Process:
        """Give itself: there are no targets."""
        assert target is None
        return self

    def functions(
        self, region: str, check: Callable[[], None], in_flight: Callable[[], bool]
    ) -> BotoLambdaFunctions:
        """Give the Lambda calls."""
        del region
        call = partial(self._call_in_turn, Caller(check, in_flight))
        return BotoLambdaFunctions(_CLIENT, call, self._fetch)

    def objects(self, region: str, check: Callable[[], None]) -> BotoObjects:
        """Give S3."""
        identity = partial(self.account, region, check)
        return BotoObjects(_CLIENT, self._call_at_once(check), _carry, check, identity)

    def images(self, region: str, check: Callable[[], None]) -> BotoImages:
        """Give ECR."""
        del region
        return BotoImages(_CLIENT, self._call_at_once(check), self._fetch)

    def get_function_rate(self, region: str) -> float:
        """Give the pace of GetFunction."""
        del region
        return self._budget.get_function_rate

    async def account(self, region: str, check: Callable[[], None]) -> str:
        """Give the account."""
        del region
        check()
        return ACCOUNT

    async def _call_in_turn(
        self, caller: Caller, operation: str, method: None, **parameters: object
    ) -> Mapping[str, Any]:
        del method
        send = partial(self._call, operation, parameters)
        return await self._budget.spend(operation, caller, send)

    def _call_at_once(self, check: Callable[[], None]) -> Any:  # noqa: ANN401 - Call, see calls
        def call(operation: str, method: None, **parameters: object) -> Awaitable[Any]:
            del method
            check()
            return self._call(operation, parameters)

        return call

    async def _call(self, operation: str, parameters: Mapping[str, object]) -> Mapping[str, Any]:
        """Make one request, as ``Connection`` does with botocore."""
        if not self.alive:
            raise asyncio.CancelledError
        given = {name: value for name, value in parameters.items() if value is not None}
        self.calls[operation] += 1
        function = str(given.get("FunctionName", ""))
        request = Request(self.name, self.calls.total(), operation, given, function)
        self._meets_doom("before", request)
        self.witness.sending(self, request)
        outcome = self.aws.send(request)
        self._meets_doom("sent", request)
        try:
            answer = await outcome
        except Exception as error:
            self.witness.failed(self, request)
            raise ReconcileError(errors.classify(operation, error)) from error
        self._meets_doom("answered", request)
        self.witness.answered(self, request, answer)
        return answer

    def _meets_doom(self, phase: str, request: Request) -> None:
        doom = self.doom
        if doom is None or request.number != doom.call:
            return
        if phase == "sent" == doom.phase:
            self.aws.loop.call_soon(self.kill)
        elif phase == "sent" and doom.phase == "arrived":
            request.arrived = self._killed_soon
        elif phase == doom.phase:
            self.kill()
            raise asyncio.CancelledError

    def _killed_soon(self) -> None:
        self.aws.loop.call_soon(self.kill)

    async def _fetch(self, url: str, wanted: Wanted) -> bytes:
        """Follow a signed URL."""
        del wanted
        await asyncio.sleep(self.aws.weather.latency)
        name = url.partition("?")[0].rpartition("/")[2]
        if url.startswith(_LAYERS):
            return self.aws.storage.configs[name]
        content = self.aws.plane.content(_base64_of(name))
        assert content is not None, url
        return content


async def _carry(work: Callable[[], Any]) -> Any:  # noqa: ANN401 - any work
    return work()


def _base64_of(digest: str) -> str:
    return base64.b64encode(bytes.fromhex(digest)).decode()


def track_owners(loop: SimulatedLoop) -> None:
    """Let each process that can be killed know its tasks."""

    def make(
        loop: asyncio.AbstractEventLoop,
        work: Coroutine[Any, Any, Any],
        **options: Any,  # noqa: ANN401 - whatever this Python gives to a task
    ) -> asyncio.Task[Any]:
        task: asyncio.Task[Any] = asyncio.Task(work, loop=loop, **options)
        owner = _OWNER.get()
        if owner is not None:
            owner.owns(task)
        return task

    loop.set_task_factory(cast("Any", make))
