"""From a call to an operation of the control plane: aliases, tags and code signing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.sandbox import errors, requests, responses
from reconciler.sandbox.calls import Answer, Call, Operation, members, page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.sandbox.control_plane import ControlPlane
    from reconciler.sandbox.responses import Json
    from reconciler.sandbox.state import FailWith

_ALIAS_MEMBERS = requests.UpdateAliasRequest.__optional_keys__


def _create_alias(plane: ControlPlane, call: Call, _: FailWith | None) -> Answer:
    request = members(call, (_ALIAS_MEMBERS | {"Name"}) - {"RevisionId"})
    name = str(request.pop("Name", ""))
    alias = plane.create_alias(call.name, name, region=call.region, **request)
    return Answer(201, responses.alias(alias))


def _get_alias(plane: ControlPlane, call: Call, _: FailWith | None) -> Answer:
    return Answer(200, responses.alias(plane.get_alias(call.name, call.alias, region=call.region)))


def _update_alias(plane: ControlPlane, call: Call, _: FailWith | None) -> Answer:
    request = members(call, _ALIAS_MEMBERS)
    alias = plane.update_alias(call.name, call.alias, region=call.region, **request)
    return Answer(200, responses.alias(alias))


def _delete_alias(plane: ControlPlane, call: Call, _: FailWith | None) -> Answer:
    plane.delete_alias(call.name, call.alias, region=call.region)
    return Answer(204, None)


def _list_aliases(plane: ControlPlane, call: Call, _: FailWith | None) -> Answer:
    version = call.query.get("FunctionVersion")
    found = plane.list_aliases(call.name, region=call.region, version=version)
    return Answer(200, page("Aliases", [responses.alias(each) for each in found], call))


def _tag_resource(plane: ControlPlane, call: Call, _: FailWith | None) -> Answer:
    request = members(call, frozenset({"Tags"}))
    plane.tag_resource(call.name, request.get("Tags", {}), region=call.region)
    return Answer(204, None)


def _untag_resource(plane: ControlPlane, call: Call, _: FailWith | None) -> Answer:
    keys = call.query.getlist("tagKeys")
    if not keys:
        text = "Value null at 'tagKeys' failed to satisfy constraint: Member must not be null"
        raise errors.validation([text])
    plane.untag_resource(call.name, keys, region=call.region)
    return Answer(204, None)


def _list_tags(plane: ControlPlane, call: Call, _: FailWith | None) -> Answer:
    return Answer(200, {"Tags": plane.list_tags(call.name, region=call.region)})


def _code_signing(call: Call, arn: str | None) -> Json:
    """Shape a function's code signing configuration: nothing at all without one (recorded)."""
    return {} if arn is None else {"CodeSigningConfigArn": arn, "FunctionName": call.target.name}


def _get_code_signing(plane: ControlPlane, call: Call, _: FailWith | None) -> Answer:
    arn = plane.get_function_code_signing_config(call.name, region=call.region)
    return Answer(200, _code_signing(call, arn))


def _put_code_signing(plane: ControlPlane, call: Call, _: FailWith | None) -> Answer:
    request = members(call, frozenset({"CodeSigningConfigArn"}))
    arn = str(request.get("CodeSigningConfigArn", ""))
    plane.put_function_code_signing_config(call.name, arn, region=call.region)
    return Answer(200, _code_signing(call, arn))


def _delete_code_signing(plane: ControlPlane, call: Call, _: FailWith | None) -> Answer:
    plane.delete_function_code_signing_config(call.name, region=call.region)
    return Answer(204, None)


OPERATIONS: Mapping[str, Operation] = {
    "CreateAlias": _create_alias,
    "DeleteAlias": _delete_alias,
    "DeleteFunctionCodeSigningConfig": _delete_code_signing,
    "GetAlias": _get_alias,
    "GetFunctionCodeSigningConfig": _get_code_signing,
    "ListAliases": _list_aliases,
    "ListTags": _list_tags,
    "PutFunctionCodeSigningConfig": _put_code_signing,
    "TagResource": _tag_resource,
    "UntagResource": _untag_resource,
    "UpdateAlias": _update_alias,
}
