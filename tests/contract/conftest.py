"""A sandbox for each test, and clients that can reach nothing else."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any, NamedTuple

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from reconciler.sandbox import ACCESS_KEY_ID, SECRET_ACCESS_KEY, ManualClock, Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mypy_boto3_lambda import LambdaClient

    from reconciler.sandbox import ControlPlane

REGION = "eu-west-1"
ROLE = "arn:aws:iam::123456789012:role/contract"


class Refusal(NamedTuple):
    """What AWS said no with."""

    status: int
    code: str
    message: str


class Clients:
    """Clients of any service and region, closed when the test is over."""

    def __init__(self, session: boto3.Session, sandbox: Sandbox) -> None:
        self._session = session
        self._sandbox = sandbox
        self._open: list[Any] = []

    def __call__(self, service: str, region: str = REGION, *, checked: bool = True) -> Any:  # noqa: ANN401 - boto3 makes them at run time
        """Make a client for this sandbox; ``checked`` False lets it send what no model allows."""
        client: Any = self._session.client(  # type: ignore[call-overload]  # the name is not a literal
            service,
            region_name=region,
            endpoint_url=self._sandbox.url,
            config=Config(retries={"total_max_attempts": 1}, parameter_validation=checked),
        )
        self._open.append(client)
        return client

    def close(self) -> None:
        """Give back the connections."""
        for client in self._open:
            client.close()


@pytest.fixture(scope="session")
def session() -> boto3.Session:
    return boto3.Session(aws_access_key_id=ACCESS_KEY_ID, aws_secret_access_key=SECRET_ACCESS_KEY)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Yield a sandbox in which every change has ended when it is next looked at."""
    with Sandbox(settle=0) as running:
        yield running


@pytest.fixture
def clients(session: boto3.Session, sandbox: Sandbox) -> Iterator[Clients]:
    made = Clients(session, sandbox)
    yield made
    made.close()


@pytest.fixture
def aws(clients: Clients) -> LambdaClient:
    client: LambdaClient = clients("lambda")
    return client


@pytest.fixture
def unchecked(clients: Clients) -> LambdaClient:
    """Make a client that leaves all checks to the other side."""
    client: LambdaClient = clients("lambda", checked=False)
    return client


@pytest.fixture
def control_plane(sandbox: Sandbox) -> ControlPlane:
    return sandbox.control_plane


@pytest.fixture
def clock(control_plane: ControlPlane) -> ManualClock:
    """Let changes take ten seconds of a clock that only the test moves."""
    control_plane.settle = 10
    manual = ManualClock()
    control_plane.clock = manual
    return manual


@pytest.fixture(scope="session")
def package() -> Callable[[str], bytes]:
    """Make a zip file whose bytes depend on nothing but the text."""

    def make(text: str) -> bytes:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr(zipfile.ZipInfo("index.py"), text)
        return buffer.getvalue()

    return make


@pytest.fixture
def creation(package: Callable[[str], bytes]) -> dict[str, Any]:
    """Give the members with which CreateFunction makes the zip function ``orders``."""
    return {
        "FunctionName": "orders",
        "Runtime": "python3.13",
        "Handler": "index.handler",
        "Role": ROLE,
        "Environment": {"Variables": {"LEVEL": "info"}},
        "Code": {"ZipFile": package("first")},
    }


@pytest.fixture
def orders(control_plane: ControlPlane, creation: dict[str, Any]) -> str:
    """Create the zip function ``orders``, settled."""
    name: str = creation["FunctionName"]
    members = {key: value for key, value in creation.items() if key != "FunctionName"}
    control_plane.create_function(name, region=REGION, **members)
    control_plane.settle_now(name, region=REGION)
    return name


@pytest.fixture
def versions(aws: LambdaClient, orders: str, control_plane: ControlPlane) -> str:
    """Create ``orders`` with the versions 1 and 2, settled."""
    aws.publish_version(FunctionName=orders)
    aws.update_function_configuration(FunctionName=orders, Description="second")
    control_plane.settle_now(orders, region="eu-west-1")
    aws.publish_version(FunctionName=orders)
    return orders


@pytest.fixture
def refused() -> Callable[..., Refusal]:
    """Call an operation that must fail, and give AWS's status, code and text."""

    def call(operation: Callable[..., object], **members: object) -> Refusal:
        with pytest.raises(ClientError) as raised:
            operation(**members)
        response: Any = raised.value.response
        error, metadata = response["Error"], response["ResponseMetadata"]
        return Refusal(metadata["HTTPStatusCode"], error["Code"], error["Message"])

    return call
