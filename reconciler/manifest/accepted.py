"""
Whether a value is what its schema wants, told quickly: most documents are.

jsonschema says what is wrong, and takes a third of the whole time of loading to find
that nothing is. So the schema is made into functions once, and only what they do not
accept is shown to jsonschema. They know the keywords that our own schemas have.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Test: TypeAlias = "Callable[[Any], bool]"  # any JSON value
    Schema: TypeAlias = "Mapping[str, Any]"

_NO_LIMITS = frozenset(
    ("$schema", "$defs", "title", "description", "markdownDescription", "examples", "default")
) | {
    "defaultSnippets",
    "patternErrorMessage",
    "then",
    "properties",
    "patternProperties",
    "additionalProperties",
}
"""What says nothing of a value, or is read together with another keyword."""

_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "object": (dict,),
    "array": (list,),
    "boolean": (bool,),
    "number": (int, float),
}


def compiled(schema: Schema) -> Test:
    """
    Return a function that is true of the values that the schema accepts.

    Raises KeyError for a keyword that is not known here, rather than pass it over.
    """
    return _Compiler(schema).test(schema)


class _Compiler:
    def __init__(self, root: Schema) -> None:
        self._root = root

    def test(self, schema: Schema) -> Test:
        """Join the tests of all keywords."""
        tests = [
            self._keyword(keyword, expected, schema)
            for keyword, expected in schema.items()
            if keyword not in _NO_LIMITS
        ]
        if schema.keys() & {"properties", "patternProperties", "additionalProperties"}:
            tests.append(self._fields(schema))
        if len(tests) == 1:
            return tests[0]
        return _all(tests)

    def _keyword(self, keyword: str, expected: Any, schema: Schema) -> Test:  # noqa: ANN401 - JSON
        if keyword in _JOINED:
            return _JOINED[keyword]([self.test(each) for each in expected])
        match keyword:
            case "$ref":
                return self.test(self._root["$defs"][expected.removeprefix("#/$defs/")])
            case "if":
                return _implies(self.test(expected), self.test(schema["then"]))
            case "items":
                return _each(self.test(expected))
        return _SIMPLE[keyword](expected)

    def _fields(self, schema: Schema) -> Test:
        known = {name: self.test(each) for name, each in schema.get("properties", {}).items()}
        by_form = [
            (re.compile(pattern), self.test(each))
            for pattern, each in schema.get("patternProperties", {}).items()
        ]
        others = schema.get("additionalProperties", {})
        other = _nothing if others is False else self.test(others)

        def of(name: str) -> Test:
            return next((test for pattern, test in by_form if pattern.search(name)), other)

        def test(value: Any) -> bool:  # noqa: ANN401 - JSON
            if not isinstance(value, dict):
                return True
            for name, item in value.items():  # noqa: SIM110 - as in _all
                if not (known.get(name) or of(name))(item):
                    return False
            return True

        return test


def _all(tests: list[Test]) -> Test:
    def test(value: Any) -> bool:  # noqa: ANN401 - JSON
        for each in tests:  # noqa: SIM110 - a generator takes twice the time
            if not each(value):
                return False
        return True

    return test


def _at_least_one(tests: list[Test]) -> Test:
    return lambda value: any(test(value) for test in tests)


def _exactly_one(tests: list[Test]) -> Test:
    return lambda value: sum(test(value) for test in tests) == 1


def _implies(condition: Test, consequence: Test) -> Test:
    return lambda value: not condition(value) or consequence(value)


def _each(test: Test) -> Test:
    return lambda value: not isinstance(value, list) or all(map(test, value))


def _nothing(_value: object) -> bool:
    return False


def _type(expected: str | list[str]) -> Test:
    names = [expected] if isinstance(expected, str) else expected
    types = tuple(each for name in names for each in _TYPES[name])
    if bool in types or int not in types:
        return lambda value: isinstance(value, types)
    return lambda value: isinstance(value, types) and not isinstance(value, bool)


def _pattern(expected: str) -> Test:
    # As shape's own: "$" would let a last line break through.
    search = re.compile(re.sub(r"\$$", r"\\Z", expected)).search
    return lambda value: not isinstance(value, str) or search(value) is not None


def _one_of(expected: list[Any]) -> Test:
    """Compare with types: in Python, True equals 1."""
    known = {(type(each), each) for each in expected}
    return lambda value: isinstance(value, str | bool) and (type(value), value) in known


def _required(expected: list[str]) -> Test:
    names = frozenset(expected)
    return lambda value: not isinstance(value, dict) or names <= value.keys()


def _sized(kind: type[str | dict[str, Any] | list[Any]], least: float, most: float) -> Test:
    return lambda value: not isinstance(value, kind) or least <= len(value) <= most


def _ranged(least: float, most: float) -> Test:
    return lambda value: not isinstance(value, int | float) or least < value <= most


_JOINED: Mapping[str, Callable[[list[Test]], Test]] = {
    "allOf": _all,
    "anyOf": _at_least_one,
    "oneOf": _exactly_one,
}
_INFINITE = float("inf")
_SIMPLE: Mapping[str, Callable[[Any], Test]] = {
    "type": _type,
    "const": lambda expected: _one_of([expected]),
    "enum": _one_of,
    "required": _required,
    "pattern": _pattern,
    "not": lambda _expected: _nothing,
    "minLength": lambda least: _sized(str, least, _INFINITE),
    "maxLength": lambda most: _sized(str, 0, most),
    "minProperties": lambda least: _sized(dict, least, _INFINITE),
    "maxProperties": lambda most: _sized(dict, 0, most),
    "minItems": lambda least: _sized(list, least, _INFINITE),
    "uniqueItems": lambda _unique: _strings_once,
    "exclusiveMinimum": lambda least: _ranged(least, _INFINITE),
    "maximum": lambda most: _ranged(-_INFINITE, most),
}


def _strings_once(value: Any) -> bool:  # noqa: ANN401 - JSON
    if not isinstance(value, list):
        return True
    return all(isinstance(item, str) for item in value) and len(set(value)) == len(value)
