"""What is published: the sdist, the wheel, its bill of materials, and the hook of pre-commit."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from reconciler import __version__, schema

if TYPE_CHECKING:
    from tests.e2e.command import Command

ROOT = Path(__file__).parents[2]
SOURCES = ("reconciler", "schemas", "scripts")
FILES = (
    *("pyproject.toml", ".gitignore", "CHANGELOG.md", "LICENSE", "README.md", "SECURITY.md"),
    *("requirements/dev.txt", "requirements/runtime.txt", "requirements/build.txt"),
)


def _build(root: Path, folder: Path, umask: int) -> None:
    subprocess.run(
        [root / "scripts" / "build", sys.executable, folder],
        env={"PATH": os.environ["PATH"], "SOURCE_DATE_EPOCH": "1750000000"},
        umask=umask,
        capture_output=True,
        check=True,
        timeout=60,
    )


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    _build(ROOT, folder, 0o022)
    return folder


def _only(folder: Path, pattern: str) -> Path:
    (found,) = folder.glob(pattern)
    return found


def _hashes(folder: Path) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.iterdir()
        if path.name != ".gitignore"
    }


def test_equal_sources_give_equal_bytes(dist: Path, tmp_path: Path) -> None:
    """Another folder, umask and time of every file change nothing."""
    copy = tmp_path / "copy"
    for name in SOURCES:
        shutil.copytree(ROOT / name, copy / name, copy_function=shutil.copyfile)
    for name in FILES:
        (copy / name).parent.mkdir(exist_ok=True)
        shutil.copyfile(ROOT / name, copy / name)
    (copy / "scripts" / "build").chmod(0o700)

    _build(copy, tmp_path / "dist", 0o077)

    assert 2 == len(_hashes(dist))
    assert _hashes(dist) == _hashes(tmp_path / "dist")


def test_the_archives_hold_the_package_and_its_schemas_alone(dist: Path) -> None:
    """No test, no setting of a machine, nothing that was only lying about."""
    with zipfile.ZipFile(_only(dist, "*.whl")) as archive:
        wheel = archive.namelist()
        assert {(2025, 6, 15, 15, 6, 40)} == {each.date_time for each in archive.infolist()}
    with tarfile.open(_only(dist, "*.tar.gz")) as archive:
        sdist = archive.getnames()
    info = f"lambda_reconciler-{__version__}"

    assert {"reconciler", f"{info}.dist-info"} == {name.split("/")[0] for name in wheel}
    assert {f"reconciler/schemas/{name}.v1.schema.json" for name in schema.NAMES} <= set(wheel)
    assert {"reconciler/py.typed", f"{info}.dist-info/licenses/LICENSE"} <= set(wheel)
    assert {"reconciler", "schemas", "PKG-INFO", "pyproject.toml", ".gitignore"} | {
        name for name in FILES if name.endswith(".md") or name == "LICENSE"
    } == {name.split("/")[1] for name in sdist}


@pytest.fixture(scope="module")
def installed(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("installed")
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"),
            *("--no-deps", "--no-index", "--target", folder, _only(dist, "*.whl")),
        ],
        check=True,
        timeout=60,
    )
    return folder


def _python(version: str) -> str:
    if version == f"{sys.version_info[0]}.{sys.version_info[1]}":
        return sys.executable
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for found in (*sorted(pyenv.glob(f"{version}.*/bin/python")), shutil.which(f"python{version}")):
        if found is not None:
            return str(found)
    pytest.skip(f"Python {version} is not on this machine")


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
@pytest.mark.parametrize("name", ["function", "report"])
def test_the_wheel_works_on_each_python(
    installed: Path, tmp_path: Path, version: str, name: str
) -> None:
    """From its own folder, with the schemas that are inside it."""
    libraries = sysconfig.get_path("purelib")
    program = (
        f"import sys; sys.path[:0] = [{str(installed)!r}, {libraries!r}]\n"
        "from reconciler.__main__ import main\n"
        f"sys.argv[1:] = ['schema', {name!r}]\n"
        "main()\n"
    )

    ended = subprocess.run(
        [_python(version), "-I", "-c", program],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert 0 == ended.returncode, ended.stderr
    assert schema.text(name) == ended.stdout


def test_the_command_of_the_wheel_is_the_module(installed: Path) -> None:
    """``reconcile`` and ``python -m reconciler`` are the same program."""
    folder = _only(installed, "*.dist-info")

    assert "[console_scripts]\nreconcile = reconciler.__main__:main\n" == (
        (folder / "entry_points.txt").read_text()
    )


def _locked(name: str) -> dict[str, list[str]]:
    """Give the hashes of each ``name==version`` of a file of requirements."""
    found: dict[str, list[str]] = {}
    for line in (ROOT / "requirements" / name).read_text().splitlines():
        if line and not line.startswith((" ", "#")):
            hashes = found[line.split()[0]] = []
        elif "--hash=" in line:
            hashes.append(line.split("--hash=")[1].rstrip(" \\"))
    return found


@pytest.mark.parametrize("name", ["runtime.txt", "build.txt"])
def test_what_users_install_is_what_was_tested(name: str) -> None:
    """Each version and hash is that of requirements/dev.txt."""
    tested = _locked("dev.txt")

    assert {} != _locked(name)
    assert {one: tested.get(one) for one in _locked(name)} == _locked(name)


def _bill(**environment: str) -> dict[str, Any]:
    ended = subprocess.run(
        [sys.executable, ROOT / "scripts" / "sbom.py"],
        env={"PATH": os.environ["PATH"]} | environment,
        capture_output=True,
        check=True,
        timeout=60,
    )
    bill: dict[str, Any] = json.loads(ended.stdout)
    return bill


def test_the_bill_of_materials_lists_what_is_installed() -> None:
    """Every package of the lock with its version and hashes, and who needs whom."""
    bill = _bill(SOURCE_DATE_EPOCH="1750000000")
    listed = {
        f"{each['name']}=={each['version']}": [
            f"sha256:{one['content']}" for one in each["externalReferences"][0]["hashes"]
        ]
        for each in bill["components"]
    }
    needs = {each["ref"].split("@")[0]: each["dependsOn"] for each in bill["dependencies"]}

    assert _locked("runtime.txt") == listed
    assert ("CycloneDX", "1.6") == (bill["bomFormat"], bill["specVersion"])
    assert "2025-06-15T15:06:40+00:00" == bill["metadata"]["timestamp"]
    assert f"pkg:pypi/lambda-reconciler@{__version__}" == bill["metadata"]["component"]["purl"]
    direct = {
        ref.split("@")[0].removeprefix("pkg:pypi/")
        for ref in needs.pop("pkg:pypi/lambda-reconciler")
    }
    assert {"boto3", "click", "jsonschema", "pathspec", "pyyaml", "rich", "tenacity"} <= direct
    assert {"boto3", "s3transfer"} == {
        ref.removeprefix("pkg:pypi/")
        for ref, on in needs.items()
        if any("botocore" in each for each in on)
    }
    everything = {each["bom-ref"] for each in bill["components"]}
    assert everything == {one for on in [*needs.values(), _roots(bill)] for one in on}


def test_the_bill_of_materials_is_cyclonedx() -> None:
    """By CycloneDX's own schema, where its library is installed, which carries it."""
    validation = pytest.importorskip("cyclonedx.validation.json", reason="no cyclonedx-python-lib")
    version = pytest.importorskip("cyclonedx.schema").SchemaVersion.V1_6

    assert None is validation.JsonStrictValidator(version).validate_str(json.dumps(_bill()))


