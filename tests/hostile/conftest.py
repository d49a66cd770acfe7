from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

SECRET = b"secret"
"""Shorter than what it might take the place of, so that its size gives nothing away."""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Give a folder beside another one, whose content must never be deployed."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "app.py").write_bytes(SECRET)
    (tmp_path / "outside" / "lib").mkdir()
    (tmp_path / "outside" / "lib" / "app.py").write_bytes(SECRET)
    folder = tmp_path / "code"
    folder.mkdir()
    (folder / "app.py").write_bytes(b"harmless")
    return folder
