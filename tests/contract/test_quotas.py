"""
The request quotas: a burst of one second's worth, then 429 with Retry-After.

The numbers are those of the developer guide (gettingstarted-limits).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from botocore.exceptions import ClientError

from reconciler.sandbox import Fault, ManualClock, Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from boto3 import Session
    from mypy_boto3_lambda import LambdaClient

    from reconciler.sandbox import ControlPlane

    Clients = Callable[..., Any]
    Refused = Callable[..., tuple[int, str, str]]

THROTTLED = (429, "TooManyRequestsException", "Rate exceeded")
OTHER_ACCOUNT = "arn:aws:lambda:eu-west-1:210987654321:function:orders"

pytestmark = pytest.mark.usefixtures("clock", "orders")


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Yield a sandbox with AWS's quotas, whose clock stands still."""
    with Sandbox(quota="aws") as running:
        yield running


def exhaust(call: Callable[[], object]) -> int:
    """Call until it is throttled, and give how often it was not."""
    for passed in range(1000):
        try:
            call()
        except ClientError as error:
            if error.response["Error"]["Code"] == "TooManyRequestsException":
                return passed
            raise
    raise AssertionError("it was never throttled")


def test_a_burst_of_15_passes_and_the_next_is_refused(aws: LambdaClient, refused: Refused) -> None:
    """The burst that AWS takes is not documented; a second's worth is the strict reading."""
    assert 15 == exhaust(aws.list_functions)
    assert THROTTLED == refused(aws.list_functions)


def test_a_refusal_says_why_and_for_how_long(aws: LambdaClient) -> None:
    """Reason and Type are in the body, the seconds in the header (botocore's model)."""
    exhaust(aws.list_functions)
    with pytest.raises(aws.exceptions.TooManyRequestsException) as raised:
        aws.list_functions()
    response: Any = raised.value.response
    assert ("CallerRateLimitExceeded", "User") == (response["Reason"], response["Type"])
    assert "1" == response["retryAfterSeconds"]


def test_the_seconds_are_not_in_the_body(clients: Clients, sandbox: Sandbox) -> None:
    """The body is the one of public error reports (fyoorer/ShadowClone#46)."""
    exhaust(clients("lambda", "us-east-1").list_functions)  # where unsigned requests are too
    with pytest.raises(HTTPError) as refusal:
        urlopen(f"{sandbox.url}/2015-03-31/functions")  # noqa: S310 - it is the sandbox's own URL
    with refusal.value as answer:
        assert "1" == answer.headers["Retry-After"]
        expected = (
            b'{"Reason": "CallerRateLimitExceeded", "Type": "User", "message": "Rate exceeded"}'
        )
        assert expected == answer.read()


def test_all_operations_but_one_share_15(aws: LambdaClient, refused: Refused) -> None:
    """Reads and writes draw from one bucket; GetFunctionConfiguration is not excepted."""
    for _ in range(5):
        aws.get_function_configuration(FunctionName="orders")
        aws.list_versions_by_function(FunctionName="orders")
        aws.publish_version(FunctionName="orders")
    assert THROTTLED == refused(aws.get_runtime_management_config, FunctionName="orders")


def test_get_function_has_100_of_its_own(aws: LambdaClient) -> None:
    """Neither bucket takes from the other."""
    assert 15 == exhaust(aws.list_functions)
    assert 100 == exhaust(lambda: aws.get_function(FunctionName="orders"))


def test_each_region_has_its_own(aws: LambdaClient, clients: Clients) -> None:
    """The quotas are per account and region."""
    elsewhere = clients("lambda", "us-east-1")
    assert 15 == exhaust(aws.list_functions)
    assert 15 == exhaust(elsewhere.list_functions)


def test_each_account_has_its_own(aws: LambdaClient, refused: Refused) -> None:
    """A request for another account's function is that account's."""
    assert 15 == exhaust(aws.list_functions)
    refusal = refused(aws.get_function_configuration, FunctionName=OTHER_ACCOUNT)
    assert "ResourceNotFoundException" == refusal[1]


def test_the_clock_brings_back_15_a_second(aws: LambdaClient, clock: ManualClock) -> None:
    """A fifth of a second is worth three calls, and an hour no more than one second."""
    exhaust(aws.list_functions)
    clock.advance(0.2001)
    assert 3 == exhaust(aws.list_functions)
    clock.advance(3600)
    assert 15 == exhaust(aws.list_functions)


def test_waiting_as_long_as_it_says_is_enough(aws: LambdaClient, clock: ManualClock) -> None:
    """After Retry-After seconds the same call passes."""
    exhaust(aws.list_functions)
    clock.advance(1)
    aws.list_functions()


def test_a_refused_request_is_noted_and_does_nothing(
    aws: LambdaClient, sandbox: Sandbox, control_plane: ControlPlane
) -> None:
    """The log has it with its status; no version was published."""
    exhaust(aws.list_functions)
    exhaust(lambda: aws.publish_version(FunctionName="orders"))
    last = sandbox.requests[-1]
    assert ("PublishVersion", "orders", 429) == (last.operation, last.function, last.status)
    versions = control_plane.list_versions_by_function("orders", region="eu-west-1")
    assert ["$LATEST"] == [each.version for each in versions]


def test_a_refused_request_meets_no_fault(
    aws: LambdaClient, sandbox: Sandbox, clock: ManualClock, refused: Refused
) -> None:
    """A fault waits for a request that gets through."""
    exhaust(aws.list_functions)
    sandbox.inject(Fault(status=503))
    assert 429 == refused(aws.list_functions)[0]
    clock.advance(1)
    assert 503 == refused(aws.list_functions)[0]


def test_an_operation_that_the_sandbox_lacks_is_not_counted(
    aws: LambdaClient, refused: Refused
) -> None:
    """GetPolicy for one has a quota of its own on AWS."""
    for _ in range(16):
        assert 501 == refused(aws.get_policy, FunctionName="orders")[0]
    assert 15 == exhaust(aws.list_functions)


def test_the_world_behind_the_server_is_not_counted(
    aws: LambdaClient, control_plane: ControlPlane
) -> None:
    """What a test does on the control plane itself costs no quota."""
    for _ in range(20):
        control_plane.get_function("orders", region="eu-west-1")
    assert 100 == exhaust(lambda: aws.get_function(FunctionName="orders"))


def test_another_clock_begins_no_drought(aws: LambdaClient, control_plane: ControlPlane) -> None:
    """A clock that is put in later may be behind the one before."""
    control_plane.clock = ManualClock(1e9)
    aws.list_functions()
    control_plane.clock = ManualClock(0)
    assert 14 == exhaust(aws.list_functions)


def test_there_are_no_other_quotas() -> None:
    """A word that is not known is refused at once."""
    with pytest.raises(ValueError, match="'half' is not a valid Quota"):
        Sandbox(quota="half")


def test_nothing_is_refused_by_default(session: Session) -> None:
    """Without a quota, as many requests as there are pass."""
    with Sandbox() as unlimited:
        unlimited.control_plane.clock = ManualClock()
        client = session.client("lambda", region_name="eu-west-1", endpoint_url=unlimited.url)
        for _ in range(16):
            client.list_functions()
        client.close()
