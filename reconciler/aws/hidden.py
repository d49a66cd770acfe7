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
from itertools import accumulate, chain
from threading import Lock
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
_WORD = r"(?:secret|passw(?:or)?d|passphrase|token|signature|credential|api_?key|access_?key)"
_START = r"(?<![:\w.-])"  # no part of an ARN; and all that looks ahead does it once for a name
_NAME = rf"{_START}(?=[\w.-]*?{_WORD})[\w.-]++"
_WORD_AT_END = rf"{_START}(?=[\w.-]*?{_WORD}s?(?:_?id)?[^\w.-])"
_QUOTE = r"\\*[\"']"  # JSON that is quoted in JSON has backslashes
_QUOTED = (
    r"\"(?:[^\"\\]|\\.)*+\"?|'(?:[^'\\]|\\.)*+'?"
    r"|\\++(?:\"[^\"]*+\"?|'[^']*+'?)"
)
_BARE = r"[^\s,;&\"'}\\][^\s,;&\"'}]*+"
_CODE_AND_PROSE = r"(?-i:[A-Z][a-z]+[A-Z])[\w.-]*+ ?: [a-z]{1,15}+[.,;!?)]*(?!\S)"
_NAMED = re.compile(
    rf"("
    # TOKEN=x, 'token' = 'x'
    rf"{_NAME}(?:{_QUOTE})? ?= ?(?={_QUOTED}|{_BARE})"
    # "token": "x"
    rf"|{_NAME}(?:{_QUOTE})? ?: ?(?={_QUOTED})"
    # token:x, but neither token-api:PROD nor the tag of an image, host/token:1.4
    rf"|(?<!/){_WORD_AT_END}{_NAME}(?:{_QUOTE})? ?:(?! )(?={_BARE})"
    # TOKEN: x, but not AWS's own code with its text, InvalidToken: The token has expired.
    rf"|{_WORD_AT_END}(?!{_CODE_AND_PROSE}){_NAME}(?:{_QUOTE})? ?: (?={_BARE})"
    rf"|x-amz-(?:security-token|signature|credential)['\"]? ?[=:] ?(?={_QUOTED}|{_BARE})"
    rf")(?:{_QUOTED}|{_BARE})",
    re.IGNORECASE,
)
_RANDOM = (
    r"(?<![A-Za-z0-9])(?=[A-Za-z0-9]{24})"
    r"(?=[A-Za-z]*[0-9])(?=[A-Z0-9]*[a-z])(?=[a-z0-9]*[A-Z])"
)
"""Letters of both cases and digits without a break: the names in a long path are shorter."""
_LOOKS = re.compile(
    r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{12,124}\b"  # IAM user guide, reference_identifiers
    r"|\beyJ[\w-]{8,}\.[\w.-]+"  # a JSON Web Token
    r"|(?<=\bBearer )[\w.~+/=-]{8,}"
    rf"|(?<![\w+/=-])(?=[\w+/=-]*?{_RANDOM})[\w+/=-]{{100,}}"  # any other token
)

_PUBLIC = ("FunctionArn", "Role", "Handler", "Runtime")
"""What is part of these is no secret, though a variable may have the same value."""
_KEPT = 65_536
"""
Characters of values that are kept of a function, twice: for $LATEST, and for its versions.

One environment has 4 KB at most (AWS developer guide, gettingstarted-limits).
"""
_LATEST = "$LATEST"
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
    text = _NAMED.sub(lambda found: f"{found[1]}{STRUCK_OUT}", text)
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
    A function's are the values of its environment, for the errors about it. What was one
    once is never unlearnt: an answer may be about a version, or older than the last one.
    """

    def __init__(self, keys: Collection[str], others: Iterable[str]) -> None:
        self._keys = keys
        self._others = tuple(others)
        self._lock = Lock()  # answers come in several threads
        self._of_function: dict[tuple[str, bool], tuple[str, ...]] = {}

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
            met = [value for value in values if value not in public]
            of = (function_name, structure.get("Version", _LATEST) == _LATEST)
            with self._lock:
                self._of_function[of] = _newest((*met, *self._of_function.get(of, ())))

    def _mend(self, function_name: str | None, structure: Any, member: str) -> None:  # noqa: ANN401
        if isinstance(structure.get(member), str):
            structure[member] = self.strike_out(function_name, structure[member])

    def _all(self, function_name: str | None) -> tuple[str, ...]:
        known = (self._of_function.get((function_name or "", of), ()) for of in (True, False))
        return (*tuple(self._keys), *self._others, *chain.from_iterable(known))


def _structures(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Find the configurations in an answer."""
    lists = [answer.get(member) for member in ("Versions", "Functions")]
    items = chain.from_iterable(each for each in lists if isinstance(each, list))
    found = [answer.get("Configuration"), *items]
    return [structure for structure in found if isinstance(structure, dict)]


def _newest(values: Iterable[str]) -> tuple[str, ...]:
    """Keep what comes first, each once, until there is enough."""
    distinct = dict.fromkeys(values)
    before = accumulate(map(len, distinct), initial=0)
    return tuple(value for value, length in zip(distinct, before, strict=False) if length < _KEPT)


def _public(found: re.Match[str]) -> str:
    """Give an address without whom it names and without its query, which may sign it."""
    scheme, user, place, query = found.groups()
    return f"{scheme}{f'{STRUCK_OUT}@' if user else ''}{place}{f'?{STRUCK_OUT}' if query else ''}"


def _forms(secret: str) -> set[str]:
    """Write a secret in the ways in which a message may quote it."""
    encoded = base64.b64encode(secret.encode()).decode()
    escaped = json.dumps(secret)[1:-1]
    return {secret, quote(secret), quote(secret, safe=""), quote_plus(secret), escaped, encoded}
