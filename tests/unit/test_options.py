"""Flags, their short forms, their variables and their defaults."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
import pytest

from reconciler.cli import options
from reconciler.cli.commands import reconcile

DEFAULTS: dict[str, Any] = {
    "filename": ("manifests/",),
    "plan": False,
    "out": None,
    "apply_plan": None,
    "watch": False,
    "interval": None,
    "full_interval": None,
    "listen": None,
    "detailed_exitcode": False,
    "selector": (),
    "only": (),
    "max_changes": None,
    "server_side": False,
    "output": "text",
    "report": (),
    "metrics_file": None,
    "sandbox": False,
    "scenario": None,
    "function_timeout": 300.0,
    "version_timeout": 1800.0,
    "grace": 30.0,
    "parallelism": 32,
    "quota_share": 0.8,
    "shard": None,
    "shard_count": None,
    "profile": None,
    "region": None,
    "endpoint_url": None,
    "cache_dir": None,
    "color": "auto",
    "log_format": "text",
    "verbose": False,
    "quiet": False,
}


def read(*arguments: str) -> dict[str, Any]:
    """Parse a command line as the command does."""
    with reconcile.make_context("reconcile", list(arguments)) as context:
        return asdict(options.read(context.params))


def test_defaults_are_what_is_promised() -> None:
    """Every option's default, pinned."""
    assert DEFAULTS == read()


