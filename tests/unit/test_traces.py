"""When spans are asked for, and what of an answer of AWS's gets into one."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest
from botocore.hooks import HierarchicalEmitter

from reconciler.aws.traced import trace
from reconciler.cli import traces
from reconciler.model import AwsAnswer, AwsRequest, NotTraced

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from botocore.model import ServiceModel

ADDRESS = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}


class Recorder:
    """Remembers requests and their answers."""

    def __init__(self) -> None:
        self.told: list[AwsRequest | AwsAnswer] = []

    def run(self, run_id: str, *, plan_only: bool) -> AbstractContextManager[Any]:
        """Never called here."""
        raise NotImplementedError

    def survey(self) -> AbstractContextManager[object]:
        """Never called here."""
        raise NotImplementedError

    def function(self, *_: object) -> AbstractContextManager[Any]:
        """Never called here."""
        raise NotImplementedError

    def request(self, request: AwsRequest) -> Callable[[AwsAnswer], None]:
        """Remember it."""
        self.told.append(request)
        return self.told.append


@pytest.fixture(scope="module")
def model() -> ServiceModel:
    return botocore.session.Session().get_service_model("lambda")


@pytest.fixture
def client(model: ServiceModel) -> SimpleNamespace:
    """Give what is looked at of a client of botocore's."""
    meta = SimpleNamespace(
        events=HierarchicalEmitter(), region_name="eu-west-1", service_model=model
    )
    return SimpleNamespace(meta=meta)


def _answered(client: SimpleNamespace, parsed: object) -> list[AwsRequest | AwsAnswer]:
    """Emit what botocore emits around a call, the end of it twice."""
    recorder, context = Recorder(), dict[str, object]()
    trace(client, recorder)
    events, model = client.meta.events, client.meta.service_model.operation_model("GetFunction")
    events.emit("before-call.lambda.GetFunction", model=model, context=context)
    for _ in range(2):
        events.emit("after-call.lambda.GetFunction", parsed=parsed, context=context)
    return recorder.told


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, False),
        (ADDRESS, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": " "}, False),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector/v1/traces"}, True),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, True),
        (ADDRESS | {"OTEL_TRACES_EXPORTER": "None"}, False),
        (ADDRESS | {"OTEL_SDK_DISABLED": "TRUE"}, False),
        ({"OTEL_SERVICE_NAME": "orders", "TRACEPARENT": "00-1-2-01"}, False),
    ],
)
def test_the_standard_variables_ask_for_spans(
    environment: dict[str, str],
    expected: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """An address or an exporter does, a name or a parent alone does not."""
    assert expected == traces.wanted(environment)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, None),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, None),
        ({"OTEL_TRACES_EXPORTER": "console"}, "OTEL_TRACES_EXPORTER must be otlp or none"),
        ({"OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}, None),
        (
            {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
            "OTEL_EXPORTER_OTLP_PROTOCOL must be http/protobuf",
        ),
        (
            {
                "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
                "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf",
            },
            None,
        ),
    ],
)
def test_another_exporter_or_protocol_is_said_to_be_missing(
    environment: dict[str, str], expected: str | None
) -> None:
    """What is said of traces alone comes before what is said of all signals."""
    assert expected == traces.unsupported(environment)


@pytest.mark.parametrize(("left", "seconds"), [(0.0, 0.0), (1.0, 0.8), (600.0, 5.0)])
def test_the_grace_that_is_left_is_not_used_up(
    monkeypatch: pytest.MonkeyPatch, left: float, seconds: float
) -> None:
    """A run that a signal has ended leaves with its own exit code, whatever the receiver does."""
    waits: list[float] = []
    monkeypatch.setattr(traces, "_opened", lambda _: NotTraced())
    monkeypatch.setattr(traces, "_finish", lambda _, seconds: waits.append(seconds))
    for name, value in ADDRESS.items():
        monkeypatch.setenv(name, value)
    with traces.traced(lambda: left):
        assert [] == waits
    assert [seconds] == waits


def test_a_request_is_told_once_with_its_answer(client: SimpleNamespace) -> None:
    """Also where botocore tells twice."""
    metadata = {"HTTPStatusCode": 200, "RequestId": "79b9da39-b7ae-508a", "HostId": "wz/4=+"}
    assert [
        AwsRequest("Lambda", "GetFunction", "eu-west-1"),
        AwsAnswer(200, "79b9da39-b7ae-508a", "wz/4=+"),
    ] == _answered(client, {"ResponseMetadata": metadata})


@pytest.mark.parametrize(
    ("parsed", "expected"),
    [
        (None, AwsAnswer()),
        ({"ResponseMetadata": [], "Error": "no"}, AwsAnswer()),
        ({"ResponseMetadata": {"HTTPStatusCode": "200", "RequestId": {}}}, AwsAnswer()),
        ({"ResponseMetadata": {"HTTPStatusCode": 503}}, AwsAnswer(503, error="_OTHER")),
        (
            {
                "ResponseMetadata": {"HTTPStatusCode": 404, "RequestId": "a\nb"},
                "Error": {"Code": "404", "Message": "password=hunter2"},
            },
            AwsAnswer(404, error="404"),
        ),
        (
            {
                "ResponseMetadata": {"HTTPStatusCode": 400, "RequestId": "AKIAIOSFODNN7EXAMPLE"},
                "Error": {"Code": "Token: eyJhbGciOiJIUzI1NiJ9.e30"},
            },
            AwsAnswer(400, error="_OTHER"),
        ),
    ],
)
def test_an_odd_answer_leaves_out_what_is_odd(
    client: SimpleNamespace,
    parsed: object,
    expected: AwsAnswer,
) -> None:
    """Only what looks as it should is passed on, and never AWS's message."""
    assert expected == _answered(client, parsed)[1]


def test_a_request_without_an_answer_is_told_by_what_befell_it(client: SimpleNamespace) -> None:
    """The exception's name; its text may hold an address."""
    recorder, context = Recorder(), dict[str, object]()
    trace(client, recorder)
    events, model = client.meta.events, client.meta.service_model.operation_model("GetFunction")
    events.emit("before-call.lambda.GetFunction", model=model, context=context)
    events.emit("after-call-error.lambda.GetFunction", exception=OSError("x"), context=context)
    assert AwsAnswer(error="OSError") == recorder.told[1]


def test_where_nobody_asks_nothing_is_listened_to() -> None:
    """A request costs no more than before: the client is not even looked at."""
    trace(object(), NotTraced())
