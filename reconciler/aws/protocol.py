"""What the reconciler asks of AWS Lambda, for one account and region."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from reconciler.model import (
        Architecture,
        CodeContent,
        CodeDigest,
        LiveFunction,
        PublishedVersion,
        PublishVersion,
        PutRuntimeManagementConfig,
        RuntimeManagement,
        UpdateFunctionCode,
    )


@dataclass(frozen=True, slots=True)
class Receipt:
    """
    AWS's answer to a write.

    ``revision_id`` is the one that the write left on what it answered about; it is
    stale as soon as an update completes. ``code`` is the hash that AWS computed
    itself. ``version`` is set by PublishVersion alone.
    """

    request_id: str | None
    revision_id: str | None = None
    code: CodeDigest | None = None
    version: PublishedVersion | None = None


@dataclass(frozen=True, slots=True)
class ListedFunction:
    """
    $LATEST or a published version, as ListFunctions has it: without State and LastUpdateStatus.

    What an item lacks is None, since most functions of an account may be others'.
    ``name`` is the bare name; ``version`` is a number, ``$LATEST`` or what AWS adds.
    """

    name: str
    version: str
    code: CodeDigest | None = None
    architecture: Architecture | None = None
    revision_id: str | None = None


class LambdaFunctions(Protocol):
    """
    The Lambda calls, named as AWS names them.

    Each raises ReconcileError, classified once, and is sent once: trying again is
    the caller's business, after reading again.
    """

    async def get_function(self, function_name: str) -> LiveFunction:
        """Read $LATEST."""

    async def get_version(self, function_name: str, version: str) -> PublishedVersion:
        """Read one published version, or $LATEST.PUBLISHED (GetFunction with a Qualifier)."""

    async def live_package(self, function_name: str, code: CodeDigest) -> bytes:
        """
        Fetch the zip file that is live, which must have this hash.

        AWS gives a signed URL to it with GetFunction, which stays secret; the bytes stay
        in memory. Raises a temporary ReconcileError when something else is live by now,
        a permanent one when AWS does not give the package out, or it has more than the
        50 MB that UpdateFunctionCode takes.
        """

    async def get_runtime_management_config(
        self, function_name: str, qualifier: str
    ) -> RuntimeManagement:
        """Read the runtime update mode of $LATEST or of a version."""

    async def newest_version(self, function_name: str) -> PublishedVersion | None:
        """Find the version with the highest number (ListVersionsByFunction, all pages)."""

    def list_functions(
        self, *, all_versions: bool = False
    ) -> AsyncIterator[tuple[ListedFunction, ...]]:
        """
        List the functions of the account and region, page by page as far as they are asked for.

        AWS gives 50 on a page, whatever is asked. After a failure the iterator goes on: it
        asks for the same page again. ``all_versions`` lists each published
        version beside $LATEST (FunctionVersion=ALL, which takes more pages). Needs
        lambda:ListFunctions on Resource ``*``: AWS knows no narrower one.
        """

    async def update_function_code(
        self,
        function_name: str,
        step: UpdateFunctionCode,
        content: CodeContent,
        revision_id: str | None,
        *,
        dry_run: bool = False,
    ) -> Receipt:
        """Send code and architecture, guarded by the RevisionId; a dry run changes nothing."""

    async def publish_version(
        self, function_name: str, step: PublishVersion, revision_id: str | None
    ) -> Receipt:
        """Publish $LATEST, guarded by its CodeSha256 and RevisionId."""

    async def put_runtime_management_config(
        self, function_name: str, step: PutRuntimeManagementConfig
    ) -> Receipt:
        """Set the runtime update mode. AWS has no guard for this call."""
