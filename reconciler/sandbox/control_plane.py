"""
The state machine of AWS Lambda's control plane, without HTTP.

Every operation is atomic. Changes end lazily: whoever looks at a function after its
change is due sees it ended. The methods named like AWS's operations take AWS's own
members, so that a test can act as somebody else between two calls of the program::

    control_plane.update_function_code("orders", region="eu-west-1", ZipFile=package)

A name without an account is in the default one, or in that of ``names.called_by``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.model import LATEST
from reconciler.sandbox import changes, errors, names, runtimes
from reconciler.sandbox.aliases import Aliases, check_unused
from reconciler.sandbox.code_signing import CodeSigning
from reconciler.sandbox.names import DEFAULT_REGION
from reconciler.sandbox.state import Function, new_revision_id
from reconciler.sandbox.tags import Tags, tagged

if TYPE_CHECKING:
    from typing import Unpack

    from reconciler.model import RuntimeManagement
    from reconciler.sandbox.names import Target
    from reconciler.sandbox.requests import (
        CreateFunctionRequest,
        PublishVersionRequest,
        PutRuntimeManagementConfigRequest,
        UpdateFunctionCodeRequest,
        UpdateFunctionConfigurationRequest,
    )
    from reconciler.sandbox.state import FailWith, FunctionConfiguration


class ControlPlane(Aliases, Tags, CodeSigning):
    """
    All functions of all accounts and regions.

    ``settle`` is for how many seconds of ``clock`` a change stays under way; with 0 the
    write's own answer still says InProgress and the next call finds it ended.
    ``fail_with`` of a write is the reason code and the reason with which it is to end.
    """

    def create_function(
        self,
        function_name: str,
        *,
        region: str = DEFAULT_REGION,
        fail_with: FailWith | None = None,
        **request: Unpack[CreateFunctionRequest],
    ) -> FunctionConfiguration:
        """Create a function; it is Pending until it has settled."""
        target = names.write_target(function_name, region)
        with self._lock:
            if target.key in self._functions:
                raise errors.already_exists(target.name)
            package = self._package(request.get("Code", {}), region)
            latest = changes.new_function(target, request, package)
            changes.check_publish_to(latest, request)
            function = Function({}, self._last_versions.get(target.key, 0))
            function.tags = tagged({}, request.get("Tags", {}))
            function.begin(latest, self._transition(fail_with))
            self._functions[target.key] = function
            return self._published_if_asked(target, function, request, fail_with)

    def get_function(
        self,
        function_name: str,
        *,
        region: str = DEFAULT_REGION,
        qualifier: str | None = None,
    ) -> FunctionConfiguration:
        """Look at one version of a function as it is now."""
        target = names.read_target(function_name, region, qualifier)
        with self._lock:
            return self._configuration(target)

    function = get_function

    def list_functions(
        self,
        *,
        region: str = DEFAULT_REGION,
        account: str | None = None,
        all_versions: bool = False,
    ) -> list[FunctionConfiguration]:
        """List the functions of a region by name: $LATEST, or every version of each."""
        with self._lock:
            place = (account or names.caller(), region)
            keys = sorted(key for key in self._functions if key[:2] == place)
            functions = [self._settled(key) for key in keys]
            if all_versions:
                return [each for one in functions for each in one.configurations.values()]
            return [one.latest for one in functions]

    def list_versions_by_function(
        self, function_name: str, *, region: str = DEFAULT_REGION
    ) -> list[FunctionConfiguration]:
        """List $LATEST and then the versions, oldest first."""
        target = names.read_target(function_name, region)
        with self._lock:
            return list(self._function(target).configurations.values())

    def update_function_code(
        self,
        function_name: str,
        *,
        region: str = DEFAULT_REGION,
        fail_with: FailWith | None = None,
        **request: Unpack[UpdateFunctionCodeRequest],
    ) -> FunctionConfiguration:
        """
        Update the code; with Publish the answer is the version, not $LATEST.

        A dry run answers with the hash of the code it was sent, which is what older
        texts of AWS's API reference say; no answer was ever recorded.
        """
        target = names.latest_target(function_name, region)
        with self._lock:
            function, mode = self._writable(target)
            changes.check_guards(function.latest, request)
            changes.check_code(function.latest, mode, request)
            changes.check_publish_to(function.latest, request)
            updated = changes.with_code(function.latest, request, self._package(request, region))
            if request.get("DryRun"):
                return updated
            self._update(function, updated, fail_with)
            return self._published_if_asked(target, function, request, fail_with)

    def update_function_configuration(
        self,
        function_name: str,
        *,
        region: str = DEFAULT_REGION,
        fail_with: FailWith | None = None,
        **request: Unpack[UpdateFunctionConfigurationRequest],
    ) -> FunctionConfiguration:
        """Update the settings; a request that changes nothing is an update all the same."""
        target = names.latest_target(function_name, region)
        with self._lock:
            function, mode = self._writable(target)
            changes.check_guards(function.latest, request)
            updated = changes.with_settings(function.latest, mode, request)
            return self._update(function, updated, fail_with)

    def publish_version(
        self,
        function_name: str,
        *,
        region: str = DEFAULT_REGION,
        fail_with: FailWith | None = None,
        **request: Unpack[PublishVersionRequest],
    ) -> FunctionConfiguration:
        """
        Publish $LATEST, or answer with the newest version when nothing was updated since.

        A version that failed is answered with again too (terraform-provider-aws#49904);
        $LATEST.PUBLISHED is published again each time.
        """
        target = names.latest_target(function_name, region)
        with self._lock:
            function, _ = self._writable(target)
            changes.check_guards(function.latest, request)
            changes.check_publish_to(function.latest, request)
            newest = function.newest_version
            if newest is not None and not function.changed and "PublishTo" not in request:
                return newest
            return self._publish(target, function, request, fail_with)

    def delete_function(
        self,
        function_name: str,
        *,
        region: str = DEFAULT_REGION,
        qualifier: str | None = None,
    ) -> None:
        """Delete a function or one version; deleting a version that never was succeeds."""
        target = names.read_target(function_name, region, qualifier)
        if target.qualifier == LATEST:
            raise errors.invalid_parameter(
                "$LATEST version cannot be deleted without deleting the function.",
            )
        if names.is_alias(target.qualifier):
            raise errors.invalid_parameter("Deletion of aliases is not currently supported.")
        with self._lock:
            function = self._function(replace(target, qualifier=None))
            if target.qualifier is None:
                del self._functions[target.key]
            else:
                check_unused(function, target.qualifier)
                function.forget(target.qualifier)

    def get_runtime_management_config(
        self,
        function_name: str,
        *,
        region: str = DEFAULT_REGION,
        qualifier: str | None = None,
    ) -> RuntimeManagement:
        """Look at how the runtime of one version is updated."""
        target = names.read_target(function_name, region, qualifier)
        with self._lock:
            function, configuration = self._function(target), self._configuration(target)
            runtimes.check_managed(configuration)
            runtimes.check_no_alias(configuration, target)
            return function.mode(target.version)

    def put_runtime_management_config(
        self,
        function_name: str,
        *,
        region: str = DEFAULT_REGION,
        **request: Unpack[PutRuntimeManagementConfigRequest],
    ) -> RuntimeManagement:
        """
        Set how the runtime of one version is updated.

        It is refused while an update is in progress, which is not known of AWS.
        """
        target = names.write_target(function_name, region, request.get("Qualifier"))
        mode = runtimes.wanted_mode(request)
        with self._lock:
            function, configuration = self._function(target), self._configuration(target)
            runtimes.check_no_alias(configuration, target)
            runtimes.check_put(configuration, target.arn, mode)
            function.runtime_management[target.version] = mode
            configuration = runtimes.with_mode(configuration, mode)
            if self.runtime_management_changes_revision:
                configuration = replace(configuration, revision_id=new_revision_id())
            function.configurations[target.version] = configuration
            return mode

    def _published_if_asked(
        self,
        target: Target,
        function: Function,
        request: CreateFunctionRequest | UpdateFunctionCodeRequest,
        fail_with: FailWith | None,
    ) -> FunctionConfiguration:
        """Follow Publish and PublishTo; that the latter is enough by itself is not recorded."""
        if not (request.get("Publish") or "PublishTo" in request):
            return function.latest
        wanted: PublishVersionRequest = {}
        if "PublishTo" in request:
            wanted["PublishTo"] = request["PublishTo"]
        return self._publish(target, function, wanted, fail_with)
