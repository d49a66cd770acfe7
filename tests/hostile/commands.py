"""What GitHub's runner obeys in what a step prints, to be looked for in what we print."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

EVIL = "::stop-commands::x ##[set-output name=changed]false"
COMMANDS = (
    "add-mask",
    "add-matcher",
    "add-path",
    "debug",
    "echo",
    "endgroup",
    "error",
    "group",
    "notice",
    "remove-matcher",
    "save-state",
    "set-env",
    "set-output",
    "stop-commands",
    "warning",
)


@dataclass(frozen=True, slots=True)
class Command:
    """What the runner makes of a line."""

    name: str
    properties: dict[str, str]
    data: str


def commands_in(printed: str) -> Iterator[Command]:
    """
    Find what the runner obeys (actions/runner, src/Runner.Common/ActionCommand.cs).

    Lines end as .NET ends them. ``::name key=value,key=value::data`` counts at the beginning
    of a line, after blanks of any kind, ``##[name key=value;key=value]data`` anywhere in it.
    """
    for line in re.split("\r\n|\r|\n", printed):
        new = re.match(r"\s*::(.*?)::(.*)", line)
        old = re.search(r"##\[([^]]*)\](.*)", line)
        for found, separator in ((new, ","), (old, ";")):
            name, _, properties = found[1].partition(" ") if found else ("", "", "")
            if found and name.lower() in COMMANDS:
                pairs = [each.split("=", 1) for each in properties.strip().split(separator)]
                read = {each[0]: _read(each[1], ":,") for each in pairs if len(each) > 1}
                yield Command(name, read, _read(found[2], ""))
                break


def _read(escaped: str, also: str) -> str:
    for character in f"\r\n{also}%":
        escaped = escaped.replace(f"%{ord(character):02X}", character)
    return escaped
