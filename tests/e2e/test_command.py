"""The command as a user meets it: streams, formats, the sandbox, and what it must never print."""

from __future__ import annotations

import json
import os
import pty
import re
import socket
import sys
import threading
from typing import TYPE_CHECKING

import jsonschema
import pytest

from reconciler import __version__, schema
from reconciler.sandbox import SEEDED_ENVIRONMENT_VALUE, Fault

if TYPE_CHECKING:
    from reconciler.sandbox import Sandbox
    from tests.e2e.command import Command

DIFFERS = "{code: {directory: code}, architecture: arm64, publish: true}"
IN_SYNC = "{architecture: x86_64}"

COMES_WITHOUT = """
import sys
from reconciler.cli import main
code = main(sys.argv[1:])
print(sorted({"boto3", "botocore", "moto", "rich"} & set(sys.modules)), code, file=sys.stderr)
"""


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["validate"], ["schema", "function"]], ids=str
)
def test_offline_commands_import_neither_boto3_nor_moto_nor_rich(
    command: Command, arguments: list[str]
) -> None:
    """They start quickly, and they cannot reach AWS."""
    command.declare("app", DIFFERS)
    script = command.folder / "script.py"
    script.write_text(COMES_WITHOUT)

    finished = command.script(script, *arguments)

    assert "[] 0" == finished.stderr.strip()


def test_version_and_help_name_the_program(command: Command) -> None:
    """``python -m reconciler`` calls itself reconcile."""
    assert f"reconcile {__version__}\n" == command.run("--version").stdout
    assert command.run("-h").stdout.startswith("Usage: reconcile ")


def test_validate_counts_what_is_valid(command: Command) -> None:
    """One line on standard output, nothing on standard error."""
    command.declare("one", IN_SYNC)
    command.declare("two", DIFFERS)

    finished = command.run("validate")

    assert (0, "") == (finished.returncode, finished.stderr)
    assert "Valid: 2 functions in 2 files.\n" == finished.stdout


def test_validate_looks_at_no_package_where_none_is_built(command: Command) -> None:
    """Before a commit there may be none; what is wrong in the manifest itself is still shown."""
    command.declare("app", "{code: {zipFile: absent.zip}}")
    command.declare("other", "{code: {directory: absent}}")

    assert 3 == command.run("validate").returncode
    ended = command.run("validate", "--no-packages")
    assert (0, "Valid: 2 functions in 2 files.\n") == (ended.returncode, ended.stdout)

    command.declare("other", "{code: {directory: absent}, architecture: arm}")
    ended = command.run("validate", RECONCILE_NO_PACKAGES="1")
    assert 3 == ended.returncode
    assert "spec.architecture is" in ended.stderr
    assert "absent" not in ended.stderr


def test_validate_shows_every_error_at_its_place(command: Command) -> None:
    """All errors of all files at once, then how many there are."""
    command.declare("one", "{architecture: arm}")
    command.declare("two", "{suspend: yes}")

    finished = command.run("validate")

    assert (3, "") == (finished.returncode, finished.stdout)
    one, two, total = finished.stderr.splitlines()
    assert one.startswith("manifests/one.yaml:4:22: ")
    assert two.startswith("manifests/two.yaml:4:17: ")
    assert "2 errors; nothing was sent to AWS." == total


def test_a_manifest_may_come_from_standard_input(command: Command, sandbox: Sandbox) -> None:
    """``-f -`` reads one stream, and paths in it start at the working folder."""
    path = command.declare("app", "{code: {directory: manifests/code}}")
    text = path.read_text()
    path.write_text(text.replace("manifests/code", "code"))
    command.seed(sandbox)

    finished = command.run("-f", "-", "--plan", standard_input=text)

    assert 0 == finished.returncode
    assert "Plan: 1 to update." in finished.stdout


def test_the_report_is_on_stdout_and_the_progress_on_stderr(
    command: Command, sandbox: Sandbox
) -> None:
    """In a pipe: plain lines, no colour, no control characters."""
    command.declare("app", DIFFERS)
    command.declare("same", IN_SYNC)
    command.seed(sandbox)

    finished = command.run()

    masked = re.sub(r"\d+\.\d s", "T", re.sub(r"[\w+/]{12}\.\.\.", "HASH", finished.stdout))
    assert masked == (
        "+ app (eu-west-1)  updated\n"
        "    code               HASH -> HASH\n"
        "    architecture       x86_64 -> arm64\n"
        "    publish            new version\n"
        "    done UpdateFunctionCode: Successful (T)\n"
        "    done PublishVersion: version 1 (T)\n"
        "\n"
        "Applied: 1 updated, 1 published, 1 in sync.\n"
        "Calls: 1 UpdateFunctionCode, 1 PublishVersion.\n"
    )
    assert finished.stderr == (
        "app: UpdateFunctionCode (arm64)\napp: PublishVersion\napp: updated\n"
    )


