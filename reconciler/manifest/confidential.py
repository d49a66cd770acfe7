"""
Which environment variables are not put into manifests.

A pull request may change a manifest, and a plan of it sends names to AWS and shows what
is wrong with them: a secret of the build that is substituted would get out that way. No
field takes one, so that variables that are named like secrets are refused.
"""

from __future__ import annotations

import re

_WORDS = frozenset(
    [
        "AUTH",
        "CREDENTIAL",
        "CREDENTIALS",
        "JWT",
        "PASSPHRASE",
        "PASSWD",
        "PASSWORD",
        "PASSWORDS",
        "PAT",
        "SECRET",
        "SECRETS",
        "TOKEN",
        "TOKENS",
    ]
)
_KEYS = re.compile(r"(?:^|_)(?:ACCESS|API|ENCRYPTION|PRIVATE|SIGNING)_?KEYS?(?:_|$)")
_ADDRESS_WITH_USER = re.compile(r"://[^/\s]*@")


def is_confidential(name: str, value: str | None) -> bool:
    """Say whether a variable is a secret by its name, or an address with a user or password."""
    upper = name.upper()
    named = not _WORDS.isdisjoint(upper.split("_")) or _KEYS.search(upper) is not None
    return named or _ADDRESS_WITH_USER.search(value or "") is not None
