"""Functions in several targets: what each is, and every mistake once."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.manifest import functions, load, loader
from reconciler.manifest.resolve import resolve
from reconciler.model import AssumeRole, Image, Publish, S3Object

if TYPE_CHECKING:
    from tests.unit.manifest.conftest import Read

EU, US, CN = "1" * 12, "2" * 12, "0" + "3" * 11


def _target(name: str, region: str, account: str) -> str:
    return (
        f"apiVersion: lambda.reconciler/v1\nkind: Target\nmetadata: {{name: {name}}}\n"
        f"spec: {{region: {region}, accountId: '{account}'}}\n---\n"
    )


# Five lines each, so that the function of a test begins at line 16.
TARGETS = (
    _target("prod-eu", "eu-west-1", EU)
    + _target("prod-us", "us-east-1", US)
    + _target("prod-cn", "cn-north-1", CN)
)


def _function(body: str, name: str = "orders", targets: str = "prod-eu, prod-us") -> str:
    return (
        f"apiVersion: lambda.reconciler/v1\nkind: Function\nmetadata: {{name: {name}}}\n"
        f"spec:\n  targets: [{targets}]\n  {body}\n---\n"
    )


def test_a_function_is_in_each_of_its_targets(read: Read) -> None:
    """One document gives a spec for each target, with its account and region."""
    found = read(_function("suspend: true", targets="prod-us, prod-eu") + TARGETS, {}, "ap-south-1")
    assert () == found.errors
    assert [
        ("orders@prod-us", "orders", "orders", US, "us-east-1", "prod-us"),
        ("orders@prod-eu", "orders", "orders", EU, "eu-west-1", "prod-eu"),
    ] == [
        (
            spec.id,
            spec.name,
            spec.function.function_name,
            spec.function.account,
            spec.function.region,
            spec.target and spec.target.name,
        )
        for spec in found.specs
    ]
    assert ["prod-eu", "prod-us", "prod-cn"] == [target.name for target in found.targets]


def test_a_function_without_targets_is_as_before(read: Read) -> None:
    """Targets that a function does not name mean nothing to it."""
    function = _function("suspend: true").replace("  targets: [prod-eu, prod-us]\n", "")
    (spec,) = read(TARGETS + function, {}, "ap-south-1").specs
    assert ("orders", None, None, "ap-south-1") == (
        spec.id,
        spec.target,
        spec.function.account,
        spec.function.region,
    )


def test_targets_may_stand_in_any_file(tmp_path: Path) -> None:
    """Before or behind the functions, in files and folders of their own."""
    (tmp_path / "a.yaml").write_text(_function("suspend: true", "a", "prod-eu"))
    (tmp_path / "z").mkdir()
    (tmp_path / "z" / "targets.yaml").write_text(TARGETS)
    found = load([str(tmp_path)], environment={}, default_region=None, standard_input=None)
    assert ((), ["a@prod-eu"]) == (found.errors, [spec.id for spec in found.specs])


def test_values_of_the_target(read: Read) -> None:
    """Each string has the values of the target that the spec is for."""
    body = (
        "functionName: 'orders-${target.name}-${STAGE:-x}'\n"
        "  code: {imageUri: '${target.accountId}.dkr.ecr.${target.region}.amazonaws.com/abc:v1'}\n"
        "  publish: {description: '$${target.name} ${target.name}'}"
    )
    found = read(TARGETS + _function(body), {"STAGE": "live"})
    assert () == found.errors
    assert [
        (f"orders-{name}-live", f"{account}.dkr.ecr.{region}.amazonaws.com/abc:v1", name)
        for name, account, region in (("prod-eu", EU, "eu-west-1"), ("prod-us", US, "us-east-1"))
    ] == [
        (
            spec.function.name,
            spec.code.image_uri if isinstance(spec.code, Image) else None,
            spec.publish and (spec.publish.description or "").removeprefix("${target.name} "),
        )
        for spec in found.specs
    ]


def test_values_are_anywhere_that_strings_are(read: Read) -> None:
    """In labels, buckets and pins too, and in the account with its leading zero."""
    arn = "'arn:aws-cn:lambda:${target.region}::runtime:abc'"
    body = (
        f"runtimeManagement: {{updateRuntimeOn: Manual, runtimeVersionArn: {arn}}}\n"
        "  code: {s3: {bucket: 'b-${target.accountId}', key: 'k/${target.region}'}}"
    )
    text = _function(body, targets="prod-cn").replace(
        "{name: orders}", "{name: orders, labels: {where: '${target.name}'}}"
    )
    (spec,) = read(TARGETS + text).specs
    assert {"where": "prod-cn"} == spec.labels
    assert isinstance(spec.code, S3Object)
    assert (f"b-{CN}", "k/cn-north-1") == (spec.code.bucket, spec.code.key)
    assert spec.runtime_management is not None
    assert {"arn:aws-cn:lambda:cn-north-1::runtime:abc"} == set(
        spec.runtime_management.runtime_version_arns.values()
    )


def test_targets_of_one_region_have_values_of_their_own(read: Read) -> None:
    """What is the same in two targets does not make the rest the same."""
    text = TARGETS + _target("eu-2", "eu-west-1", US)
    body = "publish: {description: '${target.region} ${target.name}'}"
    found = read(text + _function(body, targets="prod-eu, eu-2"))
    assert ["eu-west-1 prod-eu", "eu-west-1 eu-2"] == [
        spec.publish and spec.publish.description for spec in found.specs
    ]


def test_the_environment_and_the_target_do_not_meet(read: Read) -> None:
    """A variable called target is the environment's, and a value of either is not read again."""
    body = "publish: {description: '${target} ${V}'}"
    (spec,) = read(
        TARGETS + _function(body, targets="prod-eu"), {"target": "t", "V": "${target.name}"}
    ).specs
    assert Publish("t ${target.name}") == spec.publish


