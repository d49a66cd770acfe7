"""Secrets in all that AWS answers and a run is given: none is in a span."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.e2e.receiver import receiving
from tests.secrets.canaries import PROXY, found_in
from tests.secrets.test_runs import (
    DIRECTORY,
    FINAL,
    OF_CREDENTIALS,
    OF_ECHOES,
    clean,
    fleet,
    refusing,
)

if TYPE_CHECKING:
    from reconciler.sandbox import Sandbox
    from tests.secrets.leaky import Leaky
    from tests.secrets.machine import Machine

pytest.importorskip("opentelemetry.exporter.otlp.proto.http", reason="needs the extra [otel]")


FOR_GOOD = re.compile("update-400|update-403|read-404|publish-400")
"""What is not tried again until the time of the function is over."""


def test_spans(machine: Machine, leaky: Leaky, sandbox: Sandbox) -> None:
    """AWS's words repeat a function's environment, a signed URL and the request itself."""
    fleet(machine, sandbox)
    refusals = {path: FINAL[path] for path in FINAL if FOR_GOOD.search(path)}
    for path in refusals:
        machine.declare(FOR_GOOD.findall(path)[0], DIRECTORY)
    machine.seed(sandbox)
    leaky.refuse = refusing(refusals)

    with receiving() as receiver:
        left = machine.leave(
            OTEL_EXPORTER_OTLP_ENDPOINT=receiver.url,
            OTEL_EXPORTER_OTLP_HEADERS=f"authorization={PROXY.value}",
        )

    clean(left, leaky, *OF_CREDENTIALS, *OF_ECHOES)
    spans = receiver.spans()
    told = {span.status.message for span in spans}
    assert {"AccessDeniedException", "InvalidParameterValueException"} <= told
    assert set() == found_in(b"\n".join(body for _, _, body in receiver.requests))
