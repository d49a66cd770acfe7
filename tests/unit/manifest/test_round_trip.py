"""Specs that are written out and read again, whole and in any order."""

from __future__ import annotations

import asyncio
import zipfile
from typing import TYPE_CHECKING
from unittest.mock import Mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.artifacts import Room
from reconciler.fleet import prepare
from reconciler.manifest import load
from reconciler.model import Directory, Image, S3Object, ZipFile
from reconciler.planner import plan
from reconciler.reconcile.code import Code
from tests.unit.builders import live, manual, version
from tests.unit.manifest.dumping import dump, dump_target, in_target, specs, without_places

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from hypothesis.strategies import DataObject

    from reconciler.manifest import Manifests
    from reconciler.model import FunctionSpec, Plan
    from tests.unit.manifest.conftest import Read

examples = settings(max_examples=150, deadline=None)
fewer = settings(max_examples=40, deadline=None)


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("code")
    with zipfile.ZipFile(folder / "api.zip", "w") as archive:
        archive.writestr("index.py", "")
    (folder / "source").mkdir()
    (folder / "source" / "index.py").write_text("def handler(*_): ...\n")
    return folder


@examples
@given(data=st.data(), flow=st.booleans())
def test_a_spec_survives_being_written_and_read(
    read: Read, code: Path, data: DataObject, *, flow: bool
) -> None:
    """Whatever a manifest can say arrives as it was meant, field by field."""
    spec = data.draw(specs(code))
    manifests = read(dump(spec, flow=flow))
    assert () == manifests.errors
    assert [spec] == [without_places(found) for found in manifests.specs]


@fewer
@given(data=st.data())
def test_a_spec_in_a_target_survives_being_written_and_read(
    read: Read, code: Path, data: DataObject
) -> None:
    """Target and function arrive as they were meant, whichever of them is written first."""
    spec = data.draw(specs(code).flatmap(in_target))
    assert spec.target is not None
    documents = data.draw(st.permutations([dump(spec), dump_target(spec.target)]))
    manifests = read("---\n".join(documents))
    assert () == manifests.errors
    assert [spec] == [without_places(found) for found in manifests.specs]


def _loaded(folder: Path, files: Iterable[Iterable[FunctionSpec]], names: list[str]) -> Manifests:
    """Read the folder with these files; a folder is searched in the order of names."""
    for old in folder.iterdir():
        old.unlink()
    for name, documents in zip(names, files, strict=True):
        (folder / f"{name}.yaml").write_text("---\n".join(map(dump, documents)) or "---\n")
    return load([str(folder)], environment={}, default_region="eu-west-1", standard_input=None)


def _plans(manifests: Manifests) -> dict[str, Plan]:
    """Plan each function against the same live one."""
    prepared = prepare(manifests.specs)
    assert () == (*manifests.errors, *prepared.errors)
    found = live(runtime_management=manual(), newest_version=version("3"))
    return {
        task.spec.name: plan(
            asyncio.run(Code(task, Mock(), Mock(), Room(), Mock()).desired()), found
        )
        for task in prepared.tasks
    }


@fewer
@given(data=st.data())
def test_documents_and_files_in_any_order_give_the_same_plans(
    code: Path, tmp_path_factory: pytest.TempPathFactory, data: DataObject
) -> None:
    """However the same documents are spread over files, each function's plan is the same."""
    on_disk = specs(code).filter(lambda spec: not isinstance(spec.code, S3Object | Image))
    documents = data.draw(
        st.lists(
            on_disk,
            min_size=1,
            max_size=5,
            unique_by=(lambda spec: spec.name, lambda spec: spec.function.name),
        )
    )
    folder = tmp_path_factory.mktemp("manifests")
    shuffled = data.draw(st.permutations(documents))
    cut = data.draw(st.integers(0, len(documents)))
    names = data.draw(st.permutations(["a", "b"]))
    whole = _plans(_loaded(folder, [documents], ["all"]))
    assert len(documents) == len(whole)
    assert whole == _plans(_loaded(folder, [shuffled[:cut], shuffled[cut:]], names))


def test_every_source_of_code_is_tried(code: Path) -> None:
    """The properties above would be empty of what they never draw."""
    seen: set[type] = set()

    @settings(max_examples=100, deadline=None, database=None, derandomize=True)
    @given(specs(code))
    def draw(spec: FunctionSpec) -> None:
        seen.add(type(spec.code))

    draw()
    assert {ZipFile, Directory, S3Object, Image, type(None)} == seen