SETTINGS = {
    "watch": (["--watch"], "RECONCILE_WATCH", "1", True),
    "filename": (["--filename", "a", "-f", "b"], "RECONCILE_FILENAME", "a:b", ("a", "b")),
    "plan": (["--plan"], "RECONCILE_PLAN", "1", True),
    "apply_plan": (["--apply-plan", "p"], "RECONCILE_APPLY_PLAN", "p", Path("p")),
    "detailed_exitcode": (["--detailed-exitcode"], "RECONCILE_DETAILED_EXITCODE", "1", True),
    "selector": (["-l", "a=b=c"], "RECONCILE_SELECTOR", "a=b=c", (("a", "b=c"),)),
    "only": (["--only", "x*"], "RECONCILE_ONLY", "x*", ("x*",)),
    "max_changes": (
        ["--max-changes", "20%"],
        "RECONCILE_MAX_CHANGES",
        "20%",
        {"number": 20, "percent": True},
    ),
    "grace": (["--grace", "1m"], "RECONCILE_GRACE", "1m", 60.0),
    "output": (["-o", "json"], "RECONCILE_OUTPUT", "json", "json"),
    "report": (
        ["--report", "a.md", "--report", "junit=b"],
        "RECONCILE_REPORT",
        "a.md junit=b",
        (
            {"form": "markdown", "path": Path("a.md")},
            {"form": "junit", "path": Path("b")},
        ),
    ),
    "metrics_file": (
        ["--metrics-file", "a.prom"],
        "RECONCILE_METRICS_FILE",
        "a.prom",
        Path("a.prom"),
    ),
    "sandbox": (["--sandbox"], "RECONCILE_SANDBOX", "true", True),
    "function_timeout": (["--function-timeout", "90"], "RECONCILE_FUNCTION_TIMEOUT", "90", 90.0),
    "version_timeout": (["--version-timeout", "1h"], "RECONCILE_VERSION_TIMEOUT", "1h", 3600.0),
    "parallelism": (["--parallelism", "3"], "RECONCILE_PARALLELISM", "3", 3),
    "quota_share": (["--quota-share", "none"], "RECONCILE_QUOTA_SHARE", "none", None),
    "shard": (["--shard", "3/16"], "RECONCILE_SHARD", "3/16", {"index": 3, "count": 16}),
    "profile": (["--profile", "p"], "RECONCILE_PROFILE", "p", "p"),
    "region": (["--region", "eu-west-1"], "RECONCILE_REGION", "eu-west-1", "eu-west-1"),
    "endpoint_url": (["--endpoint-url", "u"], "RECONCILE_ENDPOINT_URL", "u", "u"),
    "cache_dir": (["--cache-dir", "c"], "RECONCILE_CACHE_DIR", "c", Path("c")),
    "color": (["--color", "never"], "RECONCILE_COLOR", "never", "never"),
    "log_format": (["--log-format", "json"], "RECONCILE_LOG_FORMAT", "json", "json"),
    "verbose": (["-v"], "RECONCILE_VERBOSE", "1", True),
    "quiet": (["-q"], "RECONCILE_QUIET", "1", True),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_a_flag_and_its_variable_say_the_same(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """RECONCILE_<NAME> gives what --<name> gives, and nothing else changes."""
    arguments, variable, text, value = SETTINGS[name]
    by_flag = read(*arguments)
    monkeypatch.setenv(variable, text)
    by_variable = read()

    assert DEFAULTS | {name: value} == by_flag == by_variable


def test_every_option_has_a_case_above() -> None:
    """No flag is without its variable; some need something else beside them."""
    beside = {"out", "scenario", "server_side", "shard_count", *OF_WATCH}
    assert set(DEFAULTS) == {*SETTINGS, *beside}


OF_WATCH = {
    "interval": (["--interval", "1m"], "RECONCILE_INTERVAL", "1m", 60.0),
    "full_interval": (["--full-interval", "12h"], "RECONCILE_FULL_INTERVAL", "12h", 43200.0),
    "listen": (["--listen", "[::1]:0"], "RECONCILE_LISTEN", "[::1]:0", {"host": "::1", "port": 0}),
}


@pytest.mark.parametrize("name", OF_WATCH)
def test_what_belongs_to_a_watch_is_refused_without(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By flag or by variable: nobody is to believe that a single run listens."""
    arguments, variable, text, value = OF_WATCH[name]
    expected = DEFAULTS | {"watch": True, name: value}
    assert expected == read("--watch", *arguments)
    monkeypatch.setenv(variable, text)
    assert expected == read("--watch")
    with pytest.raises(click.UsageError, match="belongs to --watch"):
        read()


@pytest.mark.parametrize("arguments", [["--plan", "--detailed-exitcode"], ["-f", "-"]])
def test_what_a_watch_cannot_do_is_refused(arguments: list[str]) -> None:
    """It has no differences to end with, and reads its input more than once."""
    with pytest.raises(click.UsageError, match="watch"):
        read("--watch", *arguments)


@pytest.mark.parametrize("text", ["", "8080", ":8080", "a:b", "a:65536", "::1:80", "http://a:1"])
def test_an_address_is_a_host_and_a_port(text: str) -> None:
    """All interfaces have to be asked for by name."""
    with pytest.raises(click.UsageError, match="is not HOST:PORT"):
        read("--watch", "--listen", text)


def test_an_indexed_job_has_its_shard_by_the_index_of_its_pod(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Kubernetes counts from 0, shards from 1."""
    expected = DEFAULTS | {"shard": {"index": 3, "count": 16}, "shard_count": 16}
    monkeypatch.setenv("JOB_COMPLETION_INDEX", "2")
    assert DEFAULTS == read()
    assert expected == read("--shard-count", "16")
    monkeypatch.setenv("RECONCILE_SHARD_COUNT", "16")
    assert expected == read()
    with pytest.raises(click.UsageError, match="leave one out"):
        read("--shard", "3/16")


@pytest.mark.parametrize("index", ["", "16", "-1", "x", "٣"])
def test_an_index_that_is_no_shard_is_refused(index: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two pods that both take the first shard would spend one quota."""
    monkeypatch.setenv("JOB_COMPLETION_INDEX", index)
    with pytest.raises(click.UsageError, match="JOB_COMPLETION_INDEX"):
        read("--shard-count", "16")


@pytest.mark.parametrize(("text", "share"), [("1", 1.0), ("0.05", 0.05), ("none", None)])
def test_a_share_of_the_quotas_is_a_number_or_none(text: str, share: float | None) -> None:
    """An emulator has none to keep to."""
    assert share == read("--quota-share", text)["quota_share"]


@pytest.mark.parametrize("text", ["0", "1.01", "-1", "nan", "inf", "80%", ""])
def test_a_share_that_is_none_of_a_quota_is_refused(text: str) -> None:
    """Over 1 every call would be refused."""
    with pytest.raises(click.UsageError, match="neither a number"):
        read("--quota-share", text)


def test_a_dry_run_is_for_plans(monkeypatch: pytest.MonkeyPatch) -> None:
    """By flag or by variable it goes with --plan: apply sends the real thing."""
    expected = DEFAULTS | {"plan": True, "server_side": True}
    assert expected == read("--plan", "--server-side")
    monkeypatch.setenv("RECONCILE_SERVER_SIDE", "1")
    assert expected == read("--plan")
    with pytest.raises(click.UsageError, match="belongs to --plan"):
        read()


def test_a_plan_is_saved_by_a_plan(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """By flag or by variable --out goes with --plan, and names a file in a folder that is there."""
    out = tmp_path / "plan.json"
    expected = DEFAULTS | {"plan": True, "out": out}
    assert expected == read("--plan", "--out", str(out))
    monkeypatch.setenv("RECONCILE_OUT", str(out))
    assert expected == read("--plan")
    with pytest.raises(click.UsageError, match="belongs to --plan"):
        read()
    with pytest.raises(click.UsageError, match="no such folder"):
        read("--plan", "--out", str(tmp_path / "absent" / "plan.json"))


@pytest.mark.parametrize(
    "arguments", [["--plan"], ["--watch"], ["-l", "a=b"], ["--only", "x"], ["--shard", "1/2"]]
)
def test_a_saved_plan_is_applied_whole(arguments: list[str]) -> None:
    """What was planned is not chosen from once more."""
    with pytest.raises(click.UsageError, match="--apply-plan"):
        read("--apply-plan", "plan.json", *arguments)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ("--apply-plan plan.json --report plan.json", "--apply-plan and --report"),
        ("--apply-plan plan.json --report folder/../plan.json", "--apply-plan and --report"),
        ("--apply-plan plan.json --metrics-file plan.json", "--apply-plan and --metrics-file"),
        ("--plan --out plan.json --report plan.json", "--out and --report"),
        ("--plan --out plan.json --metrics-file plan.json", "--out and --metrics-file"),
        ("--report plan.json --metrics-file plan.json", "--metrics-file and --report"),
    ],
)
def test_one_file_has_one_use(
    arguments: str, named: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The report of the apply would take the plan away before anybody has read it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "plan.json").touch()
    with pytest.raises(click.UsageError, match=f"{named} name the same file"):
        read(*arguments.split())


@pytest.mark.parametrize(
    ("arguments", "flag"),
    [
        ("-f one.yaml --report json=one.yaml", "--report"),
        ("-f one.yaml --metrics-file ./one.yaml", "--metrics-file"),
        ("-f one.yaml --plan --out one.yaml", "--out"),
        ("--report text=manifests/folder/two.yml", "--report"),
        ("-f - -f manifests --plan --out manifests/new.yaml", "--out"),
    ],
)
def test_no_manifest_is_written_over(
    arguments: str, flag: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It would be gone before it is read, or be read as one by the next run."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "manifests" / "folder").mkdir(parents=True)
    with pytest.raises(click.UsageError, match=f"{flag} .* would take the place of a manifest"):
        read(*arguments.split())


def test_other_files_may_lie_beside_manifests(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Nobody reads them as manifests."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "manifests").mkdir()
    read("--plan", "--out", "manifests/plan.json", "--report", "manifests/plan.md")


def test_a_report_takes_no_scenario_away() -> None:
    """It is read when the reports of earlier runs are gone."""
    with pytest.raises(click.UsageError, match="--scenario and --report name the same file"):
        read("--sandbox", "--scenario", "s.yaml", "--report", "text=s.yaml")


@pytest.mark.parametrize(
    "arguments", ["--plan --out -", "--apply-plan -", "--report json=-", "--metrics-file -"]
)
def test_a_hyphen_is_no_file(arguments: str) -> None:
    """Standard output is the report's; a file of that name would be a surprise."""
    with pytest.raises(click.UsageError, match="wants the name of a file"):
        read(*arguments.split())


def test_a_plan_takes_the_place_of_no_device(tmp_path: Path) -> None:
    """It is put in the place of what is there: not of what others use."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(click.UsageError, match="a device or a pipe can hold no plan"):
        read("--plan", "--out", str(tmp_path / "pipe"))


def test_a_watch_saves_no_plan(tmp_path: Path) -> None:
    """It would never know which one was approved."""
    with pytest.raises(click.UsageError, match="--out is for one run"):
        read("--watch", "--plan", "--out", str(tmp_path / "plan.json"))


def test_a_scenario_is_for_the_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    """By flag or by variable it goes with --sandbox, and never reaches AWS without."""
    expected = DEFAULTS | {"sandbox": True, "scenario": "s.yaml"}
    assert expected == read("--sandbox", "--scenario", "s.yaml")
    monkeypatch.setenv("RECONCILE_SCENARIO", "s.yaml")
    assert expected == read("--sandbox")
    with pytest.raises(click.UsageError, match="add --sandbox"):
        read()


TIMES = {"45": 45, "45s": 45, "1.5s": 1.5, "5m": 300, "1h30m": 5400, "2h": 7200, "1m1s": 61}


@pytest.mark.parametrize("text", TIMES)
def test_times_are_read_as_people_write_them(text: str) -> None:
    """Hours, minutes and seconds, or a bare number of seconds."""
    assert TIMES[text] == read("--function-timeout", text)["function_timeout"]


@pytest.mark.parametrize("text", ["", "0", "0s", "m", "5x", "-5", "1m 5s", "1s5m", "nan", "1e3"])
def test_what_is_no_time_is_a_usage_error(text: str) -> None:
    """A time-out of nothing, or of something misread, would be worse than an error."""
    with pytest.raises(click.UsageError, match="is not a time"):
        read("--function-timeout", text)


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, None),
        ({"AWS_DEFAULT_REGION": "a"}, "a"),
        ({"AWS_REGION": "b", "AWS_DEFAULT_REGION": "a"}, "b"),
        ({"AWS_REGION": "", "AWS_DEFAULT_REGION": "a"}, "a"),
    ],
    ids=str,
)
def test_the_region_comes_from_the_usual_variables(
    variables: dict[str, str], expected: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AWS_REGION counts before AWS_DEFAULT_REGION, and an empty one not at all."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert expected == options.environment_region()


@pytest.mark.parametrize("text", ["", "-1", "1.5", "%", "101%", "5 %", "many", "1e3", "٣"])
def test_a_limit_of_changes_is_a_number_or_a_share(text: str) -> None:
    """Anything else is a typo, and must not read as no limit."""
    with pytest.raises(click.UsageError, match="is not a number of functions such as 5, or 20%"):
        read("--max-changes", text)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("a.json", "json"),
        ("a.jsonl", "jsonl"),
        ("a.md", "markdown"),
        ("a.txt", "text"),
        ("a.xml", "junit"),
        ("text=a.json", "text"),
        ("odd=a.md", "markdown"),
    ],
)
def test_the_form_of_a_report_is_its_suffix_or_its_name(text: str, form: str) -> None:
    """A name that is no form belongs to the file."""
    assert [form] == [each["form"] for each in read("--report", text)["report"]]


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        (["--report", "a.yaml"], "ends with none of"),
        (["--report", "json="], "names no file"),
        (["--report", "json=."], "is a folder"),
        (["--report", "/nowhere/a.json"], "lies in no folder"),
        (["--report", "a.md", "--report", "text=./a.md"], "the same file twice"),
        (["--watch", "-o", "github"], "no step of a workflow"),
        (["--watch", "--metrics-file", "a.prom"], "is for one run"),
        (["--metrics-file", "/nowhere/a.prom"], "lies in no folder"),
    ],
)
def test_a_report_that_cannot_be_is_refused(arguments: list[str], match: str) -> None:
    """Before anything is read, and long before anything is written."""
    with pytest.raises(click.UsageError, match=match):
        read(*arguments)
