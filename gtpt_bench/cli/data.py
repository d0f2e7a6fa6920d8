"""The command `data make`: drawn people as files."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer


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