def test_a_plan_of_nothing_says_why_it_may_be_trusted(command: Command, sandbox: Sandbox) -> None:
    """Everything was read just now, and nothing is in progress or failed."""
    command.declare("same", IN_SYNC)
    command.seed(sandbox)

    finished = command.run("--plan")

    assert finished.stdout == (
        "No changes. The function was read from AWS just now: everything declared is live, "
        "and no update is in progress or failed.\nCalls: none.\n"
    )
    assert not finished.stderr


@pytest.mark.parametrize("arguments", [["--plan"], []], ids=["plan", "apply"])
def test_json_is_one_document_of_the_published_schema(
    command: Command, sandbox: Sandbox, arguments: list[str]
) -> None:
    """Names, places, changes, steps and calls, for a program to read."""
    command.declare("app", DIFFERS)
    command.declare("missing", IN_SYNC)
    command.seed(sandbox)
    sandbox.control_plane.delete_function("missing", region="eu-west-1")

    finished = command.run("-o", "json", *arguments)

    report = json.loads(finished.stdout)
    jsonschema.Draft202012Validator(schema.load("report")).validate(report)
    app, missing = report["functions"]
    assert ("app", "manifests/app.yaml", 3) == (app["name"], app["file"], app["line"])
    assert ["code", "architecture", "publish"] == [change["field"] for change in app["changes"]]
    assert ["UpdateFunctionCode", "PublishVersion"] == [step["operation"] for step in app["steps"]]
    assert "ResourceNotFoundException" == missing["error"]["code"]
    assert (True, True) == (report["complete"], report["errored"])
    seen = [each.operation for each in sandbox.requests]
    assert {name: seen.count(name) for name in set(seen)} == report["summary"]["calls"]


def test_schemas_are_printed_whole(command: Command) -> None:
    """What is printed is the JSON Schema itself."""
    for name in schema.NAMES:
        assert schema.load(name) == json.loads(command.run("schema", name).stdout)


def test_json_log_lines_carry_the_run_id_of_the_report(command: Command, sandbox: Sandbox) -> None:
    """Log and report of one run can be joined."""
    command.declare("app", DIFFERS)
    command.seed(sandbox)

    finished = command.run("-o", "json", "--log-format", "json")

    lines = [json.loads(line) for line in finished.stderr.splitlines()]
    assert {json.loads(finished.stdout)["run_id"]} == {line["run_id"] for line in lines}
    assert {"app"} == {line["function"] for line in lines}


def test_quiet_says_nothing_on_stderr(command: Command, sandbox: Sandbox) -> None:
    """-q leaves the report alone."""
    command.declare("app", DIFFERS)
    command.seed(sandbox)

    finished = command.run("-q")

    assert not finished.stderr
    assert "Applied: 1 updated" in finished.stdout


def test_a_selection_leaves_the_others_unread(command: Command, sandbox: Sandbox) -> None:
    """--only and -l choose by name and by label."""
    for name in ("orders-api", "orders-cron", "billing"):
        command.declare(name, IN_SYNC)
    command.seed(sandbox)

    command.run("--only", "orders-*", "-l", "team=orders-cron")

    assert ["orders-cron"] == [each.function for each in sandbox.requests]


def test_secrets_of_aws_answers_are_never_printed(command: Command, sandbox: Sandbox) -> None:
    """Environment variables and signed URLs stay behind the door, whatever is asked for."""
    command.declare("app", DIFFERS)
    command.declare("failing", DIFFERS)
    command.seed(sandbox)
    sandbox.inject(
        Fault(
            operation="UpdateFunctionCode", function="failing", fail_update=("InternalError", "x")
        )
    )

    runs = [
        command.run("--plan", "-v"),
        command.run("-v", "--log-format", "json"),
        command.run("-o", "json", "-v"),
    ]

    printed = "".join(run.stdout + run.stderr for run in runs)
    assert "failing" in printed
    for secret in (SEEDED_ENVIRONMENT_VALUE, "X-Amz-Signature", sandbox.url):
        assert secret not in printed


@pytest.fixture
def trap() -> socket.socket:
    """Listen where nobody may ever connect."""
    listening = socket.create_server(("127.0.0.1", 0))
    listening.settimeout(0)
    return listening


