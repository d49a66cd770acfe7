"""
Tell a pull request what a plan found, in one comment that each run brings up to date.

Nothing is posted while nothing differs; a comment of an earlier run then says so. A comment
that cannot be written is a warning: what the plan found does not depend on it.
https://docs.github.com/en/rest/issues/comments
"""

from __future__ import annotations

import hashlib
import json
import os
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

LIMIT = 65_536
"""Characters that GitHub takes in a comment; counted in bytes here, to be safe."""

_PAGES = 50
_PAGE = 100
_SECONDS = 30
_REFUSED = (401, 403, 404)


class GitHub:
    """The comments of one pull request."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._api = environment.get("GITHUB_API_URL", "https://api.github.com")
        self._repository = f"/repos/{environment['GITHUB_REPOSITORY']}"
        self._token = environment["ACTION_TOKEN"]
        self._issue = f"{self._repository}/issues/{pull_request(environment)['number']}"

    def find(self, marker: str) -> int | None:
        """Find the newest comment that begins with the marker and was written by this token."""
        login = self._login()
        found = None
        for page in range(1, _PAGES + 1):
            some = self._ask("GET", f"{self._issue}/comments?per_page={_PAGE}&page={page}")
            for each in some:
                user = each.get("user") or {}
                ours = user.get("login") == login if login else user.get("type") == "Bot"
                if ours and (each.get("body") or "").startswith(marker):
                    found = int(each["id"])
            if len(some) < _PAGE:
                break
        return found

    def write(self, found: int | None, body: str) -> None:
        """Replace a comment, or post one: also where another bot wrote it, or it is gone by now."""
        if found is not None:
            try:
                self._ask("PATCH", f"{self._repository}/issues/comments/{found}", {"body": body})
            except urllib.error.HTTPError as error:
                if error.code not in _REFUSED:
                    raise
            else:
                return
        self._ask("POST", f"{self._issue}/comments", {"body": body})

    def _login(self) -> str | None:
        """Whose token it is; that of a workflow is a bot's, which may not ask."""
        try:
            return str(self._ask("GET", "/user")["login"])
        except urllib.error.HTTPError:
            return None

    def _ask(self, method: str, path: str, body: dict[str, str] | None = None) -> Any:  # noqa: ANN401 - JSON
        request = urllib.request.Request(  # noqa: S310 - the address is the runner's
            self._api + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Accept": "application/vnd.github+json",
                "Authorization": f"Bearer {self._token}",
                "Content-Type": "application/json",
                "User-Agent": "lambda-reconciler",
                "X-GitHub-Api-Version": "2022-11-28",
            },
        )
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310 - as above
            return json.load(answer)


def pull_request(environment: dict[str, str]) -> dict[str, Any]:
    """Give what the event says of the pull request."""
    event = json.loads(Path(environment["GITHUB_EVENT_PATH"]).read_text(encoding="utf-8"))
    found: dict[str, Any] = event["pull_request"]
    return found


def marker(environment: dict[str, str]) -> str:
    """Give the first line, which no reader sees: the same for the same step of each run."""
    names = ("GITHUB_WORKFLOW", "GITHUB_JOB", "ACTION_KEY")
    told = json.dumps([environment.get(name, "") for name in names])
    return f"<!-- lambda-reconciler {hashlib.sha256(told.encode()).hexdigest()[:16]} -->\n"


def body(environment: dict[str, str]) -> str:
    """Give the comment: the report, or the word that there is none."""
    run = "{GITHUB_SERVER_URL}/{GITHUB_REPOSITORY}/actions/runs/{GITHUB_RUN_ID}"
    link = run.format_map(environment)
    commit = pull_request(environment)["head"]["sha"]
    end = f"\n[The run]({link}) for {commit}.\n"
    if environment["ACTION_SUMMARY"]:
        text = Path(environment["ACTION_SUMMARY"]).read_text(encoding="utf-8")
    else:
        code = environment["ACTION_EXIT_CODE"]
        text = (
            f"### reconcile: no plan could be made (exit code {code})\n\nThe run's log says why.\n"
        )
    whole = marker(environment) + text + end
    if len(whole.encode()) <= LIMIT:
        return whole
    return marker(environment) + "### reconcile: the plan is too long for a comment\n" + end


def main(environment: dict[str, str]) -> None:
    """Post, replace, or leave all as it is."""
    github = GitHub(environment)
    quiet = environment["ACTION_EXIT_CODE"] == "0" and environment["ACTION_CHANGED"] != "true"
    found = github.find(marker(environment))
    if quiet and found is None:
        print("Nothing differs: no comment is posted.")
        return
    github.write(found, body(environment))
    print("The comment is posted." if found is None else "The comment is brought up to date.")


def sorry(error: Exception) -> str:
    """Say what kept the comment from being written; the error's own text may quote anything."""
    status = getattr(error, "code", None)
    what = f"HTTP status {status}" if status else type(error).__name__
    why = "the plan is on the page of the run, and the next run tries again"
    if status in _REFUSED:
        why = "the job needs pull-requests: write, which pull requests of forks never get"
    return f"::warning title=reconcile::The comment could not be written ({what}): {why}"


if __name__ == "__main__":
    try:
        main(dict(os.environ))
    except Exception as error:  # noqa: BLE001 - what the plan found does not depend on it
        print(sorry(error))
