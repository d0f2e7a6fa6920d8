"""Commands about models and predictions: models, measure, eval, score."""

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


def measure(
    names: Annotated[list[str], typer.Argument(metavar="MODEL...", help="Models to measure.", show_default=False)],
    only: Annotated[Literal["cost", "time"] | None, typer.Option(help="Count only, or time only.")] = None,
    set: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Change the models: --set pruning.keep_rates=[1,.7,.3,.1]."),
    ] = None,
    batch: Annotated[int, typer.Option(min=1, help="Images a call when throughput is measured.")] = 8,
    json: AsJson = False,
) -> None:
    """Measure models: parameters, MACs in three conventions, latency of one image, throughput of batches.

    Several models are timed in turn, round after round, so that they can be compared.
    """
    from gtpt_bench.cli.printing import print_json, print_table
    from gtpt_bench.efficiency.measure import measured_models
    from gtpt_bench.efficiency.settings import TimingSettings

    found = measured_models(
        {name: _changed_model(name, set or []) for name in dict.fromkeys(names)},
        TimingSettings(throughput_batch=batch),
        cost=only != "time",
        time=only != "cost",
    )
    if json:
        print_json(found[0] if len(found) == 1 else found)
        return
    columns = [key for key in found[0] if key not in ("samples", "settings", "device")]
    print_table("", [_heading(c) for c in columns], [[_shown(row[c]) for c in columns] for row in found])
    typer.echo(f"on {found[0]['device']}; MACs: full counts every attention product, thop is the authors' convention")


def _changed_model(name: str, changes: list[str]) -> Any:
    from pydantic import ValidationError

    from gtpt_bench.errors import InputError
    from gtpt_bench.models.catalogue import model_config
    from gtpt_bench.study.yaml_source import first_problem, parse_value

    pairs = dict(text.partition("=")[::2] for text in changes)
    base = model_config(name)
    try:
        return base.changed({key.strip(): parse_value(value) for key, value in pairs.items()})
    except ValidationError as error:
        path, reason = first_problem(error, type(base))
        key = f"{'.'.join(map(str, path))}: " if path else ""
        raise InputError(f"--set for {name}: {key}{reason}") from error


def _heading(column: str) -> str:
    return column.replace("_", " ")


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return " ".join(f"{name} {macs:,}" for name, macs in value.items())
    return f"{value:,.4g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)


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
