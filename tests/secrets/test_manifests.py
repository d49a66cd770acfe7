"""A hostile manifest, planned where the build has secrets: in the environment and in files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.secrets import canaries

if TYPE_CHECKING:
    from reconciler.sandbox import Sandbox
    from tests.secrets.leaky import Leaky
    from tests.secrets.machine import Machine

NAMES = ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "UNUSED_PASSWORD")
SPECS = (
    "{{code: {{s3: {{bucket: anybodys, key: '${{{}}}'}}}}}}",
    "{{functionName: '${{{}:-x}}'}}",
    "{{architecture: '${{{}}}'}}",
    "{{publish: {{description: 'a${{{}}}'}}}}",
)


@pytest.mark.parametrize("arguments", [["--plan", "-v"], ["validate"]], ids=" ".join)
def test_a_manifest_that_asks_for_secrets(
    machine: Machine, sandbox: Sandbox, leaky: Leaky, arguments: list[str]
) -> None:
    """It is refused before the first request, whatever field is to carry the secret."""
    for number, (name, spec) in enumerate((n, s) for n in NAMES for s in SPECS):
        machine.declare(f"app{number}", spec.format(name))

    left = machine.leave(*arguments)

    assert (3, len(NAMES) * len(SPECS)) == (left.code, left.text.count("looks like a secret"))
    assert set() == left.leaked, left.text
    assert not sandbox.requests
    assert not leaky.served


FILES = {
    "credentials": (
        f"[default]\naws_access_key_id = {canaries.ACCESS_KEY.value}\n"
        f"aws_secret_access_key = {canaries.SECRET_KEY.value}\n"
    ),
    "token": canaries.IDENTITY.value,
    "password": f"{canaries.UNUSED.value}\n",
    "env": f"DB_PASSWORD={canaries.UNUSED.value}\nPLAIN: {canaries.SECRET_KEY.value}\n",
    "json": f'{{"auths": {{"registry": {{"auth": "{canaries.SECRET_KEY.value}"}}}}}}',
}


@pytest.mark.parametrize("kind", FILES)
def test_a_link_to_a_file_with_secrets(machine: Machine, leaky: Leaky, kind: str) -> None:
    """What is no manifest is not quoted."""
    machine.declare("app", "{architecture: arm64}")
    secret = machine.plant("secrets", FILES[kind])
    link = machine.folder / "manifests" / "evil.yaml"
    link.symlink_to(secret)
    machine.planted.add(link)

    left = machine.leave("--plan", "-v")

    assert (3, True) == (left.code, "manifests/evil.yaml" in left.text)
    assert set() == left.leaked, left.text
    assert not leaky.served


@pytest.mark.parametrize("source", ["zipFile: ../secrets", "directory: linking"])
def test_a_package_that_is_a_secret(machine: Machine, leaky: Leaky, source: str) -> None:
    """A file that is no zip file, and a link out of the folder: named, not read out."""
    machine.declare("app", f"{{code: {{{source}}}}}")
    secret = machine.plant("secrets", FILES["credentials"])
    link = machine.folder / "manifests" / "linking" / "code"
    link.parent.mkdir()
    link.symlink_to(secret)
    machine.planted.add(link)

    left = machine.leave("--plan", "-v")

    assert 3 == left.code
    assert set() == left.leaked, left.text
    assert not leaky.served
