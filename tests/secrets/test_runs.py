"""
Secrets in all that AWS answers and all that a run is given: none is left anywhere.

Each test runs the command as a process, and looks at both streams, at every file below its
HOME, TMPDIR, cache and working folder at the time of each request and at the end, and at
the command lines. What was served is asserted, so that no test passes for want of secrets.
"""

from __future__ import annotations

import json
import re
import signal
from typing import TYPE_CHECKING

import pytest

from tests.effects.artifacts import client, make_bucket, push_image, put_object
from tests.effects.server import Answer
from tests.effects.world import zip_of
from tests.secrets.leaky import CANONICAL, ECHO, REFUSED, REQUEST, S3_REFUSAL

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.sandbox import Sandbox
    from tests.effects.server import Asked
    from tests.secrets.leaky import Leaky
    from tests.secrets.machine import Left, Machine

REGISTRY = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
DIRECTORY = "{code: {directory: code}, architecture: arm64, publish: true}"
FLEET = {
    "directory": DIRECTORY,
    "object": "{code: {s3: {bucket: artifacts, key: app.zip}}, publish: true}",
    "image": f"{{code: {{imageUri: '{REGISTRY}/team/orders:live'}}}}",
    "moved": "{architecture: arm64}",
}
OF_CREDENTIALS = {"access-key-id", "session-token"}
OF_ANSWERS = {"environment", "environment-error", "signature", "url-token", "url-credential"}
OF_ECHOES = OF_ANSWERS | {"grant-token", "request-signature"}
DEBUGGING = {
    "PYTHONWARNINGS": "always",
    "PYTHONFAULTHANDLER": "1",
    "PYTHONDEVMODE": "1",
    "PYTHONASYNCIODEBUG": "1",
    "BOTO_CONFIG": "/dev/null",
    "BOTO_LOG_LEVEL": "DEBUG",
    "AWS_DEBUG": "true",
    "AWS_SDK_LOG_LEVEL": "debug",
}


def fleet(machine: Machine, sandbox: Sandbox) -> None:
    """Declare a function of each source, one without, and put their code where it belongs."""
    for name, spec in FLEET.items():
        machine.declare(name, spec)
    with client(sandbox, "s3") as s3, client(sandbox, "ecr") as ecr:
        make_bucket(s3, "artifacts")
        machine.seed(sandbox)
        put_object(s3, "artifacts", "app.zip", zip_of("new"), sha256=False)
        push_image(ecr, "team/orders", "live", text="new")


def one(machine: Machine, sandbox: Sandbox) -> None:
    """Declare a function that differs."""
    machine.declare("app", DIRECTORY)
    machine.seed(sandbox)


def clean(left: Left, leaky: Leaky, *served: str) -> None:
    """Expect no canary, where these were served."""
    assert set() == set(served) - leaky.served.keys()
    assert set() == left.leaked, left.text
    assert "Traceback (most recent call last)" not in left.text


def test_plan_and_apply(machine: Machine, leaky: Leaky, sandbox: Sandbox) -> None:
    """Every source of code, each way to report, and Python's own ways to tell more."""
    fleet(machine, sandbox)

    runs = [
        machine.leave("--plan", "-v", **DEBUGGING),
        machine.leave("-v", "--log-format", "json", "-o", "json"),
        machine.leave("-v"),
    ]

    assert ([0, 0, 0], True) == ([run.code for run in runs], "in sync" in runs[2].text)
    for run in runs:
        clean(run, leaky, *OF_CREDENTIALS, *OF_ANSWERS, "layer-signature")


def test_a_saved_plan(machine: Machine, leaky: Leaky, sandbox: Sandbox) -> None:
    """What is written for a later run holds nothing of what was read or given."""
    fleet(machine, sandbox)

    runs = [
        machine.leave("--plan", "--out", "plan.json"),
        machine.leave("--apply-plan", "plan.json", "-v"),
    ]

    assert [0, 0] == [run.code for run in runs], runs[1].text
    assert '"steps"' in (machine.folder / "plan.json").read_text()
    for run in runs:
        clean(run, leaky, *OF_CREDENTIALS, *OF_ANSWERS)


