"""What the image is made of and how it begins; scripts/check-image builds and runs it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import botocore
import pytest

from tests.deploy.cluster import ROOT, containers, pod, read

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def locked(name: str) -> dict[str, frozenset[str]]:
    """Read a file of requirements: ``NAME==VERSION`` to its hashes."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text("utf-8")
    found: dict[str, set[str]] = {}
    for line in text.splitlines():
        if pinned := re.match(r"[a-z0-9-]+==[^ ]+", line):
            hashes = found.setdefault(pinned[0], set())
        elif digest := re.search(r"sha256:[0-9a-f]{64}", line):
            hashes.add(digest[0])
    return {requirement: frozenset(hashes) for requirement, hashes in found.items()}


def instructions(word: str) -> list[str]:
    """Find the Dockerfile's instructions of a kind, in their order."""
    joined = re.sub(r"\\\n\s*", " ", DOCKERFILE)
    return re.findall(rf"^{word} (.*)$", joined, re.MULTILINE)


def needed(names: set[str]) -> set[str]:
    """Find what these distributions need here, and what that needs, by their metadata."""
    found: set[str] = set()
    waiting = sorted(names)
    while waiting:
        name = _plain(waiting.pop())
        if name not in found:
            found.add(name)
            waiting += _requires(name)
    return found


def _requires(name: str) -> Iterator[str]:
    for requirement in metadata.requires(name) or []:
        wanted, _, marker = requirement.partition(";")
        if not marker:
            yield re.split(r"[^A-Za-z0-9._-]", wanted.strip())[0]


def _plain(name: str) -> str:
    return re.sub("[-_.]+", "-", re.split("[<>=!~ \\[]", name)[0]).lower()


def test_nothing_but_what_runs_is_installed() -> None:
    """The lock has what pyproject.toml asks for and what that needs, and no sandbox or tests."""
    asked = {_plain(each) for each in PROJECT["project"]["dependencies"]}
    in_lock = {requirement.partition("==")[0] for requirement in locked("runtime")}

    assert needed(asked) <= in_lock
    assert not {"moto", "flask", "pytest", "hatchling"} & in_lock
    assert in_lock - needed(asked) <= {"typing-extensions"}, "only for older Pythons"


@pytest.mark.parametrize("name", ["runtime", "build"])
def test_what_is_installed_is_what_was_tested(name: str) -> None:
    """Same versions, same hashes as those that the tests run with; each has hashes."""
    tested = locked("dev")
    for requirement, hashes in locked(name).items():
        assert hashes, requirement
        assert tested[requirement] == hashes


@pytest.mark.parametrize("name", ["runtime", "build"])
def test_the_lock_names_no_registry(name: str) -> None:
    """Where packages come from is set where the image is built."""
    assert "://" not in (ROOT / "requirements" / f"{name}.txt").read_text("utf-8")


def test_only_hashes_decide_what_is_installed() -> None:
    """Each pip command checks hashes, or has no index to take anything from."""
    commands = [
        command
        for run in instructions("RUN")
        for command in run.split("&&")
        if re.search(r"bin/pip .*(install|wheel) ", command)
    ]

    assert 4 == len(commands)
    for command in commands:
        assert "--require-hashes" in command or "--no-index" in command, command


def test_the_image_knows_the_services_that_are_called() -> None:
    """By the command, and by botocore for credentials; no other service's model is kept."""
    kept = set(re.findall(r"! -name ([a-z0-9-]+)", DOCKERFILE))
    ours = _named(ROOT / "reconciler" / "aws", r'clients\.get\(\s*"([a-z0-9-]+)"')
    call = r"""(?:_client_creator|create_nested_client)\(\s*(?:self\._session, )?["']([a-z0-9-]+)"""
    for_credentials = _named(Path(botocore.__file__).parent, call)

    assert {"lambda", "s3", "ecr", "sts"} == ours
    assert {"sso", "sso-oidc", "sts"} <= for_credentials
    assert kept == ours | for_credentials


def _named(folder: Path, pattern: str) -> set[str]:
    sources = (path.read_text("utf-8") for path in folder.glob("*.py"))
    return {name for source in sources for name in re.findall(pattern, source)}


