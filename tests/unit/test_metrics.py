"""Metrics: of a single run's file, and that rules, dashboard and page name what there is."""

from __future__ import annotations

import json
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from reconciler import fleet
from reconciler.cli.metrics import Metrics, RunMetrics, last_success
from reconciler.cli.metrics_file import MetricsFile
from reconciler.model import FailureKind, Status
from tests.unit.builders import failure, result, run
from tests.unit.runs import FAILED, GONE, PLAN

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

ROOT = Path(__file__).parents[2]
PREFIX = "lambda_reconciler_"
ALERTS = ROOT / "deploy" / "prometheus" / "alerts.yaml"
DASHBOARD = ROOT / "deploy" / "grafana" / "dashboard.json"


def families(text: str) -> dict[str, Metric]:
    return {each.name.removeprefix(PREFIX): each for each in text_string_to_metric_families(text)}


def of_a_run() -> dict[str, Metric]:
    made = RunMetrics("orders")
    made.note(0, 1.5, None)
    made.note_result(FAILED)
    return families(made.text().decode())


def of_a_watch() -> dict[str, Metric]:
    health = fleet.Health(statuses={Status.FAILED: 1})
    made = Metrics(health)
    failed = run(result(Status.FAILED, failure=failure()), calls={"GetFunction": 1})
    made.note(fleet.Round(1, failed, 1, 0, 1.0, news=True, complete=True))
    health.statuses = {Status.IN_SYNC: 1}
    made.note(fleet.Round(2, failed, 1, 0, 1.0, news=True, complete=True))
    return families(made.text().decode())


def values(path: Path) -> dict[str, float]:
    return {
        name + "".join(value for label, value in each.labels.items() if label != "run"): each.value
        for name, family in families(path.read_text()).items()
        for each in family.samples
        if each.labels["run"] == path.stem
    }


def test_a_run_is_told_in_a_file(tmp_path: Path) -> None:
    """Functions by status, failures by kind, calls by operation, and how it ended."""
    path = tmp_path / "orders.prom"
    file = MetricsFile(path)
    file.note(FAILED)
    file.write(4)

    found = values(path)
    assert {
        "functionsFailed": 2,
        "functionsInSync": 1,
        "functionsPlanned": 0,
        "last_run_failuresPermanent": 1,
        "last_run_failuresTemporary": 1,
        "last_run_failuresInvalid": 0,
        "last_run_aws_callsPublishVersion": 7,
        "last_run_exit_code": 4,
        "last_run_updated_functions": 0,
    }.items() <= found.items()
    assert "last_success_timestamp_seconds" not in found
    assert found["last_run_timestamp_seconds"] > 1_700_000_000
    assert stat.S_IMODE(path.stat().st_mode) & 0o444


def test_functions_that_nobody_declares_any_more_have_failed(tmp_path: Path) -> None:
    """Of a saved plan: they are none of the run's functions."""
    path = tmp_path / "orders.prom"
    file = MetricsFile(path)
    file.note(GONE)
    file.write(5)
    found = values(path)
    assert (2, 0) == (found["last_run_failuresStale"], found["functionsFailed"])


@pytest.mark.parametrize(("code", "succeeded"), [(0, True), (2, True), (1, False), (143, False)])
def test_the_last_success_outlives_failures(tmp_path: Path, code: int, *, succeeded: bool) -> None:
    """0 and 2 are successes; after anything else the one before is taken over."""
    path = tmp_path / "a.prom"
    before = RunMetrics("a")
    before.note(1, 1.0, 1234.5)
    path.write_bytes(before.text())
    file = MetricsFile(path)
    file.note(PLAN)
    file.write(code)
    assert succeeded == (values(path)["last_success_timestamp_seconds"] > 1234.5)
    assert succeeded or values(path)["last_success_timestamp_seconds"] == 1234.5


@pytest.mark.parametrize("text", ["", "what is this {", "\x00", 'lambda_reconciler_info{a="b"} x'])
def test_a_file_that_is_none_of_ours_is_replaced(tmp_path: Path, text: str) -> None:
    """Without a last success, and without a word."""
    assert last_success(text) is None
    path = tmp_path / "a.prom"
    path.write_text(text)
    MetricsFile(path).write(3)
    assert 3 == values(path)["last_run_exit_code"]


