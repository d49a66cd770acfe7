"""``reconcile sandbox``: serve until a signal comes."""

from __future__ import annotations

import importlib
import signal
import threading
from typing import TYPE_CHECKING

import click

from reconciler.cli import streams

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import ModuleType

    from reconciler.model import FunctionSpec


def load_sandbox() -> ModuleType:
    """Import the sandbox, which only an extra of the package installs the libraries for."""
    try:
        return importlib.import_module("reconciler.sandbox")
    except ModuleNotFoundError as error:
        raise click.UsageError(
            f"the sandbox needs {error.name}: install this package with its extra [sandbox]"
        ) from error


def serve(
    specs: Sequence[FunctionSpec], *, region: str, port: int, settle: float, log: Path | None
) -> int:
    """Say where it listens, in lines that a shell can evaluate, and wait."""
    module = load_sandbox()
    done = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: done.set())
    try:
        if log is not None:
            log.open("a").close()
        sandbox = module.Sandbox(port=port, settle=settle, log=log)
        sandbox.start()
    except OSError as error:
        where = log if error.filename else f"port {port}"
        raise click.UsageError(f"{where} cannot be used: {error.strerror}") from error
    try:
        sandbox.seed(specs, default_region=region)
        streams.say(_settings(module, sandbox.url, region, len(specs)))
        done.wait()
    finally:
        sandbox.stop()
    return 0


def _settings(module: ModuleType, url: str, region: str, functions: int) -> str:
    """Give lines for a shell; the first makes sure that nothing of its own settings counts."""
    return f"""\
# an AWS Lambda sandbox with {functions} functions; Ctrl-C ends it
unset AWS_PROFILE AWS_SESSION_TOKEN AWS_ENDPOINT_URL_LAMBDA AWS_IGNORE_CONFIGURED_ENDPOINT_URLS
export AWS_ENDPOINT_URL={url}
export AWS_ACCESS_KEY_ID={module.ACCESS_KEY_ID}
export AWS_SECRET_ACCESS_KEY={module.SECRET_ACCESS_KEY}
export AWS_REGION={region}
"""