def test_both_stages_have_the_base_that_is_given() -> None:
    """One argument pins it by its digest; its default is a name that each builder knows."""
    bases = instructions("FROM")

    assert ["${PYTHON_IMAGE} AS build", "${PYTHON_IMAGE}"] == bases
    assert DOCKERFILE.index("ARG PYTHON_IMAGE=") < DOCKERFILE.index("FROM ")
    assert re.search(r"^ARG PYTHON_IMAGE=python:3\.\d+-slim$", DOCKERFILE, re.MULTILINE)


def test_the_image_runs_as_the_user_that_pods_have() -> None:
    """By number: ``runAsNonRoot`` cannot tell who a name is."""
    (user,) = instructions("USER")
    for path in ("cronjob/cronjob.yaml", "watch/deployment.yaml"):
        security = pod(read(path))["securityContext"]
        assert user == f"{security['runAsUser']}:{security['runAsGroup']}"
        assert {"lambda-reconciler"} == {each["image"] for each in containers(read(path))}


def test_the_entry_point_is_the_command_without_a_shell() -> None:
    """Signals reach the command itself, and arguments follow it."""
    (entry,) = instructions("ENTRYPOINT")
    (command,) = json.loads(entry)

    assert command.rpartition("/")[2] in PROJECT["project"]["scripts"]
    assert [] == instructions("CMD")


def test_the_build_is_let_see_what_it_copies() -> None:
    """.dockerignore lets nothing in but what is named; what is copied is named, and exists."""
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    let_in = {line[1:] for line in lines if line.startswith("!")}
    copied = {
        source.rstrip("/")
        for line in instructions("COPY")
        if not line.startswith("--from")
        for source in line.split()[:-1]
    }

    assert "*" in lines
    assert let_in == {path.partition("/")[0] for path in copied}
    for path in copied:
        assert (ROOT / path).exists(), path


def test_what_hatch_builds_from_is_copied() -> None:
    """The wheel's package, the schemas that are put into it, its readme and its licence."""
    wheel = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]
    wanted = {*wheel["packages"], *wheel["force-include"], PROJECT["project"]["readme"]}
    wanted |= set(PROJECT["project"]["license-files"])
    copied = " ".join(instructions("COPY")).replace("/", "")

    assert [] == [path for path in sorted(wanted) if path not in copied]


def test_the_version_of_the_image_is_that_of_the_project() -> None:
    """In its label, where no release gives another."""
    assert f"VERSION={PROJECT['project']['version']}" in instructions("ARG")


def runtime_configuration(folder: Path, *arguments: str) -> dict[str, Any]:
    image = {
        "User": "65532:65532",
        "Env": ["HOME=/tmp"],
        "Entrypoint": ["/opt/reconcile/bin/reconcile"],
        "WorkingDir": "/",
    }
    (folder / "image.json").write_text(json.dumps({"OCIv1": {"config": image}}))
    (folder / "settings").write_text("# comment\nunset X\nexport AWS_REGION=eu-west-1\n")
    script = ROOT / "scripts" / "image_bundle.py"
    files = (script, folder / "image.json", "/root", folder / "settings")
    made = subprocess.run(
        [sys.executable, *files, *arguments], capture_output=True, timeout=60, check=True
    )
    configuration: dict[str, Any] = json.loads(made.stdout)
    return configuration


def test_the_image_is_tried_as_kubernetes_would_run_it(tmp_path: Path) -> None:
    """The check's own container is as confined as the pods are."""
    made = runtime_configuration(tmp_path, "none", "--plan")

    assert {"path": "/root", "readonly": True} == made["root"]
    process = made["process"]
    assert ({}, True) == (process["capabilities"], process["noNewPrivileges"])
    assert {"uid": 65532, "gid": 65532} == process["user"]
    assert ["/opt/reconcile/bin/reconcile", "--plan"] == process["args"]
    assert "AWS_REGION=eu-west-1" in process["env"]
    assert {"type": "network"} in made["linux"]["namespaces"]


def test_hadolint_finds_nothing() -> None:
    """It knows Dockerfiles better than we do."""
    hadolint = shutil.which("hadolint") or shutil.which(
        "hadolint", path=str(Path(sys.executable).parent)
    )
    if hadolint is None:
        pytest.skip("hadolint is not installed")
    done = subprocess.run(
        [hadolint, ROOT / "Dockerfile"], capture_output=True, text=True, timeout=60, check=False
    )

    assert (0, "") == (done.returncode, done.stdout)
