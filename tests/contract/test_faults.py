"""Faults on demand: exact counts, and exactly the effects that they promise."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from reconciler.sandbox import ConnectionLost, Fault, Moment
from tests.effects.artifacts import make_bucket, put_object

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_lambda import LambdaClient

    from reconciler.sandbox import ControlPlane, ManualClock, Sandbox

    Clients = Callable[..., Any]
    Package = Callable[[str], bytes]
    Refused = Callable[..., tuple[int, str, str]]

REGION = "eu-west-1"
THROTTLED = Fault(
    status=429,
    code="TooManyRequestsException",
    message="Rate exceeded",
    headers={"Retry-After": "3"},
)


def test_throttling_is_shaped_as_aws_does(aws: LambdaClient, sandbox: Sandbox, orders: str) -> None:
    """429 has a Reason and Retry-After (botocore's model of TooManyRequestsException)."""
    sandbox.inject(THROTTLED)
    with pytest.raises(aws.exceptions.TooManyRequestsException) as raised:
        aws.get_function(FunctionName=orders)
    response: Any = raised.value.response
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 429
    assert response["Reason"] == "CallerRateLimitExceeded"
    assert response["retryAfterSeconds"] == "3"


@pytest.mark.usefixtures("orders")
@pytest.mark.parametrize(
    ("status", "code"), [(500, "ServiceException"), (403, "AccessDeniedException")]
)
def test_an_error_comes_before_any_effect(
    aws: LambdaClient, sandbox: Sandbox, refused: Refused, status: int, code: str
) -> None:
    """An injected error leaves the function alone."""
    before = sandbox.control_plane.function("orders", region=REGION)
    sandbox.inject(Fault(status=status, code=code, message="no"))
    refusal = refused(aws.publish_version, FunctionName="orders")
    assert refusal == (status, code, "no")
    assert sandbox.control_plane.function("orders", region=REGION) == before


def test_a_fault_happens_as_often_as_it_says(
    aws: LambdaClient, sandbox: Sandbox, orders: str, refused: Refused
) -> None:
    """``skip`` requests pass, ``times`` requests fail, and the rest pass."""
    sandbox.inject(Fault(operation="GetFunction", status=500, skip=1, times=2))
    aws.get_function(FunctionName=orders)
    refused(aws.get_function, FunctionName=orders)
    refused(aws.get_function, FunctionName=orders)
    aws.get_function(FunctionName=orders)


def test_a_fault_is_for_what_it_names(
    aws: LambdaClient, sandbox: Sandbox, orders: str, refused: Refused
) -> None:
    """Other operations and other functions pass and are not counted."""
    sandbox.inject(Fault(operation="GetFunction", function="orders", status=500))
    aws.get_function_configuration(FunctionName=orders)
    assert refused(aws.get_function, FunctionName="other")[0] == 404
    arn = f"arn:aws:lambda:{REGION}:123456789012:function:orders"
    assert refused(aws.get_function, FunctionName=arn)[0] == 500
    aws.get_function(FunctionName=orders)


def test_faults_happen_one_after_the_other(
    aws: LambdaClient, sandbox: Sandbox, orders: str, refused: Refused
) -> None:
    """A request meets one fault only, the first that was injected."""
    sandbox.inject(Fault(status=500))
    sandbox.inject(Fault(status=503))
    assert refused(aws.get_function, FunctionName=orders)[0] == 500
    assert refused(aws.get_function, FunctionName=orders)[0] == 503


def test_a_lost_answer_has_its_effect(aws: LambdaClient, sandbox: Sandbox, orders: str) -> None:
    """The version is there though nobody was told."""
    sandbox.inject(Fault(operation="PublishVersion", lose_answer=True))
    with pytest.raises(ConnectionClosedError):
        aws.publish_version(FunctionName=orders)
    assert aws.get_function(FunctionName=orders, Qualifier="1")["Configuration"]["Version"] == "1"
    assert [each.status for each in sandbox.requests] == [None, 200]


def test_a_closed_connection_has_no_effect(
    aws: LambdaClient, sandbox: Sandbox, orders: str, refused: Refused
) -> None:
    """Nothing happened, though it looks the same to the caller."""
    sandbox.inject(Fault(operation="PublishVersion", close_before=True))
    with pytest.raises(ConnectionClosedError):
        aws.publish_version(FunctionName=orders)
    assert refused(aws.get_function, FunctionName=orders, Qualifier="1")[0] == 404


def test_a_rival_acts_just_before(
    aws: LambdaClient,
    sandbox: Sandbox,
    control_plane: ControlPlane,
    orders: str,
    package: Package,
) -> None:
    """A rival's update between two calls makes the RevisionId stale."""

    def deploy() -> None:
        control_plane.update_function_code(orders, region=REGION, ZipFile=package("rival"))
        control_plane.settle_now(orders, region=REGION)

    revision = aws.get_function(FunctionName=orders)["Configuration"]["RevisionId"]
    sandbox.inject(Fault(operation="UpdateFunctionCode", run=deploy))
    with pytest.raises(aws.exceptions.PreconditionFailedException):
        aws.update_function_code(FunctionName=orders, ZipFile=package("ours"), RevisionId=revision)
    assert control_plane.function(orders, region=REGION).package.content == package("rival")


def test_a_rival_can_act_after_the_effect(
    aws: LambdaClient, sandbox: Sandbox, control_plane: ControlPlane, orders: str
) -> None:
    """It sees what was done before the caller is told."""
    seen: list[object] = []

    def look() -> None:
        seen.extend(control_plane.list_versions_by_function(orders, region=REGION))

    sandbox.inject(Fault(operation="PublishVersion", run=look, run_at=Moment.AFTER_EFFECT))
    assert aws.publish_version(FunctionName=orders)["Version"] == "1"
    assert len(seen) == 2


def test_a_rival_can_act_after_the_answer(aws: LambdaClient, sandbox: Sandbox, orders: str) -> None:
    """The caller has the whole answer while the rival still acts."""
    answered = threading.Event()
    seen: list[bool] = []
    fault = Fault(run=lambda: seen.append(answered.wait(10)), run_at=Moment.AFTER_ANSWER)
    sandbox.inject(fault)
    aws.get_function(FunctionName=orders)
    answered.set()
    aws.get_function(FunctionName=orders)  # over the same connection, so after the rival
    assert seen == [True]


@pytest.mark.parametrize(
    ("moment", "versions"),
    [(Moment.BEFORE, 0), (Moment.AFTER_EFFECT, 1), (Moment.AFTER_ANSWER, 1)],
)
def test_a_rival_can_close_the_connection(
    aws: LambdaClient, sandbox: Sandbox, orders: str, moment: Moment, versions: int
) -> None:
    """ConnectionLost ends it there: before the effect, before the answer, or after it."""
    answered = moment is Moment.AFTER_ANSWER

    def close() -> None:
        raise ConnectionLost

    sandbox.inject(Fault(run=close, run_at=moment))
    if answered:
        aws.publish_version(FunctionName=orders)
    else:
        with pytest.raises(ConnectionClosedError):
            aws.publish_version(FunctionName=orders)
    live = sandbox.control_plane.list_versions_by_function(orders, region=REGION)
    assert len(live) == 1 + versions
    assert [each.status for each in sandbox.requests] == [201 if answered else None]


def test_a_fault_can_be_for_every_service(
    aws: LambdaClient, sandbox: Sandbox, orders: str, clients: Clients
) -> None:
    """Requests that are not Lambda's are named by method and path, and counted with Lambda's."""
    s3 = clients("s3")
    make_bucket(s3, "packages", REGION)
    put_object(s3, "packages", "a.zip", b"a")
    sandbox.inject(Fault(everywhere=True, operation="GET /packages/*", close_before=True))
    sandbox.inject(Fault(everywhere=True, skip=1, close_before=True))
    aws.get_function(FunctionName=orders)
    with pytest.raises(ConnectionClosedError):
        s3.get_object(Bucket="packages", Key="a.zip")
    with pytest.raises(ConnectionClosedError):
        s3.list_buckets()
    assert s3.get_object(Bucket="packages", Key="a.zip")["Body"].read() == b"a"


def test_a_fault_is_for_lambda_if_it_says_nothing_else(
    aws: LambdaClient, sandbox: Sandbox, orders: str, clients: Clients
) -> None:
    """Other services neither meet it nor count."""
    sandbox.inject(Fault(skip=1, close_before=True))
    aws.get_function(FunctionName=orders)
    clients("s3").list_buckets()
    with pytest.raises(ConnectionClosedError):
        aws.get_function(FunctionName=orders)


def test_an_effect_on_another_service_can_stay_untold(sandbox: Sandbox, clients: Clients) -> None:
    """The object is there though nobody was told."""
    s3 = clients("s3")
    make_bucket(s3, "packages", REGION)
    sandbox.inject(Fault(everywhere=True, operation="PUT /packages/*", lose_answer=True))
    with pytest.raises(ConnectionClosedError):
        put_object(s3, "packages", "a.zip", b"a")
    assert s3.get_object(Bucket="packages", Key="a.zip")["Body"].read() == b"a"


def test_an_error_for_every_service_has_no_form() -> None:
    """S3 answers in XML, Lambda in JSON."""
    with pytest.raises(ValueError, match="leave everywhere out"):
        Fault(everywhere=True, status=500)


def test_a_fault_can_be_withdrawn(aws: LambdaClient, sandbox: Sandbox, orders: str) -> None:
    """It happens no more, and the others still do."""
    withdrawn, stays = Fault(status=500, times=9), Fault(close_before=True)
    sandbox.inject(withdrawn)
    sandbox.inject(stays)
    sandbox.withdraw(withdrawn)
    with pytest.raises(ConnectionClosedError):
        aws.get_function(FunctionName=orders)
    aws.get_function(FunctionName=orders)


def test_what_is_refused_to_a_rival_is_no_answer(
    aws: LambdaClient, sandbox: Sandbox, control_plane: ControlPlane, orders: str, refused: Refused
) -> None:
    """A rival that fails is a defect of the test, and shows as one."""
    sandbox.inject(Fault(run=lambda: control_plane.delete_function("missing")))
    assert refused(aws.get_function, FunctionName=orders)[:2] == (500, "ServiceException")


def test_an_update_can_fail_after_it_was_accepted(
    aws: LambdaClient, sandbox: Sandbox, orders: str, package: Package, clock: ManualClock
) -> None:
    """LastUpdateStatus ends as Failed with code and reason; State stays (functions-states)."""
    sandbox.inject(Fault(fail_update=("InvalidImage", "It is broken.")))
    accepted = aws.update_function_code(FunctionName=orders, ZipFile=package("b"))
    assert accepted["LastUpdateStatus"] == "InProgress"
    clock.advance(10)
    live = aws.get_function(FunctionName=orders)["Configuration"]
    assert (live["State"], live["LastUpdateStatus"]) == ("Active", "Failed")
    assert live["LastUpdateStatusReasonCode"] == "InvalidImage"
    assert live["LastUpdateStatusReason"] == "It is broken."
    assert live["RevisionId"] != accepted["RevisionId"]


def test_an_update_after_a_failed_one_succeeds(
    aws: LambdaClient, sandbox: Sandbox, orders: str, package: Package
) -> None:
    """A Failed left behind does not stop the repair (developer guide: functions-states)."""
    sandbox.inject(Fault(fail_update=("InvalidImage", "It is broken.")))
    aws.update_function_code(FunctionName=orders, ZipFile=package("b"))
    assert aws.get_function_configuration(FunctionName=orders)["LastUpdateStatus"] == "Failed"
    aws.update_function_code(FunctionName=orders, ZipFile=package("c"))
    live = aws.get_function_configuration(FunctionName=orders)
    assert live["LastUpdateStatus"] == "Successful"
    assert "LastUpdateStatusReason" not in live


def test_a_version_can_fail_and_then_is_sticky(
    aws: LambdaClient, sandbox: Sandbox, orders: str
) -> None:
    """Publishing again gives the same Failed version (terraform-provider-aws#49904)."""
    sandbox.inject(Fault(operation="PublishVersion", fail_update=("FunctionError", "init")))
    assert aws.publish_version(FunctionName=orders)["State"] == "Pending"
    again = aws.publish_version(FunctionName=orders)
    assert (again["Version"], again["State"]) == ("1", "Failed")
    assert (again["StateReasonCode"], again["StateReason"]) == ("FunctionError", "init")


def test_counts_are_exact_under_concurrency(
    aws: LambdaClient, sandbox: Sandbox, orders: str
) -> None:
    """Of forty concurrent requests exactly seven fail, and all are noted."""
    sandbox.inject(Fault(status=500, times=7))

    def ask(_: int) -> bool:
        try:
            aws.get_function(FunctionName=orders)
        except ClientError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(ask, range(40)))
    assert outcomes.count(False) == 7
    assert sorted(each.status or 0 for each in sandbox.requests) == [200] * 33 + [500] * 7


