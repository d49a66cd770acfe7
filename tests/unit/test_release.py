"""The release: who may do what, and what must hold before anything is published."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler import __version__

_ROOT = Path(__file__).parents[2]
_TEXT = (_ROOT / ".github" / "workflows" / "release.yml").read_text(encoding="utf-8")
_JOBS: dict[str, dict[str, Any]] = yaml.safe_load(_TEXT)["jobs"]
_INDEXES = tuple(f"{name}.{end}" for name, end in (("pypi", "org"), ("npmjs", "org")))


def _needed(name: str) -> set[str]:
    """Give all jobs that must have succeeded before."""
    needs = _JOBS[name].get("needs", [])
    direct = {needs} if isinstance(needs, str) else set(needs)
    return direct.union(*(_needed(each) for each in direct))


def _step(job: str, begin: str) -> str:
    (script,) = [
        step["run"] for step in _JOBS[job]["steps"] if step["name"].startswith(f"See that {begin}")
    ]
    return str(script)


def test_nothing_is_published_that_was_not_tested_built_and_attested() -> None:
    """In this order; a job whose need has failed or was skipped does not run."""
    assert {"test", "build", "attest"} == _needed("publish")
    assert {"test", "build", "attest", "publish"} == _needed("github")
    assert not [name for name in ("attest", "publish", "github") if "if" in _JOBS[name]]


def test_nothing_is_published_on_a_fork() -> None:
    """What needs no other job asks for itself."""
    first = {name for name in _JOBS if not _needed(name)}

    assert {"test", "build"} == first
    assert {"${{ !github.event.repository.fork }}"} == {_JOBS[name]["if"] for name in first}


def test_who_runs_the_projects_code_may_sign_and_publish_nothing() -> None:
    """And who signs or publishes checks nothing out, and takes what was built."""
    rights = {name: set(job["permissions"]) for name, job in _JOBS.items()}

    assert {"contents"} == rights["test"] == rights["build"]
    assert {"contents: read"} == {
        f"contents: {_JOBS[n]['permissions']['contents']}" for n in ("test", "build")
    }
    assert {"id-token", "attestations"} == rights["attest"]
    assert {"id-token"} == rights["publish"]
    assert {"contents"} == rights["github"]
    for name in ("attest", "publish", "github"):
        assert not [s for s in _JOBS[name]["steps"] if "actions/checkout" in s.get("uses", "")]


def test_publishing_waits_for_its_environment_and_has_no_token() -> None:
    """Trusted publishing: the index knows the workflow and the environment."""
    (publishing,) = [s for s in _JOBS["publish"]["steps"] if "pypi-publish" in s.get("uses", "")]

    assert "pypi" == _JOBS["publish"]["environment"]
    assert "with" not in publishing
    assert "secrets." not in _TEXT


@pytest.mark.parametrize(("tag", "code"), [(f"v{__version__}", 0), ("v9.9.9", 1), (__version__, 1)])
def test_the_tag_is_the_version(tag: str, code: int) -> None:
    """The step itself is run; what is wrong is said where GitHub shows it."""
    ended = subprocess.run(
        ["bash", "-e", "-c", _step("build", "the tag")],  # noqa: S607 - as GitHub runs it
        cwd=_ROOT,
        env={"PATH": os.environ["PATH"], "GITHUB_REF_NAME": tag},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert code == ended.returncode, ended.stderr
    assert ("" if code == 0 else f"the tag is {tag}, and the version {__version__}\n") == (
        ended.stdout.rpartition("::")[2]
    )


@pytest.mark.parametrize(("reviewed", "code"), [(True, 0), (False, 1)])
def test_the_commit_is_on_main(tmp_path: Path, *, reviewed: bool, code: int) -> None:
    """A tag may be pushed by who may not push to main."""
    git = shutil.which("git") or "git"
    who = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "HOME": str(tmp_path)}
    who |= {key.replace("AUTHOR", "COMMITTER"): value for key, value in who.items()}

    def run(*words: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(words, cwd=tmp_path, env=os.environ | who, check=False, timeout=60)

    run(git, "init", "-q")
    run(git, "commit", "-q", "--allow-empty", "-m", "one")
    if reviewed:
        run(git, "update-ref", "refs/remotes/origin/main", "HEAD")
        run(git, "checkout", "-q", "--detach")
    else:
        run(git, "update-ref", "refs/remotes/origin/main", "HEAD")
        run(git, "commit", "-q", "--allow-empty", "-m", "two")

    assert code == run("bash", "-e", "-c", _step("build", "the commit")).returncode


def test_no_file_names_the_host_of_a_package_index() -> None:
    """What is installed comes from whichever index is set up."""
    folders = ("reconciler", "schemas", "scripts", "docs", ".github", "requirements", "tests")
    files = [path for folder in folders for path in (_ROOT / folder).rglob("*") if path.is_file()]
    files += [path for path in _ROOT.iterdir() if path.is_file()]
    named = [
        str(path.relative_to(_ROOT))
        for path in files
        if "__pycache__" not in path.parts
        and any(host.encode() in path.read_bytes() for host in _INDEXES)
    ]

    assert [] == named
