"""README and docs/ say what is true: links, flags, exit codes, messages, versions."""

from __future__ import annotations

import ast
import functools
import re
import shlex
from pathlib import Path

import pytest
from click import Command, Context, Group

from reconciler import schema
from reconciler.cli.commands import reconcile
from reconciler.plans import document
from reconciler.report import events, json_report
from reconciler.report.exit_code import ExitCode
from tests.hostile.cases import read_corpus

ROOT = Path(__file__).parents[2]
PAGES = tuple(
    sorted(str(path.relative_to(ROOT)) for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")))
)
NEWCOMERS = (
    "README.md",
    "docs/comparison.md",
    "docs/compatibility.md",
    "docs/cron.md",
    "docs/troubleshooting.md",
)

OF_OTHERS = {
    *("--build-arg", "--from-literal", "--function-name", "--now", "--only-binary"),
    *("--platform", "--provenance", "--replicas", "--sbom", "--tags", "--time"),
}
"""Flags of aws, docker, git, kubectl, pip and systemctl."""
NO_FLAGS_OWN = {"RECONCILE_SANDBOX_", "RECONCILE_PLAN_ROLE", "RECONCILE_APPLY_ROLE"}
"""What variables begin with, and those of the workflows."""
OF_THE_READER = "deploy/kubernetes/overlays/production/"

each_page = pytest.mark.parametrize("page", PAGES)
each_for_newcomers = pytest.mark.parametrize("page", NEWCOMERS)


@functools.cache
def text_of(page: str) -> str:
    return (ROOT / page).read_text("utf-8")


def prose(page: str) -> str:
    return re.sub(r"```.*?```", "", text_of(page), flags=re.DOTALL)


def anchors(page: str) -> set[str]:
    """Give what GitHub makes of the headings, but for those that come twice."""
    headings = re.findall(r"^#+ (.*)$", prose(page), re.MULTILINE)
    return {
        re.sub(r"[^\w -]", "", heading.strip().lower()).replace(" ", "-") for heading in headings
    }


@each_page
def test_links_lead_somewhere(page: str) -> None:
    """To files of the repository, and to headings that are there."""
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        path, _, anchor = target.partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        file = (ROOT / page).parent / path if path else ROOT / page
        if not file.exists() or (
            anchor and anchor not in anchors(str(file.resolve().relative_to(ROOT)))
        ):
            broken.append(target)
    assert [] == broken


@each_page
def test_flags_are_the_commands_own(page: str) -> None:
    """In prose; blocks of code have the flags of other programs."""
    named = set(re.findall(r"(?<![\w-])(--[a-z][a-z-]+)", prose(page)))
    assert set() == named - {flag for each in COMMANDS for flag in flags(each)} - OF_OTHERS


COMMANDS: tuple[Command, ...] = (reconcile, *reconcile.commands.values())


def flags(command: Command) -> set[str]:
    """Give what begins with two dashes, ``--help`` too."""
    options = (each for each in command.get_params(Context(command)))
    return {name for option in options for name in option.opts if name.startswith("--")}


@each_page
def test_commands_that_are_shown_are_understood(page: str) -> None:
    """Each line of a block that begins with it, without what its values mean."""
    text = text_of(page).replace("\\\n", " ")
    shell = "\n".join(re.findall(r"```sh\n(.*?)```", text, re.DOTALL))
    lines = re.findall(r"^(?:\S*/)?reconcile (.+)$", shell, re.MULTILINE)
    lines += re.findall(r"^\$ (?:\S*/)?reconcile (.+)$", text, re.MULTILINE)
    for line in lines:
        arguments = shlex.split(re.split(r" [>|]", line)[0], comments=True)
        _parse(reconcile, arguments)


def _parse(command: Command, arguments: list[str]) -> None:
    """Take flags apart, with their values as they are; what is wrong raises."""
    _, rest, _ = command.make_parser(Context(command)).parse_args(list(arguments))
    if isinstance(command, Group) and rest:
        _parse(command.commands[rest[0]], rest[1:])


def test_every_flag_is_in_the_table_of_flags() -> None:
    """And no other is."""
    table = text_of("docs/command-line.md").partition("## Flags\n")[2].partition("\n## ")[0]
    named = {
        flag
        for row in re.findall(r"^\| (.*?) \|", table, re.MULTILINE)
        for flag in re.findall(r"`[^`]*?(--[a-z-]+)", row)
    }
    assert flags(reconcile) - {"--version", "--help"} == named


def test_every_exit_code_is_in_the_table_of_exit_codes() -> None:
    """And no other is."""
    named = re.findall(r"^\| (\d+) \|", text_of("docs/exit-codes.md"), re.MULTILINE)
    assert sorted({int(code) for code in ExitCode}) == [int(code) for code in named]


@each_page
def test_variables_are_the_commands_own(page: str) -> None:
    """Those that begin with its name."""
    named = set(re.findall(r"\bRECONCILE_[A-Z_]+", text_of(page)))
    parameters = {f"RECONCILE_{each.name}".upper() for each in reconcile.params}
    assert set() == named - parameters - NO_FLAGS_OWN


@each_for_newcomers
def test_blocks_of_code_fit_a_terminal(page: str) -> None:
    """80 columns, so that nothing wraps where it is read or pasted."""
    blocks = re.findall(r"```\w*\n(.*?)```", text_of(page), re.DOTALL)
    assert [] == [line for block in blocks for line in block.splitlines() if len(line) > 80]


@each_page
def test_paths_that_are_named_exist(page: str) -> None:
    """Of this repository."""
    named = re.findall(r"`((?:deploy|scripts|schemas|requirements)/[\w./-]*\w)`", text_of(page))
    named = [path for path in named if not path.startswith(OF_THE_READER)]
    assert [] == [path for path in named if not (ROOT / path).exists()]


def test_every_page_is_found_from_the_readme() -> None:
    """By a link."""
    linked = set(re.findall(r"\]\((docs/[\w-]+\.md)", text_of("README.md")))
    assert {page for page in PAGES if page.startswith("docs/")} == linked


# Troubleshooting.


def rows(first: str) -> list[list[str]]:
    """Give the rows of all tables of the page whose first column has this title."""
    found = []
    title = ""
    for line in text_of("docs/troubleshooting.md").splitlines():
        if not line.startswith("|"):
            title = ""
            continue
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if not title:
            title = cells[0]
        elif title == first and not cells[0].startswith("---"):
            found.append(cells)
    return found


MESSAGES = sorted({said for row in rows("message") for said in re.findall(r"`([^`]+)`", row[0])})
NOT_MESSAGES = {"/healthz", "/readyz", "--detailed-exitcode"}
"""Pages of the watch, and flags."""
SAID_BY_OTHERS = {
    "Address already in use": "Linux",
    "No space left on device": "Linux",
    "The config profile (": "botocore",
    ") could not be found": "botocore",
    "found a tab character": "PyYAML",
    "explicit deny": "AWS",
    "Signature expired": "AWS",
    "The request signature we calculated": "AWS",
}


@functools.cache
def _said_by_the_code() -> str:
    """All string constants, with the values of f-strings as U+0000; the sandbox says AWS's."""
    return "\n".join(
        _joined(node)
        for path in sorted((ROOT / "reconciler").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, (ast.Constant, ast.JoinedStr))
    )


def _joined(node: ast.Constant | ast.JoinedStr) -> str:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    return "".join(
        str(part.value) if isinstance(part, ast.Constant) else "\0" for part in node.values
    )


@functools.cache
def _printed_of_broken_manifests() -> str:
    return "\n".join(line for case in read_corpus() for line in case.expected)


@pytest.mark.parametrize("message", MESSAGES)
def test_a_message_on_the_page_is_one_that_is_printed(message: str) -> None:
    """Just so for a broken manifest of the corpus, else each part between dots in the code."""
    if message in NOT_MESSAGES or re.search(_pattern(message), _printed_of_broken_manifests()):
        return
    parts = [_PLACE.sub("", part).strip() for part in re.split(r"\.\.\.|; |: ", message)]
    assert [] == [
        part
        for part in parts
        if part and part not in _said_by_the_code() and part not in SAID_BY_OTHERS
    ]


_PLACE = re.compile(r"^(?:spec(?:\.\w+)+|\$LATEST) ")
"""A field or a version, with which a message may begin."""


def test_most_messages_about_manifests_are_printed_just_so() -> None:
    """So that the corpus is what holds them."""
    section = text_of("docs/troubleshooting.md").partition("## Manifests\n")[2]
    said = re.findall(r"^\| `([^`]+)`", section.partition("\n## ")[0], re.MULTILINE)
    found = [each for each in said if re.search(_pattern(each), _printed_of_broken_manifests())]
    assert len(found) > len(said) / 2


def _pattern(message: str) -> str:
    return ".+?".join(re.escape(part) for part in message.split("..."))


def test_exit_codes_in_brackets_are_real() -> None:
    """Behind a message, in its first column."""
    named = {code for row in rows("message") for code in re.findall(r"\((\d+)\)$", row[0])}
    assert named <= {str(int(code)) for code in ExitCode}


def test_reason_codes_are_those_of_the_table() -> None:
    """docs/aws-coverage.md has all of them, and is kept equal to the code."""
    known = text_of("docs/aws-coverage.md")
    for row in rows("reason code of a failed update"):
        assert all(f"`{code}`" in known for code in re.findall(r"`(\w+)`", row[0]))


# Compatibility.


def test_the_formats_have_the_versions_that_the_page_says() -> None:
    """Of reports, events and saved plans."""
    page = text_of("docs/compatibility.md")
    assert f"| the JSON report | `format_version`, now {json_report.FORMAT_VERSION}:" in page
    assert f"(`-o jsonl`) | `format_version`, now {events.FORMAT_VERSION}," in page
    assert f"(format {document.FORMAT_VERSION})" in page


def test_the_exit_codes_are_those_that_the_page_calls_stable() -> None:
    """All of them, in order."""
    codes = sorted({int(code) for code in ExitCode})
    said = f"{', '.join(map(str, codes[:-1]))} and {codes[-1]}"
    assert f"| exit codes | {said}, and" in text_of("docs/compatibility.md")


def test_the_manifests_version_is_the_one_that_the_page_says() -> None:
    """As the schema demands it."""
    version = schema.load("function")["properties"]["apiVersion"]["const"]
    assert f"`apiVersion: {version}`" in text_of("docs/compatibility.md")


def test_the_pythons_are_those_of_the_package() -> None:
    """As its classifiers name them."""
    pythons = re.findall(r"Python :: (3\.\d+)", (ROOT / "pyproject.toml").read_text())
    said = f"Python {', '.join(pythons[:-1])} and {pythons[-1]}"
    assert said in text_of("docs/compatibility.md")
