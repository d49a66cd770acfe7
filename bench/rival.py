"""Somebody else who uses the same quota: reads a function's mode, evenly, until it is ended."""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

FUNCTION = "rival"


def main() -> None:
    """Send so many requests a second; one that is refused is not sent again."""
    rate = float(sys.argv[1])
    config = Config(retries={"total_max_attempts": 1})
    client = boto3.client("lambda", config=config)

    def ask() -> None:
        try:
            client.get_runtime_management_config(FunctionName=FUNCTION)
        except ClientError:
            return

    due = time.monotonic()
    with ThreadPoolExecutor(4) as pool:
        while True:
            pool.submit(ask)
            due += 1 / rate
            time.sleep(max(due - time.monotonic(), 0))


if __name__ == "__main__":
    main()
