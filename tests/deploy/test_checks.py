"""The checks of the image and of the manifests, where their tools are missing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.deploy.cluster import ROOT

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("check-image", "image: skipped, buildah is not installed"),
        ("check-kubernetes", "kubernetes: skipped, neither kustomize nor kubectl is installed"),
    ],
)
def test_without_its_tools_a_check_says_that_it_is_skipped(
    script: str, said: str, tmp_path: Path
) -> None:
    """And succeeds: a checkout can be tested where no image can be built."""
    for tool in ("dirname", "basename", "id"):
        (tmp_path / tool).symlink_to(_which(tool))
    done = subprocess.run(
        ["/bin/sh", ROOT / "scripts" / script, sys.executable],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"PATH": str(tmp_path)},
    )

    assert (0, "") == (done.returncode, done.stderr)
    assert said in done.stdout


@pytest.mark.parametrize("target", ["image", "kubernetes"])
def test_make_runs_the_check(target: str) -> None:
    """Also below another make, which tells its own about folders."""
    done = subprocess.run(
        [_which("make"), "--dry-run", target],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if not name.startswith("MAKE")},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert f"scripts/check-{target}" in done.stdout.splitlines()[-1], done.stdout


def _which(tool: str) -> str:
    found = shutil.which(tool)
    assert found is not None
    return found
