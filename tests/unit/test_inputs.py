"""What the errors of manifests and packages together come to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click
import pytest

from reconciler.artifacts import zip_file
from reconciler.artifacts.package import changed
from reconciler.cli import inputs, main

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


TARGETS = """\
apiVersion: lambda.reconciler/v1
kind: Target
metadata: {name: prod-eu}
spec: {region: eu-west-1, accountId: "111111111111"}
---
apiVersion: lambda.reconciler/v1
kind: Target
metadata: {name: prod-us}
spec: {region: us-east-1, accountId: "222222222222"}
"""
IN_TARGETS = """\
apiVersion: lambda.reconciler/v1
kind: Function
metadata: {name: app}
spec: {architecture: arm64, targets: [prod-eu, prod-us]}
"""


def test_targets_are_counted_beside_functions(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A function counts once for each of its targets, and their file is a file."""
    (tmp_path / "targets.yaml").write_text(TARGETS)
    (tmp_path / "app.yaml").write_text(IN_TARGETS)

    assert 0 == main(["validate", "-f", str(tmp_path)])
    assert "Valid: 2 functions and 2 targets in 2 files.\n" == capsys.readouterr().out


def test_targets_alone_declare_no_function(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A target is where something is done, and nothing that is."""
    (tmp_path / "targets.yaml").write_text(TARGETS)

    assert 3 == main(["validate", "-f", str(tmp_path)])
    assert "the manifests declare no function; check the paths" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("only", "said"),
    [
        ("app@prod-uss", "did you mean app@prod-us?"),
        ("apps", "did you mean app?"),
        ("*@staging", "--only *@staging matches no function"),
    ],
)
def test_a_function_in_a_target_is_selected_by_both_names(
    tmp_path: Path, only: str, said: str
) -> None:
    """A typo in the target is told from the names with targets, another from the names."""
    for name, text in (("targets.yaml", TARGETS), ("app.yaml", IN_TARGETS)):
        (tmp_path / name).write_text(text)
    with pytest.raises(click.UsageError, match=re.escape(said)):
        inputs.read([str(tmp_path)], None, only=[only])
    chosen = inputs.read([str(tmp_path)], None, only=["*@prod-us"])
    assert chosen is not None
    assert ["app@prod-us"] == [spec.id for spec in chosen.specs]
