"""The corpus of broken manifests: read from its files, and tried out."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from reconciler.manifest import load

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

    from reconciler.manifest import Manifests

CORPUS = Path(__file__).parent / "corpus"
HEADER = "apiVersion: lambda.reconciler/v1\nkind: Function\nmetadata: {name: orders}\nspec:\n"
_REPEATED = re.compile(r"\{\{(.*?) \* ([0-9]+)\}\}", re.DOTALL)


@dataclass(frozen=True)
class Case:
    """``corpus/README.md`` says what the members are."""

    name: str
    files: Mapping[str, bytes]
    expected: list[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    region: str | None = None

    def plant(self, folder: Path) -> None:
        """Write the files, and what they may refer to."""
        (folder / "package.zip").write_bytes(b"PK")
        (folder / "source").mkdir()
        for name, content in self.files.items():
            (folder / name).write_bytes(content)

    def load(self) -> Manifests:
        """Read the files in the working folder."""
        return load(
            sorted(self.files),
            environment=self.environment,
            default_region=self.region,
            standard_input=None,
        )


def read_corpus() -> list[Case]:
    """Read every file of the corpus, in order."""
    return [case for path in sorted(CORPUS.glob("*.yaml")) for case in read_cases(path)]


def read_cases(path: Path) -> list[Case]:
    """Read one file; all scalars are strings there."""
    cases = yaml.load(path.read_bytes(), Loader=yaml.CBaseLoader)  # noqa: S506 - makes strings only
    return [_case(path.stem, each) for each in cases]


def _case(topic: str, case: Mapping[str, Any]) -> Case:
    environment = {
        name: os.fsdecode(value.encode("latin-1"))
        for name, value in case.get("environment", {}).items()
    }
    expected = case.get("expected", "").splitlines()
    return Case(f"{topic}: {case['name']}", _files(case), expected, environment, case.get("region"))


def _files(case: Mapping[str, Any]) -> dict[str, bytes]:
    if "files" in case:
        return {name: _written_out(text) for name, text in case["files"].items()}
    if "bytes" in case:
        return {"manifest.yaml": case["bytes"].encode("latin-1")}
    if "spec" in case:
        indented = "".join(f"  {line}" for line in case["spec"].splitlines(keepends=True))
        return {"manifest.yaml": _written_out(HEADER + indented)}
    return {"manifest.yaml": _written_out(case["manifest"])}


def _written_out(text: str) -> bytes:
    return _REPEATED.sub(lambda found: found[1] * int(found[2]), text).encode()


class Counted:
    """Counts the function calls below it: a measure of work that no busy machine changes."""

    calls = 0

    def __enter__(self) -> Self:
        sys.setprofile(self._count)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)

    def _count(self, _frame: object, event: str, _argument: object) -> None:
        self.calls += event in ("call", "c_call")
