"""The first command of the README, which needs nothing but this repository."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_demo_converges_and_leaves_nothing_running(tmp_path: Path) -> None:
    """Its pipe closes when it ends, so that the sandbox it started has ended too."""
    command = tmp_path / "reconcile"
    command.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m reconciler "$@"\n')
    command.chmod(0o700)

    done = subprocess.run(
        [ROOT / "scripts" / "demo", command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
    )

    assert done.returncode == 0, done.stdout
    places = [
        done.stdout.index(text)
        for text in ("Plan: 3 to update", "Applied: 3 updated", "Plan: 4 in sync, 1 suspended")
    ]
    assert places == sorted(places)
