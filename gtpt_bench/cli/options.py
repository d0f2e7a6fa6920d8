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
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]

DEFAULT_RESULTS = Path("results")
