"""
The WSGI application: Lambda is answered here, everything else by moto.

A request is Lambda's when it is signed for Lambda or, unsigned, has a path of Lambda's
(they begin with the date of an API version).
"""

from __future__ import annotations

import base64
import json
import logging
import re
import uuid
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from reconciler.sandbox import errors, names, refusals, responses, sts
from reconciler.sandbox.faults import AFTER_ANSWER, NO_FAULT, ConnectionLost
from reconciler.sandbox.forwarding import with_body
from reconciler.sandbox.operations import OPERATIONS, Call, find
from reconciler.sandbox.request_log import RequestRecord

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIEnvironment

    from reconciler.sandbox.accounts import Accounts, Caller
    from reconciler.sandbox.control_plane import ControlPlane
    from reconciler.sandbox.faults import Fault, Faults
    from reconciler.sandbox.moto_backend import MotoBackend
    from reconciler.sandbox.operations import Answer
    from reconciler.sandbox.quotas import Quotas
    from reconciler.sandbox.request_log import RequestLog

_LOGGER = logging.getLogger(__name__)

_FUNCTIONS = "/2015-03-31/functions"
_FUNCTION = f"{_FUNCTIONS}/<name>"
_ALIAS = f"{_FUNCTION}/aliases/<alias>"
_CODE_SIGNING = "/2020-06-30/functions/<name>/code-signing-config"
_RUNTIME_MANAGEMENT = "/2021-07-20/functions/<name>/runtime-management-config"
_TAGS = "/2017-03-31/tags/<name>"
_ROUTES = (
    ("POST", _FUNCTIONS, "CreateFunction"),
    ("GET", _FUNCTIONS, "ListFunctions"),
    ("GET", _FUNCTION, "GetFunction"),
    ("DELETE", _FUNCTION, "DeleteFunction"),
    ("GET", f"{_FUNCTION}/configuration", "GetFunctionConfiguration"),
    ("PUT", f"{_FUNCTION}/configuration", "UpdateFunctionConfiguration"),
    ("PUT", f"{_FUNCTION}/code", "UpdateFunctionCode"),
    ("GET", f"{_FUNCTION}/versions", "ListVersionsByFunction"),
    ("POST", f"{_FUNCTION}/versions", "PublishVersion"),
    ("GET", _RUNTIME_MANAGEMENT, "GetRuntimeManagementConfig"),
    ("PUT", _RUNTIME_MANAGEMENT, "PutRuntimeManagementConfig"),
    ("POST", f"{_FUNCTION}/aliases", "CreateAlias"),
    ("GET", f"{_FUNCTION}/aliases", "ListAliases"),
    ("GET", _ALIAS, "GetAlias"),
    ("PUT", _ALIAS, "UpdateAlias"),
    ("DELETE", _ALIAS, "DeleteAlias"),
    ("GET", _TAGS, "ListTags"),
    ("POST", _TAGS, "TagResource"),
    ("DELETE", _TAGS, "UntagResource"),
    ("GET", _CODE_SIGNING, "GetFunctionCodeSigningConfig"),
    ("PUT", _CODE_SIGNING, "PutFunctionCodeSigningConfig"),
    ("DELETE", _CODE_SIGNING, "DeleteFunctionCodeSigningConfig"),
)
_URLS = Map(
    [Rule(path, methods=[method], endpoint=operation) for method, path, operation in _ROUTES],
    strict_slashes=False,
)

_LAMBDA_PATH = re.compile(r"/20\d\d-\d\d-\d\d/")
_SNAPSHOT_PATH = re.compile(r"/snapshots/\d{12}/([0-9a-f]{64})")
_CREDENTIAL = re.compile(r"Credential=[^/]+/\d+/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request")
_WITH_BODY = ("POST", "PUT")
MAX_BODY = 70_167_211
"""AWS's limit of a request in bytes (recorded: test_oversized_request_create_lambda)."""


