"""The proxy does on the wire what a fault says, and lets AWS have the request or not."""

from __future__ import annotations

import http.client
from typing import TYPE_CHECKING

import pytest

from tests.faults.faults import FAULTS
from tests.faults.proxy import End, Fault, Proxy
from tests.faults.scenarios import MODE_ONLY
from tests.faults.wire import GET_FUNCTION

if TYPE_CHECKING:
    from tests.faults.stage import Stage

REACH = [False, True]
SILENT = 0.05  # seconds of silence that are waited for, where nothing else can come
PATIENT = 10.0


def get(proxy: Proxy, name: str, timeout: float = PATIENT) -> bytes:
    """Ask for a function as botocore does, and give the body."""
    host, port = proxy.url.removeprefix("http://").split(":")
    line = http.client.HTTPConnection(host, int(port), timeout=timeout)
    scope = "Credential=k/20370101/eu-west-1/lambda/aws4_request"
    headers = {"Authorization": f"AWS4-HMAC-SHA256 {scope}"}
    try:
        line.request("GET", f"/2015-03-31/functions/{name}", headers=headers)
        return line.getresponse().read()
    finally:
        line.close()


def requests(stage: Stage) -> int:
    return len(stage.sandbox.requests)


@pytest.mark.parametrize("reaches", REACH)
@pytest.mark.parametrize(
    ("end", "error"),
    [
        (End.CLOSE, http.client.RemoteDisconnected),
        (End.RESET, ConnectionResetError),
        (End.SILENCE, TimeoutError),
    ],
)
def test_a_connection_ends_as_it_is_told(
    stage: Stage, end: End, error: type[Exception], *, reaches: bool
) -> None:
    """Before AWS has the request, or after it has carried it out; the next one passes."""
    name = stage.create(MODE_ONLY)
    stage.proxy.arm(GET_FUNCTION, Fault(end, reaches))
    before = requests(stage)

    with pytest.raises(error) as raised:
        get(stage.proxy, name, SILENT if end is End.SILENCE else PATIENT)

    assert error is raised.type
    assert (1, reaches) == (stage.proxy.disarm(), requests(stage) - before)
    assert name.encode() in get(stage.proxy, name)


def test_half_a_body_comes_cut_or_as_if_it_were_whole(stage: Stage) -> None:
    """The one contradicts its length, the other does not."""
    name = stage.create(MODE_ONLY)
    stage.proxy.arm(GET_FUNCTION, FAULTS["cut body"])
    stage.proxy.arm(GET_FUNCTION, FAULTS["half a body"])

    with pytest.raises(http.client.IncompleteRead) as raised:
        get(stage.proxy, name)
    half = get(stage.proxy, name)

    assert half == raised.value.partial
    assert len(half) in (raised.value.expected, (raised.value.expected or 0) - 1)
    stage.proxy.disarm()


def test_nobody_listens_while_it_is_closed(stage: Stage) -> None:
    """A connection is refused by the kernel, and then the same port answers again."""
    name = stage.create(MODE_ONLY)
    with stage.proxy.closed(), pytest.raises(ConnectionRefusedError):
        get(stage.proxy, name)

    assert name.encode() in get(stage.proxy, name)


def test_a_fault_happens_after_so_many_and_so_often(stage: Stage) -> None:
    """Once is once; the others of its name pass, and those of other names."""
    name = stage.create(MODE_ONLY)
    stage.proxy.arm(GET_FUNCTION, FAULTS["502"], skip=1)
    stage.proxy.arm("PublishVersion", FAULTS["502"], always=True)

    passed = [b"gateway" not in get(stage.proxy, name) for _ in range(4)]

    assert [True, False, True, True] == passed
    assert 0 == stage.proxy.disarm()
