"""The sandbox as a server: its log, its seed, its connections."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from botocore.exceptions import ConnectionClosedError, EndpointConnectionError

from reconciler.model import (
    Architecture,
    FunctionReference,
    FunctionSpec,
    Image,
    Location,
    S3Object,
)
from reconciler.sandbox import (
    ACCOUNT_ID,
    SEEDED_ENVIRONMENT_VALUE,
    RequestRecord,
    Sandbox,
)
from tests.effects.artifacts import make_bucket, push_image, put_object

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from boto3 import Session
    from mypy_boto3_lambda import LambdaClient

    Clients = Callable[..., Any]
    Package = Callable[[str], bytes]
    Refused = Callable[..., tuple[int, str, str]]

HERE = Location("orders.yaml", 1, 1)
IMAGE_URI = f"{ACCOUNT_ID}.dkr.ecr.eu-west-1.amazonaws.com/team/orders:7"


def spec(reference: FunctionReference, code: Image | S3Object | None = None) -> FunctionSpec:
    return FunctionSpec(
        name="orders",
        labels={},
        function=reference,
        code=code,
        architecture=None,
        runtime_management=None,
        publish=None,
        suspend=False,
        location=HERE,
    )


def test_requests_are_remembered(aws: LambdaClient, sandbox: Sandbox, orders: str) -> None:
    """Each request to Lambda is a record with the bare name of its function."""
    aws.get_function(FunctionName=f"{ACCOUNT_ID}:{orders}", Qualifier="$LATEST")
    aws.list_functions()
    aws.delete_function(FunctionName=orders)
    region = "eu-west-1"
    assert sandbox.requests == (
        RequestRecord("GetFunction", orders, "$LATEST", region, ACCOUNT_ID, 200),
        RequestRecord("ListFunctions", None, None, region, ACCOUNT_ID, 200),
        RequestRecord("DeleteFunction", orders, None, region, ACCOUNT_ID, 204),
    )


def test_the_log_has_a_line_for_each_request(session: Session, tmp_path: Path) -> None:
    """Requests to other services are in the file too, under method and path."""
    log = tmp_path / "requests.jsonl"
    with Sandbox(log=log) as sandbox:
        for service, call in (("lambda", "list_functions"), ("s3", "list_buckets")):
            client: Any = session.client(  # type: ignore[call-overload]  # the name is not a literal
                service, region_name="us-east-1", endpoint_url=sandbox.url
            )
            getattr(client, call)()
            client.close()
        assert len(sandbox.requests) == 1
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [line["operation"] for line in lines] == ["ListFunctions", "GET /"]
    assert lines[0].keys() == {
        "time",
        "operation",
        "function",
        "qualifier",
        "account",
        "region",
        "status",
        "request_id",
    }
    assert lines[0]["time"].endswith("+00:00")
    assert all(line["request_id"] for line in lines)


def test_an_operation_that_the_sandbox_lacks(
    aws: LambdaClient, orders: str, refused: Refused
) -> None:
    """A Lambda path without an operation is named in the answer."""
    assert refused(aws.get_policy, FunctionName=orders) == (
        501,
        "NotImplementedException",
        "The sandbox does not have GET /2015-03-31/functions/orders/policy.",
    )


def test_other_services_are_there(clients: Clients) -> None:
    """S3, ECR and STS answer at the same endpoint."""
    assert clients("sts").get_caller_identity()["Account"] == ACCOUNT_ID
    assert clients("ecr").describe_repositories()["repositories"] == []
    s3 = clients("s3", "us-east-1")
    s3.create_bucket(Bucket="2015-03-31")
    s3.put_object(Bucket="2015-03-31", Key="functions", Body=b"content")
    assert s3.head_object(Bucket="2015-03-31", Key="functions")["ContentLength"] == 7
    assert s3.get_object(Bucket="2015-03-31", Key="functions")["Body"].read() == b"content"


@pytest.mark.parametrize("_round", [1, 2])
def test_a_stopped_sandbox_leaves_no_buckets(clients: Clients, _round: int) -> None:
    """Moto keeps its state per process; stopping resets it."""
    s3 = clients("s3", "us-east-1")
    assert s3.list_buckets()["Buckets"] == []
    s3.create_bucket(Bucket="left-over")


def test_moto_is_imported_only_when_it_is_needed() -> None:
    """Lambda alone starts without the import of moto, which takes a while."""
    program = (
        "import sys\n"
        "from urllib.request import urlopen\n"
        "from reconciler.sandbox import Sandbox\n"
        "with Sandbox() as sandbox:\n"
        "    urlopen(sandbox.url + '/2015-03-31/functions').close()\n"
        "assert 'moto' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_seeded_function_is_settled_and_other_than_declared(
    aws: LambdaClient, sandbox: Sandbox
) -> None:
    """Seeding makes an Active x86_64 function without versions, with a secret in clear."""
    declared = spec(FunctionReference("orders", "orders"))
    sandbox.seed([declared, declared], default_region="eu-west-1")
    live = aws.get_function(FunctionName="orders")["Configuration"]
    assert (live["State"], live["LastUpdateStatus"]) == ("Active", "Successful")
    assert (live["Architectures"], live["Runtime"]) == (["x86_64"], "python3.13")
    assert SEEDED_ENVIRONMENT_VALUE in live["Environment"]["Variables"].values()
    mode = aws.get_runtime_management_config(FunctionName="orders")
    assert mode["UpdateRuntimeOn"] == "Auto"
    versions = aws.list_versions_by_function(FunctionName="orders")["Versions"]
    assert [each["Version"] for each in versions] == ["$LATEST"]


def test_the_credentials_are_of_the_account_that_manifests_name(
    clients: Clients, sandbox: Sandbox
) -> None:
    """A manifest with an ARN of some account is tried out as it is."""
    reference = FunctionReference("210987654321:function:orders", "orders", "210987654321")
    sandbox.seed([spec(reference)], default_region="eu-west-1")

    assert "210987654321" == clients("sts").get_caller_identity()["Account"]


def test_a_seeded_image_has_another_digest(aws: LambdaClient, sandbox: Sandbox) -> None:
    """The image is of the declared repository, but not the declared one, which is there too."""
    declared = spec(FunctionReference("orders", "orders"), Image(IMAGE_URI, HERE))
    sandbox.seed([declared], default_region="eu-west-1")
    live = aws.get_function(FunctionName="orders")
    seeded = live["Configuration"]["CodeSha256"]
    assert live["Configuration"]["PackageType"] == "Image"
    repository = IMAGE_URI.removesuffix(":7")
    assert live["Code"]["ResolvedImageUri"] == f"{repository}@sha256:{seeded}"
    answer = aws.update_function_code(FunctionName="orders", ImageUri=IMAGE_URI)
    assert answer["CodeSha256"] != seeded


@pytest.mark.parametrize("account", [ACCOUNT_ID, "210987654321"])
@pytest.mark.parametrize("architecture", [None, "arm64"])
def test_a_seeded_image_is_in_ecr(
    clients: Clients, sandbox: Sandbox, account: str, architecture: str | None
) -> None:
    """Under its tag, built for the declared architecture, in the registry of any account."""
    uri = IMAGE_URI.replace(ACCOUNT_ID, account)
    declared = replace(
        spec(FunctionReference("orders", "orders"), Image(uri, HERE)),
        architecture=None if architecture is None else Architecture(architecture),
    )
    sandbox.seed([declared, declared], default_region="eu-west-1")
    ecr, repository = clients("ecr"), {"registryId": account, "repositoryName": "team/orders"}
    (image,) = ecr.batch_get_image(**repository, imageIds=[{"imageTag": "7"}])["images"]
    config = json.loads(image["imageManifest"])["config"]["digest"]
    url = ecr.get_download_url_for_layer(**repository, layerDigest=config)["downloadUrl"]
    with urlopen(url) as answer:  # noqa: S310 - it is the sandbox's own URL
        machine = json.load(answer)["architecture"]
    assert machine == (architecture or "amd64")


@pytest.mark.parametrize(
    ("region", "suffix"),
    [("cn-north-1", "amazonaws.com.cn"), ("us-iso-east-1", "c2s.ic.gov")],
)
def test_an_image_is_seeded_in_any_partition(sandbox: Sandbox, region: str, suffix: str) -> None:
    """Each has registries with host names of its own (botocore's partitions.json)."""
    repository = f"{ACCOUNT_ID}.dkr.ecr.{region}.{suffix}/team/orders"
    declared = spec(FunctionReference("orders", "orders"), Image(f"{repository}:7", HERE))
    sandbox.seed([declared], default_region=region)
    live = sandbox.control_plane.function("orders", region=region)
    assert (live.package.resolved_image_uri or "").startswith(f"{repository}@sha256:")


@pytest.mark.parametrize("version", [None, "3/L4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY"])
@pytest.mark.parametrize("region", ["eu-west-1", "us-east-1"])
def test_a_seeded_object_is_in_s3(
    clients: Clients, sandbox: Sandbox, region: str, version: str | None
) -> None:
    """In the function's region, under its key and version, with its own hash, and not what runs."""
    source = S3Object("artifacts", "orders/the api?v=1#%41.zip", version, None, HERE)
    declared = spec(FunctionReference("orders", "orders"), source)
    sandbox.seed([declared, declared], default_region=region)
    place = {"Bucket": "artifacts", "Key": source.key}
    pinned = {} if version is None else {"VersionId": version}
    head = clients("s3", region).head_object(**place, **pinned, ChecksumMode="ENABLED")
    assert version in (None, head["VersionId"])
    assert head["ChecksumType"] == "FULL_OBJECT"
    members = {"S3ObjectVersion": version} if version else {}
    answer = clients("lambda", region).update_function_code(
        FunctionName="orders", S3Bucket="artifacts", S3Key=source.key, **members
    )
    assert answer["CodeSha256"] == head["ChecksumSHA256"]
    listed = clients("s3", region).list_object_versions(Bucket="artifacts")
    assert len(listed["Versions"]) == 1


def test_a_seeded_object_whose_hash_is_declared_has_none(
    clients: Clients, sandbox: Sandbox
) -> None:
    """S3 would contradict the manifest: the bytes that it means are not here."""
    source = S3Object("artifacts", "a.zip", None, "A" * 43 + "=", HERE)
    sandbox.seed([spec(FunctionReference("orders", "orders"), source)], default_region="eu-west-1")
    head = clients("s3").head_object(Bucket="artifacts", Key="a.zip", ChecksumMode="ENABLED")
    assert "ChecksumSHA256" not in head


def test_seeding_leaves_objects_and_images_alone(clients: Clients, sandbox: Sandbox) -> None:
    """What a user has put there is what his functions get."""
    ecr, s3 = clients("ecr"), clients("s3")
    digest = push_image(ecr, "team/orders", "7", text="a user's")
    make_bucket(s3, "artifacts")
    put_object(s3, "artifacts", "a.zip", b"a user's")
    image = spec(FunctionReference("image", "image"), Image(IMAGE_URI, HERE))
    zipped = S3Object("artifacts", "a.zip", None, None, HERE)
    specs = [image, spec(FunctionReference("zipped", "zipped"), zipped)]
    sandbox.seed(specs, default_region="eu-west-1")
    ids = {"repositoryName": "team/orders", "imageIds": [{"imageTag": "7"}]}
    assert ecr.batch_get_image(**ids)["images"][0]["imageId"]["imageDigest"] == digest
    assert s3.get_object(Bucket="artifacts", Key="a.zip")["Body"].read() == b"a user's"


def test_seeding_leaves_what_exists_alone(aws: LambdaClient, sandbox: Sandbox, orders: str) -> None:
    """Only what is missing is created, where its reference says."""
    before = aws.get_function(FunctionName=orders)["Configuration"]
    elsewhere = FunctionReference("orders", "orders", account="210987654321", region="us-east-1")
    here = FunctionReference("orders", "orders", account=ACCOUNT_ID)
    specs = [spec(here), spec(elsewhere)]
    sandbox.seed(specs, default_region="eu-west-1")
    assert aws.get_function(FunctionName=orders)["Configuration"] == before
    arn = "arn:aws:lambda:us-east-1:210987654321:function:orders"
    assert sandbox.control_plane.function(arn, region="us-east-1").function_arn == arn


def test_a_code_location_needs_its_signature(aws: LambdaClient, orders: str) -> None:
    """Without the query the package is refused, as a presigned URL's would be."""
    location = aws.get_function(FunctionName=orders)["Code"]["Location"]
    with pytest.raises(HTTPError) as refusal:
        urlopen(location.partition("?")[0])  # noqa: S310 - it is the sandbox's own URL
    assert refusal.value.code == 403
    refusal.value.close()


def test_a_body_that_is_no_json_is_refused(sandbox: Sandbox) -> None:
    """A request that cannot be read is an error of the caller."""
    url = f"{sandbox.url}/2015-03-31/functions/orders/code"
    with pytest.raises(HTTPError) as refusal:
        urlopen(Request(url, data=b"{", method="PUT"))  # noqa: S310 - it is the sandbox's own URL
    assert refusal.value.code == 400
    assert refusal.value.headers["x-amzn-errortype"] == "InvalidRequestContentException"
    refusal.value.close()


def test_a_connection_serves_many_requests(sandbox: Sandbox) -> None:
    """Bodies are read to their end, answered or not, so that the next request is found."""
    connection = http.client.HTTPConnection(sandbox.url.removeprefix("http://"))
    statuses = []
    for method, path, body in (
        ("GET", "/2015-03-31/functions", None),
        ("PUT", "/2015-03-31/functions/orders/unknown", b"x" * 100_000),
        ("DELETE", "/2015-03-31/functions/orders", b"ignored"),
        ("GET", "/2015-03-31/functions", None),
    ):
        connection.request(method, path, body)
        first_socket = connection.sock
        with connection.getresponse() as response:
            response.read()
            statuses.append(response.status)
        assert connection.sock is first_socket is not None
    connection.close()
    assert statuses == [200, 501, 404, 200]


def test_a_chunked_body_is_understood(sandbox: Sandbox) -> None:
    """A body of unknown length comes in chunks; its connection ends with the answer."""
    connection = http.client.HTTPConnection(sandbox.url.removeprefix("http://"))
    connection.request("POST", "/2015-03-31/functions/a/versions", iter([b"{", b"}"]))
    with connection.getresponse() as response:
        assert response.status == 404
        assert response.headers["Connection"] == "close"
    connection.close()


def test_a_stopped_sandbox_answers_nobody(session: Session) -> None:
    """Connections that were kept open are ended too."""
    sandbox = Sandbox()
    sandbox.start()
    client = session.client("lambda", region_name="us-east-1", endpoint_url=sandbox.url)
    client.list_functions()
    sandbox.stop()
    with pytest.raises((EndpointConnectionError, ConnectionClosedError)):
        client.list_functions()
    client.close()
    with pytest.raises(RuntimeError, match="not running"):
        _ = sandbox.url
    sandbox.stop()


def test_a_taken_port_is_an_error(sandbox: Sandbox) -> None:
    """Starting on a port in use raises, and does not end the process."""
    port = int(sandbox.url.rpartition(":")[2])
    with pytest.raises(OSError, match="in use"):
        Sandbox(port=port).start()


def test_a_sandbox_can_be_started_again(sandbox: Sandbox, orders: str) -> None:
    """What the control plane knows outlives a restart."""
    sandbox.stop()
    sandbox.start()
    with urlopen(f"{sandbox.url}/2015-03-31/functions") as answer:  # noqa: S310 - it is the sandbox's own URL
        assert json.load(answer) == {"Functions": []}
    assert sandbox.control_plane.function(orders, region="eu-west-1").function_name == orders
