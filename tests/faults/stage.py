"""The sandbox, the proxy before it, and the real reconciler; one stage for many cells."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import itertools
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Self, cast

from botocore.credentials import Credentials as Keys
from botocore.httpsession import URLLib3Session
from urllib3.util import Timeout

from reconciler import fleet, manifest
from reconciler.aws import budget, clients
from reconciler.aws.budgets import Budgets
from reconciler.aws.connection import Connection
from reconciler.aws.settings import ConnectionSettings, Credentials
from reconciler.fleet import all_versions
from reconciler.reconcile import WaitSettings
from reconciler.report.exit_code import exit_code
from reconciler.sandbox import ACCESS_KEY_ID, SECRET_ACCESS_KEY, Sandbox
from tests.effects.artifacts import client, make_bucket, push_image, put_object
from tests.effects.world import REGION, Alone, Recorder, zip_of
from tests.faults import scenarios, wire
from tests.faults.clock import Clock, run
from tests.faults.proxy import Proxy
from tests.faults.wire import Request

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pytest

    from reconciler.model import FunctionResult, FunctionSpec
    from tests.faults.proxy import Exchange
    from tests.faults.scenarios import Scenario

HASTE = 0.2  # real seconds; the proxy has to have read the request by then
_SETTLE = 0.4  # seconds of the stage's clock: one look at an update meets it under way
_WAIT = WaitSettings(function_timeout=200, version_timeout=200)
"""The loop as it is, with less time for what is refused each time: each try is a request."""
_READ_TIMEOUT = clients.READ_TIMEOUT


@dataclass(frozen=True, slots=True)
class Ending:
    """One run of one function: its result, its exit code, and the requests it took."""

    result: FunctionResult
    exit_code: int
    exchanges: tuple[Exchange, ...]

    @property
    def carried_out(self) -> list[str]:
        """The writes that AWS carried out, in their order."""
        return [each.call for each in self.exchanges if each.done and each.call in wire.WRITES]


class Stage:
    """
    Functions of any scenario, and runs of them over the proxy.

    Time is the clock's: it goes on in pauses, and by a whole read time-out where a
    request is left without an answer. Such a request, and no other, has HASTE in place
    of the time-out that the reconciler gives to all of them.
    """

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self._folder = folder
        self._patch = patch
        self._names = (f"app-{number}" for number in itertools.count(1))
        self._specs: dict[str, FunctionSpec] = {}
        self.clock = Clock()
        self.sandbox = Sandbox(settle=_SETTLE)
        self.plane = self.sandbox.control_plane
        self.plane.clock = self.clock
        self.settings = fleet.RunSettings("test", wait=_WAIT)

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            stack.enter_context(self.sandbox)
            port = int(self.sandbox.url.rpartition(":")[2])
            silence = lambda: self.clock.advance(_READ_TIMEOUT)  # noqa: E731 - one expression
            self.proxy = stack.enter_context(Proxy(port, self.clock, silence))
            self._stock()
            self._watch_sending()
            for name in ("_GET_FUNCTION", "_EVERYTHING_ELSE"):  # quotas are not what is tried
                self._patch.setattr(budget, name, 1e6)
            self.connection = self._connect(stack)
            self._end = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.close()

    def create(self, scenario: Scenario) -> str:
        """Create a function as the scenario begins, and give its name."""
        name = next(self._names)
        scenario.create(self.plane, name)
        return name

    def run(self, scenario: Scenario, name: str) -> Ending:
        """Run once."""
        mark = len(self.proxy.exchanges)
        preparation = fleet.prepare([self._spec(scenario, name)])
        assert preparation.errors == ()
        self._patch.setattr(all_versions, "LEAST", 1 if scenario.swept else 2)
        line = self.connection
        line._identity._account = None  # noqa: SLF001 - a run of its own asks anew
        line._common.budgets = Budgets(0.8)  # noqa: SLF001 - and has met no refusal yet
        settings = replace(self.settings, plan_only=scenario.plan, server_side=scenario.plan)
        work = fleet.run(preparation.tasks, Alone(line), settings, fleet.Stop(), Recorder())
        outcome = run(self.clock, work)
        (result,) = outcome.functions
        code = exit_code(outcome, detailed=False)
        return Ending(result, code, tuple(self.proxy.exchanges[mark:]))

    def renew(self) -> contextlib.AbstractContextManager[None]:
        """Let the source of the credentials have other ones each time that it is asked."""
        return _renewing(self.connection)

    def end(self, name: str) -> tuple[str, str, tuple[str, ...]]:
        """Give code, architecture and modes that are live, of $LATEST and of each version."""
        live = self.plane.function(name, region=REGION)
        listed = self.plane.list_versions_by_function(name, region=REGION)
        if live.package.package_type == "Image":  # whose runtime is inside the image
            return live.code_sha256, live.architecture, ()
        read = partial(self.plane.get_runtime_management_config, name, region=REGION)
        modes = tuple(str(read(qualifier=each.version).update_runtime_on) for each in listed)
        return live.code_sha256, live.architecture, modes

    def wanted(self, scenario: Scenario) -> tuple[str, str, tuple[str, ...]]:
        """Give what is to be live at the end."""
        code = self._image if scenario.code is None else _sha256(zip_of(scenario.code))
        return code, scenario.architecture, scenario.modes

    def _spec(self, scenario: Scenario, name: str) -> FunctionSpec:
        if scenario.name not in self._specs:
            self._specs[scenario.name] = self._load(scenario)
        spec = self._specs[scenario.name]
        return replace(spec, function=replace(spec.function, function_name=name))

    def _load(self, scenario: Scenario) -> FunctionSpec:
        folder = self._folder / scenario.name
        folder.mkdir()
        for text in (scenarios.NEW, scenarios.ANOTHER):
            (folder / f"{text}.zip").write_bytes(zip_of(text))
        body = "".join(f"  {line}\n" for line in scenario.spec.splitlines())
        (folder / "app.yaml").write_text(
            "apiVersion: lambda.reconciler/v1\nkind: Function\n"
            f"metadata: {{name: app}}\nspec:\n{body}"
        )
        loaded = manifest.load(
            [str(folder)], environment={}, default_region=REGION, standard_input=None
        )
        assert loaded.errors == ()
        (spec,) = loaded.specs
        return spec

    def _stock(self) -> None:
        """Put a package without a checksum into S3, and two images into ECR."""
        with client(self.sandbox, "s3") as s3:
            make_bucket(s3, scenarios.BUCKET)
            content = zip_of(scenarios.IN_BUCKET)
            put_object(s3, scenarios.BUCKET, scenarios.KEY, content, sha256=False)
        with client(self.sandbox, "ecr") as ecr:
            for tag in (scenarios.OLD, scenarios.NEW):
                digest = push_image(ecr, scenarios.REPOSITORY, tag, text=tag)
        self._image = digest.removeprefix("sha256:")

    def _connect(self, stack: contextlib.ExitStack) -> Connection:
        """Connect to the proxy as the command does to the sandbox."""
        made = Connection(
            ConnectionSettings(
                region=REGION,
                endpoint_url=self.proxy.url,
                credentials=Credentials(ACCESS_KEY_ID, SECRET_ACCESS_KEY),
                isolated=True,
                threads=4,
            )
        )
        stack.callback(made.close)
        made.check_credentials()  # there are keys to go back to, whichever cell is the first
        return made

    def _watch_sending(self) -> None:
        """Have nobody listen, or little time, just when a request is sent that is to meet it."""
        send = URLLib3Session.send

        def watched(session: URLLib3Session, request: Any) -> Any:  # noqa: ANN401 - as botocore's
            with contextlib.ExitStack() as stack:
                if request.url.startswith(self.proxy.url):
                    asked = _asked(request, self.proxy.url)
                    if fault := self.proxy.take(asked.call, refused=True):
                        self.proxy.note(asked.call, fault)
                        stack.enter_context(self.proxy.closed())
                    elif self.proxy.keeps_silent(asked.call):
                        stack.enter_context(_hasty(session, request.url))
                return send(session, request)

        self._patch.setattr(URLLib3Session, "send", watched)


def _asked(request: Any, url: str) -> Request:  # noqa: ANN401 - botocore's AWSPreparedRequest
    headers = {
        name.lower(): text.decode() if isinstance(text, bytes) else str(text)
        for name, text in request.headers.items()
    }
    body = request.body or b""
    content = body.encode() if isinstance(body, str) else bytes(body)
    return Request(request.method, request.url.removeprefix(url), headers, content)


@contextlib.contextmanager
def _hasty(session: Any, url: str) -> Iterator[None]:  # noqa: ANN401 - its pools are its own
    """Shorten the time-out of one address, which must be the reconciler's own."""
    pool = session._manager.connection_from_url(url)  # noqa: SLF001 - as above
    assert pool.timeout.read_timeout == _READ_TIMEOUT
    before, pool.timeout = pool.timeout, Timeout(HASTE)
    try:
        yield
    finally:
        pool.timeout = before


@contextlib.contextmanager
def _renewing(line: Connection) -> Iterator[None]:
    credentials = cast("Any", line)._credentials  # noqa: SLF001 - else it is the machine's source
    before = vars(credentials).copy()
    numbers = itertools.count()
    vars(credentials)["_source"] = lambda: Keys(f"key-{next(numbers)}", "secret")
    try:
        yield
    finally:
        vars(credentials).update({name: before[name] for name in ("_source", "_keys")})


def _sha256(content: bytes) -> str:
    return base64.b64encode(hashlib.sha256(content).digest()).decode()
