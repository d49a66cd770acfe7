"""What ``kubectl apply -k`` would send to a cluster, as plain YAML."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    Document = dict[str, Any]

ROOT = Path(__file__).parents[2]
KUBERNETES = ROOT / "deploy" / "kubernetes"
BASES = ("cronjob", "watch")
OVERLAYS = tuple(sorted(path.name for path in (KUBERNETES / "overlays").iterdir()))


def read(path: str) -> Any:  # noqa: ANN401 - what a file holds is found out by the test
    """Read a file below deploy/kubernetes that has one document."""
    return yaml.safe_load((KUBERNETES / path).read_text("utf-8"))


@functools.cache
def overlay(name: str) -> Sequence[Document]:
    """Build an overlay; without kustomize and kubectl the test is skipped."""
    return tuple(_build(KUBERNETES / "overlays" / name))


def with_component(name: str, component: str, folder: Path) -> Sequence[Document]:
    """Build an overlay with one component more, as a user's own kustomization would."""
    where = os.path.relpath(KUBERNETES, folder)
    (folder / "kustomization.yaml").write_text(
        f"resources: [{where}/overlays/{name}]\ncomponents: [{where}/components/{component}]\n"
    )
    return tuple(_build(folder))


def _build(folder: Path) -> Iterator[Document]:
    line = next((line for line in _COMMANDS if shutil.which(line[0])), None)
    if line is None:
        pytest.skip("neither kustomize nor kubectl is installed")
    built = subprocess.run(
        [*line, str(folder)], capture_output=True, text=True, timeout=60, check=False
    )
    assert (0, "") == (built.returncode, built.stderr)
    yield from yaml.safe_load_all(built.stdout)


_COMMANDS = (("kustomize", "build"), ("kubectl", "kustomize"))


def one(documents: Sequence[Document], kind: str) -> Document:
    """Find the only document of a kind."""
    (found,) = (document for document in documents if document["kind"] == kind)
    return found


def workload(documents: Sequence[Document]) -> Document:
    """Find the CronJob or the Deployment."""
    (found,) = (each for each in documents if each["kind"] in {"CronJob", "Deployment"})
    return found


def job(document: Document) -> Document:
    """Give a CronJob's Job."""
    spec: Document = document["spec"]["jobTemplate"]["spec"]
    return spec


def pod(document: Document) -> Document:
    """Give the pod of a CronJob or of a Deployment."""
    owner = job(document) if document["kind"] == "CronJob" else document["spec"]
    spec: Document = owner["template"]["spec"]
    return spec


def container(document: Document, name: str = "reconcile") -> Document:
    """Give a container of the pod by its name."""
    (found,) = (each for each in containers(document) if each["name"] == name)
    return found


def containers(document: Document) -> Sequence[Document]:
    """Give all containers of the pod, those that only begin it too."""
    spec = pod(document)
    return [*spec.get("initContainers", []), *spec["containers"]]
