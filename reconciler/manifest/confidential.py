"""
Which environment variables are not put into manifests.

A pull request may change a manifest, and a plan of it sends names to AWS and shows what
is wrong with them: a secret of the build that is substituted would get out that way. No
field takes one, so that variables that are named like secrets are refused.
"""

from __future__ import annotations

import re

_WORD_BREAK = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SECRET = re.compile(
    r"(?:PASSWORD|PASSWD|PASSPHRASE|TOKEN|SECRET|CREDENTIAL)S?(?:_|$)"  # PGPASSWORD, too
    r"|(?:^|_)(?:AUTH|JWT|PASS|PAT)(?:_|$)"
    r"|_PWD(?:_|$)"  # PWD alone is the working folder
    r"|(?:^|_)(?:ACCESS|API|ENCRYPTION|PRIVATE|SIGNING|SSH)_?KEYS?(?:_|$)"
)
_HARMLESS = re.compile(
    r"_(?:VERSION|SHA|TAG|DIGEST|NAME|REVISION|COMMIT|BRANCH|REGION|BUCKET|PREFIX|STAGE)$"
)
"""What such a name holds is told of what handles secrets: TOKEN_SERVICE_VERSION."""
_SCHEME_AND_USER = re.compile(r"://[^/:@]*(?:[:@]|$)")


def is_confidential(name: str, value: str | None) -> bool:
    """Say whether a variable is a secret by its name, or an address with a user or password."""
    words = _WORD_BREAK.sub("_", name).upper()
    named = _SECRET.search(words) is not None and _HARMLESS.search(words) is None
    return named or any(map(_has_user, (value or "").split()))


def _has_user(address: str) -> bool:
    """Look for ``://user@`` and ``://user:password@``; the password may hold a slash or an @."""
    before, at, _ = address.rpartition("@")
    return bool(at) and _SCHEME_AND_USER.search(before) is not None
