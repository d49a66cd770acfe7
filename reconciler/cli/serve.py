"""``reconcile sandbox``: serve until a signal comes."""

from __future__ import annotations

import threading
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import click

from reconciler.cli import scenarios, streams
from reconciler.cli.extra import load_sandbox
from reconciler.cli.signals import heard_by

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import ModuleType

    from reconciler.manifest import Scenario
    from reconciler.model import FunctionSpec


@dataclass(frozen=True, slots=True)
class Settings:
    """What the sandbox is made with; ``settle`` is in seconds."""

    port: int
    settle: float
    quota: str
    log: Path | None


def serve(
    specs: Sequence[FunctionSpec], scenario: Scenario, *, region: str, settings: Settings
) -> int:
    """Say where it listens, in lines that a shell can evaluate, and wait."""
    module = load_sandbox()
    done = threading.Event()
    with heard_by(lambda _: done.set()):
        try:
            if settings.log is not None:
                settings.log.open("a").close()
            sandbox = module.Sandbox(**asdict(settings))
            sandbox.start()
        except OSError as error:
            where = settings.log if error.filename else f"port {settings.port}"
            raise click.UsageError(f"{where} cannot be used: {error.strerror}") from error
        try:
            sandbox.seed(specs, default_region=region)
            scenarios.play(scenario, sandbox, specs, region)
            streams.say(_settings(module, sandbox.url, region, len(specs)))
            done.wait()
        finally:
            sandbox.stop()
    return 0


def _settings(module: ModuleType, url: str, region: str, functions: int) -> str:
    """
    Give lines for a shell; the first makes sure that nothing of its own settings counts.

    The region has two names: boto3 and version 1 of the AWS CLI know the first only.
    """
    count = "1 function" if functions == 1 else f"{functions} functions"
    return f"""\
# an AWS Lambda sandbox with {count}; Ctrl-C ends it
unset AWS_PROFILE AWS_SESSION_TOKEN AWS_ENDPOINT_URL_LAMBDA AWS_IGNORE_CONFIGURED_ENDPOINT_URLS
export AWS_ENDPOINT_URL={url}
export AWS_ACCESS_KEY_ID={module.ACCESS_KEY_ID}
export AWS_SECRET_ACCESS_KEY={module.SECRET_ACCESS_KEY}
export AWS_DEFAULT_REGION={region}
export AWS_REGION={region}
"""
