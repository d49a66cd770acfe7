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
from reconciler.fleet.all_versions import LEAST
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
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT_ID}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
READS = ("lambda:Get", "lambda:List", "s3:Get", "ecr:", "kms:Decrypt")


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


def make_keyed(world: World) -> None:
    """Declare a package that a key encrypts, which the live one is without."""
    (world.folder / "new.zip").write_bytes(zip_of("new"))
    world.declare(keyed=f"code: {{zipFile: new.zip, sourceKmsKeyArn: '{KEY}'}}")
    world.create("keyed")


def make_managed(world: World) -> None:
    """Declare a version in place, which functions on Lambda Managed Instances have."""
    (world.folder / "new.zip").write_bytes(zip_of("new"))
    world.declare(managed=f"{ZIP_FILE}\npublish: {{publishTo: LATEST_PUBLISHED}}\n{MODE}")
    provider = {"LambdaManagedInstancesCapacityProviderConfig": {"CapacityProviderArn": "arn:p"}}
    world.plane.create_function(
        "managed",
        region=REGION,
        Code={"ZipFile": zip_of("old")},
        Runtime="python3.13",
        CapacityProviderConfig=provider,
    )
    world.plane.settle_now("managed", region=REGION)


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
    "keyed": make_keyed,
    "managed": make_managed,
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


def unused(document: Document, gate: Gate) -> set[tuple[str, str]]:
    """Give what the policy grants and nobody has asked for."""
    return {
        (action, resource)
        for action, resource in grants(document)
        if not any(action == asked and covers(resource, of) for _, asked, of in gate.used)
    }


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
    assert set() == unused(given, gate)


@pytest.mark.parametrize("what", MAKERS)
def test_a_plan_passes_with_the_policy_for_plans(
    what: str, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It allows reads alone, each for something, and an apply under it changes nothing."""
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
    run_twice(world)
    with enforced(Gate({USUAL: given}), monkeypatch) as again:
        world.run(plan_only=True)
    assert set() == again.denied
    gate.used |= again.used
    assert set() == unused(given, gate)


def test_every_combination_of_fields_takes_what_it_is_given(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each function has a name of its own, so that no other uses its grants."""
    (world.folder / "new.zip").write_bytes(zip_of("new"))
    fields = (ZIP_FILE, "architecture: arm64", MODE, "publish: true")
    for number in range(1, 1 << len(fields)):
        chosen = [field for bit, field in enumerate(fields) if number & 1 << bit]
        world.declare(**{f"app-{number}": "\n".join(chosen)})
        world.create(f"app-{number}")
    given = policy(world.folder)
    with enforced(Gate({USUAL: given}), monkeypatch) as gate:
        first = world.run()
        for name in (result.spec.name for result in first.functions):
            for version in world.versions(name):
                world.plane.put_runtime_management_config(
                    name, region=REGION, Qualifier=version, UpdateRuntimeOn="Auto"
                )
        world.run()
    assert {Status.UPDATED} == {result.status for result in first.functions}
    assert (set(), set()) == (gate.denied, unused(given, gate))


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


# What the page tells to add by hand.


def allowing(document: Document, action: str, resource: str) -> Document:
    """Add one statement."""
    more = {"Effect": "Allow", "Action": [action], "Resource": [resource]}
    return {**document, "Statement": [*document["Statement"], more]}


def test_without_list_functions_each_is_asked_for_by_itself(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It spares calls, and nothing fails for want of it."""
    names = [f"app-{number}" for number in range(LEAST)]
    world.declare(**dict.fromkeys(names, "publish: true"))
    for name in names:
        world.create(name)
    without = policy(world.folder)
    listed = []
    for given in (without, allowing(without, "lambda:ListFunctions", "*")):
        with enforced(Gate({USUAL: given}), monkeypatch) as gate:
            world.run()
            again = world.run()
        assert {Status.IN_SYNC} == {result.status for result in again.functions}
        assert {"lambda:ListFunctions"} >= {action for _, action, _ in gate.denied}
        listed.append(sum("ListVersionsByFunction" in call for call in world.calls))
    assert [LEAST, 0] == listed


def test_a_dry_run_takes_the_permission_of_the_call_itself(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """IAM knows no other: a role that may validate may also write."""
    make_keyed(world)
    given = policy(world.folder, plan_only=True)
    (name,) = {resource for action, resource in grants(given) if action == "lambda:GetFunction"}
    with enforced(Gate({USUAL: given}), monkeypatch) as gate:
        result = world.one(plan_only=True, server_side=True)
    assert "not authorized to perform: lambda:UpdateFunctionCode" in failures([result])
    assert {"lambda:UpdateFunctionCode"} == {action for _, action, _ in gate.denied}

    enough = allowing(given, "lambda:UpdateFunctionCode", name)
    enough = allowing(enough, "kms:GenerateDataKey", KEY)
    with enforced(Gate({USUAL: enough}), monkeypatch) as gate:
        assert Status.PLANNED == world.one(plan_only=True, server_side=True).status
    assert set() == gate.denied


def test_the_object_of_a_live_package_is_read_in_its_version(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AWS tells the version of a package in storage mode REFERENCE, and that one is sent again."""
    with client(world.sandbox, "s3") as s3:
        make_bucket(s3, "artifacts", versioned=True)
        put_object(s3, "artifacts", "app.zip", zip_of("live"))
    world.create("app")
    where: Any = {"S3Bucket": "artifacts", "S3Key": "app.zip", "S3ObjectStorageMode": "REFERENCE"}
    world.plane.update_function_code("app", region=REGION, **where)
    world.plane.settle_now("app", region=REGION)
    world.declare(app="architecture: arm64")
    given = policy(world.folder)
    with enforced(Gate({USUAL: given}), monkeypatch) as gate:
        assert "no permission to read the object" in failures([world.one()])
    assert {"s3:GetObjectVersion"} == {action for _, action, _ in gate.denied}

    enough = allowing(given, "s3:GetObjectVersion", "arn:aws:s3:::artifacts/app.zip")
    with enforced(Gate({USUAL: enough}), monkeypatch) as gate:
        assert Status.UPDATED == world.one().status
    assert set() == gate.denied
