"""The kinds of documents that there are, each with a schema of its name."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from reconciler.manifest.words import nearest

if TYPE_CHECKING:
    from reconciler.manifest.document import Document

API_VERSION = "lambda.reconciler/v1"


class DocumentKind(StrEnum):
    """What ``kind`` may say."""

    FUNCTION = "Function"
    TARGET = "Target"


_BY_NAME = {kind.value: kind for kind in DocumentKind}
_ONLY_OF_TARGETS = {"accountId", "assumeRole", "quotaShare"}


def kind_of(document: Document) -> DocumentKind:
    """Return what the document is or is meant to be; by its fields where it does not say so."""
    given = document.text("kind")
    meant = None if given is None else kind_called(given)
    if meant is not None:
        return meant
    is_target = document.mapping("spec").keys() & _ONLY_OF_TARGETS
    return DocumentKind.TARGET if is_target else DocumentKind.FUNCTION


def kind_called(name: str) -> DocumentKind | None:
    """Return the kind of that name, or of nearly that name."""
    return _BY_NAME.get(name) or _BY_NAME.get(nearest(name, _BY_NAME) or "")
