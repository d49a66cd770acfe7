"""
Manifests: YAML documents to FunctionSpec values, and every error with its place.

``files`` finds the text and ``reader`` makes it documents, both within limits.
``resolve`` says what their ``scalars`` mean after ``substitution``, ``check`` and ``rules``
what is wrong in one of them, ``identity`` which function it is for and what is wrong
between them, ``targets`` which targets there are, and ``functions`` how a document is for
each of its own; ``build`` makes the specs. ``scenario`` reads the sandbox's own file by the
same means. Nothing here raises for what a manifest says, and nothing talks to AWS.
"""

from reconciler.manifest.loader import load
from reconciler.manifest.scenario import CloseConnection, Scenario, load_scenario
from reconciler.manifest.scenario_check import KnownOperations
from reconciler.manifest.values import ManifestError, Manifests

__all__ = [
    "CloseConnection",
    "KnownOperations",
    "ManifestError",
    "Manifests",
    "Scenario",
    "load",
    "load_scenario",
]
