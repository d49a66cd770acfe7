"""The search for canaries finds what was planted, so that it can fail."""

from __future__ import annotations

import base64
import gzip
import json
import textwrap
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from tests.secrets import canaries
from tests.secrets.test_runs import one

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.sandbox import Sandbox
    from tests.secrets.machine import Machine

DRESSES: dict[str, Callable[[str], str]] = {
    "plain": str,
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 in a whole": lambda text: base64.b64encode(f"of {text} and".encode()).decode(),
    "base64 of a URL": lambda text: base64.urlsafe_b64encode(f"of {text}".encode()).decode(),
    "URL": lambda text: quote(text, safe=""),
    "path": quote,
    "JSON": json.dumps,
    "repr": repr,
    "hex": lambda text: text.encode().hex(),
    "wrapped": lambda text: "\n      ".join(textwrap.wrap(text, 7)),
    "wrapped in JSON": lambda text: json.dumps("\n".join(textwrap.wrap(text, 7))),
    "painted": lambda text: "\x1b[31m".join(textwrap.wrap(text, 7)),
    "cut at its end": lambda text: text[: max(12, len(text) // 2)],
    "cut at its start": lambda text: text[-max(12, len(text) // 2) :],
    "in the midst of a word": lambda text: f"xx{text}yy",
}


@pytest.mark.parametrize("dress", DRESSES)
@pytest.mark.parametrize("canary", canaries.ALL, ids=lambda canary: canary.name)
def test_a_canary_is_found(canary: canaries.Canary, dress: str) -> None:
    """In any dress, and no other one is mistaken for it."""
    content = f"before {DRESSES[dress](canary.value)} after".encode()
    assert {canary.name} == canaries.found_in(content)


def test_what_is_no_canary_is_not_found() -> None:
    """Nor what cannot be read without being unpacked: runs pack nothing but packages."""
    packed = gzip.compress(canaries.SECRET_KEY.value.encode(), mtime=0)
    assert set() == canaries.found_in(b"canary, canaries and Canary of 0123456789abcdef" + packed)


LEAKS = {
    "secret-access-key": "print(secret)",
    "session-token": "import sys; sys.stderr.write(f'x{secret}')",
    "environment": "import tempfile; file = tempfile.NamedTemporaryFile(); leak(file)",
    "signature": "leak(open('left', 'wb'))",
    "grant-token": "p = pathlib.Path.home() / '.cache'; p.mkdir(); leak(open(p / 'x', 'wb'))",
    "unused-variable": "pathlib.Path('x' + secret).touch()",
    "proxy-password": "import subprocess; process = subprocess.Popen(['sleep', '1', secret])",
    "identity-token": "import logging; logging.getLogger('reconciler').error({'a': secret})",
}
"""By canary, where it is leaked: each place of its own, so that each is known to be looked at."""
LEAKING = """
import pathlib
from reconciler.aws import parse
whole = parse.live_function
def leak(file):
    file.write(secret.encode())
    file.flush()
def leaking(answer):
    global file, process, secret
"""


def test_a_leak_is_found(machine: Machine, sandbox: Sandbox) -> None:
    """Wherever the command would leave it; a temporary file is seen while it is there."""
    one(machine, sandbox)
    values = {canary.name: canary.value for canary in canaries.ALL}
    lines = [f"    secret = {values[name]!r}; {leak}\n" for name, leak in LEAKS.items()]
    machine.meddle(
        f"{LEAKING}{''.join(lines)}    return whole(answer)\nparse.live_function = leaking\n"
    )

    assert LEAKS.keys() == machine.leave("-v").leaked
