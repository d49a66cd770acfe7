"""Where the hashes of S3 objects are kept that had to be downloaded, and where nothing is."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

import pytest

from tests.effects.artifacts import client, make_bucket, put_object
from tests.effects.world import zip_of

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.sandbox import Sandbox
    from tests.e2e.command import Command

OBJECT = "{code: {s3: {bucket: artifacts, key: app.zip}}}"
KEPT = "lambda-reconciler"


@pytest.fixture
def downloading(command: Command, sandbox: Sandbox) -> Command:
    """Declare an object of which S3 has no hash, so that it has to be read."""
    command.declare("app", OBJECT)
    with client(sandbox, "s3") as s3:
        make_bucket(s3, "artifacts")
        put_object(s3, "artifacts", "app.zip", zip_of("new"), sha256=False)
    command.seed(sandbox)
    return command


def entries(folder: Path) -> int:
    """Count the files of a folder, which need not be there."""
    return len(list(folder.iterdir())) if folder.exists() else 0


def deployed(command: Command, *arguments: str, **environment: str) -> None:
    """Run, and expect success."""
    finished = command.run(*arguments, **environment)
    assert 0 == finished.returncode, finished.stderr


def test_the_hash_is_kept_below_the_home(downloading: Command) -> None:
    """In ~/.cache, where it may be deleted at any time."""
    deployed(downloading)

    assert 1 == entries(downloading.folder / ".cache" / KEPT)


def test_the_hash_is_kept_where_xdg_says(downloading: Command, tmp_path: Path) -> None:
    """XDG_CACHE_HOME goes before ~/.cache."""
    deployed(downloading, XDG_CACHE_HOME=str(tmp_path / "xdg"))

    assert 1 == entries(tmp_path / "xdg" / KEPT)
    assert not (downloading.folder / ".cache").exists()


def test_the_hash_is_kept_where_the_option_says(downloading: Command, tmp_path: Path) -> None:
    """--cache-dir is the folder itself."""
    deployed(downloading, "--cache-dir", str(tmp_path / "own"))

    assert 1 == entries(tmp_path / "own")
    assert not (downloading.folder / ".cache").exists()


@pytest.mark.parametrize("environment", [{"HOME": "~"}, {"HOME": "/dev/null"}], ids=str)
def test_a_user_without_a_home_runs(downloading: Command, environment: dict[str, str]) -> None:
    """
    A container's user may have none, or one that is no folder: nothing is kept.

    Python expands ~ by HOME; that it stays ~ is what a user unknown to the system gets.
    """
    deployed(downloading, **environment)

    assert not (downloading.folder / ".cache").exists()
    assert not (downloading.folder / "~").exists()


def test_a_sandbox_leaves_the_cache_alone(command: Command) -> None:
    """What is downloaded from a sandbox is gone with it; no hash of it is kept."""
    declared = base64.b64encode(hashlib.sha256(b"another package").digest()).decode()
    command.declare(
        "app", f"{{code: {{s3: {{bucket: artifacts, key: app.zip, sha256: '{declared}'}}}}}}"
    )

    finished = command.run("--sandbox")

    assert "and the manifest's sha256 is" in finished.stdout  # it was read, and so it is known
    assert not (command.folder / ".cache").exists()
