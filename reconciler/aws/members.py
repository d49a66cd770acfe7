"""The members of AWS's answers, each read as what it has to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.aws.errors import one_line, unreadable
from reconciler.model import Architecture

if TYPE_CHECKING:
    from typing import Any

_LONGEST_VERSION = 1024  # of Version in the API, where it also names $LATEST.PUBLISHED


class Members:
    """The members of one structure of an answer. Raises ReconcileError at what it cannot be."""

    def __init__(self, operation: str, structure: object) -> None:
        if not isinstance(structure, dict):
            raise unreadable(operation, "a structure missing")
        self._operation = operation
        self._structure: dict[str, Any] = structure

    def value(self, member: str) -> object:
        """Give a member as it came."""
        return self._structure.get(member)

    def structure(self, member: str) -> Members:
        """Give a structure; absent, null and empty are the same."""
        return Members(self._operation, self._structure.get(member) or {})

    def text(self, member: str) -> str | None:
        """Give a string; absent, null and empty are the same."""
        value = self._structure.get(member)
        if value is None or value == "":
            return None
        if not isinstance(value, str):
            raise unreadable(self._operation, f"no readable {member}")
        return value

    def said(self, member: str) -> str | None:
        """Give AWS's words as they may be shown; they may quote a request, or a signed URL."""
        value = self.text(member)
        return None if value is None else one_line(value)

    def required(self, member: str) -> str:
        """Give a string that every such answer has."""
        value = self.text(member)
        if value is None:
            raise unreadable(self._operation, f"no {member}")
        return value

    def version_number(self) -> int | None:
        """Give the number of a published version, None for $LATEST."""
        version = self.required("Version")
        if len(version) > _LONGEST_VERSION:
            raise unreadable(self._operation, "no readable Version")
        return int(version) if version.isdecimal() else None

    def architecture(self) -> Architecture:
        """
        Give the one architecture.

        It is in every configuration that was recorded from AWS, also in those of lists
        (LocalStack test_lambda_api, aws.validated). To guess one would be to send it.
        """
        values = self._structure.get("Architectures")
        if not isinstance(values, list) or not values or not isinstance(values[0], str):
            raise unreadable(self._operation, "no readable Architectures")
        return Architecture(values[0])
