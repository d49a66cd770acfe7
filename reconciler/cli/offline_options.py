"""The flags of what needs no AWS: ``validate`` and ``iam-policy``."""

from __future__ import annotations

import click

from reconciler.cli.option import all_of, option
from reconciler.cli.parameters import account_id, region

no_packages = option(
    "--no-packages",
    is_flag=True,
    help="Look at no zip file and no folder: they may not be built yet.",
)

policy_options = all_of(
    click.option("--plan-only", is_flag=True, help="For a role that plans and never writes."),
    click.option(
        "--account",
        metavar="ID",
        callback=account_id,
        help="The account of functions whose manifests and targets name none.",
    ),
    click.option("--target", metavar="NAME", help="Only the role by which this target is entered."),
    click.option(
        "--split",
        is_flag=True,
        help="A list of policies, each of which IAM takes as a managed one.",
    ),
    click.option(
        "--list-functions",
        is_flag=True,
        help="Also lambda:ListFunctions on all functions: spares calls in --watch and large runs.",
    ),
    option(
        "--region",
        callback=region,
        help="The region of manifests that name none, over AWS_REGION.",
    ),
)
