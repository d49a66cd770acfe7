"""What the YAML parser says of a text that is none, with its place and a remedy."""

from __future__ import annotations

import re

import yaml

from reconciler.manifest.values import ManifestError
from reconciler.model import Location
from reconciler.printable import printable

_REMEDIES = {
    "cannot start any token": "indent with spaces, and quote a value that starts with @, ` or %",
    "mapping values are not allowed": "quote a value that contains ': ', or check the indentation",
    "could not find expected ':'": "write a colon and a space after the field's name",
    "incompatible YAML document": "remove the line that starts with %YAML",
    "directive": "remove the lines that start with %",
    "undefined tag handle": "leave the tag out, or quote the value",
    "unknown escape": "write \\\\ for a backslash, or put the text between single quotes",
    "Unicode character escape": "write the character itself",
    "alphabetic or numeric": "quote a value that starts with * or &",
    "<document start>": "put a line with --- between two documents",
    "unexpected end of stream": "close the quote or bracket that is open",
    "end of stream": "close the quote or bracket that is open",
}
_OTHERWISE = "check the indentation, quotes and brackets here and on the line above"
_CLOSE = "close the bracket or brace that is open, or put a comma between its items"
_CONFLICT = re.compile(r"^(?:<{7}|>{7}) ", re.MULTILINE)
_RESOLVE = "resolve the merge conflict that is marked in this file"
_SUBSTITUTION = "quote ${NAME} inside { } and [ ]"


def explain(file: str, text: str, error: Exception) -> ManifestError:
    """Return the parser's complaint as ours, at the place that it names."""
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        what = f"this is not YAML: {printable(str(error))}"
        return ManifestError(Location(file, 1, 1), what, _OTHERWISE)
    mark = error.problem_mark
    location = Location(file, mark.line + 1, mark.column + 1)
    return ManifestError(location, _what(error), _remedy(text, error, mark.line))


def _what(error: yaml.MarkedYAMLError) -> str:
    problem = f"this is not YAML: {printable(error.problem or '')}"
    if error.context is None or error.context_mark is None:
        return problem
    return (
        f"{problem}, {printable(error.context)} that starts at line {error.context_mark.line + 1}"
    )


def _remedy(text: str, error: yaml.MarkedYAMLError, line: int) -> str:
    problem = error.problem or ""
    if _CONFLICT.search(text):
        return _RESOLVE
    for words, remedy in _REMEDIES.items():
        if words in problem:
            return remedy
    lines = text.splitlines()
    if line < len(lines) and "${" in lines[line]:
        return _SUBSTITUTION
    return _CLOSE if "expected ',' or" in problem else _OTHERWISE
