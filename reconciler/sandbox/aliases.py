"""
Aliases: names for versions.

Texts, and which check comes before which, are those of LocalStack's recorded
``TestLambdaAlias`` where a docstring does not say otherwise.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.model import LATEST, State
from reconciler.sandbox import errors, names
from reconciler.sandbox.names import DEFAULT_REGION
from reconciler.sandbox.state import Alias, new_revision_id
from reconciler.sandbox.store import Store

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Unpack

    from reconciler.sandbox.names import Target
    from reconciler.sandbox.requests import UpdateAliasRequest
    from reconciler.sandbox.state import Function

_WEIGHTS = "routingConfig.additionalVersionWeights"
_VALUE_RULE = (
    "Map value must satisfy constraint: [Member must have value less than or equal to 1.0, "
    "Member must have value greater than or equal to 0.0, Member must not be null]"
)
_KEY_RULE = (
    "Map keys must satisfy constraint: [Member must have length less than or equal to 1024, "
    "Member must have length greater than or equal to 1, "
    "Member must satisfy regular expression pattern: [0-9]+]"
)


class Aliases(Store):
    """The operations on aliases, in AWS's own members."""

    def create_alias(
        self,
        function_name: str,
        name: str,
        *,
        region: str = DEFAULT_REGION,
        **request: Unpack[UpdateAliasRequest],
    ) -> Alias:
        """Create an alias, which changes no RevisionId of the function."""
        names.check_alias(name)
        target = names.latest_target(function_name, region)
        version = request.get("FunctionVersion", LATEST)
        alias = Alias(name, target.function_arn, version, "", {}, new_revision_id())
        alias = _changed(alias, request)
        with self._lock:
            self._check_versions(target, alias)
            function = self._function(target)
            if name in function.aliases:
                raise errors.alias_exists(f"{target.function_arn}:{name}")
            function.aliases[name] = alias
            return alias

    def get_alias(self, function_name: str, name: str, *, region: str = DEFAULT_REGION) -> Alias:
        """Look at an alias."""
        target = names.latest_target(function_name, region)
        with self._lock:
            return self._alias(target, name, to_update=False)

    def update_alias(
        self,
        function_name: str,
        name: str,
        *,
        region: str = DEFAULT_REGION,
        **request: Unpack[UpdateAliasRequest],
    ) -> Alias:
        """Change an alias; its RevisionId changes even when nothing else does."""
        target = names.latest_target(function_name, region)
        with self._lock:
            alias = self._alias(target, name, to_update=True)
            if request.get("RevisionId", alias.revision_id) != alias.revision_id:
                raise errors.stale_revision()
            alias = _changed(alias, request)
            self._check_versions(target, alias)
            self._function(target).aliases[name] = alias
            return alias

    def delete_alias(self, function_name: str, name: str, *, region: str = DEFAULT_REGION) -> None:
        """Delete an alias; it need not exist, but the function must (the latter not recorded)."""
        target = names.latest_target(function_name, region)
        with self._lock:
            self._function(target).aliases.pop(name, None)

    def list_aliases(
        self, function_name: str, *, region: str = DEFAULT_REGION, version: str | None = None
    ) -> list[Alias]:
        """List the aliases by name; ``version`` is the main one, not one with a weight."""
        target = names.latest_target(function_name, region)
        with self._lock:
            found = sorted(self._function(target).aliases.items())
        return [alias for _, alias in found if version in (None, alias.version)]

    def _alias(self, target: Target, name: str, *, to_update: bool) -> Alias:
        function = self._functions.get(target.key)
        if function is None or name not in function.aliases:
            raise errors.alias_not_found(f"{target.function_arn}:{name}", to_update=to_update)
        return function.aliases[name]

    def _check_versions(self, target: Target, alias: Alias) -> None:
        """Refuse versions that do not exist, or that cannot serve."""
        for version in (alias.version, *alias.weights):
            configuration = self._configuration(replace(target, qualifier=version))
            usable = configuration.state not in (State.PENDING, State.FAILED)
            if version != LATEST and not usable:
                raise errors.version_in_state(configuration.state, configuration.state_reason_code)


def check_unused(function: Function, version: str) -> None:
    """Refuse to delete a version that an alias needs (AWS API reference: DeleteFunction)."""
    users = [name for name, alias in function.aliases.items() if version in alias.versions]
    if users:
        raise errors.version_in_use(users)


def _changed(alias: Alias, request: UpdateAliasRequest) -> Alias:
    """Take over what a request gives; a RoutingConfig without weights clears them."""
    routing = request.get("RoutingConfig")
    weights = alias.weights if routing is None else routing.get("AdditionalVersionWeights", {})
    version = request.get("FunctionVersion", alias.version)
    _check_weights(version, weights)
    return replace(
        alias,
        version=version,
        description=request.get("Description", alias.description),
        weights=weights,
        revision_id=new_revision_id(),
    )


def _check_weights(version: str, weights: Mapping[str, float]) -> None:
    shown = ", ".join(f"{key}={float(value)}" for key, value in weights.items())
    if not all(re.fullmatch("[0-9]+", key) for key in weights):
        raise errors.validation([errors.constraint(f"{{{shown}}}", _WEIGHTS, _KEY_RULE)])
    if not all(0 <= value <= 1 for value in weights.values()):
        raise errors.validation([errors.constraint(f"{{{shown}}}", _WEIGHTS, _VALUE_RULE)])
    if len(weights) > 1:
        raise errors.invalid_parameter(
            "Number of items in AdditionalVersionWeights cannot be greater than 1",
        )
    if version in weights:
        raise errors.invalid_parameter(
            f"Invalid function version {version}. Function version {version} "
            "is already included in routing configuration.",
        )
    if weights and version == LATEST:
        text = "$LATEST is not supported for an alias pointing to more than 1 version"
        raise errors.invalid_parameter(text, members={})
