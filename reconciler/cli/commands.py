"""The command: arguments and exit codes. Imports that cost time are made where they are used."""

from __future__ import annotations

import contextlib
import io
import os
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from reconciler import __version__
from reconciler.cli import offline_options, options, streams
from reconciler.report.exit_code import ExitCode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.cli.metrics_file import MetricsFile
    from reconciler.cli.run_options import RunOptions
    from reconciler.cli.signals import Signals
    from reconciler.model import Failure, Tracing


def main(arguments: Sequence[str]) -> int:
    """Run one command and give its exit code; nothing but a bug gets out as an exception."""
    streams.mend()
    if "_RECONCILE_COMPLETE" in os.environ:  # a shell asks, by click's own name for it
        from reconciler.cli import completion as completions  # noqa: PLC0415

        completions.prepare()
    try:
        code = reconcile.main(list(arguments), prog_name="reconcile", standalone_mode=False)
    except click.UsageError as error:
        _show(error)
        return ExitCode.USAGE
    except click.ClickException as error:
        _show(error)
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return ExitCode.INTERRUPTED
    except OSError as error:  # click's own help, written to a stream that is gone
        streams.complain(f"reconcile: {error}")
        return ExitCode.TEMPORARY
    return int(code or 0)


def _show(error: click.ClickException) -> None:
    """Print click's message, which may repeat an argument as it came."""
    text = io.StringIO()
    error.show(text)
    for line in text.getvalue().splitlines():
        streams.complain(line)


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@options.run_options
@click.version_option(__version__, prog_name="reconcile", message="%(prog)s %(version)s")
@click.pass_context
def reconcile(context: click.Context, /, **given: Any) -> int | None:  # noqa: ANN401 - click's own
    """
    Make AWS Lambda functions run what the manifests say, in the fewest calls.

    Without a command: compare, and apply what differs; --plan only shows it.
    """
    if context.invoked_subcommand is None:
        return _run(options.read(given))
    for name in given:
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            flag = "--" + name.replace("_", "-")
            raise click.UsageError(
                f"{flag} belongs after {context.invoked_subcommand}, or not at all"
            )
    return None


@reconcile.command()
@options.manifests
@offline_options.no_packages
def validate(filename: tuple[str, ...], *, no_packages: bool) -> int:
    """Check manifests and their packages offline, and show every error at its place."""
    from reconciler.cli import inputs  # noqa: PLC0415

    region, packages = options.environment_region(), not no_packages
    read = inputs.read(filename, region, offline=True, packages=packages)
    if read is None:
        return ExitCode.INVALID
    what = inputs.count(len(read.specs), "function")
    if read.targets:
        what = f"{what} and {inputs.count(len(read.targets), 'target')}"
    places = [*(spec.location for spec in read.specs), *(each.location for each in read.targets)]
    files = inputs.count(len({place.file for place in places}), "file")
    streams.say(f"Valid: {what} in {files}.\n")
    return ExitCode.OK


@reconcile.command(name="iam-policy")
@options.manifests
@offline_options.policy_options
def iam_policy(
    filename: tuple[str, ...],
    region: str | None,
    target: str | None,
    *,
    split: bool,
    **settings: Any,  # noqa: ANN401 - click's own
) -> int:
    """
    Print the smallest IAM policy for exactly these manifests, offline.

    Where targets are entered by roles there is one for each role, by its ARN.
    """
    from reconciler.cli import iam_policy as command  # noqa: PLC0415
    from reconciler.permissions import Settings  # noqa: PLC0415

    region = region or options.environment_region()
    return command.show(filename, region, command.Form(target, split), Settings(**settings))


@reconcile.command()
@click.argument(
    "name",
    type=click.Choice(["function", "target", "manifest", "report", "event", "plan", "scenario"]),
)
def schema(name: str) -> int:
    """Print the JSON Schema of a manifest, a report, an event, a saved plan, or a scenario."""
    from reconciler import schema as schemas  # noqa: PLC0415

    streams.say(schemas.text(name))
    return ExitCode.OK


@reconcile.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> int:
    """Print what makes a shell complete this command's flags and arguments."""
    from reconciler.cli import completion as completions  # noqa: PLC0415

    streams.say(completions.script(reconcile, shell))
    return ExitCode.OK


@reconcile.command()
@options.sandbox_options
def sandbox(seed: tuple[str, ...], scenario: str | None, **given: Any) -> int:  # noqa: ANN401 - click's own
    """Serve an AWS Lambda control plane on 127.0.0.1, to try things out."""
    from reconciler.cli import inputs, scenarios, serve  # noqa: PLC0415

    region = options.environment_region() or options.SANDBOX_REGION
    read = inputs.read(seed, region) if seed else inputs.Inputs((), ())
    played = scenarios.read(scenario)
    if read is None or played is None or not scenarios.fits(played, read.declared):
        return ExitCode.INVALID
    regions = {spec.function.region for spec in read.specs}
    shown = regions.pop() if len(regions) == 1 else None  # where all that is seeded lies
    settings = serve.Settings(**given)
    return serve.serve(read.specs, played, region=shown or region, settings=settings)


def _run(given: RunOptions) -> int:
    """Plan or apply, and write the metrics of it, however it ends."""
    from reconciler.cli import traces  # noqa: PLC0415
    from reconciler.cli.metrics_file import MetricsFile  # noqa: PLC0415
    from reconciler.cli.signals import Signals  # noqa: PLC0415

    file = MetricsFile(given.metrics_file)
    signals = Signals(given.grace)
    with traces.traced(signals.seconds_left) as tracing:
        try:
            code = _reconcile(given, file, tracing, signals)
        except (click.ClickException, click.exceptions.Exit) as error:
            usage = isinstance(error, click.UsageError)
            file.write(ExitCode.USAGE if usage else error.exit_code)
            raise
        file.write(code)
    return code


def _reconcile(given: RunOptions, file: MetricsFile, tracing: Tracing, signals: Signals) -> int:
    """Plan or apply: manifests first, then AWS."""
    from reconciler.cli import inputs, scenarios  # noqa: PLC0415
    from reconciler.cli.run import Run  # noqa: PLC0415
    from reconciler.model import ReconcileError  # noqa: PLC0415

    selected = partial(inputs.find, given.filename, selector=given.selector, only=given.only)
    annotate = given.output == "github"
    read = partial(
        inputs.read, given.filename, selector=given.selector, only=given.only, annotate=annotate
    )
    read_at = time.time()
    scenario = scenarios.read(given.scenario)
    if scenario is None:
        return ExitCode.INVALID
    with contextlib.ExitStack() as stack:
        stack.enter_context(signals.heeded())
        try:
            run = stack.enter_context(Run(given, scenario, signals, file.note, tracing))
        except ReconcileError as error:  # no such profile; broken manifests are worse
            broken = read(options.environment_region(), offline=True) is None
            return ExitCode.INVALID if broken else _refuse(error.failure)
        found = read(run.region)
        if found is None or not scenarios.fits(scenario, found.declared):
            return ExitCode.INVALID
        try:
            if given.watch:
                return run.watch(found, partial(selected, run.region), read_at)
            return run.reconcile(found)
        except ReconcileError as error:
            return _refuse(error.failure)


def _refuse(failure: Failure) -> int:
    streams.complain(f"reconcile: {failure}")
    return ExitCode.of(failure.kind)
