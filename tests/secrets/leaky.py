"""AWS as the sandbox plays it, with canaries in everything that AWS answers."""

from __future__ import annotations

import http.client
import json
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

from reconciler.sandbox import responses
from tests.effects.server import Answer, serving
from tests.secrets import canaries

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reconciler.sandbox import Sandbox
    from tests.effects.server import Asked

REQUEST = (
    f"x-amz-security-token:{canaries.SESSION_TOKEN.value} and Authorization: AWS4-HMAC-SHA256 "
    f"Credential={canaries.ACCESS_KEY.value}/20260101/eu-west-1/lambda/aws4_request, "
    f"SignedHeaders=host;x-amz-date, Signature={canaries.REQUEST_SIGNATURE.value}"
)
"""What AWS can repeat of any request."""

ECHO = (
    f"see https://b.s3.example/code?X-Amz-Credential={canaries.URL_CREDENTIAL.value}%2F20260101"
    f"&X-Amz-Security-Token={quote(canaries.URL_TOKEN.value, safe='')}"
    f"&X-Amz-Signature={canaries.SIGNATURE.value} for the grant token "
    f"{canaries.GRANT_TOKEN.value}; the environment is {canaries.ENVIRONMENT.value}, as JSON "
    f"{json.dumps(canaries.ENVIRONMENT.value)}, and there was {REQUEST}"
)
"""A message of AWS that repeats all that it can, of a function that was read before."""

CANONICAL = (
    "The request signature we calculated does not match the signature you provided. Check your "
    "AWS Secret Access Key and signing method. Consult the service documentation for details.\n\n"
    "The Canonical String for this request should have been\n'GET\n/2015-03-31/functions/app\n\n"
    f"host:lambda.eu-west-1.amazonaws.com\nx-amz-security-token:{canaries.SESSION_TOKEN.value}\n\n"
    "The String-to-Sign should have been\n'AWS4-HMAC-SHA256\n"
    f"{canaries.REQUEST_SIGNATURE.value}'"
)
"""Lambda's answer to a wrong signature, as quoted in many public questions."""

S3_REFUSAL = (
    "<Error><Code>SignatureDoesNotMatch</Code><Message>The request signature we calculated does "
    f"not match</Message><AWSAccessKeyId>{canaries.ACCESS_KEY.value}</AWSAccessKeyId>"
    f"<StringToSign>{canaries.REQUEST_SIGNATURE.value}</StringToSign>"
    f"<CanonicalRequest>{canaries.SESSION_TOKEN.value}</CanonicalRequest></Error>"
)
"""S3's (API reference, REST authentication), whose members repeat the key and what was signed."""

REFUSED = {"Type": "User", "message": ECHO, "Reason": ECHO}
_QUERY = (
    f"X-Amz-Credential={canaries.URL_CREDENTIAL.value}"
    f"&X-Amz-Security-Token={quote(canaries.URL_TOKEN.value, safe='')}"
)
_HOP = ("transfer-encoding", "content-length", "connection", "date", "server")


class Leaky:
    """
    A server between the command and a sandbox, that puts canaries into the answers.

    ``served`` counts by canary what was given out, or came in, in clear. ``refuse`` is asked
    first: what it gives is the answer. ``look`` is called at each request, before it is
    answered.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self.served: Counter[str] = Counter()
        self.refuse: Callable[[Asked], Answer | None] = lambda _: None
        self.look: Callable[[], None] = lambda: None
        self.url = ""

    def answer(self, asked: Asked) -> Answer:
        """Answer one request."""
        self.look()
        self._note(str(asked.headers).encode())
        refused = self.refuse(asked)
        answer = self._leaking(self._forwarded(asked)) if refused is None else refused
        self._note(answer.body + str(answer.headers).encode())
        return answer

    def _note(self, content: bytes) -> None:
        self.served.update(canaries.found_in(content))

    def _forwarded(self, asked: Asked) -> Answer:
        upstream = urlsplit(self._sandbox.url)
        connection = http.client.HTTPConnection(upstream.hostname or "", upstream.port, timeout=60)
        query = dict(asked.query)
        if "X-Amz-Signature" in query:
            query["X-Amz-Signature"] = responses.SIGNATURE
        target = asked.path + (f"?{urlencode(query)}" if query else "")
        headers = {name: value for name, value in asked.headers.items() if name not in _HOP}
        connection.request(asked.method, target, asked.body, headers)
        response = connection.getresponse()
        kept = {k: v for k, v in response.getheaders() if k.lower() not in _HOP}
        if asked.method == "HEAD":
            kept["Content-Length"] = response.getheader("Content-Length") or "0"
        body = response.read()
        connection.close()
        return Answer(response.status, kept, body)

    def _leaking(self, answer: Answer) -> Answer:
        try:
            document = json.loads(answer.body)
        except ValueError:  # a package, or XML of S3 and STS
            return answer
        if isinstance(document, dict):
            self._leak(document)
        return replace(answer, body=json.dumps(document).encode())

    def _leak(self, document: dict[str, Any]) -> None:
        for configuration in (document, document.get("Configuration"), *_versions(document)):
            if isinstance(configuration, dict) and "CodeSha256" in configuration:
                configuration["Environment"] = {
                    "Variables": {"DATABASE_PASSWORD": canaries.ENVIRONMENT.value},
                    "Error": {"ErrorCode": "X", "Message": canaries.ENVIRONMENT_ERROR.value},
                }
                configuration["StateReason"] = ECHO
                configuration["LastUpdateStatusReason"] = ECHO
        code = document.get("Code")
        if isinstance(code, dict) and isinstance(code.get("Location"), str):
            code["Location"] = self._signed(code["Location"], canaries.SIGNATURE.value)
        if isinstance(document.get("downloadUrl"), str):
            document["downloadUrl"] = self._signed(document["downloadUrl"], canaries.LAYER.value)

    def _signed(self, url: str, signature: str) -> str:
        """Lead back here, signed with canaries."""
        return f"{self.url}{urlsplit(url).path}?{_QUERY}&X-Amz-Signature={signature}"


def _versions(document: dict[str, Any]) -> list[object]:
    versions = document.get("Versions")
    return versions if isinstance(versions, list) else []


@contextmanager
def leaking(sandbox: Sandbox) -> Iterator[Leaky]:
    """Serve."""
    leaky = Leaky(sandbox)
    with serving(leaky.answer) as server:
        leaky.url = server.url
        yield leaky
