"""Commands about models and predictions: models, eval, score."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from gtpt_bench.cli.options import AsJson


def models(json: AsJson = False) -> None:
    """List the models, with input size, parameters and MACs; `measure` counts them in every convention."""
    from gtpt_bench.cli.printing import print_json, print_sections
    from gtpt_bench.models.catalogue import list_models, model_config
    from gtpt_bench.models.sources import notes_on, source_of
    from gtpt_bench.shown import NONE, Section
    from gtpt_bench.training.peer_recipes import LEFT_OUT, recipe_of

    configs = {name: model_config(name) for name in list_models()}
    costs = {name: config.cost for name, config in configs.items()}
    if json:
        print_json(
            [
                {
                    "name": name,
                    "keypoints": len(config.keypoint_set),
                    "input_size": list(config.input_size),
                    "params": costs[name].params,
                    "macs": config.planned_macs,
                    "protocol": {"pixel_grid": config.authors_grid, **config.reading.stated()},
                    "training": recipe_of(config.family).model_dump(mode="json"),
                    "training_without": LEFT_OUT.get(config.family, ""),
                    **source_of(name)._asdict(),
                }
                for name, config in configs.items()
            ]
        )
        return
    rows = tuple(
        (
            name,
            str(len(config.keypoint_set)),
            f"{config.input_size.height}x{config.input_size.width}",
            f"{costs[name].params:,}",
            f"{costs[name].full:,}",
            f"{config.planned_macs['thop']:,}" if "thop" in config.planned_macs else NONE,
        )
        for name, config in configs.items()
    )
    columns = ("model", "keypoints", "input h x w", "params", "MACs full", "MACs thop")
    print_sections([Section("", columns, rows, tuple(notes_on(configs)))])


def evaluate_weights(
    name: Annotated[str, typer.Argument(metavar="MODEL", help="Model that the weights belong to.")],
    weights: Annotated[Path, typer.Option(help="Official .pth or .safetensors, or checkpoint.pt of a run.")],
    data_root: Annotated[
        Path, typer.Option(envvar="GTPT_DATA_ROOT", help="Folder with annotations/ and images/ as COCO is laid out.")
    ],
    boxes: Annotated[
        Literal["ground_truth", "detections"] | None,
        typer.Option(help="Boxes to crop: detections by default, ground_truth of MPII.", show_default=False),
    ] = None,
    images: Annotated[
        Literal["all", "with_detections"],
        typer.Option(help="Images to score; the second takes those of annotations and boxes."),
    ] = "all",
    split: Annotated[
        str | None, typer.Option(help="Split to evaluate: val2017 by default, valid of MPII.", show_default=False)
    ] = None,
    detections: Annotated[
        str, typer.Option(help="File of detector boxes in person_detection_results/.")
    ] = "COCO_val2017_detections_AP_H_56_person.json",
    flip: Annotated[bool, typer.Option(help="Average with the mirrored crop.")] = True,
    set: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY=VALUE",
            help="Change another value of the protocol: --set oks_nms=soft, --set detector_ap=51.2. Repeatable.",
        ),
    ] = None,
    predictions: Annotated[
        Path | None, typer.Option(help="Write COCO result entries here (.json or .json.gz).")
    ] = None,
    json: AsJson = False,
) -> None:
    """Evaluate weights as the paper does: AP and AR by pycocotools, shares of 1; whole bodies with all parts; models of
    MPII's joints by PCKh, per cent.

    Predictions written by --predictions are scored again, without model or images, by gtpt-study score.
    """
    from gtpt_bench.cli.progress import progress_display
    from gtpt_bench.evaluation.protocol import Protocol
    from gtpt_bench.evaluation.weights import evaluate_file
    from gtpt_bench.keypoints import MPII
    from gtpt_bench.models.catalogue import model_config
    from gtpt_bench.study.changes import changes_of, with_changes
    from gtpt_bench.study.display import shown

    is_mpii = model_config(name).keypoint_set.name == MPII.name
    usual_boxes, usual_split = ("ground_truth", "valid") if is_mpii else ("detections", "val2017")
    options = Protocol(boxes=boxes or usual_boxes, images=images, flip_test=flip)
    protocol = with_changes(options, changes_of(set or [], "--set"), "--set")
    with shown(progress_display(), f"evaluating {name}") as line:
        found = evaluate_file(
            name,
            weights,
            data_root,
            protocol,
            split=split or usual_split,
            detections=detections,
            predictions=predictions,
            on_batch=line.update,
        )
    if json:
        from gtpt_bench.cli.printing import print_json

        print_json({**found.metrics, "protocol": found.protocol})
        return
    from gtpt_bench.evaluation.named_protocols import in_words
    from gtpt_bench.models.sources import notes_on

    _print_metrics(found.metrics)
    typer.echo(in_words(found.protocol))
    for note in notes_on([name]):
        typer.echo(note)


def score(
    predictions: Annotated[
        Path,
        typer.Argument(
            help="COCO result entries (.json or .json.gz); for mpii also gt_valid.mat with pos_pred_src, or a list of "
            "16 positions a person.",
            show_default=False,
        ),
    ],
    annotations: Annotated[
        Path, typer.Option(help="Annotation file to score against; for mpii gt_valid.mat, or valid.json beside it.")
    ],
    protocol: Annotated[Literal["coco", "wholebody", "mpii"], typer.Option(help="How to score.")] = "coco",
    json: AsJson = False,
) -> None:
    """Score saved predictions against annotations, without a model: shares of 1, for mpii per cent.

    Predictions are saved by gtpt-study eval --predictions, or come from elsewhere.
    """
    from gtpt_bench.evaluation.score import score_files

    metrics = score_files(predictions, annotations, protocol)
    if json:
        from gtpt_bench.cli.printing import print_json

        print_json(metrics)
        return
    _print_metrics(metrics)


def _print_metrics(metrics: dict[str, Any]) -> None:
    """A row for each part or limit, or the only one."""
    from gtpt_bench.cli.printing import print_table

    parts = {name: found for name, found in metrics.items() if isinstance(found, dict)} or {"": metrics}
    figures = list(next(iter(parts.values())))
    rows = [(part, *(f"{found[figure]:.4f}" for figure in figures)) for part, found in parts.items()]
    print_table("", ("part", *figures), rows)
