"""The one module that knows OpenTelemetry: a run's spans, and where they are sent."""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from reconciler import __version__
from reconciler.model import Status
from reconciler.printable import encodable, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.trace import Span

    from reconciler.model import AwsAnswer, AwsRequest, FunctionResult, FunctionSpec, RunResult

_PREFIX = "lambda_reconciler"
_LONGEST = 1000  # characters of a failure
_log = logging.getLogger(__name__)


def opened(environment: Mapping[str, str]) -> Spans:
    """
    Send spans to where the library finds that they should go, in its own variables.

    Raises whatever the library raises at settings that are no good.
    """
    return Spans(OTLPSpanExporter(), environment)


class Spans:
    """
    A run's spans; TRACEPARENT is their parent, where it is set.

    The provider is ours alone: nothing else in the process reports through it, and it adds
    no header to what is sent to AWS.
    """

    def __init__(self, exporter: SpanExporter, environment: Mapping[str, str]) -> None:
        self._exporter = _Noting(exporter)
        self._processor = BatchSpanProcessor(self._exporter)
        provider = TracerProvider(resource=_resource(), shutdown_on_exit=False)
        provider.add_span_processor(self._processor)
        self._tracer = provider.get_tracer("lambda-reconciler", __version__)
        self._outer = _parent(environment)
        self._closed = False

    @property
    def sent(self) -> bool:
        """Whether all is sent, to be asked at the end."""
        return self._closed and not self._exporter.failed

    def close(self) -> None:
        """Send the rest, however long that takes."""
        self._processor.shutdown()  # type: ignore[no-untyped-call]  # theirs
        self._closed = True

    @contextlib.contextmanager
    def run(self, run_id: str, *, plan_only: bool) -> Iterator[Callable[[RunResult], None]]:
        """Begin a span that the rest belongs to."""
        with self._span("reconcile") as span:
            span.set_attribute(f"{_PREFIX}.run_id", run_id)
            span.set_attribute(f"{_PREFIX}.plan_only", plan_only)
            yield lambda result: _end_run(span, result)

    @contextlib.contextmanager
    def survey(self) -> Iterator[None]:
        """Begin a span that the lists of a round belong to."""
        with self._span("survey"):
            yield

    @contextlib.contextmanager
    def function(
        self, spec: FunctionSpec, region: str
    ) -> Iterator[Callable[[FunctionResult], None]]:
        """Begin a span that the function's requests belong to."""
        with self._span("reconcile function") as span:
            span.set_attribute(f"{_PREFIX}.name", _safe(spec.name))
            span.set_attribute("faas.name", _safe(spec.function.name))
            span.set_attribute("cloud.provider", "aws")
            span.set_attribute("cloud.region", region)
            yield lambda result: _end_function(span, result)

    def request(self, request: AwsRequest) -> Callable[[AwsAnswer], None]:
        """Begin a span as the semantic conventions for AWS SDK client spans have it."""
        span = self._tracer.start_span(
            f"{request.service}.{request.operation}",
            self._around(),
            SpanKind.CLIENT,
            {
                "rpc.system": "aws-api",
                "rpc.service": request.service,
                "rpc.method": request.operation,
                "cloud.region": request.region,
            },
        )
        return lambda answer: _end_request(span, answer)

    @contextlib.contextmanager
    def _span(self, name: str) -> Iterator[Span]:
        span = self._tracer.start_span(name, self._around())
        with trace.use_span(
            span, end_on_exit=True, record_exception=False, set_status_on_exception=False
        ):
            yield span

    def _around(self) -> Context | None:
        """Give what a new span belongs to; None for what is current."""
        return None if trace.get_current_span().get_span_context().is_valid else self._outer


class _Noting(SpanExporter):
    """Passes spans on, and notes whether any were lost; nothing gets out as an exception."""

    def __init__(self, inner: SpanExporter) -> None:
        self._inner = inner
        self.failed = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send them."""
        result = SpanExportResult.FAILURE
        with contextlib.suppress(Exception):
            result = self._inner.export(spans)
        if result is not SpanExportResult.SUCCESS and not self.failed:
            _log.warning("traces cannot be sent: see the variables OTEL_*")
        self.failed |= result is not SpanExportResult.SUCCESS
        return result

    def shutdown(self) -> None:
        """Let go of what is open."""
        self._inner.shutdown()


def _resource() -> Resource:
    """Name the service, unless the environment does; `Resource.create` would override that."""
    ours = {"service.name": "lambda-reconciler", "service.version": __version__}
    return Resource.create().merge(Resource(ours)).merge(OTELResourceDetector().detect())


def _parent(environment: Mapping[str, str]) -> Context | None:
    """Read W3C's Trace Context from where a shell can put it; what is no good is left out."""
    names = ("traceparent", "tracestate")
    carrier = {name: value for name in names if (value := environment.get(name.upper()))}
    return TraceContextTextMapPropagator().extract(carrier) if carrier else None


def _end_run(span: Span, result: RunResult) -> None:
    statuses = [each.status for each in result.functions]
    failed, updated = statuses.count(Status.FAILED), statuses.count(Status.UPDATED)
    span.set_attribute(f"{_PREFIX}.functions", len(statuses))
    span.set_attribute(f"{_PREFIX}.updated_functions", updated)
    span.set_attribute(f"{_PREFIX}.failures", failed)
    if result.too_many is not None:
        span.set_status(StatusCode.ERROR, "too many functions would change")
    elif failed:
        span.set_status(StatusCode.ERROR, f"{failed} of {len(statuses)} functions failed")


def _end_function(span: Span, result: FunctionResult) -> None:
    span.set_attribute(f"{_PREFIX}.status", result.status.value)
    if result.account is not None:
        span.set_attribute("cloud.account.id", result.account)
    if result.failure is not None:
        span.set_attribute("error.type", _safe(result.failure.code or result.failure.kind.value))
        span.set_status(StatusCode.ERROR, _safe(result.failure.what)[:_LONGEST])


def _end_request(span: Span, answer: AwsAnswer) -> None:
    told = {
        "http.response.status_code": answer.status,
        "aws.request_id": answer.request_id,
        "aws.extended_request_id": answer.extended_request_id,
        "error.type": answer.error,
    }
    span.set_attributes({name: value for name, value in told.items() if value is not None})
    if answer.error is not None:
        span.set_status(StatusCode.ERROR, answer.error)
    span.end()


def _safe(text: str) -> str:
    return encodable(printable(text))
