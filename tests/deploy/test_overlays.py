"""Every overlay as it reaches the cluster: it builds, it is restricted, its parts agree."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from reconciler import manifest
from reconciler.cli import options
from reconciler.cli.commands import reconcile
from tests.deploy.cluster import (
    KUBERNETES,
    OVERLAYS,
    container,
    containers,
    job,
    one,
    overlay,
    pod,
    with_component,
    workload,
)

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.cli.run_options import RunOptions

EACH = pytest.mark.parametrize("name", OVERLAYS)


@EACH
def test_pods_are_restricted(name: str) -> None:
    """Kubernetes' pod security standard "restricted", and a root file system that is read-only."""
    found = workload(overlay(name))
    spec = pod(found)

    assert spec["securityContext"]["runAsNonRoot"] is True
    assert 0 < spec["securityContext"]["runAsUser"]
    assert {"type": "RuntimeDefault"} == spec["securityContext"]["seccompProfile"]
    assert not {"hostNetwork", "hostPID", "hostIPC"} & set(spec)
    for each in containers(found):
        security = each["securityContext"]
        assert {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        } == security, each["name"]
    enforced = one(overlay(name), "Namespace")["metadata"]["labels"]
    assert "restricted" == enforced["pod-security.kubernetes.io/enforce"]


@EACH
def test_a_pod_gets_no_right_in_kubernetes(name: str) -> None:
    """No token of its service account is mounted; AWS's own is put there by EKS."""
    found = overlay(name)
    account = one(found, "ServiceAccount")

    assert pod(workload(found))["automountServiceAccountToken"] is False
    assert account["automountServiceAccountToken"] is False
    assert account["metadata"]["name"] == pod(workload(found))["serviceAccountName"]
    assert not {"Role", "ClusterRole", "RoleBinding"} & {each["kind"] for each in found}


@EACH
def test_every_container_says_what_it_needs(name: str) -> None:
    """Memory and disk have limits; a limit of CPU would only stretch the run."""
    for each in containers(workload(overlay(name))):
        resources = each["resources"]
        assert {"cpu", "memory", "ephemeral-storage"} == set(resources["requests"])
        assert {"memory", "ephemeral-storage"} == set(resources["limits"])
        assert "FallbackToLogsOnError" == each["terminationMessagePolicy"]


@EACH
def test_what_is_mounted_is_there(name: str) -> None:
    """Each mount has its volume, and nothing but ``/tmp`` and the clone can be written."""
    found = workload(overlay(name))
    volumes = {volume["name"] for volume in pod(found)["volumes"]}
    mounts = [mount for each in containers(found) for mount in each["volumeMounts"]]

    assert volumes == {mount["name"] for mount in mounts}
    writable = {
        mount["mountPath"]
        for mount in container(found)["volumeMounts"]
        if not mount.get("readOnly")
    }
    assert {"/tmp"} == writable  # noqa: S108 - in the container


@EACH
def test_every_image_has_a_tag(name: str) -> None:
    """None is ``latest``, which changes under a cluster; and where it is, the user says."""
    for each in containers(workload(overlay(name))):
        assert each["image"].startswith("registry.example.com/")
        assert re.search(r":v?[0-9][^:/]*$|@sha256:[0-9a-f]{64}$", each["image"]), each["image"]


@EACH
def test_what_a_pod_refers_to_exists(name: str) -> None:
    """ConfigMaps have names with a hash, which kustomize has to put everywhere."""
    found = overlay(name)
    maps = {each["metadata"]["name"] for each in found if each["kind"] == "ConfigMap"}
    spec = pod(workload(found))
    referred = {v["configMap"]["name"] for v in spec["volumes"] if "configMap" in v}
    referred |= {
        source["configMapRef"]["name"]
        for each in containers(workload(found))
        for source in each.get("envFrom", [])
        if "configMapRef" in source
    }

    assert maps == referred


