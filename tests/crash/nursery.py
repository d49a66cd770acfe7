"""
A process that runs the command again and again, each time in a new process.

Starting Python and importing the command takes longer than running it. So this script
imports it once, and forks for each line of JSON on its standard input; it has one thread,
so that a fork is whole. It says the new process's id, and how it ended.
"""

from __future__ import annotations

import dataclasses
import functools
import gc
import io
import json
import os
import sys
import traceback
from typing import Any, NoReturn

import botocore.session
from botocore.loaders import create_loader

from reconciler import manifest
from reconciler.aws import budget
from reconciler.aws.connection import Connection
from reconciler.aws.settings import ConnectionSettings, Credentials
from reconciler.cli import inputs, main, run, scenarios
from reconciler.reconcile import WaitSettings
from tests.effects.world import IMPATIENT, REGION

MANIFEST = b"apiVersion: lambda.reconciler/v1\nkind: Function\nmetadata: {name: a}\nspec: {}\n"
LOADED = (inputs, run, scenarios)  # the command itself imports them late


def hurry() -> None:
    """Shorten the pauses and the pace of calls, which cost time alone."""
    fields = dataclasses.fields(WaitSettings)
    defaults = tuple(getattr(IMPATIENT, field.name) for field in fields)
    WaitSettings.__init__.__defaults__ = defaults
    vars(budget).update(_GET_FUNCTION=1e6, _EVERYTHING_ELSE=1e6)


def warm_up() -> None:
    """Read once what each run reads anew: the manifest's schema, and AWS's model of itself."""
    vars(botocore.session).update(create_loader=functools.cache(create_loader))
    manifest.load(["-"], environment={}, default_region=None, standard_input=io.BytesIO(MANIFEST))
    keys = Credentials("none", "none")
    connection = Connection(ConnectionSettings(region=REGION, credentials=keys, isolated=True))
    for client in (connection.functions, connection.objects, connection.images):
        client(REGION, lambda: None)
    connection.close()


def become(order: dict[str, Any]) -> NoReturn:
    """Be the command, in its folder, with its environment and nothing of this process's."""
    code = 70
    try:
        output = os.open(order["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for source, stream in ((nothing, 0), (output, 1), (output, 2)):
            os.dup2(source, stream)
        os.chdir(order["folder"])
        os.environ.clear()
        os.environ.update(order["environment"])
        code = main(order["arguments"])
    except BaseException:  # noqa: BLE001 - whatever it is, this process ends here
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def serve() -> None:
    """Run one command after the other, until nobody asks any more."""
    gc.freeze()
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            become(json.loads(line))
        print(pid, flush=True)  # noqa: T201 - this is how it answers
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201 - the same


if __name__ == "__main__":
    hurry()
    warm_up()
    serve()
