"""
What must not be shown, and is struck out of AWS's own words.

Environment variables and signed URLs are not let out in the first place. But AWS repeats
what it likes of a request, of a function or of an address in the text of an error, and
botocore in that of an exception. Known secrets are struck out wherever they stand;
others by the way that they look or are named.
"""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus, unquote

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from typing import Any

STRUCK_OUT = "***"

_SHORTEST = 8
"""What is shorter is a word or a number, and would be struck out of innocent text."""

_LOOKED_AT = 10_000
"""Characters in which unknown secrets are looked for; what follows is never shown."""

_REST = re.compile(
    r"\bThe (?:Canonical String|String-to-Sign) .*"
    r"|(?<=\bAuthorization)['\"]?(?: header[^:=.]*)?\s*[:=].*",
    re.IGNORECASE | re.DOTALL,
)
"""To a signature that is wrong or incomplete AWS answers with all of what was signed."""

_URL = re.compile(
    r"([a-z][a-z0-9+.-]{0,30}://)([^\s\"]*@)?([^\s?#\"'<>]*)([?#][^\s\"<>]*)?", re.IGNORECASE
)
"""A password that is not quoted as it should be may hold what ends it: all up to the last @."""
_NAME = (
    r"(?<![:\w.-])[\w.-]*"  # not a part of an ARN
    r"(?:secret|passw(?:or)?d|passphrase|token|signature|credential|api_?key|access_?key)"
)
_VALUE = r"(?:\"[^\"]*\"|'[^']*'|[^\s,;&\"'}]+)"
_NAMED = re.compile(
    rf"({_NAME}[\w.-]*['\"]?(?:\s*=\s*|:(?!\s)))({_VALUE})"
    rf"|(x-amz-(?:security-token|signature|credential)['\"]?\s*[=:]\s*)({_VALUE})",
    re.IGNORECASE,
)
_LOOKS = re.compile(
    r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{12,124}\b"  # IAM user guide, reference_identifiers
    r"|\beyJ[\w-]{8,}\.[\w.-]+"  # a JSON Web Token
    r"|(?<=\bBearer )[\w.~+/=-]{8,}"
    r"|(?<![\w+/=-])(?=[\w+/=-]*[0-9])(?=[\w+/=-]*[a-z])(?=[\w+/=-]*[A-Z])"
    r"[\w+/=-]{100,}"  # any other token
)

_PUBLIC = ("FunctionArn", "Role", "Handler", "Runtime")
"""What is part of these is no secret, though a variable may have the same value."""
_REASONS = ("StateReason", "LastUpdateStatusReason")


def struck_out(text: str, secrets: Iterable[str] = ()) -> str:
    """Give the text in one line without these values, and without what looks like a secret."""
    text = " ".join(text.split())
    for secret in sorted({" ".join(secret.split()) for secret in secrets}, key=len, reverse=True):
        for form in _forms(secret) if len(secret) >= _SHORTEST else ():
            text = text.replace(form, STRUCK_OUT)
    if len(text) > _LOOKED_AT:
        text = text[:_LOOKED_AT].rpartition(" ")[0] or STRUCK_OUT
    text = _URL.sub(_public, _REST.sub(f": {STRUCK_OUT}", text))
    text = _NAMED.sub(lambda found: f"{found[1] or found[3]}{STRUCK_OUT}", text)
    return _LOOKS.sub(STRUCK_OUT, text)


def passwords(urls: Iterable[str]) -> Iterator[str]:
    """
    Find the passwords in addresses such as ``http://user:password@host``.

    One that is not quoted as it should be may have a slash or an @ in it.
    """
    for url in urls:
        user, at, _ = url.partition("://")[2].rpartition("@")
        password = user.partition(":")[2] or user
        yield from (password, unquote(password)) if at else ()


class Hidden:
    """
    The secrets that one connection has met.

    ``keys`` are those that requests are signed with, and may grow; ``others`` do not.
    A function's are the values of its environment, for the errors about it.
    """

    def __init__(self, keys: Collection[str], others: Iterable[str]) -> None:
        self._keys = keys
        self._others = tuple(others)
        self._of_function: dict[str, tuple[str, ...]] = {}

    def strike_out(self, function_name: str | None, text: str) -> str:
        """Give AWS's words, or botocore's, as they may be shown."""
        return struck_out(text, self._all(function_name))

    def take_out(self, function_name: str | None, answer: Mapping[str, Any]) -> Mapping[str, Any]:
        """Take the environment out of an answer of Lambda, and its values out of AWS's reasons."""
        for structure in (answer, *_structures(answer)):
            self._take_environment(function_name, structure)
            for member in _REASONS:
                self._mend(function_name, structure, member)
        code = answer.get("Code")
        if isinstance(code, dict) and isinstance(code.get("Error"), dict):
            self._mend(function_name, code["Error"], "Message")
        return answer

    def _take_environment(self, function_name: str | None, structure: Any) -> None:  # noqa: ANN401
        environment = structure.pop("Environment", None)
        variables = environment.get("Variables") if isinstance(environment, dict) else None
        if isinstance(variables, dict) and function_name is not None:
            public = " ".join(str(structure.get(member)) for member in _PUBLIC)
            values = (value for value in variables.values() if isinstance(value, str))
            self._of_function[function_name] = tuple(v for v in values if v not in public)

    def _mend(self, function_name: str | None, structure: Any, member: str) -> None:  # noqa: ANN401
        if isinstance(structure.get(member), str):
            structure[member] = self.strike_out(function_name, structure[member])

    def _all(self, function_name: str | None) -> tuple[str, ...]:
        known = self._of_function.get(function_name or "", ())
        return (*tuple(self._keys), *self._others, *known)


def _structures(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Find the configurations in an answer."""
    versions = answer.get("Versions")
    found = [answer.get("Configuration"), *(versions if isinstance(versions, list) else ())]
    return [structure for structure in found if isinstance(structure, dict)]


def _public(found: re.Match[str]) -> str:
    """Give an address without whom it names and without its query, which may sign it."""
    scheme, user, place, query = found.groups()
    return f"{scheme}{f'{STRUCK_OUT}@' if user else ''}{place}{f'?{STRUCK_OUT}' if query else ''}"


def _forms(secret: str) -> set[str]:
    """Write a secret in the ways in which a message may quote it."""
    encoded = base64.b64encode(secret.encode()).decode()
    escaped = json.dumps(secret)[1:-1]
    return {secret, quote(secret), quote(secret, safe=""), quote_plus(secret), escaped, encoded}
