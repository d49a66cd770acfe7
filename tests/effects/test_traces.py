"""The spans of runs: one for each, one for each function, one for each request to AWS."""

from __future__ import annotations

import contextlib
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from reconciler.fleet import MaxChanges
from reconciler.sandbox import Fault, Sandbox
from tests.effects.targets import EU, US, connected, role, run, spec, target
from tests.effects.world import REGION, World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from opentelemetry.sdk.trace import ReadableSpan

pytest.importorskip("opentelemetry.exporter.otlp.proto.http", reason="needs the extra [otel]")

from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from reconciler.cli.open_telemetry import Spans

CODE = "code: {zipFile: app.zip}"
TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"


class Collected:
    """Spans in memory, with W3C's Trace Context of an environment."""

    def __init__(self, **environment: str) -> None:
        self._exporter = InMemorySpanExporter()
        self.tracing = Spans(self._exporter, environment)

    def end(self, name: str | None = None) -> Sequence[ReadableSpan]:
        """End the collecting; give all that ended, or those of a name."""
        self.tracing.close()
        assert self.tracing.sent
        found = self._exporter.get_finished_spans()
        return [span for span in found if name in (None, span.name)]


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Callable[[Collected], World]]:
    """Give worlds with two functions that differ, whose runs are traced."""
    with contextlib.ExitStack() as stack:

        def made(collected: Collected) -> World:
            sandbox = stack.enter_context(Sandbox(settle=0))
            world = World(sandbox, tmp_path, tracing=collected.tracing)
            for name in ("app", "other"):
                world.create(name, "old")
                world.declare(**{name: CODE})
            world.package("app", "new")
            return stack.enter_context(world)

        yield made


def _id(span: ReadableSpan) -> int:
    assert span.context is not None
    return int(span.context.span_id)


def _parent(span: ReadableSpan) -> int | None:
    return span.parent.span_id if span.parent else None


def _known(span: ReadableSpan, name: str) -> object:
    assert span.attributes is not None
    return span.attributes.get(name)


def _requests(spans: Sequence[ReadableSpan]) -> list[ReadableSpan]:
    return [span for span in spans if span.kind is SpanKind.CLIENT]


def test_every_request_is_a_span_of_its_function_and_that_one_of_the_run(
    begin: Callable[[Collected], World],
) -> None:
    """The tree is what the run did: all that is counted as a request, and nothing else."""
    collected = Collected()
    world = begin(collected)

    world.run()

    spans = collected.end()
    (whole,) = (span for span in spans if span.name == "reconcile")
    functions = {_id(span): span for span in spans if span.name == "reconcile function"}
    requests = _requests(spans)
    assert None is _parent(whole)
    assert {_id(whole)} == {_parent(span) for span in functions.values()}
    assert {"app", "other"} == {_known(span, "faas.name") for span in functions.values()}
    assert world.sent == Counter(_known(span, "rpc.method") for span in requests)
    assert functions.keys() == {_parent(span) for span in requests}
    assert 1 + 2 + world.sent.total() == len(spans)


def test_a_request_has_the_attributes_of_the_semantic_conventions(
    begin: Callable[[Collected], World],
) -> None:
    """And nothing else: no parameter, no address, and none of AWS's own words."""
    collected = Collected()
    world = begin(collected)

    result = world.run()

    updates = {
        str(known.pop("aws.request_id")): known
        for span in collected.end("Lambda.UpdateFunctionCode")
        if (known := dict(span.attributes or {}))
    }
    expected = {
        "rpc.system": "aws-api",
        "rpc.service": "Lambda",
        "rpc.method": "UpdateFunctionCode",
        "cloud.region": REGION,
        "http.response.status_code": 200,
    }
    reported = {str(each.steps[0].request_id): expected for each in result.functions}
    assert reported == updates


