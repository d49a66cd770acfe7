"""A runner of GitHub's composite actions, as far as action.yml needs one, and its API."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import sysconfig
import threading
import venv
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

ROOT = Path(__file__).parents[2]
_EXPRESSION = re.compile(r"\$\{\{ *(.+?) *\}\}")
LIMIT = 60
"""Seconds after which a step that hangs fails its test."""


@dataclass
class Done:
    """What a job came to: its log, and the outputs of the action."""

    code: int = 0
    log: str = ""
    outputs: dict[str, str] = field(default_factory=dict)
    steps: list[str] = field(default_factory=list)
    page: str = ""


class Runner:
    """Runs the steps of action.yml with bash, in a folder with a repository checked out."""

    def __init__(self, folder: Path, environment: Mapping[str, str], api: str) -> None:
        self.folder = folder
        self.temporary = folder.parent / f"{folder.name}-temp"
        self.temporary.mkdir()
        self.event: dict[str, Any] = {}
        self.action = yaml.safe_load((ROOT / "action.yml").read_text())
        self.environment = {
            **environment,
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "RUNNER_OS": "Linux",
            "RUNNER_TEMP": str(self.temporary),
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_API_URL": api,
            "GITHUB_SERVER_URL": "https://github.example",
            "GITHUB_REPOSITORY": "octo/shop",
            "GITHUB_RUN_ID": "4711",
            "GITHUB_WORKFLOW": "Plan",
            "GITHUB_JOB": "plan",
        }

    def installed(self) -> None:
        """Leave an environment as the first step does, with the libraries of this one."""
        name = subprocess.run(  # as the script does
            ["cksum"],  # noqa: S607 - any will do
            input=str(ROOT),
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()[0]
        made = self.temporary / f"lambda-reconciler-{name}"
        venv.create(made, symlinks=True)
        version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
        libraries = made / "lib" / version / "site-packages"
        (libraries / "test.pth").write_text(f"{ROOT}\n{sysconfig.get_path('purelib')}\n")
        (made / "installed").touch()

    def run(self, **inputs: str) -> Done:
        """Run a job whose one step uses the action; a hyphen of an input is an underscore here."""
        done = Done()
        known = self._inputs({name.replace("_", "-"): value for name, value in inputs.items()})
        for step in self.action["runs"]["steps"]:
            if done.code or not self._wanted(step.get("if", ""), known):
                continue
            environment = {name: _filled(value, known) for name, value in step["env"].items()}
            outputs = self._step(step, environment, done)
            known |= {f"steps.{step.get('id')}.outputs.{name}": outputs[name] for name in outputs}
        done.outputs = {
            name: _filled(output["value"], known) for name, output in self.action["outputs"].items()
        }
        return done

    def _inputs(self, given: Mapping[str, str]) -> dict[str, str]:
        declared = {name: each["default"] for name, each in self.action["inputs"].items()}
        assert set(given) <= set(declared)
        known = {"github.token": "token-of-the-job"}
        values = {name: _filled(value, known) for name, value in (declared | dict(given)).items()}
        return known | {f"inputs.{name}": value for name, value in values.items()}

    def _wanted(self, condition: str, known: Mapping[str, str]) -> bool:
        number = self.event.get("pull_request", {}).get("number", "")
        facts = {**known, "github.event.pull_request.number": str(number)}
        expression = condition.removeprefix("${{").removesuffix("}}").strip()
        for part in filter(None, expression.split(" && ")):
            name, _, value = part.partition(" == ")
            if facts[name] != value.strip("'") if value else not facts[name]:
                return False
        return True

    def _step(
        self, step: Mapping[str, Any], given: Mapping[str, str], done: Done
    ) -> dict[str, str]:
        files = {name: self.temporary / name for name in ("output", "summary", "event")}
        files["output"].write_text("")
        files["event"].write_text(json.dumps(self.event))
        script = self.temporary / "step.sh"
        script.write_text(step["run"])
        assert "bash" == step["shell"]
        ended = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", script],  # noqa: S607 - any bash
            cwd=self.folder,
            env={
                **self.environment,
                **given,
                "GITHUB_OUTPUT": str(files["output"]),
                "GITHUB_STEP_SUMMARY": str(files["summary"]),
                "GITHUB_EVENT_PATH": str(files["event"]),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=LIMIT,
            check=False,
        )
        done.code = ended.returncode
        done.log += ended.stdout
        done.steps.append(step["name"])
        if files["summary"].exists():
            done.page = files["summary"].read_text()
        lines = files["output"].read_text().splitlines()
        return dict(line.split("=", 1) for line in lines)


def _filled(text: str, known: Mapping[str, str]) -> str:
    return _EXPRESSION.sub(lambda found: known.get(found[1], ""), text)


@dataclass
class Comment:
    """A comment of a pull request."""

    number: int
    login: str
    body: str

    def as_json(self) -> dict[str, Any]:
        """Give what the API tells of it."""
        kind = "Bot" if self.login.endswith("[bot]") else "User"
        return {
            "id": self.number,
            "user": {"login": self.login, "type": kind},
            "body": self.body,
        }


class Api:
    """The part of GitHub's REST API that comments need, for one pull request, on loopback."""

    def __init__(self) -> None:
        self.comments: list[Comment] = []
        self.requests: list[str] = []
        self.tokens: set[str] = set()
        self.login: str | None = None
        self.refuses = False
        self.breaks_off = False
        self.foreign: set[int] = set()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def answer(self, method: str, path: str, body: dict[str, str]) -> tuple[int, Any]:
        """Do what a request asks for, as a workflow's token may."""
        self.requests.append(f"{method} {path}")
        comments = "/repos/octo/shop/issues/7/comments"
        if path == "/user" and self.login is not None:
            return 200, {"login": self.login}
        if path == "/user" or self.refuses:
            return 403, {"message": "Resource not accessible by integration"}
        if method == "GET" and path.startswith(f"{comments}?per_page=100&page="):
            first = (int(path.rsplit("=", 1)[1]) - 1) * 100
            return 200, [each.as_json() for each in self.comments[first : first + 100]]
        if len(body["body"]) > 65_536:
            return 422, {"message": "Validation Failed"}
        return self._write(method, path, comments, body["body"])

    def _write(self, method: str, path: str, comments: str, text: str) -> tuple[int, Any]:
        if (method, path) == ("POST", comments):
            login = self.login or "github-actions[bot]"
            self.comments.append(Comment(len(self.comments) + 1, login, text))
            return 201, self.comments[-1].as_json()
        for each in self.comments:
            if (method, path) == ("PATCH", f"/repos/octo/shop/issues/comments/{each.number}"):
                if each.number in self.foreign:
                    return 403, {"message": "Resource not accessible by integration"}
                each.body = text
                return 200, each.as_json()
        return 404, {"message": "Not Found"}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        api = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer()

            def do_POST(self) -> None:
                self._answer()

            def do_PATCH(self) -> None:
                self._answer()

            def _answer(self) -> None:
                api.tokens.add(self.headers["Authorization"])
                length = int(self.headers.get("Content-Length") or 0)
                body = json.loads(self.rfile.read(length) or b"{}")
                status, answer = api.answer(self.command, self.path, body)
                self.send_response(status)
                if api.breaks_off:
                    self.send_header("Content-Length", "99999")
                self.end_headers()
                self.wfile.write(json.dumps(answer).encode())

            def log_message(self, *_: object) -> None:
                pass

        return Handler
