"""
IAM before the sandbox: each request is checked against a policy, action and resource.

Which action and resource a request is, is read off the wire, and not from what makes the
policies. moto decides whether a policy allows it. Lambda reads S3 objects, and images of other
accounts, with the permissions of whoever updates the function (developer guide,
images-create; AWS's own messages of UpdateFunctionCode). Who may not use the key of a package
is not told where it lies (developer guide, encrypt-zip-package); that who sends one needs
kms:GenerateDataKey is the strict reading of what is not documented.
"""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

from moto.iam.access_control import IAMPolicy, PermissionResult
from werkzeug.wrappers import Request, Response

from reconciler.sandbox import sts
from reconciler.sandbox.application import Application
from reconciler.sandbox.forwarding import with_body

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from wsgiref.types import StartResponse, WSGIEnvironment

    import pytest

    from reconciler.sandbox.accounts import Caller

    Grant = tuple[str, str]

_SCOPE = re.compile(r"Credential=[^/]+/\d+/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request")
_FUNCTION = re.compile(r"/20\d\d-\d\d-\d\d/functions(?:/(?P<name>[^/]*)(?:/(?P<what>[a-z-]+))?)?")
_LAMBDA = {
    ("GET", None): "GetFunction",
    ("PUT", "code"): "UpdateFunctionCode",
    ("GET", "versions"): "ListVersionsByFunction",
    ("POST", "versions"): "PublishVersion",
    ("GET", "runtime-management-config"): "GetRuntimeManagementConfig",
    ("PUT", "runtime-management-config"): "PutRuntimeManagementConfig",
}
_IMAGE = re.compile(r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[^.]+)\.[^/]+/(?P<name>[^@:]+)")
USUAL = "usual credentials"


class Gate:
    """
    ``policies`` are documents by role, as the command prints them.

    ``used`` are the pairs of action and resource that were allowed, and ``denied`` those that
    were not; of each the role comes first.
    """

    def __init__(self, policies: Mapping[str, Mapping[str, Any]]) -> None:
        self._policies = {
            role: IAMPolicy({"policy_document": json.dumps(document)})
            for role, document in policies.items()
        }
        self.used: set[tuple[str, str, str]] = set()
        self.denied: set[tuple[str, str, str]] = set()

    def allows(self, role: str, action: str, resource: str) -> bool:
        """Ask the role's policy, and take note."""
        policy = self._policies.get(role)
        answer = policy.is_action_permitted(action, resource) if policy else None
        allowed = answer is PermissionResult.PERMITTED
        (self.used if allowed else self.denied).add((role, action, resource))
        return allowed


