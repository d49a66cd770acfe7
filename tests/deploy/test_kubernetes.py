"""The CronJob and the watch say to Kubernetes what the command does: pure YAML, no tool."""

from __future__ import annotations

import re
import time
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from reconciler import fleet
from reconciler.cli import options
from reconciler.cli.commands import reconcile
from reconciler.cli.metrics import Metrics
from reconciler.cli.run_options import Address, RunOptions
from reconciler.cli.serving import Server
from reconciler.report.exit_code import ExitCode
from tests.deploy.cluster import BASES, ROOT, container, job, pod, read

CRONJOB = "cronjob/cronjob.yaml"
DEPLOYMENT = "watch/deployment.yaml"
WORKLOADS = pytest.mark.parametrize("path", [CRONJOB, DEPLOYMENT])

WORTH_TRYING_AGAIN = {ExitCode.TEMPORARY, ExitCode.INTERRUPTED, ExitCode.TERMINATED}


def parsed(path: str) -> RunOptions:
    """Give the container's arguments to the command's own parser."""
    arguments = list(container(read(path))["args"])
    return options.read(reconcile.make_context("reconcile", arguments).params)


def test_each_exit_code_is_either_final_or_tried_again() -> None:
    """What docs/exit-codes.md calls not worth trying again fails the Job at once."""
    (final, evicted) = job(read(CRONJOB))["podFailurePolicy"]["rules"]
    told = re.findall(r"^\| (\d+) \|.*\| yes \|$", _page("exit-codes.md"), re.MULTILINE)

    assert WORTH_TRYING_AGAIN == {int(code) for code in told}
    assert "FailJob" == final["action"]
    assert set(ExitCode) - WORTH_TRYING_AGAIN - {ExitCode.OK} == set(final["onExitCodes"]["values"])
    assert ("In", "reconcile") == (
        final["onExitCodes"]["operator"],
        final["onExitCodes"]["containerName"],
    )
    assert "Ignore" == evicted["action"]
    assert [{"type": "DisruptionTarget", "status": "True"}] == evicted["onPodConditions"]


def test_a_pod_is_not_started_again_in_its_place() -> None:
    """A failure policy needs restartPolicy Never, and a schema does not know that."""
    spec = job(read(CRONJOB))

    assert "Never" == spec["template"]["spec"]["restartPolicy"]
    assert "Failed" == spec["podReplacementPolicy"]
    assert spec["backoffLimit"] <= 2


def test_two_runs_are_never_at_work_at_once() -> None:
    """By a word that kubernetes-validate does not check, and by one replica at most."""
    assert "Forbid" == read(CRONJOB)["spec"]["concurrencyPolicy"]
    watch = read(DEPLOYMENT)["spec"]
    assert (1, "Recreate") == (watch["replicas"], watch["strategy"]["type"])


def test_the_command_takes_the_arguments_of_the_cronjob() -> None:
    """One run that applies."""
    given = parsed(CRONJOB)
    assert (False, False) == (given.watch, given.plan)


def test_the_command_takes_the_arguments_of_the_watch() -> None:
    """It listens where the kubelet can reach it, at the port that the pod names."""
    given = parsed(DEPLOYMENT)
    (port,) = container(read(DEPLOYMENT))["ports"]

    assert given.watch
    assert Address("0.0.0.0", port["containerPort"]) == given.listen  # noqa: S104 - in a pod


def test_the_status_of_a_pod_is_the_end_of_its_report() -> None:
    """
    Written where Kubernetes reads it; where there is none, it takes the end of the log.

    The watch writes none: one of an earlier round would hide why it ended.
    """
    given, found = parsed(CRONJOB), container(read(CRONJOB))

    assert [("text", found["terminationMessagePath"])] == [
        (each.form, str(each.path)) for each in given.report
    ]
    assert () == parsed(DEPLOYMENT).report
    for path in (CRONJOB, DEPLOYMENT):
        assert "FallbackToLogsOnError" == container(read(path))["terminationMessagePolicy"]


@WORKLOADS
def test_the_report_is_out_before_the_pod_is_killed(path: str) -> None:
    """Kubernetes waits longer after SIGTERM than the command needs."""
    assert parsed(path).grace + 10 <= pod(read(path))["terminationGracePeriodSeconds"]


def test_a_run_that_waits_as_long_as_it_may_is_within_the_deadline() -> None:
    """A function's time, that of its version, and the end of the run."""
    given = parsed(CRONJOB)
    longest = given.function_timeout + given.version_timeout + given.grace

    assert longest <= job(read(CRONJOB))["activeDeadlineSeconds"]


def test_a_schedule_survives_an_outage_of_the_cluster() -> None:
    """
    A deadline for starting, over the ten seconds at which CronJobs are looked at.

    Kubernetes' documentation, "CronJob limitations".
    """
    assert 10 < read(CRONJOB)["spec"]["startingDeadlineSeconds"] < period()


def period() -> int:
    """Give the seconds from one run of the schedule to the next."""
    every = re.fullmatch(r"\*/(\d+) \* \* \* \*", read(CRONJOB)["spec"]["schedule"])
    assert every is not None
    return 60 * int(every[1])


def test_no_alarm_goes_off_while_a_run_may_be_at_work() -> None:
    """The guide's alert waits for the next run to begin, and for as long as that may take."""
    alert = re.search(r"last_successful_time\{.*\} > (\d+)", _page("kubernetes.md"))
    assert alert is not None
    assert period() + job(read(CRONJOB))["activeDeadlineSeconds"] <= int(alert[1])


def _page(name: str) -> str:
    return (ROOT / "docs" / name).read_text("utf-8")


def test_the_probes_ask_for_pages_that_the_watch_serves() -> None:
    """Each probe's path is answered by the real server, and says that all is well."""
    probed = container(read(DEPLOYMENT))
    health = fleet.Health(heartbeat=time.monotonic(), rounds=1, looked_at_all=True)
    paths = {
        name: probed[name]["httpGet"]["path"]
        for name in ("startupProbe", "livenessProbe", "readinessProbe")
    }

    with Server(Address("127.0.0.1", 0), health, Metrics(health)) as server:
        address = urlsplit(server.url).netloc
        answers = {name: _status(address, path) for name, path in paths.items()}
        health.heartbeat -= 3600
        stuck = {name: _status(address, path) for name, path in paths.items()}

    assert dict.fromkeys(paths, 200) == answers
    assert 503 == stuck["livenessProbe"]
    assert 200 == stuck["readinessProbe"], "readiness is not about being alive"


def _status(address: str, path: str) -> int:
    connection = HTTPConnection(address, timeout=30)
    connection.request("GET", path)
    status = connection.getresponse().status
    connection.close()
    return status


@pytest.mark.parametrize("base", BASES)
def test_a_base_has_every_file_beside_it(base: str) -> None:
    """What kustomize does not name is not applied."""
    named = set(read(f"{base}/kustomization.yaml")["resources"]) - {"../base"}
    assert {"cronjob": {"cronjob.yaml"}, "watch": {"deployment.yaml"}}[base] == named
