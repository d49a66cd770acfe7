"""
The mutants of a module: each a small change that a test should notice.

Inside of functions the changes are mutmut's. Its own runner swaps functions at run time,
which leaves out decorated functions, among them every property; whatever stands outside of
functions, so the tables of errors and reasons; and functions that run while their module is
imported, as those that make the rules. Here each mutant is a whole module, imported anew.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import TYPE_CHECKING

import libcst as cst
from mutmut.mutation import mutators

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    Operator = Callable[[cst.CSTNode], Iterable[cst.CSTNode]]

_NEVER_IN_CALLS = ("isinstance", "len")
"""As in mutmut: a mutant of their arguments is nonsense."""
_TEXTS = (cst.SimpleString, cst.ConcatenatedString, cst.FormattedString)
_OTHER_NAMES = {
    "permanent": "temporary",
    "temporary": "permanent",
    "PERMANENT": "TEMPORARY",
    "TEMPORARY": "PERMANENT",
    "REGION": "FUNCTION",
    "RUN": "FUNCTION",
    "True": "False",
    "False": "True",
}


@dataclass(frozen=True, slots=True)
class Mutant:
    """A module's path, where in it something is mutated, and the module's whole text."""

    path: Path
    place: str
    source: str

    def difference(self, original: str) -> str:
        """Give the changed lines alone."""
        lines = difflib.unified_diff(original.splitlines(), self.source.splitlines(), n=0)
        return "\n".join(line for line in lines if not line.startswith(("---", "+++", "@@")))


def mutants(path: Path) -> Iterator[Mutant]:
    """Give a module's mutants."""
    module = cst.parse_module(path.read_text(encoding="utf-8"))
    finder = _Finder()
    module.visit(finder)
    for place, old, new in finder.found:
        source = module.deep_replace(old, new).code
        if source != module.code:
            yield Mutant(path, place, source)


class _Finder(cst.CSTVisitor):
    def __init__(self) -> None:
        super().__init__()
        self._names: list[str] = []
        self._functions = 0
        self.found: list[tuple[str, cst.CSTNode, cst.CSTNode]] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        if _says_nothing(node):
            return False
        if (name := _name_of(node)) is not None:
            self._names.append(name)
        self._functions += isinstance(node, cst.FunctionDef)
        for kind, operator in _FUNCTIONS if self._functions else _TABLES:
            if isinstance(node, kind):
                place = ".".join(self._names)
                self.found += [(place, node, mutated) for mutated in operator(node)]
        return self._functions > 0 or not isinstance(node, _TEXTS)

    def on_leave(self, original_node: cst.CSTNode) -> None:
        if not _says_nothing(original_node):
            self._functions -= isinstance(original_node, cst.FunctionDef)
            if _name_of(original_node) is not None:
                self._names.pop()


def _name_of(node: cst.CSTNode) -> str | None:
    """Give the name of what is defined here."""
    match node:
        case cst.FunctionDef() | cst.ClassDef():
            return node.name.value
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))]):
            return name
    return None


def _says_nothing(node: cst.CSTNode) -> bool:
    """Whether a node is documentation, a type, or a name that is only handed on."""
    match node:
        case cst.Annotation() | cst.Decorator() | cst.Import() | cst.ImportFrom():
            return True
        case cst.If(test=cst.Name(value="TYPE_CHECKING")):
            return True
        case cst.Expr(value=cst.SimpleString() | cst.ConcatenatedString()):
            return True
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value="__all__"))]):
            return True
        case cst.Call(func=cst.Name(value=name)):
            return name in _NEVER_IN_CALLS
    return False


# What is done to a table.


def _text(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Say something else; a triple-quoted text is documentation."""
    if not (isinstance(node, cst.SimpleString) and node.quote in ('"""', "'''")):
        yield cst.SimpleString('"XX"')


def _name(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    if isinstance(node, cst.Name) and node.value in _OTHER_NAMES:
        yield node.with_changes(value=_OTHER_NAMES[node.value])


def _element(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Leave one element out; turn two rules round of which the first is the narrower one."""
    elements = list(node.elements)
    for index in range(len(elements)):
        yield _with(node, elements[:index] + elements[index + 1 :])
    for index, (first, second) in enumerate(pairwise(elements)):
        if _in_order(first, second):
            turned = [*elements[:index], second, first, *elements[index + 2 :]]
            yield _with(node, turned)


def _with(node: cst.CSTNode, elements: list[cst.BaseElement]) -> cst.CSTNode:
    """Keep a tuple of one a tuple, and an empty set a set."""
    if isinstance(node, cst.Set) and not elements:
        return cst.parse_expression("set()")
    kept = [each if isinstance(each.comma, cst.Comma) else _followed(each) for each in elements]
    return node.with_changes(elements=kept)


def _followed(element: cst.BaseElement) -> cst.BaseElement:
    return element.with_changes(comma=cst.Comma(whitespace_after=cst.SimpleWhitespace(" ")))


def _in_order(first: cst.BaseElement, second: cst.BaseElement) -> bool:
    """Whether two rules may fit the same answer: one code, and the second's text is wider."""
    code, *texts = _told(first)
    other_code, *wider = _told(second)
    return code == other_code != "" and (
        not wider or any(other in text for text in texts for other in wider)
    )


def _told(element: cst.BaseElement) -> list[str]:
    """Give the code of a rule and its texts."""
    call = element.value
    if not isinstance(call, cst.Call) or not call.args:
        return [""]
    code, *rest = (argument.value for argument in call.args if argument.keyword is None)
    texts = [each.evaluated_value for each in rest[1:] if isinstance(each, cst.SimpleString)]
    return [cst.Module([]).code_for_node(code), *map(str, texts)]


def _argument(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Leave out what a call can do without: named arguments, and a rule's texts."""
    arguments = list(node.args)
    for index, argument in enumerate(arguments):
        if argument.keyword is not None or index > 1:
            yield node.with_changes(args=arguments[:index] + arguments[index + 1 :])


def _marked(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Of mutmut's three changes to a text the first; those of case are found by the same tests."""
    yield from islice(mutators.operator_string(node), 1)


_FUNCTIONS = tuple(
    (kind, _marked if operator is mutators.operator_string else operator)
    for kind, operator in mutators.mutation_operators
)
_TABLES: tuple[tuple[type | tuple[type, ...], Operator], ...] = (
    (_TEXTS, _text),
    (cst.Name, _name),
    ((cst.Tuple, cst.List, cst.Set, cst.Dict), _element),
    (cst.Call, _argument),
    (cst.BaseNumber, mutators.operator_number),
    (cst.UnaryOperation, mutators.operator_remove_unary_ops),
    (cst.CSTNode, mutators.operator_keywords),
    (cst.CSTNode, mutators.operator_swap_op),
)
