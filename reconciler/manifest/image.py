"""Which images Lambda can run: those of a private ECR repository, by tag or by digest."""

from __future__ import annotations

import re

from reconciler.manifest.words import shown
from reconciler.model import partition_of

_FORM = "write ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY:TAG, or @sha256:DIGEST for :TAG"
_HOST = re.compile(r"[0-9]{12}\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.(?P<suffix>[a-z0-9.-]+)")
_FIPS = ".dkr.ecr-fips."
_DUAL_STACK = re.compile(r"[0-9]{12}\.dkr-ecr\.[a-z0-9-]+\.on\.[a-z0-9.-]+")
_SCHEME = re.compile(r"(?P<scheme>[a-z]+://).*", re.DOTALL)


def explain_image_uri(text: str) -> tuple[str, str]:
    """Return why Lambda cannot run the image, and what to write instead."""
    if found := _SCHEME.fullmatch(text):
        return f"is {shown(text)}, which is a URL", f"leave out {found['scheme']}"
    host, _, image = text.partition("/")
    if _FIPS in host:
        what = "names a FIPS endpoint of ECR, from which Lambda takes no image"
        return what, "write dkr.ecr in place of dkr.ecr-fips"
    if _DUAL_STACK.fullmatch(host):
        what = "names the dual-stack endpoint of ECR, from which Lambda is not known to take images"
        return what, "write ACCOUNT.dkr.ecr.REGION.amazonaws.com in its place"
    if not image or re.fullmatch(r"[a-z0-9.:-]+", host) is None:
        return f"is {shown(text)}, which is not allowed", _FORM
    if (found := _HOST.fullmatch(host)) is None:
        what = f"is in {shown(host)}, but Lambda takes images from private ECR repositories only"
        return what, f"push it to one, and {_FORM}"
    return _explain_partition(found["region"], found["suffix"]) or _explain_image(text, image)


def _explain_partition(region: str, suffix: str) -> tuple[str, str] | None:
    partition = partition_of(region)
    if partition is None or partition.dns_suffix == suffix:
        return None
    what = f"is in {shown(region)}, where no registry's name ends with {shown(suffix)}"
    return what, f"write {partition.dns_suffix}"


def _explain_image(text: str, image: str) -> tuple[str, str]:
    if "@" in image or ":" in image:
        return f"is {shown(text)}, which is not allowed", _FORM
    what = "names neither a tag nor a digest"
    return what, "write a tag or a digest: :TAG or @sha256:DIGEST at its end"
