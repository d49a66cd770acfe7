"""
The policies that are printed: the run passes with them, and with nothing less.

Every request of the real loop goes over HTTP through IAM (``iam``).
"""

from __future__ import annotations

import copy
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any

import pytest

from reconciler import manifest, permissions
from reconciler.model import FailureKind, Status
from reconciler.permissions import USUAL
from reconciler.sandbox import ACCOUNT_ID, Sandbox
from tests.effects.artifacts import client, make_bucket, push_image, put_object
from tests.effects.iam import Gate, enforced
from tests.effects.targets import EU, US, connected, role, spec, target
from tests.effects.targets import run as run_in_targets
from tests.effects.world import AUTO, REGION, World, zip_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from reconciler.model import FunctionResult

    Document = dict[str, Any]

OTHER = "999999999999"
HOST = f"dkr.ecr.{REGION}.amazonaws.com"
ZIP_FILE = "code: {zipFile: new.zip}"
MODE = "runtimeManagement: {updateRuntimeOn: FunctionUpdate}"
FUNCTIONS = {
    "everything": f"{ZIP_FILE}\npublish: true\n{MODE}",
    "mode": MODE,
    "moved": "architecture: arm64",
}
READS = ("lambda:Get", "lambda:List", "s3:Get", "ecr:")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with Sandbox(settle=0) as sandbox, World(sandbox, tmp_path, quota_share=None) as world:
        yield world


def make_functions(world: World) -> None:
    """Create functions that differ from what is declared."""
    (world.folder / "new.zip").write_bytes(zip_of("new"))
    world.declare(**FUNCTIONS)
    for name in FUNCTIONS:
        world.create(name)


def make_objects(world: World) -> None:
    """Declare an object, and a version of another."""
    with client(world.sandbox, "s3") as s3:
        make_bucket(s3, "artifacts", versioned=True)
        put_object(s3, "artifacts", "app.zip", zip_of("new"))
        version = put_object(s3, "artifacts", "pinned.zip", zip_of("pinned"))
    world.declare(
        newest="code: {s3: {bucket: artifacts, key: app.zip}}",
        pinned=f"code: {{s3: {{bucket: artifacts, key: pinned.zip, versionId: '{version}'}}}}",
    )
    for name in ("newest", "pinned"):
        world.create(name)


def make_images(world: World) -> None:
    """Declare an image of this account, and one of another."""
    for name, account in {"own": ACCOUNT_ID, "foreign": OTHER}.items():
        repository = f"{account}.{HOST}/team/{name}"
        with _acting_for(world, account), client(world.sandbox, "ecr") as ecr:
            old = push_image(ecr, f"team/{name}", "old", text="old")
            push_image(ecr, f"team/{name}", "live", text="new")
        world.declare(**{name: f"code: {{imageUri: '{repository}:live'}}"})
        code: Any = {"ImageUri": f"{repository}@{old}"}
        world.plane.create_function(name, region=REGION, Code=code, Role="r")
        world.plane.settle_now(name, region=REGION)


@contextmanager
def _acting_for(world: World, account: str) -> Iterator[None]:
    """Push as another account's build."""
    accounts = world.sandbox._accounts  # noqa: SLF001 - nothing else pushes there
    usual, accounts.usual = accounts.usual, account
    try:
        yield
    finally:
        accounts.usual = usual


MAKERS: dict[str, Callable[[World], None]] = {
    "functions": make_functions,
    "objects": make_objects,
    "images": make_images,
}


def policy(folder: Path, *, plan_only: bool = False) -> Document:
    """Make the policy of the folder's manifests."""
    loaded = manifest.load(
        [str(folder)], environment={}, default_region=REGION, standard_input=None
    )
    settings = permissions.Settings(ACCOUNT_ID, plan_only=plan_only)
    found = permissions.policies(loaded.specs, settings)
    assert ((), [USUAL]) == (found.errors, list(found.by_role))
    return found.by_role[USUAL]


def run_twice(world: World) -> list[FunctionResult]:
    """Apply, let somebody meddle with what was published, and apply once more."""
    first = world.run()
    published = first.functions[0].spec.name == "everything" and world.versions("everything")
    for qualifier in published or ():
        mode = AUTO.update_runtime_on
        world.plane.put_runtime_management_config(
            "everything", region=REGION, Qualifier=qualifier, UpdateRuntimeOn=mode
        )
    return [*first.functions, *world.run().functions]


def grants(document: Document) -> set[tuple[str, str]]:
    """Take a policy apart into single grants."""
    return {
        (action, resource)
        for statement in document["Statement"]
        for action in statement["Action"]
        for resource in statement["Resource"]
    }


def covers(resource: str, asked: str) -> bool:
    """Compare a resource of a policy with a request's: a star stands for the rest."""
    return asked.startswith(resource[:-1]) if resource.endswith("*") else asked == resource


