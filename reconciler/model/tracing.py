"""Who is told of what begins and how it ends, so that a run can be seen in time."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from reconciler.model.run import FunctionResult, RunResult
    from reconciler.model.spec import FunctionSpec


@dataclass(frozen=True, slots=True)
class AwsRequest:
    """One request to AWS: ``service`` is AWS's service ID, such as ``Lambda``."""

    service: str
    operation: str
    region: str


@dataclass(frozen=True, slots=True)
class AwsAnswer:
    """
    What came of a request, without anything that AWS says in its own words.

    ``status`` is that of HTTP, None where nothing was answered. ``error`` is AWS's error
    code, or the name of what went wrong on the way. ``extended_request_id`` is S3's.
    """

    status: int | None = None
    request_id: str | None = None
    extended_request_id: str | None = None
    error: str | None = None


class Tracing(Protocol):
    """
    Told at each beginning; what it gives is called with the outcome, if there is one.

    What begins within something else belongs to it. That is known by context variables,
    which tasks take over from where they are made, and threads from who gives them work.
    """

    def run(
        self, run_id: str, *, plan_only: bool
    ) -> AbstractContextManager[Callable[[RunResult], None]]:
        """Begin a run, or the part of a watch's round that looks at functions."""

    def survey(self) -> AbstractContextManager[object]:
        """Begin to find out which functions a watch has to look at."""

    def function(
        self, spec: FunctionSpec, region: str
    ) -> AbstractContextManager[Callable[[FunctionResult], None]]:
        """Begin with one function."""

    def request(self, request: AwsRequest) -> Callable[[AwsAnswer], None]:
        """Begin one request, in the thread that makes it."""


class NotTraced:
    """Nobody wants to know."""

    def run(
        self,
        run_id: str,  # noqa: ARG002 - the protocol's
        *,
        plan_only: bool,  # noqa: ARG002
    ) -> AbstractContextManager[Callable[[RunResult], None]]:
        """Do nothing."""
        return contextlib.nullcontext(_forget)

    def survey(self) -> AbstractContextManager[object]:
        """Do nothing."""
        return contextlib.nullcontext()

    def function(
        self,
        spec: FunctionSpec,  # noqa: ARG002 - the protocol's
        region: str,  # noqa: ARG002
    ) -> AbstractContextManager[Callable[[FunctionResult], None]]:
        """Do nothing."""
        return contextlib.nullcontext(_forget)

    def request(self, request: AwsRequest) -> Callable[[AwsAnswer], None]:  # noqa: ARG002
        """Do nothing."""
        return _forget


def _forget(_: object) -> None:
    pass
