"""
Saved plans: what one run has planned, as a file that a later run is held to.

``manifest_digest`` tells whether a function is declared as it was, ``steps`` puts steps into
JSON and back, ``document`` writes a plan and ``reader`` reads one. Whether what is
live still is what it was is the loop's to find out. The shape is schemas/plan.v1.schema.json.
"""

from reconciler.plans.document import FORMAT_VERSION, render
from reconciler.plans.manifest_digest import manifest_sha256
from reconciler.plans.reader import SavedFunction, SavedPlan, parse

__all__ = ["FORMAT_VERSION", "SavedFunction", "SavedPlan", "manifest_sha256", "parse", "render"]
