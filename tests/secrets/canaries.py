"""Values that must never be seen, and the search for them in any dress."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import string
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Iterator

_SHOWN, _STRIDE = 8, 4
"""Pieces that are looked for: 11 characters in a row give a canary away, wherever it is cut."""


@dataclass(frozen=True)
class Canary:
    """A secret, by the name of where it comes from."""

    name: str
    value: str


_HEX = "0123456789abcdef"
_UPPER = string.ascii_uppercase + string.digits
_TOKEN = string.ascii_letters + string.digits


def _made(name: str, length: int, alphabet: str = _TOKEN) -> str:
    """Make text that is the same for the same name, and has nothing in common with any other."""
    material = (hashlib.sha256(f"{name} {n}".encode()).digest()[0] for n in range(length))
    return "".join(alphabet[byte % len(alphabet)] for byte in material)


def _canary(name: str, form: str) -> Canary:
    """Make one: ``#`` stands for 12 characters of a token."""
    parts = form.split("#")
    made = (_made(f"{name} {n}", 12) for n in range(len(parts) - 1))
    return Canary(name, "".join(a + b for a, b in zip(parts, (*made, ""), strict=True)))


ENVIRONMENT = _canary("environment", "#/+= \"#\\'#")
ENVIRONMENT_ERROR = _canary("environment-error", "##")
SIGNATURE = Canary("signature", _made("signature", 64, _HEX))
URL_TOKEN = _canary("url-token", "#+#/#==")
URL_CREDENTIAL = Canary("url-credential", f"ASIA{_made('url-credential', 16, _UPPER)}")
LAYER = Canary("layer-signature", _made("layer", 64, _HEX))
ACCESS_KEY = Canary("access-key-id", f"AKIA{_made('access-key-id', 16, _UPPER)}")
SECRET_KEY = _canary("secret-access-key", "#/#+#")
SESSION_TOKEN = _canary("session-token", "##/#+########==")
REQUEST_SIGNATURE = Canary("request-signature", _made("request-signature", 64, _HEX))
GRANT_TOKEN = _canary("grant-token", "##########")
UNUSED = _canary("unused-variable", "#.#")
PROXY = _canary("proxy-password", "#@3/#:9")
ENDPOINT = _canary("endpoint-password", "#@6/#:4")
IDENTITY = _canary("identity-token", "eyJ#.eyJ##.##")
CONTAINER = _canary("container-token", "#-#")
PROCESS = _canary("process-output", "#-#")

ALL = tuple(value for value in list(globals().values()) if isinstance(value, Canary))

_ESCAPED_BREAK = re.compile(rb"\\n|\\r|\\t|\s|\x1b\[[0-9;?]*[A-Za-z]")


def found_in(content: bytes) -> set[str]:
    """Name the canaries that the content shows: whole or in part, encoded, or wrapped."""
    unwrapped = _ESCAPED_BREAK.sub(b"", content)
    return {
        canary.name
        for canary in ALL
        if any(needle in content or needle in unwrapped for needle in _NEEDLES[canary.name])
    }


def _needles(canary: Canary) -> Iterator[bytes]:
    for form in set(_forms(canary.value)):
        for start in range(0, len(form) - _SHOWN + 1, _STRIDE):
            yield form[start : start + _SHOWN].encode()


def _forms(value: str) -> Iterator[str]:
    yield value
    yield re.sub(r"\s", "", value)
    yield quote(value)
    yield quote(value, safe="")
    yield quote_plus(value)
    yield json.dumps(value)[1:-1]
    yield repr(value)[1:-1]
    yield value.encode().hex()
    for padding in range(3):  # where it begins within the whole that is encoded
        encoded = base64.b64encode(b"." * padding + value.encode()).decode()
        yield encoded[4:-4]
        yield encoded[4:-4].replace("+", "-").replace("/", "_")


_NEEDLES = {canary.name: tuple(_needles(canary)) for canary in ALL}
