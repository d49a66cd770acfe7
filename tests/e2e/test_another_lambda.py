"""Another implementation of the Lambda API: moto's own, without RevisionIds and waits."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

import boto3
import pytest
from moto.server import ThreadedMotoServer

from tests.e2e.command import REGION, Command

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def create(endpoint: str, name: str) -> None:
    """Create a role and a function, through clients that are closed again."""
    session = boto3.Session("id", "secret", region_name=REGION)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", "")
    iam = session.client("iam", endpoint_url=endpoint)
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    iam.close()
    client = session.client("lambda", endpoint_url=endpoint)
    client.create_function(
        FunctionName=name,
        Role=role,
        Runtime="python3.13",
        Handler="app.handler",
        Code={"ZipFile": buffer.getvalue()},
    )
    client.close()


def test_an_api_without_revision_ids_is_reconciled_too(endpoint: str, tmp_path: Path) -> None:
    """Guards are sent where there is something to guard by, and a second run writes nothing."""
    create(endpoint, "app")
    command = Command(tmp_path, endpoint)
    command.declare("app", "{code: {directory: code}, publish: true}")

    first, second = command.run(), command.run()

    assert "Calls: 1 UpdateFunctionCode, 1 PublishVersion." in first.stdout
    assert second.stdout.startswith("No changes.")
    assert (0, 0) == (first.returncode, second.returncode)