def test_metrics_that_cannot_be_written_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In one line; without a path nothing is done."""
    MetricsFile(tmp_path / "gone" / "a.prom").write(0)
    MetricsFile(None).write(0)
    assert "--metrics-file" in capsys.readouterr().err
    assert [] == list(tmp_path.iterdir())


def test_before_its_first_round_a_watch_has_counted_nothing() -> None:
    """Counters begin at 0, or the first failure is no increase; a time that never was is absent."""
    found = families(Metrics(fleet.Health()).text().decode())
    assert dict.fromkeys(("ok", "failed", "incomplete"), 0) == {
        each.labels["result"]: each.value for each in found["rounds"].samples
    }
    assert dict.fromkeys(FailureKind, 0) == {
        each.labels["kind"]: each.value for each in found["failures"].samples
    }
    assert not {name for name in found if name.endswith("_timestamp_seconds")}


def test_a_round_that_fails_is_no_success() -> None:
    """It has a time of its own, so that a watch that never succeeded can be told from a new one."""
    made = Metrics(fleet.Health(statuses={Status.FAILED: 1}))
    failed = run(result(Status.FAILED, failure=failure()))
    made.note(fleet.Round(1, failed, 1, 0, 1.0, news=True, complete=True))
    found = families(made.text().decode())
    assert {"last_round_timestamp_seconds"} == {
        name for name in found if name.endswith("_timestamp_seconds")
    }


# What names them.


def queries() -> dict[str, str]:
    """Give every expression of the rules and of the dashboard, by its title."""
    rules = [
        rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]
    ]
    found = {rule["alert"]: rule["expr"] for rule in rules}
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        found |= {f"{panel['title']} {each['refId']}": each["expr"] for each in panel["targets"]}
    return found


@pytest.mark.parametrize("expression", queries().values(), ids=queries())
def test_rules_and_dashboard_name_metrics_and_labels_that_there_are(expression: str) -> None:
    """A typo in a query is an alert that never fires."""
    there = {
        each.name: {**each.labels, "instance": "a", "run": ""}
        for family in (*of_a_run().values(), *of_a_watch().values())
        for each in family.samples
    }
    named = re.findall(rf"({PREFIX}\w+)(?:\{{(.*?)\}})?", expression)
    assert named
    assert expression.count(PREFIX) == len(named)
    for name, matchers in named:
        assert name in there
        assert set(re.findall(r"(\w+)[=!]", matchers)) <= set(there[name])
    known = {*Status, *FailureKind, "ok", "failed", "incomplete"}
    for choice in re.findall(r'(?:status|result|kind)=~?"(.*?)"', expression):
        assert set(choice.split("|")) <= known


def test_rules_are_what_prometheus_takes() -> None:
    """Names that are unique, labels and annotations on each, and no field that it does not know."""
    groups = yaml.safe_load(ALERTS.read_text())["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    assert all({"name", "rules"} == set(group) for group in groups)
    assert (
        len({rule["alert"] for rule in rules})
        == len(rules)
        == len(re.findall("- alert:", ALERTS.read_text()))
    )
    for rule in rules:
        assert {"alert", "expr", "labels", "annotations"} <= set(rule)
        assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
        assert rule["labels"]["severity"] in {"info", "warning", "critical"}
        assert {"summary", "description"} == set(rule["annotations"])
        assert re.fullmatch("[0-9]+[smhd]", rule.get("for", "0s"))
        assert rule["expr"].count("(") == rule["expr"].count(")")


def test_panels_have_ids_and_places_of_their_own() -> None:
    """Grafana draws one above the other otherwise."""
    panels = json.loads(DASHBOARD.read_text())["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken
        assert max(x for x, _ in cells) < 24
        taken |= cells


def row(name: str, family: Metric, where: str) -> tuple[str, str, str, str]:
    """Give what the page is to say."""
    name = f"{name}_total" if family.type == "counter" else name
    labels = dict.fromkeys(label for each in family.samples for label in each.labels)
    shown = [f"`{label}`" for label in labels if label not in {"run", "le"}]
    return f"`{name}`", family.type, where, ", ".join(shown)


def test_the_page_names_every_metric_and_no_other() -> None:
    """With its type, where it is, and its labels."""
    run_has, watch_has = of_a_run(), of_a_watch()
    expected = set()
    for name, family in (watch_has | run_has).items():
        both = name in run_has and name in watch_has
        where = "both" if both else "file" if name in run_has else "watch"
        expected.add(row(name, family, where))
    page = (ROOT / "docs" / "metrics.md").read_text()
    cells: list[Any] = [
        line.strip("|").split("|") for line in page.splitlines() if line.startswith("| `")
    ]
    assert expected == {tuple(cell.strip() for cell in row[:4]) for row in cells}