def test_concurrent_publishing_makes_one_version(
    aws: LambdaClient, sandbox: Sandbox, orders: str
) -> None:
    """Each operation is atomic: of many publishers only one publishes."""
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: aws.publish_version(FunctionName=orders), range(16)))
    assert {answer["Version"] for answer in answers} == {"1"}
    assert len(sandbox.requests) == 16


def test_a_fault_may_be_for_many(
    aws: LambdaClient, sandbox: Sandbox, orders: str, refused: Refused
) -> None:
    """``*`` and ``?`` stand for any characters and for one, in operation and function."""
    sandbox.inject(Fault(operation="Get*", function="order?", status=503, times=9))
    assert refused(aws.get_function, FunctionName=orders)[0] == 503
    assert refused(aws.get_runtime_management_config, FunctionName=orders)[0] == 503
    assert refused(aws.get_function, FunctionName="order")[0] == 404
    aws.list_versions_by_function(FunctionName=orders)
    aws.list_functions()


def test_one_update_can_take_its_own_time(
    aws: LambdaClient, sandbox: Sandbox, orders: str, package: Package, clock: ManualClock
) -> None:
    """The update that meets the fault settles slowly, the next one as all others do."""

    def status_after(seconds: float) -> str:
        clock.advance(seconds)
        return aws.get_function_configuration(FunctionName=orders)["LastUpdateStatus"]

    sandbox.inject(Fault(settle=60))
    aws.list_functions()
    aws.update_function_code(FunctionName=orders, ZipFile=package("b"))
    assert status_after(59) == "InProgress"
    assert status_after(1) == "Successful"
    aws.update_function_code(FunctionName=orders, ZipFile=package("c"))
    assert status_after(10) == "Successful"