ARN = "arn:aws:lambda:${target.region}:${target.accountId}:function:orders"
ALL = "prod-eu, prod-us, prod-cn"
NO_VALUE = (
    "has a value only in a Function with spec.targets; "
    "name its targets there, or write the value out"
)
IN_ARN = "write the name alone, or ${target.accountId} and ${target.region} in the ARN"
PIN = "runtimeManagement: {updateRuntimeOn: Manual, runtimeVersionArn: "

MISTAKES = {
    "a target that is not there": (
        _function("suspend: true", targets="prod-eu, prod-uk"),
        [
            (
                '20:22: spec.targets[1] is "prod-uk", and no target has that name; '
                "did you mean prod-us?"
            )
        ],
    ),
    "a target of quite another name": (
        _function("suspend: true", targets="staging"),
        [
            (
                '20:13: spec.targets[0] is "staging", and no target has that name; '
                "name one of prod-eu, prod-us, prod-cn, or add one of that name"
            )
        ],
    ),
    "a target twice": (
        _function("suspend: true", targets="prod-eu, prod-us, prod-eu"),
        ['20:31: spec.targets names "prod-eu" twice; keep one of them'],
    ),
    "no targets": (
        _function("suspend: true", targets=""),
        ["20:12: spec.targets is an empty list; name one at least, or leave the field out"],
    ),
    "a target alone": (
        _function("suspend: true").replace("[prod-eu, prod-us]", "prod-eu"),
        ['20:12: spec.targets is "prod-eu", not a list; write [prod-eu]'],
    ),
    "targets that are empty": (
        _function("suspend: true").replace(" [prod-eu, prod-us]", ""),
        [
            (
                "20:11: spec.targets is empty, not a list; "
                "write a list: [NAME, NAME], or leave the field out"
            )
        ],
    ),
    "names of other types": (
        _function("suspend: true", targets="1, a b"),
        [
            '20:13: spec.targets[0] is the number 1, not a string; quote it: "1"',
            (
                '20:16: spec.targets[1] is "a b", which is not allowed; '
                "write the metadata.name of a Target"
            ),
        ],
    ),
    "a region beside the targets": (
        _function("suspend: true\n  region: eu-west-1"),
        [
            (
                "22:3: spec.region goes without spec.targets only, as each target has a region "
                "of its own; remove it"
            )
        ],
    ),
    "nothing declared": (
        _function("functionName: f"),
        [
            (
                "19:1: spec declares nothing, so that nothing would ever be done; "
                "add one of code, architecture, runtimeManagement, publish, suspend, "
                "or remove the document"
            )
        ],
    ),
    "a mistake that is the same in all": (
        _function("architecture: ${A:-arm}", targets=ALL),
        [
            (
                '21:17: spec.architecture is "arm" (from "${A:-arm}"), '
                "not one of x86_64, arm64; write arm64"
            )
        ],
    ),
    "a file that is missing in all": (
        _function("code: {directory: 'no\\n/x'}", targets=ALL),
        [
            (
                "21:21: spec.code.directory does not exist: FOLDER/no\\n/x; build it first, "
                "or correct the path, which starts from the folder of this file"
            )
        ],
    ),
    "an image of one target": (
        _function(f"code: {{imageUri: '{EU}.dkr.ecr.eu-west-1.amazonaws.com/orders:1'}}"),
        [
            (
                "21:20: spec.code.imageUri is in eu-west-1, but the function is in us-east-1 "
                "(in prod-us); push the image to a repository in the function's region, "
                "or replicate it there"
            )
        ],
    ),
    "an image of none of the targets": (
        _function(f"code: {{imageUri: '{EU}.dkr.ecr.ap-south-1.amazonaws.com/orders:1'}}"),
        [
            (
                "21:20: spec.code.imageUri is in ap-south-1, but the function is in eu-west-1 "
                "(in prod-eu and prod-us); push the image to a repository in the function's "
                "region, or replicate it there"
            )
        ],
    ),
    "an image of one target of many": (
        _function(
            f"code: {{imageUri: '{EU}.dkr.ecr.eu-west-1.amazonaws.com/orders:1'}}",
            targets=f"{ALL}, more",
        )
        + _target("more", "us-west-2", US),
        [
            (
                "21:20: spec.code.imageUri is in eu-west-1, but the function is in us-east-1 "
                "(in prod-us and 2 other targets); push the image to a repository in the "
                "function's region, or replicate it there"
            )
        ],
    ),
    "a pin of one target": (
        _function(PIN + "'arn:aws:lambda:eu-west-1::runtime:abc'}", targets=ALL),
        [
            (
                "21:67: spec.runtimeManagement.runtimeVersionArn is in eu-west-1, but the "
                "function is in us-east-1 (in prod-us and prod-cn); take the ARN that this "
                "runtime version has in us-east-1"
            )
        ],
    ),
    "pins without one": (
        _function(PIN + "{eu-west-1: {arm64: 'arn:aws:lambda:eu-west-1::runtime:abc'}}}"),
        [
            (
                "21:67: spec.runtimeManagement.runtimeVersionArn has no ARNs for us-east-1 "
                "(in prod-us); add us-east-1, where the function is"
            )
        ],
    ),
    "a partition that depends on the target": (
        _function(f"suspend: true\n  functionName: '{ARN}'", targets=ALL),
        [
            (
                '22:17: spec.functionName names the partition "aws", but cn-north-1 is in aws-cn '
                "(in prod-cn); begin it with arn:aws-cn:lambda:"
            )
        ],
    ),
    "a name in another account": (
        _function(f"suspend: true\n  functionName: '{EU}:orders'", targets=ALL),
        [
            (
                f"22:17: spec.functionName is in {EU}, but the function's target in {US} "
                f"(in prod-us and prod-cn); {IN_ARN}"
            )
        ],
    ),
    "a name in another region": (
        _function(f"suspend: true\n  functionName: 'ap-south-1:{EU}:orders'", targets="prod-eu"),
        [
            (
                "22:17: spec.functionName is in ap-south-1, but the function's target in "
                f"eu-west-1; {IN_ARN}"
            )
        ],
    ),
    "a value that targets do not have": (
        _function("publish: {description: 'x ${target.regoin} ${target.x}'}"),
        [
            '21:29: a target has no value "regoin"; did you mean ${target.region}?',
            (
                '21:46: a target has no value "x"; '
                "write ${target.name}, ${target.region}, ${target.accountId}"
            ),
        ],
    ),
    "a value with a default": (
        _function("publish: {description: '${target.name:-x}'}"),
        [
            (
                '21:27: "${target.name:-x}" is not a substitution; '
                "write ${target.name}, ${target.region}, ${target.accountId}"
            )
        ],
    ),
    "a value without targets": (
        _function("publish: {description: '${target.name}'}").replace(
            "targets: [prod-eu, prod-us]", "region: eu-west-1"
        ),
        [f"21:27: ${{target.name}} {NO_VALUE}"],
    ),
    "a value in the document's name": (
        _function("suspend: true", name="'a-${target.name}'"),
        [
            (
                "18:18: metadata.name is the same for all targets, and takes no value of one; "
                "write the same for all"
            )
        ],
    ),
    "a value among the targets": (
        _function("suspend: true", targets="'${target.name}'"),
        [
            (
                "20:13: spec.targets[0] is the same for all targets, and takes no value of one; "
                "write the same for all"
            )
        ],
    ),
    "a variable that is not set": (
        _function("publish: {description: '${target.name} ${NO}'}"),
        [
            (
                "21:42: the environment variable NO is not set; "
                "set it, or give it a default: ${NO:-default}"
            )
        ],
    ),
    "a name that is too long in one target": (
        _function(f"suspend: true\n  functionName: '{'n' * 58}${{target.name}}'").replace(
            "[prod-eu", "[prod-e"
        )
        + _target("prod-e", "eu-west-1", EU),
        [
            (
                "22:17: spec.functionName has a name of 65 characters (in prod-us); "
                "at most 64 are allowed"
            )
        ],
    ),
    "one function in two targets of one place": (
        _function("suspend: true", targets="prod-eu, eu-2") + _target("eu-2", "eu-west-1", EU),
        [
            (
                f"20:22: the targets prod-eu and eu-2 are one place, eu-west-1 in {EU}, "
                'with one function "orders"; '
                "keep one of them, or write ${target.name} in functionName"
            )
        ],
    ),
    "one function in two documents": (
        _function("suspend: true", targets=ALL)
        + _function("functionName: orders\n  suspend: true", "b", ALL),
        [('28:17: the function "orders" is described already at <stdin>:18:18; keep one of them')],
    ),
    "one function with a target and without": (
        _function("suspend: true", targets=ALL)
        + _function("functionName: orders\n  suspend: true", "b").replace(
            "targets: [prod-eu, prod-us]", "region: us-east-1"
        ),
        [
            (
                '28:17: the function "orders" is described already at <stdin>:18:18; '
                "keep one of them, or, if their accounts differ, write spec.targets in both"
            )
        ],
    ),
    "two documents of one name": (
        _function("suspend: true", targets="prod-eu")
        + _function("suspend: true", targets="prod-us"),
        [
            (
                '25:18: metadata.name "orders" is taken by <stdin>:18:18; '
                "give each document a name of its own"
            )
        ],
    ),
}