@EACH
def test_the_command_takes_what_it_is_given(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Arguments and variables of the built pod go through the command's own parser."""
    given = parsed(name, monkeypatch)

    git = "git-sync" in {each["name"] for each in containers(workload(overlay(name)))}
    assert (("/manifests/current/manifests",) if git else ("manifests/",)) == given.filename
    assert ("watch" == name) == given.watch


def parsed(name: str, monkeypatch: pytest.MonkeyPatch) -> RunOptions:
    return parse(container(workload(overlay(name))), monkeypatch)


def parse(found: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> RunOptions:
    monkeypatch.setenv("JOB_COMPLETION_INDEX", "0")
    for variable in found["env"]:
        monkeypatch.setenv(variable["name"], variable["value"])
    context = reconcile.make_context("reconcile", list(found["args"]))
    return options.read(context.params)


def test_there_are_as_many_pods_as_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    """One number in three places; and one shard that fails leaves the others at work."""
    indexed = job(workload(overlay("shards")))
    given = parsed("shards", monkeypatch)

    assert "Indexed" == indexed["completionMode"]
    assert given.shard is not None
    assert given.shard.count == indexed["completions"] == indexed["parallelism"]
    assert 1 == indexed["backoffLimitPerIndex"]
    assert "backoffLimit" not in indexed
    assert "FailIndex" == indexed["podFailurePolicy"]["rules"][0]["action"]


@EACH
def test_a_plan_is_one_component_away(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``plan-only`` fits each overlay, whatever else is in its pod."""
    planning = workload(with_component(name, "plan-only", tmp_path))

    assert parse(container(planning), monkeypatch).plan
    assert not parsed(name, _without(monkeypatch, "RECONCILE_PLAN")).plan


def _without(monkeypatch: pytest.MonkeyPatch, name: str) -> pytest.MonkeyPatch:
    monkeypatch.delenv(name)
    return monkeypatch


def test_what_is_fetched_by_git_is_what_is_read() -> None:
    """git-sync and the command see one volume at one path, below the link that it swaps."""
    for name in ("git-sync", "shards", "watch"):
        found = workload(overlay(name))
        (fetch,) = pod(found)["initContainers"]
        variables = {each["name"]: each["value"] for each in container(found)["env"]}

        assert "--one-time" in fetch["args"]
        assert "--root=/manifests" in fetch["args"]
        assert "--link=current" in fetch["args"]
        assert variables["RECONCILE_FILENAME"].startswith("/manifests/current/")


def test_manifests_in_the_image_are_not_covered(tmp_path: Path) -> None:
    """``baked`` takes the volume away, and nothing else."""
    found = workload(with_component("irsa", "baked", tmp_path))

    assert ["tmp"] == [volume["name"] for volume in pod(found)["volumes"]]
    assert ["tmp"] == [mount["name"] for mount in container(found)["volumeMounts"]]


@EACH
def test_the_manifests_of_an_overlay_are_valid(name: str) -> None:
    """An example that the command refuses would be no example."""
    folder = KUBERNETES / "overlays" / name / "manifests"
    if folder.exists():
        loaded = manifest.load(
            [str(folder)], environment={}, default_region=None, standard_input=None
        )
        assert ((), 1) == (loaded.errors, len(loaded.specs))


def test_the_way_to_the_keys_is_open() -> None:
    """Pod Identity's agent is link-local, which the network policy closes but for these."""
    agent = "169.254.170.23/32"
    open_to = {name: json.dumps(one(overlay(name), "NetworkPolicy")) for name in OVERLAYS}
    by_irsa = {
        name
        for name in OVERLAYS
        if "annotations" in one(overlay(name), "ServiceAccount")["metadata"]
    }

    assert {"irsa"} == by_irsa
    assert set(OVERLAYS) - by_irsa == {name for name, text in open_to.items() if agent in text}


def test_prometheus_finds_the_watch() -> None:
    """The PodMonitor names a port, labels and a namespace that the pod has."""
    found = overlay("watch")
    monitor = one(found, "PodMonitor")
    (endpoint,) = monitor["spec"]["podMetricsEndpoints"]
    (port,) = container(workload(found))["ports"]
    (open_port,) = one(found, "NetworkPolicy")["spec"]["ingress"][0]["ports"]
    labels = workload(found)["spec"]["template"]["metadata"]["labels"]

    assert ("/metrics", port["name"]) == (endpoint["path"], endpoint["port"])
    assert port["containerPort"] == open_port["port"]
    assert monitor["spec"]["selector"]["matchLabels"].items() <= labels.items()
    assert monitor["metadata"]["namespace"] == workload(found)["metadata"]["namespace"]
