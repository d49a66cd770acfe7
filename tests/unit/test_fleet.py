"""What is chosen of the manifests, and what of it can run."""

from __future__ import annotations

import asyncio
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING
from unittest.mock import Mock

import pytest

from reconciler.artifacts import Artifacts, Room
from reconciler.fleet import prepare, select
from reconciler.model import FailureKind, Image, S3Object, Target, ZipFile
from reconciler.reconcile.code import Code
from tests.unit.builders import location, spec

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from reconciler.model import CodeSource

SPECS = (
    spec("orders-api", labels={"team": "orders", "tier": "1"}),
    spec("orders-worker", labels={"team": "orders"}),
    spec("billing", labels={"team": "billing", "tier": "1"}),
    spec("Orders-Legacy"),
)
IN_TARGETS = tuple(
    replace(spec(name), target=Target(target, "123456789012", "eu-west-1", location()))
    for name in ("orders", "billing")
    for target in ("prod-eu", "prod-us")
)


@pytest.fixture
def package(tmp_path: Path) -> Path:
    path = tmp_path / "package.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("index.py", "")
    return path


@pytest.mark.parametrize(
    ("labels", "names", "chosen"),
    [
        pytest.param([], [], [0, 1, 2, 3], id="everything"),
        pytest.param([("team", "orders")], [], [0, 1], id="label"),
        pytest.param([("team", "orders"), ("tier", "1")], [], [0], id="every-label"),
        pytest.param([("team", "orders"), ("team", "billing")], [], [], id="contradiction"),
        pytest.param([("team", "Orders")], [], [], id="label-by-case"),
        pytest.param([("absent", "")], [], [], id="absent-is-not-empty"),
        pytest.param([], ["billing"], [2], id="name"),
        pytest.param([], ["orders-*"], [0, 1], id="glob-by-case"),
        pytest.param([], ["orders"], [], id="no-prefix-match"),
        pytest.param([], ["billing", "*worker"], [1, 2], id="any-name-in-order"),
        pytest.param([], ["orders-*", "*"], [0, 1, 2, 3], id="each-once"),
        pytest.param([], ["orders-[aw]*"], [0, 1], id="class"),
        pytest.param([("tier", "1")], ["orders-*"], [0], id="label-and-name"),
        pytest.param([], ["nothing"], [], id="nothing"),
    ],
)
def test_select(labels: Sequence[tuple[str, str]], names: Sequence[str], chosen: list[int]) -> None:
    """Every label and any of the names must match, in the order of the manifests."""
    assert tuple(SPECS[index] for index in chosen) == select(iter(SPECS), labels, names)


@pytest.mark.parametrize(
    ("name", "chosen"),
    [
        ("orders", [0, 1]),
        ("orders@prod-us", [1]),
        ("*@prod-eu", [0, 2]),
        ("*@*-us", [1, 3]),
        ("orders@prod", []),
        ("prod-eu", []),
    ],
)
def test_select_in_targets(name: str, chosen: list[int]) -> None:
    """A glob is meant for a function in all its targets, or with @ for those it matches."""
    assert tuple(IN_TARGETS[index] for index in chosen) == select(IN_TARGETS, [], [name])


def test_prepare_resolves_code_and_keeps_the_order(package: Path) -> None:
    """Each spec becomes a task with its package, or without one where code is not ours."""
    specs = (spec("b", code=ZipFile(package, location())), spec("a"), spec("c", suspend=True))
    prepared = prepare(specs)
    assert () == prepared.errors
    assert specs == tuple(task.spec for task in prepared.tasks)
    assert [str(package), None, None] == [
        task.package and task.package.origin for task in prepared.tasks
    ]


def test_a_task_compares_the_hash_of_its_package(package: Path) -> None:
    """What the planner gets is what the package hashes to, and nothing for absent code."""
    source = ZipFile(package, location())
    with_code, without = (
        asyncio.run(Code(task, Mock(), Mock(), Room(), Mock()).desired())
        for task in prepare([spec(code=source), spec("other")]).tasks
    )
    assert Artifacts().resolve(source).digest == with_code.code
    assert without.code is None
    assert without.package_type is None


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(S3Object("bucket", "key", None, None, location()), id="s3"),
        pytest.param(Image("registry/repo:tag", location()), id="image"),
    ],
)
def test_what_aws_must_be_asked_for_is_left_for_later(source: CodeSource) -> None:
    """No call is made while manifests are read: the task has its source and no package yet."""
    prepared = prepare([spec(code=source)])
    assert () == prepared.errors
    [task] = prepared.tasks
    assert source == task.spec.code
    assert task.package is None


def test_errors_are_collected_over_all_specs(tmp_path: Path, package: Path) -> None:
    """All that is wrong is told at once, each at its place, and the rest is prepared."""
    missing = ZipFile(tmp_path / "missing.zip", location(line=12))
    prepared = prepare(
        [
            spec("no-region", region=None, at=location(line=1)),
            spec("missing", code=missing, at=location(line=10)),
            spec("good", code=ZipFile(package, location())),
        ]
    )
    assert ["good"] == [task.spec.name for task in prepared.tasks]
    assert [location(line=1), location(line=12)] == [place for place, _ in prepared.errors]
    assert {FailureKind.INVALID} == {failure.kind for _, failure in prepared.errors}
    assert "no region is known for this function" == prepared.errors[0][1].what
    assert "AWS_REGION" in prepared.errors[0][1].remedy


def test_a_spec_with_two_errors_tells_both(tmp_path: Path) -> None:
    """A missing region does not hide a missing package."""
    missing = ZipFile(tmp_path / "missing.zip", location(line=12))
    prepared = prepare([spec(region=None, code=missing)])
    assert 2 == len(prepared.errors)


def test_one_bad_package_is_told_for_each_function_that_uses_it(tmp_path: Path) -> None:
    """Hashing once does not mean reporting once."""
    missing = tmp_path / "missing.zip"
    prepared = prepare(
        [
            spec("a", code=ZipFile(missing, location(line=2))),
            spec("b", code=ZipFile(missing, location(line=20))),
        ]
    )
    assert [location(line=2), location(line=20)] == [place for place, _ in prepared.errors]


def test_nothing_prepares_to_nothing() -> None:
    """No spec is no task and no error."""
    prepared = prepare([])
    assert ((), ()) == (prepared.tasks, prepared.errors)
