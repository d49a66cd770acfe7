"""
Which code signing configuration a function has (LocalStack's ``TestCodeSigningConfig``).

The sandbox checks no signature; what a refused one looks like is a fault to inject.
"""

from __future__ import annotations

from reconciler.sandbox import errors, names
from reconciler.sandbox.names import DEFAULT_REGION
from reconciler.sandbox.store import Store


class CodeSigning(Store):
    """The operations on a function's code signing configuration."""

    code_signing_configs: frozenset[str] = frozenset()
    """The ARNs that exist; a test says which."""

    def get_function_code_signing_config(
        self, function_name: str, *, region: str = DEFAULT_REGION
    ) -> str | None:
        """Look up the ARN; None without one."""
        target = names.write_target(function_name, region)
        with self._lock:
            return self._function(target).code_signing_config_arn

    def put_function_code_signing_config(
        self, function_name: str, arn: str, *, region: str = DEFAULT_REGION
    ) -> str:
        """Attach a configuration; a missing one is found out before a missing function."""
        target = names.write_target(function_name, region)
        if arn not in self.code_signing_configs:
            raise errors.code_signing_config_not_found(arn)
        with self._lock:
            self._function(target).code_signing_config_arn = arn
            return arn

    def delete_function_code_signing_config(
        self, function_name: str, *, region: str = DEFAULT_REGION
    ) -> None:
        """Detach the configuration, if there is one."""
        target = names.write_target(function_name, region)
        with self._lock:
            self._function(target).code_signing_config_arn = None