def refusing(answers: dict[str, Callable[[], Answer]]) -> Callable[[Asked], Answer | None]:
    """Refuse requests by a part of their path."""

    def refuse(asked: Asked) -> Answer | None:
        target = f"{asked.method} {asked.path} {asked.headers.get('x-amz-target', '')}"
        return next((answers[part]() for part in answers if part in target), None)

    return refuse


def refused(status: int, code: str, message: str = ECHO) -> Callable[[], Answer]:
    """Refuse as Lambda, ECR and STS do."""
    body = json.dumps({**REFUSED, "message": message, "Message": message, "__type": code})
    headers = {"x-amzn-errortype": code, "Content-Type": "application/json"}
    return lambda: Answer(status, headers, body.encode())


UPDATE = "PUT /2015-03-31/functions/update-"
FINAL = {
    f"{UPDATE}400/code": refused(400, "InvalidParameterValueException"),
    f"{UPDATE}403/code": refused(403, "AccessDeniedException"),
    f"{UPDATE}409/code": refused(409, "ResourceConflictException"),
    f"{UPDATE}412/code": refused(412, "PreconditionFailedException"),
    "GET /2015-03-31/functions/read-404": refused(404, "ResourceNotFoundException", REQUEST),
    "GET /2015-03-31/functions/read-418": refused(418, "Teapot" + ECHO, REQUEST),
    "POST /2015-03-31/functions/publish-400": refused(400, "InvalidParameterValueException"),
    "GET /artifacts/app.zip": lambda: Answer(400, {}, ECHO.encode()),
    "GetDownloadUrlForLayer": refused(400, "LayerInaccessibleException"),
    "GET /snapshots/": lambda: Answer(403, {}, ECHO.encode()),
}
TOLD_OF_FINAL = ("AccessDenied", "Precondition", "Unknown: x-amz", "s3://")
# Apart from the others: a quota that is used up holds back every other function's calls too.
LASTING = {
    f"{UPDATE}429/code": refused(429, "TooManyRequestsException"),
    f"{UPDATE}500/code": refused(500, "ServiceException"),
}
TOLD_OF_LASTING = ("TooManyRequests", "ServiceException")


@pytest.mark.parametrize(
    ("refusals", "code", "told"),
    [(FINAL, 4, TOLD_OF_FINAL), (LASTING, 1, TOLD_OF_LASTING)],
    ids=["final", "lasting"],
)
def test_refusals(  # noqa: PLR0913, PLR0917 - three fixtures and what each case expects
    machine: Machine,
    leaky: Leaky,
    sandbox: Sandbox,
    refusals: dict[str, Callable[[], Answer]],
    code: int,
    told: tuple[str, ...],
) -> None:
    """AWS's words repeat a function's environment, a signed URL and the request itself."""
    fleet(machine, sandbox)
    for path in refusals:
        if found := re.search(r"(update|read|publish)-\d+", path):
            machine.declare(found[0], DIRECTORY)
    machine.seed(sandbox)
    leaky.refuse = refusing(refusals)

    runs = [
        machine.leave("-v", "--function-timeout", "6s"),
        machine.leave("-v", "-o", "json", "--log-format", "json", "--function-timeout", "6s"),
    ]

    for run in runs:
        assert (code, []) == (run.code, [words for words in told if words not in run.text])
        clean(run, leaky, *OF_CREDENTIALS, *OF_ECHOES)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (refused(403, "InvalidSignatureException", CANONICAL), "InvalidSignatureException"),
        (refused(403, "IncompleteSignatureException", REQUEST), "IncompleteSignatureException"),
        (lambda: Answer(403, {}, S3_REFUSAL.encode()), "SignatureDoesNotMatch"),
    ],
)
def test_refused_signatures(
    machine: Machine, leaky: Leaky, sandbox: Sandbox, answer: Callable[[], Answer], code: str
) -> None:
    """The canonical request that AWS answers with holds the session token."""
    fleet(machine, sandbox)
    path = "/artifacts/" if code == "SignatureDoesNotMatch" else "/functions/"
    leaky.refuse = lambda asked: answer() if path in asked.path and asked.method == "GET" else None

    left = machine.leave("-v")

    assert (4, True) == (left.code, code in left.text)
    clean(left, leaky, *OF_CREDENTIALS, "request-signature")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize("at", ["/app.zip", "/snapshots/"])
