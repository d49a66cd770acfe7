"""Machine code: a package goes to another architecture only where it can run there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.model import (
    Architecture,
    CodeDigest,
    DesiredFunction,
    FailureKind,
    LiveFunction,
    NativeCode,
    PackageType,
    UpdateFunctionCode,
)
from reconciler.planner import plan, reads_native_code
from tests.unit.builders import ARM, ARN, AUTO, KEY, NEW, OLD, X86, desired, image, live

FOR_X86 = NativeCode(((X86, "lib/fast.so"),))
FOR_ARM = NativeCode(((ARM, "lib/fast.so"),))
FOR_BOTH = NativeCode(((X86, "lib/x.so"), (ARM, "lib/a.so")))
FOR_OTHERS = NativeCode(((Architecture("ppc64"), "lib/p.so"), (X86, "lib/x.so")))
OLD_IMAGE, OLD_URI = image("old")
NEW_IMAGE, NEW_URI = image("new")
IMAGE_FUNCTION = live(
    code=OLD_IMAGE, package_type=PackageType.IMAGE, resolved_image_uri=OLD_URI, runtime=None
)


def of_image(
    native_code: NativeCode | None = None,
    architecture: Architecture | None = None,
    *,
    native_check: bool = True,
) -> DesiredFunction:
    """Declare the new image."""
    return desired(
        code=NEW_IMAGE,
        architecture=architecture,
        package_type=PackageType.IMAGE,
        resolved_image_uri=NEW_URI,
        native_code=native_code,
        native_check=native_check,
    )


@pytest.mark.parametrize(
    ("native_code", "file"),
    [(FOR_X86, "lib/fast.so is for x86_64"), (FOR_OTHERS, "lib/p.so is for ppc64")],
    ids=["x86_64", "several-others"],
)
@pytest.mark.parametrize("code", [OLD, NEW], ids=["same-code", "new-code"])
def test_native_code_for_other_machines_only_is_refused(
    code: CodeDigest, native_code: NativeCode, file: str
) -> None:
    """The file is named, and so is the way around the check."""
    actual = plan(desired(code=code, architecture=ARM, native_code=native_code), live())
    assert () == actual.steps
    assert actual.refusal is not None
    assert FailureKind.PERMANENT is actual.refusal.kind
    assert file in actual.refusal.what
    assert "to be arm64" in actual.refusal.what
    assert 'spec.code.nativeCheck: "off"' in actual.refusal.remedy


@pytest.mark.parametrize(
    "native_code", [None, NativeCode(), FOR_ARM, FOR_BOTH], ids=["not-read", "none", "own", "both"]
)
def test_native_code_that_may_run_is_sent(native_code: NativeCode | None) -> None:
    """A package without native code runs anywhere; one that brings both chooses by itself."""
    actual = plan(desired(code=NEW, architecture=ARM, native_code=native_code), live())
    assert (UpdateFunctionCode(NEW, ARM),) == actual.steps


@pytest.mark.parametrize("code", [NEW, None], ids=["declared", "live-package"])
def test_without_the_check_any_package_is_sent(code: CodeDigest | None) -> None:
    """nativeCheck: off means that somebody knows better; it may stand without a source."""
    declared = desired(code=code, architecture=ARM, native_code=FOR_X86, native_check=False)
    assert (UpdateFunctionCode(code or OLD, ARM, live_package=code is None),) == (
        plan(declared, live()).steps
    )


@pytest.mark.parametrize("architecture", [None, X86], ids=["undeclared", "same"])
def test_a_package_for_the_same_architecture_is_not_judged(
    architecture: Architecture | None,
) -> None:
    """Where the architecture stays, what runs today is no business of ours."""
    declared = desired(code=NEW, architecture=architecture, native_code=FOR_ARM)
    assert (UpdateFunctionCode(NEW, X86),) == plan(declared, live()).steps


def test_the_live_package_is_judged_before_it_goes_to_another_architecture() -> None:
    """Nobody declared it, so there is nothing to build again before it is declared."""
    actual = plan(desired(architecture=ARM, native_code=FOR_X86), live())
    assert () == actual.steps
    assert actual.refusal is not None
    assert "lib/fast.so" in actual.refusal.what
    assert "the live package: declare spec.code with one that is built for arm64" in (
        actual.refusal.remedy
    )


@pytest.mark.parametrize("architecture", [None, X86], ids=["undeclared", "same"])
def test_an_image_for_another_machine_is_refused_at_any_update(
    architecture: Architecture | None,
) -> None:
    """An image says for which platform it is, and Lambda runs it on no other."""
    actual = plan(of_image(FOR_ARM, architecture), IMAGE_FUNCTION)
    assert () == actual.steps
    assert actual.refusal is not None
    assert "to be x86_64" in actual.refusal.what
    assert "declare an image that is built for x86_64" in actual.refusal.remedy


@pytest.mark.parametrize(
    "declared",
    [of_image(FOR_ARM, ARM), of_image(FOR_ARM, ARM, native_check=False)],
    ids=["check", "no-check"],
)
def test_an_image_for_the_machine_is_sent(declared: DesiredFunction) -> None:
    """The image and the architecture change together."""
    assert (UpdateFunctionCode(NEW_IMAGE, ARM),) == plan(declared, IMAGE_FUNCTION).steps


def test_an_image_for_another_machine_is_sent_without_the_check() -> None:
    """The check can be wrong about an image as well."""
    declared = of_image(FOR_ARM, native_check=False)
    assert (UpdateFunctionCode(NEW_IMAGE, X86),) == plan(declared, IMAGE_FUNCTION).steps


REPLICA = live(master_arn=ARN)


@pytest.mark.parametrize(
    ("declared", "found", "reads"),
    [
        pytest.param(desired(code=NEW, architecture=ARM), live(), True, id="moves"),
        pytest.param(desired(architecture=ARM), live(), True, id="live-package-moves"),
        pytest.param(desired(code=NEW, architecture=X86), live(), False, id="stays"),
        pytest.param(desired(code=NEW), live(), False, id="undeclared"),
        pytest.param(desired(code=OLD, architecture=X86), live(), False, id="in-sync"),
        pytest.param(desired(runtime_management=AUTO), live(), False, id="mode-only"),
        pytest.param(
            desired(code=NEW, architecture=ARM, native_check=False), live(), False, id="no-check"
        ),
        pytest.param(of_image(), IMAGE_FUNCTION, True, id="image"),
        pytest.param(of_image(native_check=False), IMAGE_FUNCTION, False, id="image-no-check"),
        pytest.param(desired(architecture=ARM), IMAGE_FUNCTION, False, id="image-cannot-move"),
        pytest.param(desired(architecture=ARM), REPLICA, False, id="replica"),
        pytest.param(desired(code=NEW), IMAGE_FUNCTION, False, id="zip-for-an-image"),
        pytest.param(
            desired(architecture=ARM), live(code_unreadable="denied"), False, id="unreadable"
        ),
        pytest.param(
            desired(code=OLD, source_kms_key_arn=KEY), live(), False, id="another-key-only"
        ),
    ],
)
def test_native_code_is_read_only_where_the_plan_depends_on_it(
    declared: DesiredFunction, found: LiveFunction, *, reads: bool
) -> None:
    """Reading takes time, and is out of reach where something else stands in the way."""
    assert reads is reads_native_code(declared, found)
    assert reads is reads_native_code(replace(declared, native_code=FOR_OTHERS), found)
