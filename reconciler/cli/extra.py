"""What only an extra of the package installs the libraries for."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from types import ModuleType


def load_sandbox() -> ModuleType:
    """Import the sandbox. Raises click.UsageError where its libraries are missing."""
    try:
        return importlib.import_module("reconciler.sandbox")
    except ModuleNotFoundError as error:
        raise click.UsageError(
            f"the sandbox needs {error.name}: install this package with its extra [sandbox]"
        ) from error
