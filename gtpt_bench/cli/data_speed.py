"""Command `data speed`: crops a second and core, where the time goes, and how many cores a training needs."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from gtpt_bench.cli.options import AsJson, DataRootOption

if TYPE_CHECKING:
    from gtpt_bench.efficiency.loader_report import LoaderReport


def speed(
    data_root: DataRootOption = None,
    keypoints: Annotated[
        Literal["coco", "wholebody", "mpii"], typer.Option(help="Which annotations, and the layout of the data root.")
    ] = "coco",
    split: Annotated[
        str | None, typer.Option(help="Whose people are cropped; train2017, for MPII train.", show_default=False)
    ] = None,
    reduced: Annotated[
        bool, typer.Option("--reduced", help="Also decode JPEG reduced where the crop shrinks it, and compare.")
    ] = False,
    crops: Annotated[int, typer.Option(min=1, help="Crops a pass; each round has two passes.")] = 150,
    rounds: Annotated[int, typer.Option(min=1, help="Six at least for a comparison of ways.")] = 7,
    images_per_s: Annotated[
        float | None, typer.Option(min=0, help="Images a second that a training takes: how many cores feed it.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Measure how fast one core makes training crops of real images: read, decode, warp and the rest."""
    from gtpt_bench.cli.progress import progress_display
    from gtpt_bench.efficiency.loader_report import loader_report
    from gtpt_bench.errors import InputError
    from gtpt_bench.study.display import shown

    if data_root is None:
        raise InputError("this measures real images: say where they are with --data-root DIR or GTPT_DATA_ROOT")
    chosen = split or {"mpii": "train"}.get(keypoints, "train2017")
    with shown(progress_display(), "making crops") as line:
        found = loader_report(
            Path(data_root),
            keypoints=keypoints,
            split=chosen,
            reduced=reduced,
            num_crops=crops,
            rounds=rounds,
            on_round=lambda done, total: line.update(done, total, "rounds"),
        )
    if json:
        from gtpt_bench.cli.printing import print_json

        print_json(as_json(found, images_per_s))
    else:
        from gtpt_bench.cli.printing import print_sections
        from gtpt_bench.efficiency.loader_report import section

        print_sections([section(found, images_per_s)])


def as_json(found: LoaderReport, images_per_s: float | None) -> dict[str, Any]:
    """Raw rounds and all that is made of them."""
    ways = {
        name: {
            "crops_per_s_and_core": way.crops_per_s,
            "crop_ms": way.crop_ms,
            "shares": way.shares,
            "cores": None if images_per_s is None else way.cores_for(images_per_s),
            "crops_a_round": way.num_crops,
            "rounds_ns": [dict(spans) for spans in way.rounds_ns],
        }
        for name, way in found.ways.items()
    }
    return {
        "machine": found.machine,
        "people": found.num_people,
        "images": found.num_images,
        "mean_decoded_bytes": found.mean_decoded_bytes,
        "images_per_s": images_per_s,
        "ways": ways,
        "targets": asdict(found.targets),
        "reduced": None if found.reduced is None else asdict(found.reduced),
        "reduced_time_ratio": None if found.comparison is None else asdict(found.comparison),
    }
