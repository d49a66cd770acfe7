"""
See what an editor shows of manifests: marks, hover texts and completions.

Drives a real yaml-language-server over standard input and output, with the schemas, the
modeline and the setting as docs/manifests.md tells them. Skips where the server or node is
missing: ``npm install --global yaml-language-server``, or its path in YAML_LANGUAGE_SERVER.
https://microsoft.github.io/language-server-protocol/specifications/lsp/3.17/specification/
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "manifests.md").read_text(encoding="utf-8")
COMMAND = [sys.executable, "-m", "reconciler"]

FUNCTION = """\
apiVersion: lambda.reconciler/v1
kind: Function
metadata: {name: app}
spec:
"""
TARGET = FUNCTION.replace("Function", "Target")
GOOD_FUNCTION = FUNCTION + "  architecture: ${ARCHITECTURE:-arm64}\n  publish: true\n"
GOOD_TARGET = TARGET + '  region: eu-west-1\n  accountId: "012345678901"\n'

MARKS = [
    ("function", GOOD_FUNCTION, []),
    ("function", f"{FUNCTION}  suspend: true\n  bogus: 1\n", ["Property bogus is not allowed."]),
    ("function", f"{FUNCTION}  architecture: arm\n", ['Valid values: "x86_64", "arm64".']),
    (
        "function",
        f"{FUNCTION}  runtimeManagement: {{updateRuntimeOn: Never}}\n",
        ['Valid values: "Auto", "FunctionUpdate", "Manual".'],
    ),
    ("target", GOOD_TARGET, []),
    ("target", f"{GOOD_TARGET}  bogus: 1\n", ["Property bogus is not allowed."]),
    ("target", f"{GOOD_TARGET}  quotaShare: 3\n", ["Value is above the maximum of 1."]),
    ("target", GOOD_TARGET.replace('"', ""), ['Incorrect type. Expected "string".']),
]
HOVERS = [
    ("function", f"{FUNCTION}  ^architecture: arm64\n", "The instruction set that the code"),
    (
        "function",
        f"{FUNCTION}  runtimeManagement:\n    ^updateRuntimeOn: Auto\n",
        "when AWS rolls it out",
    ),
    ("target", GOOD_TARGET.replace("accountId", "^accountId"), "The 12 digits of the account"),
]
COMPLETIONS = [
    ("function", f"{FUNCTION}  ^\n", ["code:", "architecture:", "runtimeManagement:", "publish:"]),
    ("function", f"{FUNCTION}  architecture: ^\n", ["arm64", "x86_64"]),
    (
        "function",
        f"{FUNCTION}  runtimeManagement:\n    updateRuntimeOn: ^\n",
        ["Auto", "FunctionUpdate", "Manual"],
    ),
    (
        "function",
        f"{FUNCTION}  code: ^\n",
        ["\n  zipFile:", "\n  directory:", "\n  s3:", "\n  imageUri:"],
    ),
    ("function", f"{FUNCTION}  code:\n    ^\n", ["zipFile:", "directory:", "s3:", "imageUri:"]),
    ("target", f"{TARGET}  ^\n", ["region:", "accountId:", "assumeRole:", "quotaShare:"]),
    ("target", f"{TARGET}  assumeRole:\n    ^\n", ["roleArn:", "externalId:", "sessionName:"]),
    ("target", f"{TARGET}  accountId: ^\n", ['"123456789012"']),
    (
        "target",
        f"{TARGET[:-1]} ^\n",
        ['\n  region: eu-west-1\n  accountId: "123456789012"'],
    ),
]
BOTH = f"{TARGET}  region: eu\n  accountId: '012345678901'\n---\n{FUNCTION}  publis: true\n"


class Server:
    """A server that has been told its workspace and its settings."""

    def __init__(self, program: str, folder: Path, settings: dict[str, Any]) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - what the user named, or the PATH
            [program, "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._folder, self._settings, self._number = folder, settings, 0
        capabilities = {"workspace": {"configuration": True, "workspaceFolders": True}}
        workspace = [{"uri": folder.as_uri(), "name": "check"}]
        self.ask(
            "initialize",
            processId=os.getpid(),
            rootUri=folder.as_uri(),
            workspaceFolders=workspace,
            capabilities=capabilities,
        )
        self._tell("initialized")
        self._tell("workspace/didChangeConfiguration", settings=settings)

    def end(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()

    def ask(self, method: str, **parameters: object) -> Any:  # noqa: ANN401 - JSON
        """Send a request, and give its result."""
        self._number += 1
        self._send({"id": self._number, "method": method, "params": parameters})
        while True:
            message = self._next()
            if message.get("id") == self._number and "method" not in message:
                return message.get("result")

    def marks(self, name: str, text: str) -> list[str]:
        """Open a file, and give what is marked in it."""
        document = {"uri": self._uri(name), "languageId": "yaml", "version": 1, "text": text}
        self._tell("textDocument/didOpen", textDocument=document)
        while True:
            found = self._next()
            its = found.get("params", {})
            if (
                found.get("method") == "textDocument/publishDiagnostics"
                and its["uri"] == document["uri"]
            ):
                return [each["message"] for each in its["diagnostics"]]

    def at_caret(self, method: str, name: str, text: str) -> Any:  # noqa: ANN401 - JSON
        """Ask for what belongs to the place of ``^`` in the text."""
        before = text.partition("^")[0].splitlines()
        self.marks(name, text.replace("^", ""))
        return self.ask(
            f"textDocument/{method}",
            textDocument={"uri": self._uri(name)},
            position={"line": len(before) - 1, "character": len(before[-1])},
        )

    def _uri(self, name: str) -> str:
        return (self._folder / "manifests" / name).as_uri()

    def _tell(self, method: str, **parameters: object) -> None:
        self._send({"method": method, "params": parameters})

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin  # noqa: S101 - a pipe was asked for
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self._process.stdin.flush()

    def _next(self) -> dict[str, Any]:
        """Read one message; the server's own question for its settings is answered."""
        stream = self._process.stdout
        assert stream  # noqa: S101 - a pipe was asked for
        size = 0
        while line := stream.readline().strip():
            if line.lower().startswith(b"content-length:"):
                size = int(line.split(b":")[1])
        if not size:
            raise SystemExit("the language server ended; its words are above")
        message: dict[str, Any] = json.loads(stream.read(size))
        if message.get("method") == "workspace/configuration":
            items = message["params"]["items"]
            result = [self._settings.get(item.get("section")) for item in items]
            self._send({"id": message["id"], "result": result})
        elif "method" in message and "id" in message:
            self._send({"id": message["id"], "result": None})
        return message