@contextmanager
def enforced(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    """Let every request to any sandbox through the gate."""
    serve = Application.__call__

    def guarded(
        self: Application, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        request = Request(environ)
        body = request.get_data()
        refusal = _refusal(self, gate, request, body)
        if refusal is not None:
            return refusal(environ, start_response)
        answer = Response.from_app(
            lambda again, start: serve(self, again, start), with_body(environ, body)
        )
        return _without_package(self, gate, request, answer)(environ, start_response)

    with monkeypatch.context() as patch:
        patch.setattr(Application, "__call__", guarded)
        yield gate


def _caller(sandbox: Application, request: Request) -> tuple[Caller, str]:
    """Give who asks, and the role whose policy counts."""
    headers = request.headers
    caller = sandbox._accounts.caller(  # noqa: SLF001 - who it was is the sandbox's to know
        headers["Authorization"], headers.get("X-Amz-Security-Token")
    )
    if not caller.assumed:
        return caller, USUAL
    return caller, f"arn:aws:iam::{caller.account}:role/{caller.arn.split('/')[1]}"


def _refusal(sandbox: Application, gate: Gate, request: Request, body: bytes) -> Response | None:
    scope = _SCOPE.search(request.headers.get("Authorization", ""))
    if scope is None:  # a signed URL is its own permission
        return None
    caller, role = _caller(sandbox, request)
    service = scope["service"]
    asked = _asked(service, scope["region"], caller.account, request, body)
    for number, (action, resource) in enumerate(asked):
        if not gate.allows(role, action, resource):
            what = f"User: {caller.arn} is not authorized to perform: {action} on resource: "
            what += f"{resource} because no identity-based policy allows the {action} action"
            return _refused(service, what, of_code=number > 0)
    return None


def _without_package(
    sandbox: Application, gate: Gate, request: Request, answer: Response
) -> Response:
    """Take out of GetFunction's answer what only those see who may use the package's key."""
    of_function = _FUNCTION.fullmatch(unquote(request.path)) is not None
    whole: Any = answer.get_json(silent=True) if of_function else None
    code = whole.get("Code") if isinstance(whole, dict) else None
    key = code.get("SourceKMSKeyArn") if isinstance(code, dict) else None
    if not key:
        return answer
    caller, role = _caller(sandbox, request)
    if gate.allows(role, "kms:Decrypt", key):
        return answer
    what = f"User: {caller.arn} is not authorized to perform: kms:Decrypt on resource: {key}"
    whole["Code"] = {"Error": {"ErrorCode": "AccessDeniedException", "Message": what}}
    return Response(json.dumps(whole), answer.status, content_type="application/json")


def _asked(
    service: str, region: str, account: str, request: Request, body: bytes
) -> Iterator[Grant]:
    """Give each action with its resource; none where none is needed."""
    match service:
        case "lambda":
            yield from _of_lambda(region, account, request, body)
        case "s3":
            versioned = "versionId" in request.args
            action = "s3:GetObjectVersion" if versioned else "s3:GetObject"
            yield action, f"arn:aws:s3:::{unquote(request.path).removeprefix('/')}"
        case "ecr":
            members = json.loads(body)
            where = f"{region}:{members['registryId']}:repository/{members['repositoryName']}"
            operation = request.headers["X-Amz-Target"].rpartition(".")[2]
            yield f"ecr:{operation}", f"arn:aws:ecr:{where}"
        case "sts":
            form = dict(parse_qsl(body.decode()))
            if form["Action"] != "GetCallerIdentity":  # which nobody can be refused
                yield f"sts:{form['Action']}", form["RoleArn"]


def _of_lambda(region: str, account: str, request: Request, body: bytes) -> Iterator[Grant]:
    found = _FUNCTION.fullmatch(unquote(request.path))
    assert found, request.path
    if not found["name"]:
        yield "lambda:ListFunctions", "*"
        return
    name = found["name"].rpartition(":")[2]
    resource = f"arn:aws:lambda:{region}:{account}:function:{name}"
    qualifier = request.args.get("Qualifier")
    resource += "" if qualifier is None else f":{qualifier}"
    action = _LAMBDA[request.method, found["what"]]
    yield f"lambda:{action}", resource
    if action == "UpdateFunctionCode":
        yield from _of_code(account, json.loads(body))


def _of_code(account: str, request: Mapping[str, str]) -> Iterator[Grant]:
    """Give what Lambda reads and encrypts in the caller's name."""
    if "SourceKMSKeyArn" in request:
        yield "kms:GenerateDataKey", request["SourceKMSKeyArn"]
    if "S3Bucket" in request:
        action = "s3:GetObjectVersion" if "S3ObjectVersion" in request else "s3:GetObject"
        yield action, f"arn:aws:s3:::{request['S3Bucket']}/{request['S3Key']}"
    image = _IMAGE.match(request.get("ImageUri", ""))
    if image is not None and image["account"] != account:
        where = f"{image['region']}:{image['account']}:repository/{image['name']}"
        yield "ecr:BatchGetImage", f"arn:aws:ecr:{where}"
        yield "ecr:GetDownloadUrlForLayer", f"arn:aws:ecr:{where}"


def _refused(service: str, what: str, *, of_code: bool) -> Response:
    """Refuse as the service does; Lambda says of code where it may not be read."""
    match service:
        case "s3":
            error = f"<Error><Code>AccessDenied</Code><Message>{what}</Message></Error>"
            return Response(error, 403, content_type="application/xml")
        case "sts":
            return sts.refused(403, "AccessDenied", what)
        case "ecr":
            members = {"__type": "AccessDeniedException", "message": what}
            return Response(json.dumps(members), 400, content_type="application/x-amz-json-1.1")
        case _:
            said = f"Your access to the code has been denied: {what}" if of_code else what
            headers = {"x-amzn-errortype": "AccessDeniedException"}
            text = json.dumps({"Message": said})
            return Response(text, 403, headers, content_type="application/json")
