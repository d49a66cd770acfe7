"""Rules, dashboard and metrics as Prometheus' own promtool sees them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from reconciler import fleet
from reconciler.cli.metrics import Metrics, RunMetrics
from reconciler.model import Status
from tests.unit.builders import failure, result, run
from tests.unit.runs import FAILED

ROOT = Path(__file__).parents[2]
RULES = ROOT / "deploy" / "prometheus" / "alerts.yaml"
CASES = ROOT / "deploy" / "prometheus" / "alerts_test.yaml"
DASHBOARD = ROOT / "deploy" / "grafana" / "dashboard.json"

PROMTOOL = shutil.which("promtool")
needs_promtool = pytest.mark.skipif(
    PROMTOOL is None, reason="promtool is not installed (Debian: apt-get install prometheus)"
)


def promtool(*arguments: str, text: bytes = b"") -> str:
    """Run it, and give what it says; anything to find fault with fails the test."""
    assert PROMTOOL is not None
    ended = subprocess.run(
        [PROMTOOL, *arguments], input=text, capture_output=True, timeout=60, check=False
    )
    said = (ended.stdout + ended.stderr).decode()
    assert 0 == ended.returncode, said
    return said


def of_a_watch() -> bytes:
    made = Metrics(fleet.Health(statuses={Status.FAILED: 1}))
    failed = run(result(Status.FAILED, failure=failure()), calls={"GetFunction": 1})
    made.note(fleet.Round(1, failed, 1, 0, 1.0, news=True, complete=True))
    return made.text()


def of_a_run() -> bytes:
    made = RunMetrics("orders")
    made.note(0, 1.5, None)
    made.note_result(FAILED)
    return made.text()


def test_every_rule_is_shown_to_fire_and_not_to() -> None:
    """A rule that never fires, or always, is worse than none."""
    rules = {
        rule["alert"]
        for group in yaml.safe_load(RULES.read_text())["groups"]
        for rule in group["rules"]
    }
    checks = [
        check
        for test in yaml.safe_load(CASES.read_text())["tests"]
        for check in test["alert_rule_test"]
    ]
    assert rules == {check["alertname"] for check in checks if check["exp_alerts"]}
    assert rules == {check["alertname"] for check in checks if not check["exp_alerts"]}


@needs_promtool
def test_the_rules_fire_when_they_are_to() -> None:
    """Each is written as promtool takes it, and does what alerts_test.yaml says."""
    assert "SUCCESS" in promtool("check", "rules", str(RULES))
    assert "SUCCESS" in promtool("test", "rules", str(CASES))


@needs_promtool
@pytest.mark.parametrize("text", [of_a_run(), of_a_watch()], ids=["a run", "a watch"])
def test_metrics_are_named_as_they_are_to_be(text: bytes) -> None:
    """Units, suffixes, help, and no metric twice."""
    assert "" == promtool("check", "metrics", text=text)


@needs_promtool
def test_every_query_of_the_dashboard_is_one(tmp_path: Path) -> None:
    """Each is made a recording rule, with values for what Grafana puts in."""
    queries = [
        target["expr"].replace("$__rate_interval", "5m").replace("$instance", ".*")
        for panel in json.loads(DASHBOARD.read_text())["panels"]
        for target in panel["targets"]
    ]
    assert not [query for query in queries if re.search(r"\$", query)]
    rules = [{"record": f"query:{index}", "expr": query} for index, query in enumerate(queries)]
    path = tmp_path / "rules.yaml"
    path.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
    assert f"SUCCESS: {len(queries)} rules found" in promtool("check", "rules", str(path))
