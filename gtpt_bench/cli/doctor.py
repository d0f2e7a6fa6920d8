"""The command `doctor`: whether this machine, and a cluster, can run studies."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gtpt_bench.cli.options import DEFAULT_RESULTS, AsJson, DataRootOption, Results


def doctor(
    data_root: DataRootOption = None,
    results: Results = DEFAULT_RESULTS,
    cluster: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Also check the cluster of this profile (see slurm/), by a small job on it."),
    ] = None,
    wait: Annotated[int, typer.Option(min=1, help="Seconds that this job may wait for its start.")] = 300,
    json: AsJson = False,
) -> None:
    """Check that this machine can run studies: packages, device, disk, results folder, data root; and a cluster."""
    from gtpt_bench.cli.printing import print_json, print_table
    from gtpt_bench.doctor import examine

    profile = None
    if cluster is not None:
        from gtpt_bench.cluster.profile import load_profile

        profile = load_profile(cluster)
    checks = examine(results, data_root)
    if profile is not None:
        from gtpt_bench.cli.progress import progress_display
        from gtpt_bench.cluster.doctor.examine import examine_cluster

        checks += examine_cluster(profile, results, progress_display(), wait_s=wait, data_root=data_root)
    if json:
        print_json([check.__dict__ for check in checks])
    else:
        print_table("", ("check", "", ""), [(c.name, "ok" if c.passed else "PROBLEM", c.words) for c in checks])
    if not all(check.passed for check in checks):
        raise typer.Exit(1)
