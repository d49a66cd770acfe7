"""
Which permissions exactly these manifests need, as IAM policies.

``needs`` says what one function takes, ``resources`` how what it names is called in a
policy, and ``policies`` makes a document for each role.
"""

from reconciler.permissions.policies import USUAL, Policies, Settings, policies, role_of

__all__ = ["USUAL", "Policies", "Settings", "policies", "role_of"]
