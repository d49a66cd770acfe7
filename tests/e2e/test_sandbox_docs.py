"""docs/sandbox.md says what is true: its examples are run."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reconciler import schema
from reconciler.sandbox import UPDATES

if TYPE_CHECKING:
    from tests.e2e.command import Command

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "sandbox.md").read_text()
EXAMPLES = re.findall(
    r"`([\w-]+\.yaml)`:\n\n```yaml\n(.*?)```\n\n"
    r"```console\n\$ reconcile (.*?)\n(.*?)```\n\n(.*?)\n",
    TEXT,
    re.DOTALL,
)
TIME = re.compile(r"\d+\.\d s")


@pytest.mark.parametrize("example", EXAMPLES, ids=[example[0] for example in EXAMPLES])
def test_the_worked_examples_are_real(command: Command, example: tuple[str, ...]) -> None:
    """The report and the exit code are what the page says, but for the times taken."""
    name, scenario, arguments, output, remark = example
    shutil.copytree(ROOT / "manifests", command.folder / "manifests")
    (command.folder / name).write_text(scenario)

    finished = command.run(*shlex.split(arguments))

    assert TIME.sub("T", output) == TIME.sub("T", finished.stdout)
    assert f"The exit code is {finished.returncode}" in remark


def test_there_are_two_worked_examples() -> None:
    """The pattern above finds them."""
    assert ["blocked.yaml", "bad-day.yaml"] == [example[0] for example in EXAMPLES]


def test_the_example_of_a_test_passes(command: Command) -> None:
    """It can be copied as it is."""
    (source,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    path = command.folder / "test_example.py"
    path.write_text(source)

    finished = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(path)],
        cwd=command.folder,
        env=command.environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (0, "1 passed") == (finished.returncode, finished.stdout.splitlines()[-1][:8])


def test_every_field_of_a_scenario_is_in_the_tables() -> None:
    """What the schema knows, the page tells."""
    defined = schema.load("scenario")["$defs"]
    fields = {name for kind in ("function", "fault") for name in defined[kind]["properties"]}
    assert set() == {
        name for name in fields if not re.search(rf"^\|.*`{name}`", TEXT, re.MULTILINE)
    }


def test_the_operations_that_begin_an_update_are_named() -> None:
    """The list is the sandbox's own."""
    assert set() == {name for name in UPDATES if name not in TEXT}
