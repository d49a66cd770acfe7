"""Secrets that a run is given by its machine: credentials and where they come from, addresses."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from tests.effects.server import Answer
from tests.secrets import canaries
from tests.secrets.test_runs import DEBUGGING, OF_CREDENTIALS, clean, one, refused, refusing

if TYPE_CHECKING:
    from reconciler.sandbox import Sandbox
    from tests.secrets.leaky import Leaky
    from tests.secrets.machine import Machine

KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
NOWHERE = "127.0.0.1:1"


@pytest.mark.parametrize("variable", KEYS)
@pytest.mark.parametrize("around", ["{}\n", "{} {}"], ids=["break", "space"])
def test_keys_that_no_header_can_carry(
    machine: Machine, sandbox: Sandbox, variable: str, around: str
) -> None:
    """A line break that a secret store added would be quoted with the token; it is told before."""
    one(machine, sandbox)
    value = machine.environment[variable]

    left = machine.leave("-v", **{variable: around.format(value, value)})

    assert (4, True) == (left.code, "a character that no request can carry" in left.text)
    assert set() == left.leaked, left.text
    assert [] == list(sandbox.requests)


ADDRESSES = {
    "proxy": {"HTTP_PROXY": f"http://{NOWHERE}", "HTTPS_PROXY": f"http://{NOWHERE}"},
    "proxy that is none": {"HTTP_PROXY": "http://a b:x"},
    "endpoint": {"AWS_ENDPOINT_URL": f"http://{NOWHERE}"},
    "endpoint that is none": {"AWS_ENDPOINT_URL": "http://no host"},
    "endpoint of Lambda": {"AWS_ENDPOINT_URL_LAMBDA": f"https://{NOWHERE}/a"},
}


@pytest.mark.parametrize("quoted", [True, False], ids=["quoted", "raw"])
@pytest.mark.parametrize("kind", ADDRESSES)
def test_passwords_in_addresses(
    machine: Machine, sandbox: Sandbox, kind: str, *, quoted: bool
) -> None:
    """Where nobody answers the address is told, without who may use it."""
    one(machine, sandbox)
    password = canaries.PROXY.value if "proxy" in kind else canaries.ENDPOINT.value
    secret = quote(password, safe="") if quoted else password
    given = {name: url.replace("//", f"//user:{secret}@") for name, url in ADDRESSES[kind].items()}

    left = machine.leave("-v", "--function-timeout", "1s", **given)

    assert left.code != 0, left.text
    assert set() == left.leaked, left.text
    assert "Traceback" not in left.text


def test_a_password_of_the_endpoint_that_is_used(
    machine: Machine, leaky: Leaky, sandbox: Sandbox
) -> None:
    """AWS, or what stands in its place, may quote it with the address and without."""
    one(machine, sandbox)
    address = leaky.url.replace("//", f"//user:{quote(canaries.ENDPOINT.value, safe='')}@")
    said = f"no {address}/x here for {canaries.ENDPOINT.value}"
    leaky.refuse = lambda _: refused(400, "ValidationException", said)()

    left = machine.leave("-v", AWS_ENDPOINT_URL=address)

    assert (4, True) == (left.code, "no http://***@127.0.0.1" in left.text)
    assert set() == left.leaked, left.text


def program(machine: Machine, *lines: str) -> None:
    """Let credentials come from a program of these lines."""
    for key in KEYS:
        machine.environment.pop(key, None)
    path = machine.plant("keys.py", "import json, sys, time\n" + "\n".join(lines) + "\n")
    machine.plant("config", f"[default]\ncredential_process = {sys.executable} {path}\n")
    machine.environment["AWS_CONFIG_FILE"] = str(machine.folder / "config")


GIVEN = (
    f"keys = {{'Version': 1, 'AccessKeyId': {canaries.ACCESS_KEY.value!r}, "
    f"'SecretAccessKey': {canaries.SECRET_KEY.value!r}, "
    f"'SessionToken': {canaries.SESSION_TOKEN.value!r}}}"
)
SAID = f"said = {canaries.PROCESS.value!r}"
PROGRAMS = {
    "refuses": "sys.exit(said)",
    "prints no JSON": "print(said)",
    "prints a list": "print([said])",
    "prints another version": "print(json.dumps(keys | {'Version': said}))",
    "prints no date": "print(json.dumps(keys | {'Expiration': said}))",
    "prints no text": "print(json.dumps(keys | {'SecretAccessKey': {'is': said}}))",
    "prints no UTF-8": "sys.stdout.buffer.write(said.encode() + bytes([255]))",
}


@pytest.mark.parametrize("line", PROGRAMS.values(), ids=PROGRAMS)
def test_what_a_credential_process_says(machine: Machine, sandbox: Sandbox, line: str) -> None:
    """Its output is credentials or nearly so, and its errors may quote them."""
    one(machine, sandbox)
    program(machine, GIVEN, SAID, line)

    left = machine.leave("-v", **DEBUGGING)

    assert (4, True) == (left.code, "no AWS credentials could be had: " in left.text), left.text
    assert set() == left.leaked, left.text
    assert "Traceback" not in left.text


def test_a_credential_process_that_fails_under_way(
    machine: Machine, leaky: Leaky, sandbox: Sandbox
) -> None:
    """What expires soon is renewed by botocore, which warns with what the program said."""
    one(machine, sandbox)
    mark = machine.folder / "asked"
    program(
        machine,
        GIVEN,
        SAID,
        f"import pathlib; mark = pathlib.Path({str(mark)!r})",
        "if mark.exists(): mark.write_text('again'); sys.exit(said)",
        "mark.touch()",
        "soon = time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(time.time() + 840))",
        "print(json.dumps(keys | {'Expiration': soon}))",
    )

    left = machine.leave("-v")

    assert (0, "again") == (left.code, mark.read_text())
    clean(left, leaky, *OF_CREDENTIALS)


def test_an_identity_token(machine: Machine, leaky: Leaky, sandbox: Sandbox) -> None:
    """STS is sent the token of the file, and may quote it."""
    one(machine, sandbox)
    for key in KEYS:
        del machine.environment[key]
    token = machine.plant("token", canaries.IDENTITY.value)
    quoted = f"the token {canaries.IDENTITY.value} is not of this provider"
    body = (
        "<ErrorResponse><Error><Code>InvalidIdentityToken</Code>"
        f"<Message>{quoted}</Message></Error></ErrorResponse>"
    )
    leaky.refuse = lambda asked: Answer(400, {}, body.encode()) if asked.path == "/" else None

    left = machine.leave(
        "-v",
        AWS_ROLE_ARN="arn:aws:iam::123456789012:role/r",
        AWS_WEB_IDENTITY_TOKEN_FILE=str(token),
    )

    assert (4, True) == (left.code, "the token *** is not of this provider" in left.text)
    clean(left, leaky, "identity-token")


CONTAINER = {
    "refuses": (403, f"not with {canaries.CONTAINER.value} and {canaries.SECRET_KEY.value}"),
    "gives no JSON": (200, f"no: {canaries.SECRET_KEY.value}"),
    "gives half": (200, json.dumps({"SecretAccessKey": canaries.SECRET_KEY.value})),
}


@pytest.mark.parametrize("kind", CONTAINER)
def test_a_containers_credentials(
    machine: Machine, leaky: Leaky, sandbox: Sandbox, kind: str
) -> None:
    """The endpoint is shown a token, and gives keys: neither is quoted."""
    one(machine, sandbox)
    for key in KEYS:
        del machine.environment[key]
    status, body = CONTAINER[kind]
    leaky.refuse = refusing({"/keys": lambda: Answer(status, {}, body.encode())})

    left = machine.leave(
        "-v",
        AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{leaky.url}/keys",
        AWS_CONTAINER_AUTHORIZATION_TOKEN=canaries.CONTAINER.value,
    )

    assert 4 == left.code
    clean(left, leaky, "container-token", "secret-access-key")


def test_a_program_inherits_nothing_but_the_environment_it_was_given(
    machine: Machine, leaky: Leaky, sandbox: Sandbox
) -> None:
    """The run adds no variable of its own to it: no key, no address."""
    one(machine, sandbox)
    seen = machine.plant("seen", "")
    program(
        machine,
        GIVEN,
        "import os, pathlib",
        f"pathlib.Path({str(seen)!r}).write_text(json.dumps(dict(os.environ)))",
        "print(json.dumps(keys))",
    )
    given = dict(machine.environment)

    left = machine.leave("--plan")

    inherited = json.loads(seen.read_text())
    assert set() == inherited.keys() - given.keys() - {"LC_CTYPE"}  # which Python itself sets
    clean(left, leaky, *OF_CREDENTIALS)