def _roots(bill: dict[str, Any]) -> list[str]:
    root = bill["metadata"]["component"]["bom-ref"]
    (found,) = [each["dependsOn"] for each in bill["dependencies"] if each["ref"] == root]
    return list(found)


def _hook() -> dict[str, Any]:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert isinstance(hook, dict)
    return hook


@pytest.mark.parametrize(("spec", "code"), [("{publish: true}", 0), ("{bogus: 1}", 3)])
def test_the_hook_of_pre_commit_refuses_a_broken_manifest(
    command: Command, spec: str, code: int
) -> None:
    """pre-commit runs the entry with its arguments in the folder of the repository."""
    command.declare("app", spec)
    hook = _hook()
    words: list[str] = shlex.split(hook["entry"]) + hook.get("args", [])
    program, arguments = words[0], words[1:]

    ended = command.run(*arguments)

    assert ("reconcile", False) == (program, hook["pass_filenames"])
    assert code == ended.returncode, ended.stderr
    assert ("" if code == 0 else "manifests/app.yaml:4:8: ") in ended.stderr


def test_the_hook_is_installed_from_this_package() -> None:
    """pre-commit installs the repository with pip, and then has its command."""
    hook = _hook()

    assert ("reconcile-validate", "python") == (hook["id"], hook["language"])
    assert {"id", "name", "description", "entry", "language", "files", "pass_filenames"} == set(
        hook
    )