def test_a_slow_update_can_fail(
    aws: LambdaClient, sandbox: Sandbox, orders: str, package: Package, clock: ManualClock
) -> None:
    """Its own time and its end go together."""
    sandbox.inject(Fault(settle=60, fail_update=("InvalidRuntime", "too old")))
    aws.update_function_code(FunctionName=orders, ZipFile=package("b"))
    clock.advance(59)
    live = aws.get_function_configuration(FunctionName=orders)
    assert live["LastUpdateStatus"] == "InProgress"
    clock.advance(1)
    live = aws.get_function_configuration(FunctionName=orders)
    assert live["LastUpdateStatusReasonCode"] == "InvalidRuntime"


def test_a_version_can_take_its_own_time(
    aws: LambdaClient, sandbox: Sandbox, orders: str, clock: ManualClock
) -> None:
    """Its State is Pending for so long, though without SnapStart it would be Active at once."""
    sandbox.inject(Fault(operation="PublishVersion", settle=60))
    assert aws.publish_version(FunctionName=orders)["State"] == "Pending"
    clock.advance(60)
    live = aws.get_function_configuration(FunctionName=orders, Qualifier="1")
    assert (live["State"], live["LastUpdateStatus"]) == ("Active", "Successful")


def test_a_refused_update_leaves_no_slow_one_behind(
    aws: LambdaClient, sandbox: Sandbox, orders: str, refused: Refused, clock: ManualClock
) -> None:
    """The time is of the one request that met the fault, whatever became of it."""
    sandbox.inject(Fault(operation="UpdateFunctionCode", settle=60))
    assert refused(aws.update_function_code, FunctionName=orders)[0] == 400
    aws.update_function_configuration(FunctionName=orders, Timeout=7)
    clock.advance(10)
    live = aws.get_function_configuration(FunctionName=orders)
    assert live["LastUpdateStatus"] == "Successful"
