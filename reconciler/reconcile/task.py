"""What is to be reconciled: a spec, with everything that is known before the first call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.model import DesiredFunction

if TYPE_CHECKING:
    from reconciler.artifacts import Package
    from reconciler.model import FunctionSpec


@dataclass(frozen=True, slots=True)
class Task:
    """A spec with its region and code resolved; ``package`` is None when no code is declared."""

    spec: FunctionSpec
    region: str
    package: Package | None

    @property
    def desired(self) -> DesiredFunction:
        """What the planner compares."""
        spec, package = self.spec, self.package
        return DesiredFunction(
            code=package.digest if package else None,
            package_type=package.package_type if package else None,
            architecture=spec.architecture,
            runtime_management=spec.runtime_management,
            publish=spec.publish,
            resolved_image_uri=package.resolved_image_uri if package else None,
            in_s3=package is not None and package.in_s3,
            source_kms_key_arn=spec.source_kms_key_arn,
            native_check=spec.native_check,
        )