def _modeline(kind: str) -> str:
    """Give the comment that the page tells for a kind."""
    line = f"# yaml-language-server: $schema=../schemas/{kind}.v1.schema.json\n"
    assert line in PAGE, line  # noqa: S101 - that page is what is checked
    return line


def _setting() -> dict[str, Any]:
    """Give the setting that the page tells, in sections as the server asks for them."""
    (found,) = re.findall(r'```json\n(\{\n  "yaml\.schemas".*?)```', PAGE, re.DOTALL)
    return {"yaml": {"schemas": json.loads(found)["yaml.schemas"]}}


def _inserted(items: list[dict[str, Any]]) -> list[str]:
    return [item["textEdit"]["newText"] for item in items]


def _by_modeline(server: Server) -> list[tuple[str, bool, object]]:
    """Give each check's name, whether it holds, and what was seen."""
    results: list[tuple[str, bool, object]] = []
    for number, (kind, text, expected) in enumerate(MARKS):
        seen = server.marks(f"marks-{number}.yaml", _modeline(kind) + text)
        holds = len(seen) == len(expected) and all(
            part in one for part, one in zip(expected, seen, strict=True)
        )
        results.append((f"{kind}: marks {expected or 'nothing'}", holds, seen))
    for number, (kind, text, part) in enumerate(HOVERS):
        shown = server.at_caret("hover", f"hover-{number}.yaml", _modeline(kind) + text)
        results.append((f"{kind}: explains {part!r}", part in str(shown), shown))
    for number, (kind, text, wanted) in enumerate(COMPLETIONS):
        found = server.at_caret("completion", f"complete-{number}.yaml", _modeline(kind) + text)
        offered = _inserted(found["items"])
        holds = all(any(one.startswith(each) for one in offered) for each in wanted)
        holds = holds and "[object Object]" not in [item["label"] for item in found["items"]]
        results.append((f"{kind}: offers {', '.join(wanted)!r}", holds, offered))
    return results


def _by_setting(server: Server) -> list[tuple[str, bool, object]]:
    good = server.marks("good.yaml", f"{GOOD_TARGET}---\n{GOOD_FUNCTION}")
    bad = server.marks("bad.yaml", BOTH)
    wanted = {"write a region's code, such as eu-west-1", "Property publis is not allowed."}
    return [
        ("both kinds in a file: marks nothing", good == [], good),
        ("both kinds in a file: marks each by its schema", wanted <= set(bad), bad),
    ]


def main() -> int:
    """Print a line for each check; 1 when one fails."""
    program = os.environ.get("YAML_LANGUAGE_SERVER") or shutil.which("yaml-language-server")
    if program is None or shutil.which("node") is None:
        print("skipped: yaml-language-server and node are not installed")
        return 0
    results: list[tuple[str, bool, object]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for each in ("schemas", "manifests"):
            (folder / each).mkdir()
        for each in ("function", "target", "manifest"):
            printed = subprocess.check_output([*COMMAND, "schema", each], cwd=ROOT)  # noqa: S603 - ours
            (folder / "schemas" / f"{each}.v1.schema.json").write_bytes(printed)
        for settings, check in (({"yaml": {}}, _by_modeline), (_setting(), _by_setting)):
            server = Server(program, folder, settings)
            try:
                results += check(server)
            finally:
                server.end()
    for title, holds, seen in results:
        print(f"{'ok' if holds else 'FAILED'}  {title}" + ("" if holds else f"; seen: {seen}"))
    return 0 if all(holds for _, holds, _ in results) else 1


if __name__ == "__main__":
    sys.exit(main())
