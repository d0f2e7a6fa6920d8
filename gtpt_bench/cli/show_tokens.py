"""`show tokens`: which image tokens a model keeps of a person."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gtpt_bench.cli.show import box_of

if TYPE_CHECKING:
    from gtpt_bench.models.token_stages import TokenStages
    from gtpt_bench.show.seen_crop import SeenCrop


def tokens(
    image: Annotated[str, typer.Option(help="Image file, or an image id of the data root.", show_default=False)],
    weights: Annotated[Path, typer.Option(help="Official .pth or .safetensors, or checkpoint.pt of a run.")],
    model: Annotated[
        str, typer.Option(help="Model that the weights belong to; of a run's checkpoint.pt by default the run's own.")
    ] = "",
    box: Annotated[
        list[str] | None,
        typer.Option(metavar="X,Y,W,H", help="Person to crop, in pixels. Repeatable; the whole image if none."),
    ] = None,
    output: Annotated[Path, typer.Option(help="Picture to write (.png).")] = Path("tokens.png"),
    set: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY=VALUE", help="Change the model: --set 'pruning.keep_rates=[1,0.7,0.5,0.3]'. Repeatable."
        ),
    ] = None,
    data_root: Annotated[
        Path | None, typer.Option(envvar="GTPT_DATA_ROOT", help="Folder with images/ as COCO is laid out, for ids.")
    ] = None,
    split: Annotated[str, typer.Option(help="Split that an image id is of.")] = "val2017",
    threshold: Annotated[float, typer.Option(min=0, help="Keypoints of lower confidence are not drawn.")] = 0.03,
) -> None:
    """Draw which image tokens survive, stage by stage and group by group, on the crop that the model sees.

    Clear: kept; dark and hatched: pruned. With the predicted pose, each group's keypoints in its colour.
    """
    from gtpt_bench.show.kept_tokens import model_and_protocol, seen_crops, stages_of
    from gtpt_bench.show.picture import image_path, write_figure
    from gtpt_bench.show.token_sheet import token_sheet
    from gtpt_bench.study.changes import changes_of, with_changes

    path = image_path(image, data_root, split)
    boxes = [box_of(text) for text in box or ()]
    named, protocol = model_and_protocol(model, weights)
    config = with_changes(named, changes_of(set or [], "--set"), "--set")
    stages = stages_of(config)
    crops = seen_crops(config, stages, weights, path, boxes, protocol)
    write_figure(output, token_sheet(crops, stages, config.keypoint_set, threshold=threshold))
    people = "1 person" if len(crops) == 1 else f"{len(crops)} people"
    typer.echo(f"tokens kept of {people} of {path.name} drawn in {output}: {_in_words(stages, crops)}")
    if not any((crop.pose[:, 2] >= threshold).any() for crop in crops):
        typer.echo(f"no keypoint has a confidence of {threshold:g}; try a lower --threshold", err=True)


def _in_words(stages: TokenStages, crops: list[SeenCrop]) -> str:
    """How many tokens each stage keeps; of several groups, where they differ, each."""
    by_stage: dict[int, list[int]] = {}
    for (stage, _), mask in zip(stages.token_sets, crops[0].masks, strict=True):
        by_stage.setdefault(stage, []).append(int(mask.sum()))
    numbers = {stage: "/".join(map(str, dict.fromkeys(left))) for stage, left in by_stage.items()}
    return f"{', '.join(f'{stages.names[stage]} {left}' for stage, left in numbers.items())} of {stages.grid.area}"
