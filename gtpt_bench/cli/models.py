"""Commands about models and predictions: models, eval, score."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from gtpt_bench.cli.options import AsJson


def models(json: AsJson = False) -> None:
    """List the models, with input size, parameters and MACs by the closed form."""
    from gtpt_bench.cli.printing import print_json, print_table
    from gtpt_bench.models.catalogue import list_models, model_config
    from gtpt_bench.models.gtpt.closed_form import gtpt_cost

    configs = {name: model_config(name) for name in list_models()}
    costs = {name: gtpt_cost(config) for name, config in configs.items()}
    if json:
        print_json(
            [
                {
                    "name": name,
                    "keypoints": len(config.keypoint_set),
                    "input_size": list(config.input_size),
                    "params": costs[name].params,
                    "macs": costs[name].macs(),
                }
                for name, config in configs.items()
            ]
        )
        return
    rows = [
        (
            name,
            str(len(config.keypoint_set)),
            f"{config.input_size.height}x{config.input_size.width}",
            f"{costs[name].params:,}",
            f"{costs[name].full:,}",
            f"{costs[name].thop:,}",
        )
        for name, config in configs.items()
    ]
    print_table("", ("model", "keypoints", "input h x w", "params", "MACs full", "MACs thop"), rows)


def evaluate_weights(
    name: Annotated[str, typer.Argument(metavar="MODEL", help="Model that the weights belong to.")],
    weights: Annotated[Path, typer.Option(help="Official .pth or .safetensors, or checkpoint.pt of a run.")],
    data_root: Annotated[
        Path, typer.Option(envvar="GTPT_DATA_ROOT", help="Folder with annotations/ and images/ as COCO is laid out.")
    ],
    boxes: Annotated[Literal["ground_truth", "detections"], typer.Option(help="Boxes to crop.")] = "detections",
    images: Annotated[
        Literal["all", "with_detections"], typer.Option(help="Images to score; the second is for partial detections.")
    ] = "all",
    split: Annotated[str, typer.Option(help="Split to evaluate.")] = "val2017",
    detections: Annotated[
        str, typer.Option(help="File of detector boxes in person_detection_results/.")
    ] = "COCO_val2017_detections_AP_H_56_person.json",
    flip: Annotated[bool, typer.Option(help="Average with the mirrored crop.")] = True,
    predictions: Annotated[
        Path | None, typer.Option(help="Write COCO result entries here (.json or .json.gz).")
    ] = None,
    json: AsJson = False,
) -> None:
    """Evaluate weights on COCO keypoints: AP and AR by pycocotools, shares of 1."""
    from gtpt_bench.cli.progress import progress_display
    from gtpt_bench.evaluation.protocol import Protocol
    from gtpt_bench.evaluation.weights import evaluate_file
    from gtpt_bench.study.display import shown

    protocol = Protocol(boxes=boxes, images=images, flip_test=flip)
    with shown(progress_display(), f"evaluating {name}") as line:
        metrics = evaluate_file(
            name,
            weights,
            data_root,
            protocol,
            split=split,
            detections=detections,
            predictions=predictions,
            on_batch=line.update,
        )
    _show_metrics(metrics, json)


def score(
    predictions: Annotated[Path, typer.Argument(help="COCO result entries (.json or .json.gz).", show_default=False)],
    annotations: Annotated[Path, typer.Option(help="Annotation file to score against.")],
    protocol: Annotated[Literal["coco", "wholebody"], typer.Option(help="How to score.")] = "coco",
    json: AsJson = False,
) -> None:
    """Score a results file against annotations; shares of 1."""
    from gtpt_bench.evaluation.score import score_files

    _show_metrics(score_files(predictions, annotations, protocol), json)


def _show_metrics(metrics: dict[str, Any], json: bool) -> None:
    from gtpt_bench.cli.printing import print_json, print_table

    if json:
        print_json(metrics)
        return
    parts = metrics if isinstance(next(iter(metrics.values())), dict) else {"": metrics}
    figures = list(next(iter(parts.values())))
    rows = [(part, *(f"{found[figure]:.4f}" for figure in figures)) for part, found in parts.items()]
    print_table("", ("part", *figures), rows)
