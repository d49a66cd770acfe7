"""
Which permissions exactly these manifests need, as IAM policies.

``needs`` says what one function takes, ``resources`` how what it names is called in a
policy, ``policies`` makes a document for each role, and ``parts`` several where IAM takes
no document as long.
"""

from reconciler.permissions.parts import (
    LARGEST_INLINE,
    LARGEST_MANAGED,
    MOST_ATTACHED,
    parts,
    size,
)
from reconciler.permissions.policies import USUAL, Policies, Settings, policies, role_of

__all__ = [
    "LARGEST_INLINE",
    "LARGEST_MANAGED",
    "MOST_ATTACHED",
    "USUAL",
    "Policies",
    "Settings",
    "parts",
    "policies",
    "role_of",
    "size",
]
