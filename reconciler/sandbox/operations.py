"""From an HTTP request's parts to an operation of the control plane, and back to JSON."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reconciler.sandbox import errors, names, requests, responses

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.sandbox.control_plane import ControlPlane
    from reconciler.sandbox.names import Target
    from reconciler.sandbox.responses import Json
    from reconciler.sandbox.state import FailWith


@dataclass(frozen=True, slots=True)
class Call:
    """One request to Lambda, taken apart. ``function_name`` is as it was sent."""

    operation: str
    region: str
    base_url: str
    function_name: str | None
    query: Mapping[str, str]
    body: Json

    @property
    def name(self) -> str:
        """The FunctionName of an operation that has one."""
        return self.function_name or ""

    @property
    def qualifier(self) -> str | None:
        """The Qualifier of the query."""
        return self.query.get("Qualifier")

    @property
    def target(self) -> Target:
        """The function and version that a read is about."""
        return names.read_target(self.name, self.region, self.qualifier)


@dataclass(frozen=True, slots=True)
class Answer:
    """The status and JSON body of a success."""

    status: int
    body: Json | None


Operation = Callable[["ControlPlane", Call, "FailWith | None"], Answer]


def _create_function(plane: ControlPlane, call: Call, fail_with: FailWith | None) -> Answer:
    """Answer with an unqualified ARN even when a version was published (recorded)."""
    request = _members(call, requests.CreateFunctionRequest.__optional_keys__)
    request["Code"] = _decoded(request.get("Code", {}))
    configuration = plane.create_function(
        call.name, region=call.region, fail_with=fail_with, **request
    )
    arn = configuration.function_arn
    return Answer(201, responses.function_configuration(configuration, arn))


def _get_function(plane: ControlPlane, call: Call, _: FailWith | None) -> Answer:
    configuration = plane.get_function(call.name, region=call.region, qualifier=call.qualifier)
    return Answer(200, responses.function(configuration, call.target.arn, call.base_url))


def _get_function_configuration(plane: ControlPlane, call: Call, _: FailWith | None) -> Answer:
    configuration = plane.get_function(call.name, region=call.region, qualifier=call.qualifier)
    return Answer(200, responses.function_configuration(configuration, call.target.arn))


def _update_function_code(plane: ControlPlane, call: Call, fail_with: FailWith | None) -> Answer:
    request = _decoded(_members(call, requests.UpdateFunctionCodeRequest.__optional_keys__))
    configuration = plane.update_function_code(
        call.name, region=call.region, fail_with=fail_with, **request
    )
    arn = responses.own_arn(configuration)
    return Answer(200, responses.function_configuration(configuration, arn))


def _update_function_configuration(
    plane: ControlPlane, call: Call, fail_with: FailWith | None
) -> Answer:
    request = _members(call, requests.UpdateFunctionConfigurationRequest.__optional_keys__)
    configuration = plane.update_function_configuration(
        call.name, region=call.region, fail_with=fail_with, **request
    )
    arn = configuration.function_arn
    return Answer(200, responses.function_configuration(configuration, arn))


def _publish_version(plane: ControlPlane, call: Call, fail_with: FailWith | None) -> Answer:
    request = _members(call, requests.PublishVersionRequest.__optional_keys__)
    configuration = plane.publish_version(
        call.name, region=call.region, fail_with=fail_with, **request
    )
    arn = responses.qualified_arn(configuration)
    return Answer(201, responses.function_configuration(configuration, arn))


def _delete_function(plane: ControlPlane, call: Call, _: FailWith | None) -> Answer:
    plane.delete_function(call.name, region=call.region, qualifier=call.qualifier)
    return Answer(204, None)


def _list_functions(plane: ControlPlane, call: Call, _: FailWith | None) -> Answer:
    wanted = call.query.get("FunctionVersion")
    if wanted not in (None, "ALL"):
        rule = "Member must satisfy enum value set: [ALL]"
        raise errors.validation([errors.constraint(wanted, "functionVersion", rule)])
    arn = responses.own_arn if wanted is None else responses.qualified_arn
    found = plane.list_functions(region=call.region, all_versions=wanted == "ALL")
    items = [responses.listed(configuration, arn(configuration)) for configuration in found]
    return Answer(200, _page("Functions", items, call))


def _list_versions_by_function(plane: ControlPlane, call: Call, _: FailWith | None) -> Answer:
    found = plane.list_versions_by_function(call.name, region=call.region)
    items = [responses.listed(each, responses.qualified_arn(each)) for each in found]
    return Answer(200, _page("Versions", items, call))


def _get_runtime_management_config(plane: ControlPlane, call: Call, _: FailWith | None) -> Answer:
    mode = plane.get_runtime_management_config(
        call.name, region=call.region, qualifier=call.qualifier
    )
    return Answer(200, responses.runtime_management(mode, call.target.arn))


def _put_runtime_management_config(plane: ControlPlane, call: Call, _: FailWith | None) -> Answer:
    request = _members(call, requests.PutRuntimeManagementConfigRequest.__optional_keys__)
    request["Qualifier"] = call.qualifier
    mode = plane.put_runtime_management_config(call.name, region=call.region, **request)
    return Answer(200, responses.runtime_management(mode, call.target.arn))


OPERATIONS: Mapping[str, Operation] = {
    "CreateFunction": _create_function,
    "DeleteFunction": _delete_function,
    "GetFunction": _get_function,
    "GetFunctionConfiguration": _get_function_configuration,
    "GetRuntimeManagementConfig": _get_runtime_management_config,
    "ListFunctions": _list_functions,
    "ListVersionsByFunction": _list_versions_by_function,
    "PublishVersion": _publish_version,
    "PutRuntimeManagementConfig": _put_runtime_management_config,
    "UpdateFunctionCode": _update_function_code,
    "UpdateFunctionConfiguration": _update_function_configuration,
}


def find(name: str) -> Operation:
    """Find an operation, or say that the sandbox does not have it."""
    operation = OPERATIONS.get(name)
    if operation is None:
        raise errors.not_in_sandbox(name)
    return operation


def _members(call: Call, known: frozenset[str]) -> dict[str, Any]:
    """Take the members of the body, and refuse those that would have no effect here."""
    given = {name: value for name, value in call.body.items() if value is not None}
    given.pop("FunctionName", None)
    unknown = sorted(given.keys() - known)
    if unknown:
        raise errors.not_in_sandbox(f"{call.operation} with {', '.join(unknown)}")
    return given


def _decoded(code: dict[str, Any]) -> dict[str, Any]:
    """Turn ZipFile from its base64 into bytes."""
    if "ZipFile" not in code:
        return code
    try:
        return {**code, "ZipFile": base64.b64decode(code["ZipFile"], validate=True)}
    except (binascii.Error, TypeError) as problem:
        raise errors.unreadable_body(str(problem)) from problem


def _page(member: str, items: list[Json], call: Call) -> Json:
    return responses.page(member, items, call.query.get("Marker"), call.query.get("MaxItems"))