def test_the_embedded_sandbox_reaches_nothing_else(command: Command, trap: socket.socket) -> None:
    """--sandbox ignores the endpoints, profiles and proxies that the machine is set up with."""
    command.declare("app", DIFFERS)
    elsewhere = f"http://127.0.0.1:{trap.getsockname()[1]}"

    finished = command.run(
        "--sandbox",
        AWS_ENDPOINT_URL=elsewhere,
        AWS_ENDPOINT_URL_LAMBDA=elsewhere,
        AWS_PROFILE="nobody",
        AWS_CONFIG_FILE=str(command.folder / "nowhere"),
        AWS_USE_FIPS_ENDPOINT="true",
        AWS_USE_DUALSTACK_ENDPOINT="true",
        HTTP_PROXY=elsewhere,
        http_proxy=elsewhere,
        ALL_PROXY=elsewhere,
    )

    assert (0, True) == (finished.returncode, "Applied: 1 updated" in finished.stdout)
    with trap, pytest.raises(BlockingIOError):
        trap.accept()


def test_the_sandbox_command_says_how_to_reach_it(command: Command) -> None:
    """Its first lines can be evaluated by a shell; a signal ends it in good order."""
    command.declare("app", DIFFERS)
    log = command.folder / "requests.jsonl"

    with command.start(
        "sandbox", "--seed", "manifests", "--settle", "0", "--log", str(log)
    ) as process:
        assert process.stdout
        lines = [process.stdout.readline() for _ in range(7)]
        settings = dict(re.findall(r"^export (\w+)=(.*)$", "".join(lines), re.MULTILINE))
        finished = command.run(**settings)
        process.terminate()
        _, errors = process.communicate(timeout=60)

    assert (0, 0, "") == (finished.returncode, process.returncode, errors)
    assert "# an AWS Lambda sandbox with 1 function; Ctrl-C ends it\n" == lines[0]
    assert "eu-west-1" == settings["AWS_REGION"] == settings["AWS_DEFAULT_REGION"]
    requests = [json.loads(line) for line in log.read_text().splitlines()]
    assert ("GetFunction", "app", 200) == tuple(
        requests[0][name] for name in ("operation", "function", "status")
    )


def test_a_closed_pipe_is_not_a_traceback(command: Command) -> None:
    """Whoever reads the first line and leaves has what he wanted."""
    with command.start("schema", "function") as process:
        assert process.stdout
        process.stdout.close()
        assert process.stderr
        errors = process.stderr.read()

    assert "Traceback" not in errors


def on_terminal(command: Command, *arguments: str, **environment: str) -> str:
    """Run with all streams on a terminal of 80 columns, and give what it received."""
    ours, theirs = pty.openpty()
    received: list[bytes] = []

    def read() -> None:
        while True:
            try:
                received.append(os.read(ours, 65536))
            except OSError:  # Linux ends a terminal that nobody holds any more with EIO
                return

    reader = threading.Thread(target=read)
    reader.start()
    command.on(
        theirs, *arguments, **{"TERM": "xterm", "COLUMNS": "80", "LINES": "24"} | environment
    )
    os.close(theirs)
    reader.join()
    os.close(ours)
    return b"".join(received).decode()


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_a_terminal_gets_colour_and_lines_of_80_columns(command: Command, sandbox: Sandbox) -> None:
    """The live table leaves nothing behind, and the report is wrapped."""
    arn = "arn:aws:lambda:eu-west-1::runtime:" + "0" * 64
    mode = f"{{updateRuntimeOn: Manual, runtimeVersionArn: '{arn}'}}"
    command.declare("app", f"{{code: {{directory: code}}, runtimeManagement: {mode}}}")
    command.seed(sandbox)

    printed = on_terminal(command, "--plan")

    report = printed[printed.rindex("\x1b[33m~") :].replace("\r\n", "\n")
    plain = re.sub(r"\x1b\[[\d;]*m", "", report)
    assert "Plan: 1 to update." in plain
    assert [] == [line for line in plain.splitlines() if len(line) > 80]


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_no_color_is_heeded_on_a_terminal(command: Command, sandbox: Sandbox) -> None:
    """NO_COLOR leaves the report in plain text."""
    command.declare("app", DIFFERS)
    command.seed(sandbox)

    printed = on_terminal(command, "--plan", "-q", NO_COLOR="1")

    assert "\x1b[" not in printed
    assert "~ app (eu-west-1)" in printed
