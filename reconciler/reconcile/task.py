"""What is to be reconciled: a spec, with everything that is known before the first call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reconciler.artifacts import Package
    from reconciler.model import Approval, FunctionSpec


@dataclass(frozen=True, slots=True)
class Task:
    """
    A spec with its region.

    ``package`` is None when no code is declared, or when it lies where only AWS can
    tell what it is: in S3 or ECR. With ``approved`` exactly its steps are performed, or none.
    """

    spec: FunctionSpec
    region: str
    package: Package | None
    approved: Approval | None = None