class Application:
    """Routes requests, counts them, lets faults happen, and notes every one in the log."""

    def __init__(  # noqa: PLR0913, PLR0917 - all that the sandbox consists of
        self,
        control_plane: ControlPlane,
        moto: MotoBackend,
        accounts: Accounts,
        faults: Faults,
        quotas: Quotas,
        log: RequestLog,
    ) -> None:
        self._control_plane = control_plane
        self._moto = moto
        self._accounts = accounts
        self._faults = faults
        self._quotas = quotas
        self._log = log

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request; ConnectionLost leaves it to the server to hang up."""
        request = Request(environ)
        region, service = _scope(request)
        headers = request.headers
        caller = self._accounts.caller(
            headers.get("Authorization", ""), headers.get("X-Amz-Security-Token")
        )
        with names.called_by(caller.account):
            if service == "lambda" or (service is None and _LAMBDA_PATH.match(request.path)):
                response = self._lambda(request, region, caller)
            else:
                response = self._elsewhere(request, region, service, caller)
        return response(environ, start_response)

    def _lambda(self, request: Request, region: str, caller: Caller) -> Response:
        operation, function_name = _route(request)
        request_id = str(uuid.uuid4())
        status = None
        try:
            refusal = refusals.by_lambda(caller, operation, function_name, region)
            if refusal is None:
                response = self._perform(request, operation, function_name, region)
            else:
                response = _failure(refusal)
            status = response.status_code
        finally:
            record = _record(request, operation, function_name, region, status)
            self._log.add(record, request_id, to_lambda=True)
        response.headers["x-amzn-RequestId"] = request_id
        return response

    def _perform(
        self, request: Request, operation: str, function_name: str | None, region: str
    ) -> Response:
        """Perform an operation under whatever fault there is for it, within the quota."""
        try:
            fault, response = self._attempt(request, operation, function_name, region)
            _end(request, fault)
        except ConnectionLost:
            raise
        except Exception:
            _LOGGER.exception("the sandbox failed at %s", operation)
            return _failure(errors.internal())
        return response

    def _attempt(
        self, request: Request, operation: str, function_name: str | None, region: str
    ) -> tuple[Fault, Response]:
        fault = NO_FAULT
        try:
            fault = self._admit(operation, function_name, region)
            fault.before()
            perform = find(operation)
            call = _call(request, operation, function_name, region)
            with self._control_plane.taking(fault.settle):
                return fault, _success(perform(self._control_plane, call, fault.fail_update))
        except errors.LambdaError as error:
            return fault, _failure(error)

    def _admit(self, operation: str, function_name: str | None, region: str) -> Fault:
        """
        Find the fault of a request that is within the quota; one that is not meets none.

        Operations that the sandbox lacks are not counted: some have quotas of their own.
        """
        if function_name is None:
            account, name = names.caller(), None
        else:
            target = names.lenient_target(function_name, region)
            account, name = target.account, target.name
        if operation in OPERATIONS:
            self._quotas.check(operation, account, region)
        return self._faults.take(operation, name)

    def _elsewhere(
        self, request: Request, region: str, service: str | None, caller: Caller
    ) -> Response:
        """Serve what is not Lambda's; a fault may be for it too."""
        operation = f"{request.method} {request.path}"
        response, status = Response(), None
        try:
            fault = self._faults.take(operation, to_lambda=False)
            fault.before()
            response = refusals.elsewhere(caller, service) or self._served(request, service, caller)
            _end(request, fault)
            status = response.status_code
        finally:
            headers = response.headers
            request_id = headers.get("x-amz-request-id") or headers.get("x-amzn-RequestId")
            record = RequestRecord(operation, None, None, region, names.caller(), status)
            self._log.add(record, request_id, to_lambda=False)
        return response

    def _served(self, request: Request, service: str | None, caller: Caller) -> Response:
        snapshot = _SNAPSHOT_PATH.fullmatch(request.path)
        if service is None and snapshot:
            return self._snapshot(request, snapshot[1])
        if service != "sts":
            return self._moto.respond(request.environ)
        body = request.get_data()
        answer = sts.respond(self._accounts, caller, dict(parse_qsl(body.decode())))
        return answer or self._moto.respond(with_body(request.environ, body))

    def _snapshot(self, request: Request, name: str) -> Response:
        """Serve the zip file behind a Code.Location."""
        code_sha256 = base64.b64encode(bytes.fromhex(name)).decode("ascii")
        content = self._control_plane.content(code_sha256)
        if content is None or request.args.get("X-Amz-Signature") != responses.SIGNATURE:
            return Response("AccessDenied", status=403)
        return Response(content, content_type="application/zip")


def _end(request: Request, fault: Fault) -> None:
    """Do what is to happen after the effect, and leave the rest to the server."""
    fault.after_effect()
    request.environ.get(AFTER_ANSWER, []).append(fault.after_answer)


def _scope(request: Request) -> tuple[str, str | None]:
    """Read region and service from the signature's credential scope."""
    match = _CREDENTIAL.search(request.headers.get("Authorization", ""))
    return (match["region"], match["service"]) if match else (names.DEFAULT_REGION, None)


def _route(request: Request) -> tuple[str, str | None]:
    """Find the operation and the FunctionName; an unknown operation is named by its path."""
    try:
        operation, values = _URLS.bind_to_environ(request.environ).match()
    except HTTPException:
        return f"{request.method} {request.path}", None
    if operation == "CreateFunction":
        return operation, _created_name(request)
    return str(operation), values.get("name")


def _created_name(request: Request) -> str | None:
    body = request.get_json(force=True, silent=True)
    name = body.get("FunctionName") if isinstance(body, dict) else None
    return name if isinstance(name, str) else None


def _call(request: Request, operation: str, function_name: str | None, region: str) -> Call:
    """Take the request apart, and refuse a body that is too large or no JSON object."""
    if (request.content_length or 0) > MAX_BODY:
        raise errors.too_large(
            f"Request must be smaller than {MAX_BODY} bytes for the {operation} operation",
        )
    has_body = request.method in _WITH_BODY and request.get_data()
    body = request.get_json(force=True, silent=True) if has_body else {}
    if not isinstance(body, dict):
        raise errors.unreadable_body("not a JSON object")
    base_url = request.host_url.rstrip("/")
    return Call(operation, region, base_url, function_name, request.args, body, request.path)


def _record(
    request: Request, operation: str, function_name: str | None, region: str, status: int | None
) -> RequestRecord:
    if function_name is None:
        return RequestRecord(operation, None, None, region, names.caller(), status)
    target = names.lenient_target(function_name, region, request.args.get("Qualifier"))
    return RequestRecord(operation, target.name, target.qualifier, region, target.account, status)


def _success(answer: Answer) -> Response:
    if answer.body is None:
        return Response(status=answer.status)
    return Response(json.dumps(answer.body), answer.status, content_type="application/json")


def _failure(error: errors.LambdaError) -> Response:
    headers = {**error.headers, "x-amzn-errortype": error.code}
    text = json.dumps(error.body)
    return Response(text, error.status, headers, content_type="application/json")
