"""From a call to an operation of the control plane, and back to JSON: functions and versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.sandbox import errors, requests, resource_operations, responses, validation
from reconciler.sandbox.calls import Answer, Call, Operation, decoded, members, page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.sandbox.control_plane import ControlPlane
    from reconciler.sandbox.state import FailWith

__all__ = ["Answer", "Call", "Operation", "find"]


def _create_function(plane: ControlPlane, call: Call, fail_with: FailWith | None) -> Answer:
    """Answer with an unqualified ARN even when a version was published (recorded)."""
    request = members(call, requests.CreateFunctionRequest.__optional_keys__)
    validation.check_settings(request)
    request["Code"] = decoded(request.get("Code", {}))
    configuration = plane.create_function(
        call.name, region=call.region, fail_with=fail_with, **request
    )
    arn = configuration.function_arn
    return Answer(201, responses.function_configuration(configuration, arn))


def _get_function(plane: ControlPlane, call: Call, _: FailWith | None) -> Answer:
    configuration, tags = plane.describe(call.name, region=call.region, qualifier=call.qualifier)
    return Answer(200, responses.function(configuration, call.target.arn, call.base_url, tags))


def _get_function_configuration(plane: ControlPlane, call: Call, _: FailWith | None) -> Answer:
    configuration = plane.get_function(call.name, region=call.region, qualifier=call.qualifier)
    return Answer(200, responses.function_configuration(configuration, call.target.arn))


def _update_function_code(plane: ControlPlane, call: Call, fail_with: FailWith | None) -> Answer:
    request = decoded(members(call, requests.UpdateFunctionCodeRequest.__optional_keys__))
    configuration = plane.update_function_code(
        call.name, region=call.region, fail_with=fail_with, **request
    )
    arn = responses.own_arn(configuration)
    return Answer(200, responses.function_configuration(configuration, arn))


def _update_function_configuration(
    plane: ControlPlane, call: Call, fail_with: FailWith | None
) -> Answer:
    request = members(call, requests.UpdateFunctionConfigurationRequest.__optional_keys__)
    validation.check_settings(request)
    configuration = plane.update_function_configuration(
        call.name, region=call.region, fail_with=fail_with, **request
    )
    arn = configuration.function_arn
    return Answer(200, responses.function_configuration(configuration, arn))


def _publish_version(plane: ControlPlane, call: Call, fail_with: FailWith | None) -> Answer:
    request = members(call, requests.PublishVersionRequest.__optional_keys__)
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
    return Answer(200, page("Functions", items, call))


def _list_versions_by_function(plane: ControlPlane, call: Call, _: FailWith | None) -> Answer:
    found = plane.list_versions_by_function(call.name, region=call.region)
    items = [responses.listed(each, responses.qualified_arn(each)) for each in found]
    return Answer(200, page("Versions", items, call))


def _get_runtime_management_config(plane: ControlPlane, call: Call, _: FailWith | None) -> Answer:
    mode = plane.get_runtime_management_config(
        call.name, region=call.region, qualifier=call.qualifier
    )
    return Answer(200, responses.runtime_management(mode, call.target.arn))


def _put_runtime_management_config(plane: ControlPlane, call: Call, _: FailWith | None) -> Answer:
    request = members(call, requests.PutRuntimeManagementConfigRequest.__optional_keys__)
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
    **resource_operations.OPERATIONS,
}


def find(name: str) -> Operation:
    """Find an operation, or say that the sandbox does not have it."""
    operation = OPERATIONS.get(name)
    if operation is None:
        raise errors.not_in_sandbox(name)
    return operation
