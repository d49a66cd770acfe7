"""
The floor: a script that makes the same calls blindly, with boto3 and a pool of threads.

It compares nothing, guards nothing and understands no answer; whoever does it all for
the cost of this does it for nothing.
"""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

_POLLS = 0.5
"""Seconds between two looks at an update in progress, as the reconciler's first pause."""


def _plan(client: Any, _package: bytes, name: str) -> None:  # noqa: ANN401 - boto3 has no types
    client.get_function(FunctionName=name)


def _apply(client: Any, package: bytes, name: str) -> None:  # noqa: ANN401 - boto3 has no types
    client.get_function(FunctionName=name)
    client.update_function_code(FunctionName=name, ZipFile=package, Architectures=["x86_64"])
    while _in_progress(client.get_function(FunctionName=name)):
        time.sleep(_POLLS)
    client.publish_version(FunctionName=name)
    client.get_function(FunctionName=name)


def _in_progress(answer: dict[str, Any]) -> bool:
    return bool(answer["Configuration"]["LastUpdateStatus"] == "InProgress")


def main() -> None:
    """Do it to all names."""
    kind, threads, package, *names = sys.argv[1:]
    config = Config(max_pool_connections=int(threads), retries={"total_max_attempts": 1})
    client = boto3.client("lambda", config=config)
    work = partial({"plan": _plan, "apply": _apply}[kind], client, Path(package).read_bytes())
    with ThreadPoolExecutor(int(threads)) as pool:
        list(pool.map(work, names))


if __name__ == "__main__":
    main()
