"""
``docs/aws-coverage.md`` says what the code does: parameters, fields, remedies, limits, tests.

Where the code is read here (by ``ast``), it is to find what a page could otherwise claim for ever;
that each thing is done as the page says is shown by the test that the page names.
"""

from __future__ import annotations

import ast
from functools import cache
from typing import TYPE_CHECKING

import pytest
from botocore import xform_name
from jsonschema import Draft202012Validator

from reconciler import reasons, schema
from reconciler.aws.rules import access, functions, invocation, throttling
from reconciler.manifest.function_name import parse_reference
from reconciler.model import Scope
from tests.unit.aws_model import ELSEWHERE, READS, WRITES, request
from tests.unit.coverage_page import (
    FIELDS,
    MODE,
    NOT_READ,
    PAGE,
    ROOT,
    SHOWN_BY,
    Row,
    below,
    named_tests,
    quoted,
    rows,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from reconciler.aws.rules import Rule

AWS = ROOT / "reconciler" / "aws"
FORMS = "Naming a function"
MEANING = "Errors / What each error means"
TABLES = {
    "Throttling": throttling.RULES,
    "The three operations and the reads": functions.RULES,
    "Declared for Invoke only": invocation.RULES,
    "Credentials and permissions": access.RULES,
}


@cache
def tree(module: str) -> ast.Module:
    return ast.parse((AWS / f"{module}.py").read_text(encoding="utf-8"))


def texts(module: str) -> set[str]:
    """Give the strings of a module, as a member of an answer is named by."""
    modules = ("parse", "members") if module == "parse" else (module,)
    return {
        node.value
        for each in modules
        for node in ast.walk(tree(each))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def keywords(node: ast.AST) -> set[str]:
    """Give the names by which arguments are given, also those of a function that is spread."""
    found: set[str] = set()
    for call in ast.walk(node):
        for keyword in call.keywords if isinstance(call, ast.Call) else ():
            spread = keyword.value
            if keyword.arg is not None:
                found.add(keyword.arg)
            elif isinstance(spread, ast.Call) and isinstance(spread.func, ast.Name):
                found |= keys_of(spread.func.id)
    return found


def keys_of(function: str) -> set[str]:
    """Give the keys of the dictionaries that a function of the Lambda calls makes."""
    (made,) = [
        node
        for node in ast.walk(tree("functions"))
        if isinstance(node, ast.FunctionDef) and node.name == function
    ]
    return {
        key.value
        for node in ast.walk(made)
        for key in (node.keys if isinstance(node, ast.Dict) else ())
        if isinstance(key, ast.Constant) and isinstance(key.value, str)
    }


def sent(operation: str) -> set[str]:
    """Give the parameters of a Lambda operation that the code names."""
    method = xform_name(operation)
    users = [
        node
        for node in ast.walk(tree("functions"))
        if isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef) and calls(node, method)
    ]
    assert users
    return set().union(*map(keywords, users)) & set(request(operation))


def calls(node: ast.AST, method: str) -> bool:
    """Whether a method of the client is used."""
    return any(isinstance(each, ast.Attribute) and each.attr == method for each in ast.walk(node))


def said_to_be_sent(lines: Iterable[Row], prefix: str = "") -> set[str]:
    """Give the parameters whose line does not say that they never are."""
    return {
        name.removeprefix(prefix)
        for row in lines
        if not row.cells["what the reconciler does"].startswith("Never sent")
        for name in row.names
        if name.startswith(prefix)
    }


@pytest.mark.parametrize("operation", [*WRITES, *READS])
def test_the_parameters_that_are_sent_are_those_of_the_page(operation: str) -> None:
    """What the code names is on the page, and what is never sent is named nowhere."""
    reads = said_to_be_sent(below("Request parameters / Reads"), f"{operation}.")
    writes = said_to_be_sent(below(f"Request parameters / {operation}"))
    assert sent(operation) == reads | writes


@pytest.mark.parametrize(("service", "module"), [("s3", "objects"), ("ecr", "images")])
def test_the_parameters_of_other_services_are_those_of_the_page(service: str, module: str) -> None:
    """Together those of all operations of a service."""
    ours = [operation for operation, of in ELSEWHERE.items() if of == service]
    lines = below("Request parameters / Reads")
    known = {name for operation in ours for name in request(operation)}
    assert keywords(tree(module)) & known == {
        name for operation in ours for name in said_to_be_sent(lines, f"{operation}.")
    }


MODULES = {
    FIELDS: "parse",
    NOT_READ: "parse",
    "Response fields / GetFunction, beside the configuration": "parse",
    MODE: "parse",
    "Response fields / ListVersionsByFunction": "parse",
    "Response fields / ListFunctions": "parse",
    "Response fields / Errors": "errors",
}
OF_SERVICES = {"s3": "objects", "ecr": "images", "sts": "identity"}


def members_of(place: str, *, read: bool) -> set[tuple[str, str]]:
    """Give module and last name of the fields that the page says are read, or are not."""
    return {
        (MODULES[place], name.split(".")[-1])
        for row in below(place)
        if (row.kind == "field") is read
        for name in row.names
    }


READ = set().union(*(members_of(place, read=True) for place in MODULES))
UNREAD = set().union(*(members_of(place, read=False) for place in MODULES)) - READ


def test_what_is_read_is_in_the_code() -> None:
    """A field that no code names is not read, whatever the page says."""
    assert set() == {(module, name) for module, name in READ if name not in texts(module)}
    for row in below("Response fields / S3, ECR and STS"):
        for operation, *path in (name.split(".") for name in row.names):
            assert set(path) <= texts(OF_SERVICES[ELSEWHERE[operation]])


def test_what_is_not_read_is_not_in_the_code() -> None:
    """Configuration that others own, and what is secret, is not so much as named."""
    assert len(UNREAD) > 25
    assert set() == {(module, name) for module, name in UNREAD if name in texts(module)}


# What errors and reason codes mean.


def kind_of(rule: Rule) -> str:
    """Say kind and scope as the page does."""
    kind = rule.kind.lower()
    return kind if rule.scope is Scope.FUNCTION else f"{kind}, {rule.scope.lower()}"


@pytest.mark.parametrize("title", TABLES)
def test_errors_mean_what_the_page_says(title: str) -> None:
    """Line by line and in the order that counts: code, texts, kind and remedy are the code's."""
    assert [
        (rule.code, rule.texts, rule.operations, kind_of(rule), rule.remedy)
        for rule in TABLES[title]
    ] == [
        (code, quoted(text), operations(text), row.cells["kind"], row.cells["remedy"])
        for row in below(f"{MEANING} / {title}")
        for text in [row.cells["where the message has"]]
        for code in row.names
    ]


def operations(text: str) -> tuple[str, ...]:
    """Read for which operations a line is."""
    _, found, names = text.partition("any, of ")
    return tuple(names.split(", ")) if found else ()


def test_reason_codes_mean_what_the_page_says() -> None:
    """Kind and remedy are the code's own, word by word, and so are those of a code to come."""
    lines = below("States and reasons / Reason codes")
    for row in lines:
        for code in row.names or ("AddedLater",):
            failure = reasons.failure("it failed", code, None)
            assert (failure.kind.lower(), failure.remedy) == (
                row.cells["kind"],
                row.cells["remedy"],
            )
    assert 1 == sum(not row.names for row in lines)


# Names and limits.


@pytest.mark.parametrize("row", below(FORMS), ids=lambda row: row.names[0])
def test_a_name_is_sent_as_the_page_says(row: Row) -> None:
    """The right spelling, or nothing."""
    (written,), said = row.names, row.cells["what AWS is sent"]
    reference = parse_reference(written, None, None)
    if said.startswith("nothing: "):
        assert reference is None
    else:
        assert reference is not None
        assert f"`{reference.function_name}`" == said


def field(*path: str) -> Mapping[str, Any]:
    """Find a field of a manifest in its schema; what is not substituted, where it may be."""
    found: dict[str, Any] = schema.load("function")["properties"]["spec"]
    for name in path:
        found = found["properties"][name]
    first: dict[str, Any] = found.get("anyOf", [found])[0]
    return first


ARN = "arn:aws:lambda:eu-west-1::runtime:"
LIMITED = {
    "S3Bucket": (WRITES[0], field("code", "s3", "bucket"), ""),
    "S3Key": (WRITES[0], field("code", "s3", "key"), ""),
    "S3ObjectVersion": (WRITES[0], field("code", "s3", "versionId"), ""),
    "Description": (WRITES[1], field("publish"), ""),
    "RuntimeVersionArn": (WRITES[2], schema.load("function")["$defs"]["runtimeVersionArn"], ARN),
}


@pytest.mark.parametrize("name", LIMITED)
def test_the_manifest_has_the_limits_of_the_api(name: str) -> None:
    """A text of AWS's longest length is taken, a longer one is not; nor is one too short."""
    operation, part, beginning = LIMITED[name]
    metadata = request(operation)[name].metadata
    shortest, longest = metadata["min"], metadata["max"]
    for length in (shortest - 1, shortest, longest, longest + 1):
        if length > len(beginning) or length == 0:
            text = beginning + "x" * (length - len(beginning))
            value = {"description": text} if name == "Description" else text
            taken = Draft202012Validator(part).is_valid(value)
            assert taken == (shortest <= length <= longest)


# Tests.


@cache
def defined_in(file: str) -> frozenset[str]:
    """Give the names of the tests in a file below ``tests``; none where there is no such file."""
    path = ROOT / "tests" / file
    if not path.is_file():
        return frozenset()
    return frozenset(
        node.name
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    )


def test_every_test_on_the_page_is_there() -> None:
    """A test that was renamed or taken away shows nothing any more."""
    named = named_tests(PAGE.read_text(encoding="utf-8"))
    assert len(named) > 200
    assert set() == {(file, name) for file, name in named if name not in defined_in(file)}


def test_every_line_is_shown_by_a_test() -> None:
    """By its own, but for the lines on errors, which one test tries all of."""
    bare = [row for row in rows() if not named_tests(row.cells.get(SHOWN_BY, ""))]
    assert {f"{MEANING} / {title}" for title in TABLES} == {row.place for row in bare}
