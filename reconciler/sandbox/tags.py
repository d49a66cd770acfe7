"""Tags of functions (LocalStack's recorded ``TestLambdaTags`` and ``TestLambdaTag``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.model import LastUpdateStatus
from reconciler.sandbox import errors, names
from reconciler.sandbox.names import DEFAULT_REGION
from reconciler.sandbox.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reconciler.sandbox.state import Function, FunctionConfiguration

_MOST = 50


class Tags(Store):
    """The operations on tags, and GetFunction, which shows them."""

    def tag_resource(
        self, resource: str, tags: Mapping[str, str], *, region: str = DEFAULT_REGION
    ) -> None:
        """Add and overwrite tags; $LATEST gets another RevisionId each time."""
        with self._lock:
            function = self._taggable(resource, region)
            if not tags:
                raise errors.invalid_parameter(
                    "An error occurred and the request cannot be processed.",
                )
            function.tags = tagged(function.tags, tags)
            function.touch()

    def untag_resource(
        self, resource: str, keys: Iterable[str], *, region: str = DEFAULT_REGION
    ) -> None:
        """Remove tags, which need not be there; the RevisionId changes like above."""
        with self._lock:
            function = self._taggable(resource, region)
            for key in keys:
                function.tags.pop(key, None)
            function.touch()

    def list_tags(self, resource: str, *, region: str = DEFAULT_REGION) -> dict[str, str]:
        """List the tags of a function."""
        target = names.taggable_target(resource, region)
        with self._lock:
            return dict(self._function(target).tags)

    def describe(
        self, function_name: str, *, region: str = DEFAULT_REGION, qualifier: str | None = None
    ) -> tuple[FunctionConfiguration, Mapping[str, str]]:
        """Look at one version and at the function's tags, at one moment."""
        target = names.read_target(function_name, region, qualifier)
        with self._lock:
            return self._configuration(target), dict(self._function(target).tags)

    def _taggable(self, resource: str, region: str) -> Function:
        """
        Find a function that takes tags now.

        TagResource fails while an update is in progress (developer guide:
        functions-states); of UntagResource the sandbox assumes the same.
        """
        function = self._function(names.taggable_target(resource, region))
        if function.latest.last_update_status is LastUpdateStatus.IN_PROGRESS:
            raise errors.update_in_progress(function.latest.function_arn)
        return function


def tagged(tags: Mapping[str, str], more: Mapping[str, str]) -> dict[str, str]:
    """Join tags, 50 at most."""
    joined = {**tags, **more}
    if len(joined) > _MOST:
        raise errors.invalid_parameter("Number of tags exceeds resource tag limit.")
    return joined
