"""Commands about data and the machine: data make, doctor."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from gtpt_bench.cli.options import DEFAULT_RESULTS, AsJson, DataRootOption, Results


def make(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to write; must not exist.")],
    seed: Annotated[int, typer.Option(min=0)] = 0,
    train: Annotated[int, typer.Option(min=1, help="Images to train on.")] = 3000,
    val: Annotated[int, typer.Option(min=1, help="Images to evaluate on.")] = 250,
    width: Annotated[int, typer.Option(help="Pixels.")] = 320,
    height: Annotated[int, typer.Option(help="Pixels.")] = 240,
    preview: Annotated[Path | None, typer.Option(help="Also write a sheet of example pictures here (PNG).")] = None,
) -> None:
    """Draw people into DIR as a data set in COCO layout, with 17 and with 133 keypoints."""
    from pydantic import ValidationError

    from gtpt_bench.cli.progress import progress_display
    from gtpt_bench.data.drawn.config import DrawnConfig
    from gtpt_bench.data.drawn.make import make_drawn_dataset
    from gtpt_bench.errors import InputError
    from gtpt_bench.study.display import shown

    if folder.exists():
        raise InputError(f"{folder} exists already; choose a new folder")
    try:
        config = DrawnConfig(seed=seed, num_train_images=train, num_val_images=val, width=width, height=height)
    except ValidationError as error:
        first = error.errors()[0]
        raise InputError(f"--{first['loc'][0]}: {first['msg']}, got {first['input']}") from error
    with shown(progress_display(), "drawing people") as line:
        make_drawn_dataset(folder, config, on_image=partial(line.update, words="images"))
    if preview is not None:
        from gtpt_bench.data.drawn.preview import preview_sheet

        preview_sheet(config, preview, rows=4, columns=4, with_poses=False)
    typer.echo(f"{train} + {val} images in {folder}; use it with --data-root {folder}")


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
