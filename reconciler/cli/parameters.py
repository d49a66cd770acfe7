"""
What a flag's text may be: times, labels, numbers and regions.

What a flag leads to is imported when the flag is given: ``--help`` needs none of it.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from reconciler.fleet import MaxChanges, Shard


class Duration(click.ParamType[float]):
    """``90``, ``90s``, ``5m``, ``1h30m``; in seconds."""

    name = "duration"
    _FORM = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s?)?")

    def convert(
        self,
        value: Any,  # noqa: ANN401 - click's own
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> float:
        """Read the text; a default comes as a number already."""
        if isinstance(value, float):
            return value
        found = self._FORM.fullmatch(value)
        hours, minutes, seconds = (
            (float(part or 0) for part in found.groups()) if found else (0,) * 3
        )
        total = hours * 3600 + minutes * 60 + seconds
        if total <= 0:
            self.fail(f"{value!r} is not a time such as 90s, 5m or 1h30m", param, ctx)
        return total


class ChangeLimit(click.ParamType["MaxChanges"]):
    """``5`` or ``20%``."""

    name = "number"

    def convert(
        self,
        value: Any,  # noqa: ANN401 - click's own
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> MaxChanges:
        """Read the text."""
        from reconciler.fleet import MaxChanges  # noqa: PLC0415

        if isinstance(value, MaxChanges):
            return value
        try:
            return MaxChanges.parse(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class QuotaShare(click.ParamType["float | None"]):
    """A number over 0 and up to 1, or ``none``, which comes as None."""

    name = "share"

    def convert(
        self,
        value: Any,  # noqa: ANN401 - click's own
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> float | None:
        """Read the text; a default comes as a number already."""
        if value == "none":
            return None
        try:
            share = float(value)
        except ValueError:
            share = math.nan
        if not 0 < share <= 1:
            self.fail(f"{value!r} is neither a number over 0 and up to 1, nor none", param, ctx)
        return share


class ShardNumber(click.ParamType["Shard"]):
    """``3/16``."""

    name = "i/n"

    def convert(
        self,
        value: Any,  # noqa: ANN401 - click's own
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> Shard:
        """Read the text."""
        from reconciler.fleet import Shard  # noqa: PLC0415

        if isinstance(value, Shard):
            return value
        try:
            return Shard.parse(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class Label(click.ParamType[tuple[str, str]]):
    """``KEY=VALUE``."""

    name = "key=value"

    def convert(
        self,
        value: Any,  # noqa: ANN401 - click's own
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> tuple[str, str]:
        """Split at the first equals sign."""
        if isinstance(value, tuple):
            return value
        key, separator, wanted = value.partition("=")
        if not key or not separator:
            self.fail(f"{value!r} is not KEY=VALUE", param, ctx)
        return key, wanted


def number(_context: click.Context, parameter: click.Parameter, value: float) -> float:
    """Refuse what is no number; click takes nan for one."""
    if math.isnan(value):
        raise click.BadParameter("nan is not a time", param=parameter)
    return value


def region(_context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """Refuse what cannot be a region; an endpoint's name would be made of it."""
    if not value:
        return value
    from reconciler.model.partition import REGION_PATTERN  # noqa: PLC0415

    if re.fullmatch(REGION_PATTERN, value) is None:
        raise click.BadParameter(
            f"{value!r} is not a region's code, such as eu-west-1", param=parameter
        )
    return value


def account_id(_context: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    """Take the 12 digits of an account. Raises click.BadParameter."""
    if value is not None and re.fullmatch("[0-9]{12}", value) is None:
        raise click.BadParameter(f"{value!r} is not an account: write its 12 digits")
    return value
