"""Commands that draw: show poses."""

from __future__ import annotations

from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gtpt_bench.errors import InputError

if TYPE_CHECKING:
    from gtpt_bench.show.drawing import SeenPoses
    from gtpt_bench.show.predicted import Box


def poses(
    image: Annotated[str, typer.Option(help="Image file, or an image id of the data root.", show_default=False)],
    output: Annotated[Path, typer.Option(help="Picture to write (.png).")] = Path("poses.png"),
    predictions: Annotated[
        Path | None, typer.Option(help="Result entries of COCO, WholeBody or MPII (.json or .json.gz) to draw.")
    ] = None,
    image_id: Annotated[
        int | None,
        typer.Option(
            help="Id of the image in the predictions; by default the number in the file's name. MPII's is the place of "
            "a person in the annotation file, from 0.",
            show_default=False,
        ),
    ] = None,
    model: Annotated[str, typer.Option(help="In place of predictions: a model that makes them now.")] = "",
    weights: Annotated[
        Path | None, typer.Option(help="Of the model: official .pth or .safetensors, or checkpoint.pt of a run.")
    ] = None,
    box: Annotated[
        list[str] | None,
        typer.Option(metavar="X,Y,W,H", help="Person for the model, in pixels. Repeatable; the whole image if none."),
    ] = None,
    data_root: Annotated[
        Path | None, typer.Option(envvar="GTPT_DATA_ROOT", help="Folder with images/ as COCO is laid out, for ids.")
    ] = None,
    split: Annotated[str, typer.Option(help="Split that an image id is of.")] = "val2017",
    threshold: Annotated[
        float,
        typer.Option(
            min=0,
            help="Keypoints of lower confidence are not drawn. GTPT gives about 0.1 to a keypoint it is sure of, other "
            "methods up to 1.",
        ),
    ] = 0.03,
    score_share: Annotated[
        float, typer.Option(min=0, max=1, help="Persons below this share of the best one's score are not drawn.")
    ] = 0.2,
    enlarge: Annotated[int, typer.Option(min=1, max=8, help="Times the image's width and height.")] = 2,
) -> None:
    """Draw predicted poses on an image: body by sides, feet, face and hands each in a colour.

    Either of a results file (--predictions, as `eval` and `run` write it) or of a model (--model and --weights).
    """
    from gtpt_bench.data.images import read_image
    from gtpt_bench.models.sources import notes_on
    from gtpt_bench.show.drawing import PoseStyle, drawn_poses, shown_labels, shown_poses
    from gtpt_bench.show.legend import with_legend
    from gtpt_bench.show.picture import image_path, write_png

    path = image_path(image, data_root, split)
    boxes = [box_of(text) for text in box or ()]
    if predictions is not None:
        if model or weights is not None or boxes:
            raise InputError("--predictions holds poses already; leave out --model, --weights and --box")
        seen = _saved_poses(predictions, path, image_id)
    else:
        seen = _predicted_poses(model, weights, path, boxes)
    style = PoseStyle(threshold, score_share, enlarge)
    labels = shown_labels(seen, style)
    write_png(output, with_legend(drawn_poses(read_image(path), seen, style), labels))
    num = len(shown_poses(seen, style))
    typer.echo(f"{num} of {len(seen)} poses ({seen.keypoint_set.name}) of {path.name} drawn in {output}")
    for note in notes_on([model]):
        typer.echo(note)
    if not labels:
        typer.echo(f"no keypoint has a confidence of {threshold:g}; try a lower --threshold", err=True)


def _saved_poses(predictions: Path, image: Path, image_id: int | None) -> SeenPoses:
    from gtpt_bench.show.picture import id_in_name
    from gtpt_bench.show.results import poses_in_results

    return poses_in_results(predictions, id_in_name(image) if image_id is None else image_id)


def _predicted_poses(model: str, weights: Path | None, image: Path, boxes: list[Box]) -> SeenPoses:
    if not model or weights is None:
        raise InputError("give --predictions FILE, or --model NAME with --weights FILE")
    from gtpt_bench.show.predicted import predicted_poses

    return predicted_poses(model, weights, image, boxes)


def box_of(text: str) -> Box:
    """x, y, w, h from text."""
    try:
        x, y, width, height = (float(part) for part in text.split(","))
    except ValueError:
        raise InputError(f"--box {text} is not X,Y,W,H, such as 120,40,90,210") from None
    if not all(map(isfinite, (x, y, width, height))):
        raise InputError(f"--box {text} is not X,Y,W,H in finite numbers")
    if width <= 0 or height <= 0:
        raise InputError(f"--box {text}: width and height must be above 0")
    return x, y, width, height
