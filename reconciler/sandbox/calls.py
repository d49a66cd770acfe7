"""A request to Lambda taken apart, and the answer before it is JSON."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reconciler.sandbox import errors, names, responses

if TYPE_CHECKING:
    from werkzeug.datastructures import MultiDict

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
    query: MultiDict[str, str]
    body: Json
    path: str

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

    @property
    def alias(self) -> str:
        """The Name at the end of an alias's path."""
        return self.path.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Answer:
    """The status and JSON body of a success."""

    status: int
    body: Json | None


Operation = Callable[["ControlPlane", Call, "FailWith | None"], Answer]


def members(call: Call, known: frozenset[str]) -> dict[str, Any]:
    """Take the members of the body, and refuse those that would have no effect here."""
    given = {name: value for name, value in call.body.items() if value is not None}
    given.pop("FunctionName", None)
    unknown = sorted(given.keys() - known)
    if unknown:
        raise errors.not_in_sandbox(f"{call.operation} with {', '.join(unknown)}")
    return given


def decoded(code: dict[str, Any]) -> dict[str, Any]:
    """Turn ZipFile from its base64 into bytes."""
    if "ZipFile" not in code:
        return code
    try:
        return {**code, "ZipFile": base64.b64decode(code["ZipFile"], validate=True)}
    except (binascii.Error, TypeError) as problem:
        raise errors.unreadable_body(str(problem)) from problem


def page(member: str, items: list[Json], call: Call) -> Json:
    """Cut the page out of a list that the query asks for."""
    return responses.page(member, items, call.query.get("Marker"), call.query.get("MaxItems"))
