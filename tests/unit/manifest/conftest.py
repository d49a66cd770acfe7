"""What the tests of manifests share: reading a text as standard input, or as a scenario."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Protocol

import pytest

from reconciler.manifest import KnownOperations, Manifests, Scenario, load, load_scenario
from reconciler.sandbox import OPERATIONS, UPDATES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    MessagesOfSpec = Callable[[str], list[str]]
    ReadScenario = Callable[..., Scenario | list[str]]

KNOWN = KnownOperations(frozenset(OPERATIONS), frozenset(UPDATES))
HEADER = "apiVersion: lambda.reconciler/v1\nkind: Function\nmetadata: {name: orders}\nspec:\n"


class Read(Protocol):
    """How a test reads a text, or bytes, as the manifest on standard input."""

    def __call__(
        self,
        content: str | bytes,
        environment: Mapping[str, str] | None = None,
        default_region: str | None = None,
    ) -> Manifests:
        """Return what ``load`` makes of it."""


def read_content(
    content: str | bytes,
    environment: Mapping[str, str] | None = None,
    default_region: str | None = None,
) -> Manifests:
    encoded = content.encode() if isinstance(content, str) else content
    return load(
        ["-"],
        environment=environment or {},
        default_region=default_region,
        standard_input=io.BytesIO(encoded),
    )


@pytest.fixture(scope="session")
def read() -> Read:
    return read_content


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the working directory, which has a zip file and a folder of code."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "api.zip").write_bytes(b"PK")
    (tmp_path / "source").mkdir()
    return tmp_path


@pytest.fixture
def messages_of_spec(folder: Path) -> MessagesOfSpec:
    """
    Return the messages for a document with that spec, which is indented by two.

    Where a message is of the spec's first line, it begins with the column alone.
    """

    def messages(body: str) -> list[str]:
        manifests = read_content(f"{HEADER}  {body}\n")
        assert manifests.specs == ()
        lines = [str(error).removeprefix("<stdin>:") for error in manifests.errors]
        return [line.removeprefix("5:").replace(str(folder), "FOLDER") for line in lines]

    return messages


@pytest.fixture
def read_scenario(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ReadScenario:
    """Return what is made of a text: a scenario, or messages without the file's name."""
    monkeypatch.chdir(tmp_path)

    def made(text: str | bytes, **environment: str) -> Scenario | list[str]:
        path = tmp_path / "s.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        found = load_scenario("s.yaml", environment=environment, known=KNOWN)
        if isinstance(found, Scenario):
            return found
        return [str(error).removeprefix("s.yaml:") for error in found]

    return made
