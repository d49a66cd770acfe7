"""
Print the software bill of materials of the wheel: CycloneDX 1.6, as JSON.

Its components are those of requirements/runtime.txt, at these versions and with the hashes
that pip checks; who needs whom is what requirements/dev.txt says with "via". Equal sources
give equal bytes: the time is SOURCE_DATE_EPOCH, else the epoch itself.
https://cyclonedx.org/docs/1.6/json/
"""

from __future__ import annotations

import json
import os
import re
import sys
import tomllib
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
_ENTRY = re.compile(r"^([a-z0-9-]+)==(\S+)(?: ; (.*?))? \\\n((?: {4}--hash=.*\n)+)", re.MULTILINE)
_VIA = re.compile(r"^ {4}# via(?: (\S+).*)?\n((?: {4}#   .*\n)*)", re.MULTILINE)


def _read(name: str) -> str:
    # A last entry without a line break after it counts too.
    return (ROOT / "requirements" / name).read_text(encoding="utf-8").rstrip() + "\n"


def _component(entry: re.Match[str]) -> dict[str, Any]:
    name, version, marker, hashes = entry.groups()
    purl = f"pkg:pypi/{name}@{version}"
    component: dict[str, Any] = {
        "type": "library",
        "bom-ref": purl,
        "name": name,
        "version": version,
        "purl": purl,
        "externalReferences": [
            {
                "type": "distribution",
                "url": purl,  # what it is, from whichever index it is taken
                "hashes": [
                    {"alg": "SHA-256", "content": found}
                    for found in re.findall(r"sha256:([0-9a-f]{64})", hashes)
                ],
            }
        ],
    }
    if marker:
        component["properties"] = [{"name": "python:marker", "value": marker}]
    return component


def _needed_by(lock: str) -> dict[str, set[str]]:
    """Give, for each package, the packages that ask for it; our own name stands for us."""
    entries = list(_ENTRY.finditer(lock))
    ends = [*(entry.start() for entry in entries[1:]), len(lock)]
    return {
        entry[1]: _asking(lock[entry.end() : end]) for entry, end in zip(entries, ends, strict=True)
    }


def _asking(text: str) -> set[str]:
    found = _VIA.search(text)
    if found is None:
        return set()
    several = [line.split()[1] for line in found[2].splitlines()]
    return {name for name in [found[1], *several] if name}


def _dependencies(name: str, root: str, components: list[dict[str, Any]]) -> list[dict[str, Any]]:
    parents = _needed_by(_read("dev.txt"))
    refs = {name: root} | {each["name"]: each["bom-ref"] for each in components}
    return [
        {
            "ref": ref,
            "dependsOn": [refs[each] for each in refs if parent in parents.get(each, ())],
        }
        for parent, ref in refs.items()
    ]


def bill() -> dict[str, Any]:
    """Give the document as plain JSON values."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    name, version = project["name"], project["version"]
    root = f"pkg:pypi/{name}@{version}"
    components = [_component(entry) for entry in _ENTRY.finditer(_read("runtime.txt"))]
    when = datetime.fromtimestamp(int(os.environ.get("SOURCE_DATE_EPOCH", "0")), tz=UTC)
    what = json.dumps(components) + root
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, what)}",
        "version": 1,
        "metadata": {
            "timestamp": when.isoformat(),
            "component": {
                "type": "application",
                "bom-ref": root,
                "name": name,
                "version": version,
                "description": project["description"],
                "licenses": [{"license": {"id": project["license"]}}],
                "purl": root,
            },
        },
        "components": components,
        "dependencies": _dependencies(name, root, components),
    }


if __name__ == "__main__":
    json.dump(bill(), sys.stdout, indent=2)
    print()
