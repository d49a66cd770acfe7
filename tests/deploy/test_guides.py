"""The guides name what is there."""

from __future__ import annotations

import re

import pytest
from click import Context

from reconciler.cli.commands import reconcile
from tests.deploy.cluster import KUBERNETES, OVERLAYS, ROOT, job, pod, read

GUIDES = pytest.mark.parametrize("name", ["container.md", "kubernetes.md"])


def guide(name: str) -> str:
    return (ROOT / "docs" / name).read_text("utf-8")


@GUIDES
def test_files_that_a_guide_names_exist(name: str) -> None:
    """But for the overlay that the reader makes."""
    named = set(
        re.findall(r"\b(?:deploy|scripts|requirements|tests)/[\w./-]*[\w-]", guide(name))
    ) | {
        f"deploy/kubernetes/{path.removeprefix('../../')}"
        for path in re.findall(r"(?:\.\./\.\./)?components/[\w-]+", guide(name))
    }

    assert named
    mine = {path for path in named if "overlays/production" in path}
    assert [] == [path for path in sorted(named - mine) if not (ROOT / path).exists()]


@GUIDES
def test_links_lead_somewhere(name: str) -> None:
    """Pages, and headings of pages."""
    for target in re.findall(r"\]\(([^)]+)\)", guide(name)):
        page, _, heading = target.partition("#")
        if page.startswith("https:"):
            continue
        text = (ROOT / "docs" / page).read_text("utf-8")
        headings = {
            re.sub(r"[^a-z0-9 -]", "", line.lstrip("# ").lower()).replace(" ", "-")
            for line in text.splitlines()
            if line.startswith("#")
        }
        assert not heading or heading in headings, target


@GUIDES
def test_flags_that_a_guide_names_are_the_commands_own(name: str) -> None:
    """In prose; blocks of code have the flags of other programs."""
    prose = re.sub(r"```.*?```", "", guide(name), flags=re.DOTALL)
    flags = set(re.findall(r"`(--[a-z-]+)[ `]", prose)) - {"--build-arg"}
    known = {
        option
        for command in (reconcile, *reconcile.commands.values())
        for parameter in command.get_params(Context(command))
        for option in parameter.opts
    }

    assert flags <= known


def test_the_guide_shows_every_overlay() -> None:
    """One row each in its first table."""
    rows = re.findall(
        r"^\| `([a-z-]+)` \|", guide("kubernetes.md").partition("\n## ")[0], re.MULTILINE
    )
    assert set(OVERLAYS) == set(rows)


def test_the_guide_tells_what_becomes_of_each_exit_code() -> None:
    """The same that the CronJob's policy says."""
    final = job(read("cronjob/cronjob.yaml"))["podFailurePolicy"]["rules"][0]["onExitCodes"]
    assert f"| {', '.join(map(str, final['values']))} | has failed at once" in guide(
        "kubernetes.md"
    )


def test_the_guide_tells_how_long_a_pod_has() -> None:
    """As long as both pods say."""
    for path in ("cronjob/cronjob.yaml", "watch/deployment.yaml"):
        seconds = pod(read(path))["terminationGracePeriodSeconds"]
        assert f"A run that is stopped has {seconds} s" in guide("kubernetes.md")


def test_every_component_is_used_or_told() -> None:
    """By an overlay, or in the guide."""
    told = guide("kubernetes.md") + "".join(
        (KUBERNETES / "overlays" / name / "kustomization.yaml").read_text("utf-8")
        for name in OVERLAYS
    )
    for component in (KUBERNETES / "components").iterdir():
        assert f"components/{component.name}" in told
