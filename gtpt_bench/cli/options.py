"""Arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

StudyFile = Annotated[Path, typer.Argument(metavar="STUDY", help="Study file (YAML).", show_default=False)]
Profile = Annotated[
    Literal["quick", "paper"], typer.Option(help="quick: minutes on a laptop; paper: the full thing, on real data.")
]
DataRootOption = Annotated[
    Path | None,
    typer.Option(
        "--data-root",
        envvar="GTPT_DATA_ROOT",
        help="Folder with annotations/ and images/{train,val}2017/ as COCO is laid out. Without it the quick "
        "profile uses drawn people.",
    ),
]
Changes = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Change a value of the file by its dotted key: --set training.epochs=2 in a training config, "
        "--set seeds=[0,1] or accuracy.training.epochs=2 in a study. Repeatable.",
    ),
]
Only = Annotated[list[str] | None, typer.Option(metavar="VARIANT", help="Only this variant. Repeatable.")]
Results = Annotated[Path, typer.Option(help="Folder of all results.")]
Executor = Annotated[
    Literal["local", "inline", "slurm"],
    typer.Option(help="local: a process a job; inline: in this process, to debug; slurm: jobs of a cluster."),
]
ClusterFile = Annotated[
    Path | None,
    typer.Option(
        "--cluster",
        metavar="FILE",
        envvar="GTPT_CLUSTER",
        help="Profile of the cluster (YAML), for --executor slurm: see slurm/. The one used last by default.",
    ),
]
Detach = Annotated[bool, typer.Option("--detach", help="Come back when jobs are submitted; they bring the study on.")]
Yes = Annotated[bool, typer.Option("--yes", help="Submit, however many GPU hours it may take.")]
Processes = Annotated[
    int,
    typer.Option(
        min=1,
        help="Processes that share each run, whose result does not depend on them. Or start this command itself "
        "several times with torchrun or srun.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]

DEFAULT_RESULTS = Path("results")