@pytest.mark.parametrize(("text", "expected"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_told_once(read: Read, folder: Path, text: str, expected: list[str]) -> None:
    """However many targets a mistake concerns, it is one error at its place."""
    found = [str(error).replace(str(folder), "FOLDER") for error in read(TARGETS + text).errors]
    assert [f"<stdin>:{line}" for line in expected] == found


BROKEN = TARGETS.replace("cn-north-1", "nowhere")


@pytest.mark.parametrize(
    ("targets", "places", "specs"),
    [
        (BROKEN, ["14:16"], 0),
        (TARGETS.replace("{name: prod-cn}", "{}"), ["13:1"], 0),
        (TARGETS.replace("{name: prod-cn}", "]"), ["13:11"], 0),
    ],
    ids=["a broken target", "no name", "no YAML"],
)
def test_what_follows_from_a_mistake_in_a_target_is_no_error(
    tmp_path: Path, targets: str, places: list[str], specs: int
) -> None:
    """A target that has an error, or is not known for one, is no error where it is named."""
    (tmp_path / "targets.yaml").write_text(targets)
    image = "${target.accountId}.dkr.ecr.${target.region}.amazonaws.com.cn/abc:v1"
    text = _function(f"code: {{imageUri: '{image}'}}", targets="prod-cn")
    (tmp_path / "function.yaml").write_text(text)
    found = load([str(tmp_path)], environment={}, default_region=None, standard_input=None)
    assert (places, specs) == (
        [f"{error.location.line}:{error.location.column}" for error in found.errors],
        len(found.specs),
    )


def test_other_mistakes_are_told_without_targets(read: Read) -> None:
    """What is wrong whatever the targets are is told though they are not known."""
    body = "architecture: arm\n  functionName: '${target.name}-${NO}'"
    found = read(BROKEN + _function(body, targets="prod-cn"))
    assert [14, 21, 22] == [error.location.line for error in found.errors]


def test_a_document_is_read_once_for_all_targets(
    read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And once more for each set of values that its strings ask for."""
    resolved: list[object] = []

    def counted(*given: Any) -> Any:  # noqa: ANN401 - as resolve
        resolved.append(given[3])
        return resolve(*given)

    monkeypatch.setattr(functions, "resolve", counted)
    more = "".join(_target(f"more-{number}", "eu-west-1", EU) for number in range(5))
    every = "prod-eu, prod-us, " + ", ".join(f"more-{number}" for number in range(5))
    read(TARGETS + more + _function("suspend: true", targets=every))
    assert 1 == len(resolved)
    read(TARGETS + more + _function("publish: {description: '${target.region}'}", targets=every))
    assert 1 + 1 + 2 == len(resolved)


def test_functions_are_limited_as_they_fan_out(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    """A function counts in each of its targets, and the error is where there are too many."""
    monkeypatch.setattr(loader, "MOST_FUNCTIONS", 5)
    two = _function("suspend: true", "a") + _function("suspend: true", "b")
    assert () == read(TARGETS + two + _function("suspend: true", "c", "prod-eu")).errors
    (error,) = read(TARGETS + two + _function("suspend: true", "c")).errors
    assert (
        "<stdin>:30:1: there are more than 5 functions, counted in each target; "
        "reconcile them in several runs"
    ) == str(error)


NAMES = [f"t{number}" for number in range(6)]


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_one_spec_for_each_target_in_any_order(read: Read, data: st.DataObject) -> None:
    """Wherever targets and functions stand, each function has one spec in each of its targets."""
    regions = st.sampled_from(("eu-west-1", "us-east-1"))
    places = {
        name: (data.draw(regions), f"{number:012}")
        for number, name in enumerate(data.draw(st.lists(st.sampled_from(NAMES), unique=True)))
    }
    of = {
        f"f{number}": data.draw(st.lists(st.sampled_from(sorted(places)), min_size=1, unique=True))
        for number in range(data.draw(st.integers(0, 4)) if places else 0)
    }
    documents = [_target(name, *place) for name, place in places.items()]
    documents += [
        _function("publish: {description: '${target.region}'}", name, ", ".join(targets))
        for name, targets in of.items()
    ]
    found = read("".join(data.draw(st.permutations(documents))))
    assert () == found.errors
    expected = {(f"{name}@{target}", *places[target]) for name in of for target in of[name]}
    assert expected == {
        (spec.id, spec.publish and spec.publish.description, spec.function.account)
        for spec in found.specs
    }
    assert len(expected) == len(found.specs)
    targets = {(each.name, each.region, each.account) for each in found.targets}
    assert {(name, *place) for name, place in places.items()} == targets
    assert len(places) == len(found.targets)


PAGE = (Path(__file__).parents[3] / "docs" / "manifests.md").read_text()


def test_the_page_of_manifests_shows_targets_as_they_are(read: Read) -> None:
    """Its example is valid, and its error is what the image of one target gives."""
    examples = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    (text,) = (example for example in examples if "kind: Target" in example)
    found = read(text)
    assert () == found.errors
    assert ["orders-api@prod-eu", "orders-api@prod-us"] == [spec.id for spec in found.specs]
    assert found.targets == tuple(spec.target for spec in found.specs)
    role = AssumeRole("arn:aws:iam::012345678901:role/reconciler", "reconciler-7f3a", "reconciler")
    assert (role, 0.5) == (found.targets[0].assume_role, found.targets[0].quota_share)
    (error,) = read(text.replace("${target.region}.amazonaws", "eu-west-1.amazonaws")).errors
    assert f": {error.what}; {error.remedy}\n" in PAGE