def test_what_is_refused_has_the_error_as_its_status(begin: Callable[[Collected], World]) -> None:
    """AWS's code for the request, the report's words for the function, a count for the run."""
    collected = Collected()
    world = begin(collected)
    world.sandbox.inject(
        Fault("UpdateFunctionCode", "app", status=400, code="InvalidParameterValueException")
    )

    world.run()

    spans = collected.end()
    (refused,) = (span for span in _requests(spans) if _known(span, "error.type"))
    assert "InvalidParameterValueException" == _known(refused, "error.type")
    assert 400 == _known(refused, "http.response.status_code")
    assert "InvalidParameterValueException" == refused.status.description
    (failed,) = (span for span in spans if _known(span, "lambda_reconciler.status") == "Failed")
    assert StatusCode.ERROR is failed.status.status_code
    assert str(failed.status.description).startswith("UpdateFunctionCode: InvalidParameter")
    (whole,) = (span for span in spans if span.name == "reconcile")
    assert "1 of 2 functions failed" == whole.status.description
    assert (2, 1, 1) == tuple(
        _known(whole, f"lambda_reconciler.{name}")
        for name in ("functions", "updated_functions", "failures")
    )


def test_a_lost_answer_has_an_error_and_no_status_of_http(
    begin: Callable[[Collected], World],
) -> None:
    """What went wrong on the way is named; the next try is a span of its own."""
    collected = Collected()
    world = begin(collected)
    world.sandbox.inject(Fault("GetFunction", "app", lose_answer=True))

    world.run()

    spans = _requests(collected.end())
    (lost,) = (span for span in spans if _known(span, "error.type"))
    assert "Lambda.GetFunction" == lost.name
    assert "ConnectionClosedError" == _known(lost, "error.type")
    assert None is _known(lost, "http.response.status_code")
    assert world.sent.total() == len(spans)


def test_a_limit_of_changes_looks_at_each_function_twice(
    begin: Callable[[Collected], World],
) -> None:
    """First all are planned, and then those that differ are changed."""
    collected = Collected()
    world = begin(collected)
    world.max_changes = MaxChanges.parse("1")

    world.run()

    assert 2 == len(collected.end("reconcile function"))
    (whole,) = collected.end("reconcile")
    assert "too many functions would change" == whole.status.description


@pytest.mark.parametrize(
    ("environment", "parent"),
    [
        ({"TRACEPARENT": f"00-{TRACE}-{PARENT}-01"}, PARENT),
        ({"TRACEPARENT": "00-nonsense", "TRACESTATE": "a=b"}, None),
    ],
)
def test_the_environment_may_name_a_parent(
    begin: Callable[[Collected], World], environment: dict[str, str], parent: str | None
) -> None:
    """A pipeline's own span is that of the whole; what is no good counts as unset."""
    collected = Collected(**environment)
    begin(collected).run(plan_only=True)

    (whole,) = collected.end("reconcile")
    assert whole.context is not None
    assert parent == (f"{whole.parent.span_id:016x}" if whole.parent else None)
    assert (f"{whole.context.trace_id:032x}" == TRACE) == (parent is not None)


def test_a_parent_that_is_not_sampled_leaves_nothing_to_send(
    begin: Callable[[Collected], World],
) -> None:
    """Whoever began the trace has decided."""
    collected = Collected(TRACEPARENT=f"00-{TRACE}-{PARENT}-00")
    begin(collected).run(plan_only=True)
    assert [] == collected.end()


def test_entering_a_target_is_a_request_too() -> None:
    """The role of each is assumed in a thread, for a function that waits for it."""
    collected = Collected()
    places = [target("eu", EU, role(EU)), target("us", US, role(US), "us-east-1")]
    with Sandbox(settle=0) as sandbox:
        for place in places:
            assert place.assume_role is not None
            sandbox.allow_role(place.assume_role.role_arn)
        with connected(sandbox.url, tracing=collected.tracing) as connections:
            result = run(
                connections,
                [spec("app", place) for place in places],
                plan_only=True,
                tracing=collected.tracing,
            )

    entered = collected.end("STS.AssumeRole")
    assert result.calls["AssumeRole"] == len(entered) == 2
    assert {REGION, "us-east-1"} == {_known(span, "cloud.region") for span in entered}
    around = {_id(span) for span in collected.end() if span.kind is not SpanKind.CLIENT}
    assert around >= {_parent(span) for span in entered}
