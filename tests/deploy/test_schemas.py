"""Every overlay against Kubernetes' own schemas, and what they do not see."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest

from tests.deploy.cluster import OVERLAYS, ROOT, containers, job, one, overlay, pod, workload

if TYPE_CHECKING:
    from collections.abc import Iterator

EACH = pytest.mark.parametrize("name", OVERLAYS)
KUBERNETES_VERSIONS = ("1.31", "1.37")

CHOICES = {  # what Kubernetes' API reference allows, and schemas leave open
    "concurrencyPolicy": {"Allow", "Forbid", "Replace"},
    "restartPolicy": {"Always", "OnFailure", "Never"},
    "podReplacementPolicy": {"TerminatingOrFailed", "Failed"},
    "completionMode": {"NonIndexed", "Indexed"},
    "action": {"FailJob", "FailIndex", "Ignore", "Count"},
    "operator": {"In", "NotIn"},
    "terminationMessagePolicy": {"File", "FallbackToLogsOnError"},
    "protocol": {"TCP", "UDP", "SCTP"},
}


@EACH
def test_words_are_those_that_kubernetes_knows(name: str) -> None:
    """A misspelt one passes the schemas, and is refused by the cluster."""
    words = [(key, word) for each in overlay(name) for key, word in _words(each)]

    assert {"protocol", "terminationMessagePolicy"} <= {key for key, _ in words}
    assert [] == [(key, word) for key, word in words if word not in CHOICES[key]]


def _words(value: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - any part of a document
    if isinstance(value, dict):
        yield from ((key, each) for key, each in value.items() if key in CHOICES)
    for each in value.values() if isinstance(value, dict) else value:
        if isinstance(each, dict | list):
            yield from _words(each)


@EACH
def test_selectors_find_the_pod(name: str) -> None:
    """That of the Deployment, and that of the network policy; all are in one namespace."""
    found = overlay(name)
    template = _template(workload(found))
    selectors = [one(found, "NetworkPolicy")["spec"]["podSelector"]]
    if "selector" in workload(found)["spec"]:
        selectors.append(workload(found)["spec"]["selector"])
    own = one(found, "Namespace")["metadata"]["name"]

    for selector in selectors:
        assert selector["matchLabels"].items() <= template["metadata"]["labels"].items()
    assert {own} == {e["metadata"].get("namespace") for e in found if e["kind"] != "Namespace"}


def _template(found: dict[str, Any]) -> dict[str, Any]:
    owner = job(found) if found["kind"] == "CronJob" else found["spec"]
    template: dict[str, Any] = owner["template"]
    return template


@EACH
def test_what_is_named_in_a_pod_is_in_it(name: str) -> None:
    """The port of a probe, and the container whose exit codes are looked at."""
    found = workload(overlay(name))
    for each in containers(found):
        ports = {port["name"] for port in each.get("ports", [])}
        probes = [probe for key, probe in each.items() if key.endswith("Probe")]
        assert {probe["httpGet"]["port"] for probe in probes} <= ports
    rules = job(found)["podFailurePolicy"]["rules"] if found["kind"] == "CronJob" else []
    named = {rule["onExitCodes"]["containerName"] for rule in rules if "onExitCodes" in rule}
    assert named <= {each["name"] for each in pod(found)["containers"]}


def test_the_guide_promises_the_versions_that_are_checked() -> None:
    """Here, and by scripts/check-kubernetes."""
    script = (ROOT / "scripts" / "check-kubernetes").read_text("utf-8")
    guide = (ROOT / "docs" / "kubernetes.md").read_text("utf-8")

    assert f'versions="{" ".join(KUBERNETES_VERSIONS)}"' in script
    assert f"Kubernetes {KUBERNETES_VERSIONS[0]} or newer" in guide


@pytest.mark.parametrize("version", KUBERNETES_VERSIONS)
@EACH
def test_kubernetes_knows_every_field(name: str, version: str) -> None:
    """Its own schemas, strictly, at two versions; the PodMonitor is somebody else's kind."""
    validate = pytest.importorskip(
        "kubernetes_validate", reason="kubernetes-validate is not installed"
    )
    for document in overlay(name):
        if document["kind"] != "PodMonitor":
            validate.validate(copy.deepcopy(document), version, strict=True)
