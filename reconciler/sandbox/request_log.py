"""The record of every request, for tests that assert calls and for people who look on."""

from __future__ import annotations

import json
import threading
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """
    One request that was handled.

    ``function`` is the bare name, ``qualifier`` None where none was given, ``status``
    None where the connection was closed without an answer.
    """

    operation: str
    function: str | None
    qualifier: str | None
    region: str
    account: str
    status: int | None


class RequestLog:
    """Keeps the requests to Lambda, and writes all requests to a file if there is one."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._records: list[RequestRecord] = []
        self._lock = threading.Lock()

    @property
    def records(self) -> tuple[RequestRecord, ...]:
        """The requests to Lambda so far, in order of completion."""
        with self._lock:
            return tuple(self._records)

    def add(self, record: RequestRecord, request_id: str | None, *, to_lambda: bool) -> None:
        """Note a request that is done, before its answer is on the way."""
        with self._lock:
            if to_lambda:
                self._records.append(record)
            if self._path is not None:
                with self._path.open("a", encoding="utf-8") as file:
                    file.write(_line(record, request_id))


def _line(record: RequestRecord, request_id: str | None) -> str:
    time = datetime.now(UTC).isoformat(timespec="milliseconds")
    return json.dumps({"time": time, **asdict(record), "request_id": request_id}) + "\n"
