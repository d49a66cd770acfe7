"""Whether a document is ours, and what the schema refuses in it: one error per mistake."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.manifest import fields, shape
from reconciler.manifest.kinds import API_VERSION, DocumentKind, kind_called, kind_of
from reconciler.manifest.refused import refused_value
from reconciler.manifest.words import nearest, shown

if TYPE_CHECKING:
    from reconciler.manifest.document import Document, Finding

_TOP = {"apiversion", "kind", "metadata", "spec"}
"""In small letters, so that who writes Kind is told how it is written."""
_KINDS = " and ".join(DocumentKind)
_ELSEWHERE = f"move it elsewhere: only {API_VERSION} {_KINDS} are read here"
_BEGIN = f"begin it with apiVersion: {API_VERSION} and kind: {DocumentKind.FUNCTION}"


def foreign(document: Document) -> Finding | None:
    """Return why the document is none of ours, so that nothing else in it matters."""
    if () in document.broken:
        return None
    if not isinstance(document.root, dict):
        kind = "a list" if isinstance(document.root, list) else "a single value"
        return document.finding((), f"the document is {kind}, not a mapping", _BEGIN)
    if not {name.lower() for name in document.root} & _TOP:
        return document.finding((), "the document has no apiVersion and no kind", _BEGIN)
    return _other_kind(document)


def _other_kind(document: Document) -> Finding | None:
    kind = document.text("kind") or ""
    if kind.endswith("List") and document.value("items") is not None:
        what = f"the document is a {shown(kind)} of others"
        return document.finding(("kind",), what, "write each of its items as a document of its own")
    version = document.text("apiVersion")
    if version not in (None, API_VERSION) and nearest(version, [API_VERSION]) is None:
        what = f"the document's apiVersion is {shown(version)}, not {API_VERSION}"
        return document.finding(("apiVersion",), what, _ELSEWHERE)
    if document.text("kind") is not None and kind_called(kind) is None:
        what = f"the document's kind is {shown(kind)}, not {' or '.join(DocumentKind)}"
        return document.finding(("kind",), what, _ELSEWHERE)
    return None


def check(document: Document) -> list[Finding]:
    """Return what is wrong with the shape of the document."""
    refusals = [
        (path, refused)
        for path, refused in shape.refusals(kind_of(document), document.root).items()
        if not document.is_broken(path)
    ]
    unknown = [
        field for path, refused in refusals for field in fields.unknown(document, path, refused)
    ]
    findings = [fields.explain_unknown(document, field) for field in unknown]
    meant = {field.meant for field in unknown if field.meant is not None}
    for path, refused in refusals:
        findings += refused_value(document, path, refused)
        findings += fields.missing(document, path, refused, meant)
        findings += fields.wrong_number(document, path, refused)
        findings += fields.repeated(document, path, refused)
    return _outermost(findings)


def _outermost(findings: list[Finding]) -> list[Finding]:
    """Leave out what is within a field that should not be there at all."""
    paths = {finding.path for finding in findings}
    return [
        finding
        for finding in findings
        if not any(finding.path[:length] in paths for length in range(len(finding.path)))
    ]
