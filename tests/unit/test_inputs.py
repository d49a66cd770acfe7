"""What the errors of manifests and packages together come to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler.artifacts import zip_file
from reconciler.artifacts.package import changed
from reconciler.cli import main

if TYPE_CHECKING:
    from pathlib import Path

MANIFEST = """\
apiVersion: lambda.reconciler/v1
kind: Function
metadata: {name: app}
spec: {code: {zipFile: app.zip}, region: eu-west-1}
"""


@pytest.mark.parametrize(
    ("more", "code"),
    [("", 1), ("---\nkind: Nothing\n", 3)],
    ids=["a package that changes", "a broken manifest beside it"],
)
def test_a_package_that_is_still_being_built_is_worth_another_try(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: str, code: int
) -> None:
    """But only where nothing else is wrong."""
    (tmp_path / "app.yaml").write_text(MANIFEST + more)
    (tmp_path / "app.zip").touch()

    def still_written(path: Path) -> bytes:
        raise changed(str(path))

    monkeypatch.setattr(zip_file, "_read", still_written)

    assert code == main(["validate", "-f", str(tmp_path)])