def failures(results: list[FunctionResult]) -> str:
    """Put all that was refused into one text; nothing may have failed for another kind."""
    failed = [result.failure for result in results if result.failure is not None]
    assert {FailureKind.PERMANENT} >= {failure.kind for failure in failed}
    return "\n".join(failure.what for failure in failed)


@pytest.mark.parametrize("what", MAKERS)
def test_the_run_passes_with_the_policy_and_uses_all_of_it(
    what: str, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is refused, and no grant is there for nothing."""
    MAKERS[what](world)
    given = policy(world.folder)
    with enforced(Gate({USUAL: given}), monkeypatch) as gate:
        results = run_twice(world)
    assert set() == gate.denied
    assert {Status.UPDATED, Status.IN_SYNC} == {result.status for result in results}
    unused = {
        (action, resource)
        for action, resource in grants(given)
        if not any(action == asked and covers(resource, of) for _, asked, of in gate.used)
    }
    assert set() == unused


@pytest.mark.parametrize("what", MAKERS)
def test_a_plan_passes_with_the_policy_for_plans(
    what: str, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It allows reads alone, and an apply under it changes nothing."""
    MAKERS[what](world)
    given = policy(world.folder, plan_only=True)
    assert all(action.startswith(READS) for action, _ in grants(given))
    with enforced(Gate({USUAL: given}), monkeypatch) as gate:
        planned = world.run(plan_only=True)
        assert set() == gate.denied
        assert {Status.PLANNED, Status.IN_SYNC} >= {each.status for each in planned.functions}
        before = len(world.sandbox.requests)
        results = list(world.run().functions)
    assert "not authorized" in failures(results)
    asked = [record.operation for record in world.sandbox.requests[before:]]
    assert all(operation.startswith(("Get", "List")) for operation in asked)


def cuts(document: Document) -> Iterator[tuple[str, set[str], Document]]:
    """Take away each statement, and each action of one."""
    for number, statement in enumerate(document["Statement"]):
        cut = copy.deepcopy(document)
        del cut["Statement"][number]
        yield statement["Sid"], set(statement["Action"]), cut
        if len(statement["Action"]) == 1:
            continue
        for action in statement["Action"]:
            cut = copy.deepcopy(document)
            cut["Statement"][number]["Action"].remove(action)
            yield f"{statement['Sid']} {action}", {action}, cut


@pytest.mark.parametrize("what", MAKERS)
def test_it_fails_for_the_right_reason_with_anything_taken_away(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each cut is met by a request that IAM refuses, and the report says so."""
    number = 0
    while True:
        folder = tmp_path / str(number)
        folder.mkdir()
        with Sandbox(settle=0) as sandbox, World(sandbox, folder, quota_share=None) as world:
            MAKERS[what](world)
            cut = next(islice(cuts(policy(folder)), number, None), None)
            if cut is None:
                break
            name, actions, document = cut
            with enforced(Gate({USUAL: document}), monkeypatch) as gate:
                said = failures(run_twice(world))
        refused = {action for _, action, _ in gate.denied}
        assert refused, name
        assert actions >= refused, name
        assert "not authorized" in said or "no permission to read the object" in said, name
        number += 1
    assert number >= 2


def test_each_target_is_entered_with_its_roles_policy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The usual credentials may only enter, and each role only what lies in its account."""
    places = [
        target("prod-eu", EU, role(EU, "eu-1")),
        target("prod-us", US, role(US), "us-east-1"),
    ]
    specs = [spec("app", place) for place in places]
    found = permissions.policies(specs, permissions.Settings())
    roles = [f"arn:aws:iam::{account}:role/deploy" for account in (EU, US)]
    assert [*roles, USUAL] == list(found.by_role)
    assert {("sts:AssumeRole", each) for each in roles} == grants(found.by_role[USUAL])

    assert (set(), ["Updated", "Updated"]) == _in_targets(specs, found.by_role, monkeypatch)
    for each in (*roles, USUAL):
        less = {name: document for name, document in found.by_role.items() if name != each}
        denied, statuses = _in_targets(specs, less, monkeypatch)
        assert {each} == {name for name, _, _ in denied}
        assert (2 if each == USUAL else 1) == statuses.count("Failed")


def _in_targets(
    specs: list[Any], policies: Mapping[str, Any], monkeypatch: pytest.MonkeyPatch
) -> tuple[set[tuple[str, str, str]], list[str]]:
    with Sandbox(settle=0) as sandbox:
        sandbox.seed(specs, default_region=REGION)
        with enforced(Gate(policies), monkeypatch) as gate, connected(sandbox.url) as connections:
            result = run_in_targets(connections, specs)
    return gate.denied, [each.status.value for each in result.functions]
