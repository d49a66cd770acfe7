"""
STS: whose keys are, and roles to assume.

Roles are strict: one that the sandbox was not told of does not exist, and one with an
external id wants it. AWS refuses both with the same words (IAM user guide,
troubleshoot_roles). Which account may assume a role is not asked.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from werkzeug.wrappers import Response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.sandbox.accounts import Accounts, Caller

    Structure = Mapping[str, "str | Structure"]

_NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"
_MEMBERS = (
    ("roleSessionName", "RoleSessionName", r"[\w+=,.@-]{2,64}"),
    ("externalId", "ExternalId", r"[\w+=,.@:/-]{2,1224}"),
)
"""Name in errors, name in requests and pattern, with botocore's model's lengths."""


def respond(accounts: Accounts, caller: Caller, form: Mapping[str, str]) -> Response | None:
    """Answer a request; None for an operation that is moto's."""
    match form.get("Action"):
        case "GetCallerIdentity":
            identity = {"Arn": caller.arn, "UserId": "AIDASANDBOX", "Account": caller.account}
            return _answer("GetCallerIdentity", identity)
        case "AssumeRole":
            return _assume(accounts, caller, form)
        case _:
            return None


def refused(status: int, code: str, message: str) -> Response:
    """Refuse a request in the form of AWS's query services."""
    error = {"Type": "Sender", "Code": code, "Message": message}
    return _xml("ErrorResponse", {"Error": error}, status)


def _assume(accounts: Accounts, caller: Caller, form: Mapping[str, str]) -> Response:
    for name, member, pattern in _MEMBERS:
        value = form.get(member)
        if re.fullmatch(pattern, value or "") is None and (value or member == "RoleSessionName"):
            rule = f"Member must satisfy regular expression pattern: {pattern}"
            what = f"Value '{value}' at '{name}' failed to satisfy constraint: {rule}"
            return refused(400, "ValidationError", f"1 validation error detected: {what}")
    arn = form.get("RoleArn", "")
    session = accounts.assume(arn, form["RoleSessionName"], form.get("ExternalId"))
    if session is None:
        what = f"is not authorized to perform: sts:AssumeRole on resource: {arn}"
        return refused(403, "AccessDenied", f"User: {caller.arn} {what}")
    keys = {
        "AccessKeyId": session.access_key_id,
        "SecretAccessKey": session.secret_access_key,
        "SessionToken": session.token,
        "Expiration": session.expiration.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    user = {"Arn": session.arn, "AssumedRoleId": f"AROASANDBOX:{form['RoleSessionName']}"}
    return _answer("AssumeRole", {"Credentials": keys, "AssumedRoleUser": user})


def _answer(action: str, result: Structure) -> Response:
    return _xml(f"{action}Response", {f"{action}Result": result}, 200)


def _xml(root: str, members: Structure, status: int) -> Response:
    document = ET.Element(root, xmlns=_NAMESPACE)
    _fill(document, members)
    return Response(ET.tostring(document), status, content_type="text/xml")


def _fill(element: ET.Element, members: Structure) -> None:
    for name, value in members.items():
        child = ET.SubElement(element, name)
        if isinstance(value, str):
            child.text = value
        else:
            _fill(child, value)