def test_a_run_that_is_stopped(
    machine: Machine, leaky: Leaky, sandbox: Sandbox, number: signal.Signals, at: str
) -> None:
    """In the midst of a download: what was held in memory and in files is gone with it."""
    fleet(machine, sandbox)

    left = machine.kill_at(number, at, "-v")

    assert left.code in (-signal.SIGKILL, 143)
    clean(left, leaky, *OF_CREDENTIALS, *OF_ANSWERS)
    assert [] == list((machine.folder / "tmp").iterdir())


BREAK = """
def break_at(module, name):
    whole = getattr(module, name)
    def broken(*given):
        try:
            int(repr((given, whole(*given))))
        except Exception as error:
            raise ValueError(f"cannot read {given}") from error
    setattr(module, name, broken)
"""


def test_an_unexpected_exception_in_a_function(
    machine: Machine, leaky: Leaky, sandbox: Sandbox
) -> None:
    """Its text and its causes quote the whole answer; the kind and the place are told."""
    one(machine, sandbox)
    machine.meddle(BREAK + "import reconciler.aws.parse as p\nbreak_at(p, 'package')\n")
    machine.declare("app", FLEET["moved"])

    runs = [machine.leave("-v", **DEBUGGING), machine.leave("-v", "--log-format", "json")]

    for left in runs:
        assert (1, True) == (left.code, "unexpected ValueError at " in left.text)
        assert "(its text is not shown)" in left.text
        clean(left, leaky, *OF_CREDENTIALS, "signature", "url-token")


UNCAUGHT = """
import os, threading
class Dropped:
    def __del__(self): raise RuntimeError(f"dropped {os.environ}")
def report(*_):
    Dropped()
    thread = threading.Thread(target=lambda: int(str(os.environ)))
    thread.start()
    thread.join()
    raise ValueError(f"cannot report with {os.environ}") from KeyError(str(os.environ))
import reconciler.cli.reports
reconciler.cli.reports.Reports.show = report
"""


def test_an_exception_that_nobody_catches(machine: Machine, leaky: Leaky, sandbox: Sandbox) -> None:
    """Of the command itself, of a thread, and of an object that is dropped."""
    one(machine, sandbox)
    machine.meddle(UNCAUGHT)

    left = machine.leave("--plan")

    assert 1 == left.code
    assert all(kind in left.text for kind in ("RuntimeError", "ValueError", "after KeyError"))
    clean(left, leaky, *OF_CREDENTIALS)


def test_what_asyncio_tells_when_it_is_debugged(
    machine: Machine, leaky: Leaky, sandbox: Sandbox
) -> None:
    """It warns of slow steps, and shows parts of the results that they were given."""
    one(machine, sandbox)
    machine.meddle(
        "import asyncio.base_events as b\nmake = b.BaseEventLoop.__init__\n"
        "def slow(self): make(self); self.slow_callback_duration = -1\n"
        "b.BaseEventLoop.__init__ = slow\n"
    )

    left = machine.leave("-v", **DEBUGGING)

    assert (0, False) == (left.code, "Executing <" in left.text)
    clean(left, leaky, *OF_CREDENTIALS, *OF_ANSWERS)
