"""Pictures of what pruned variants keep of a few people, drawn from the masks that evaluations recorded; no torch.

Drawn people are drawn again, which gives the same picture. Photographs stay where they are: their people are shown on
grey, because a report may be passed on and photographs may not; `show tokens` draws on the photograph.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from gtpt_bench.config import RunConfig
from gtpt_bench.data.config import DrawnData
from gtpt_bench.data.crop import crop_matrix, frame_of_box, warp
from gtpt_bench.data.images import Image
from gtpt_bench.data.pixel_grid import GRIDS
from gtpt_bench.evaluation.kept_tokens.record import ShownPerson, TokenSurvival
from gtpt_bench.files import write_json, write_text
from gtpt_bench.keypoints import KeypointSet
from gtpt_bench.report.formats import markdown_line
from gtpt_bench.report.tokens import RunTokens, StudyTokens
from gtpt_bench.show.picture import write_figure
from gtpt_bench.show.seen_crop import SeenCrop
from gtpt_bench.show.token_sheet import LEGEND, token_sheet

FOLDER = "tokens"
MOST_VARIANTS, MOST_PEOPLE = 4, 2
"""A picture of each is a third of a megabyte, and a page has room for four in all."""

GREY = 176
"""Of a crop whose photograph is not shown, of 255."""


class Picture(NamedTuple):
    """One person as one variant sees it."""

    name: str
    caption: str
    crop: SeenCrop


def write_gallery(tokens: StudyTokens, configs: Mapping[str, RunConfig], report: Path) -> None:
    """Write PNG files and their captions, as Markdown and by file name in captions.json; an earlier report's go.

    Args:
        configs: of a run of each variant.
        report: folder of the report.
    """
    folder, captions = report / FOLDER, {}
    for earlier in (*folder.glob("*.png"), folder / "captions.md", folder / "captions.json"):
        earlier.unlink(missing_ok=True)
    for variant in [*tokens.variants][:MOST_VARIANTS]:
        run, config = tokens.variants[variant].runs[0], configs[variant]
        for picture in pictures(variant, run, config):
            keypoints: KeypointSet = config.model.keypoint_set
            write_figure(folder / picture.name, token_sheet([picture.crop], run.survival.stages, keypoints))
            captions[picture.name] = picture.caption
    if captions:
        headed = [f"## {name.removesuffix('.png')}\n\n{markdown_line(words)}\n" for name, words in captions.items()]
        write_text(folder / "captions.md", "\n".join(["# Kept tokens\n", *headed]))
        write_json(folder / "captions.json", captions)


def pictures(variant: str, run: RunTokens, config: RunConfig) -> Iterator[Picture]:
    """The people that an evaluation kept the masks of, as far as there is room."""
    survival, shown = run.survival, run.survival.persons[:MOST_PEOPLE]
    for number, person in enumerate(shown, start=1):
        crop = SeenCrop(_picture(person, survival, config), person.masks, person.pose)
        where = "drawn again" if isinstance(config.data, DrawnData) else "the photograph is not part of a report"
        words = (
            f"What {variant} (seed {run.seed}) keeps of person {number} of {len(shown)}, in {person.file_name} "
            f"({where}). {' '.join(LEGEND)}, with flip test if the protocol has it. People are chosen by the number of "
            f"their labels and their size, whatever the model. From {run.found.file}."
        )
        yield Picture(f"{variant}-s{run.seed}-{number}.png", words, crop)


def _picture(person: ShownPerson, survival: TokenSurvival, config: RunConfig) -> Image:
    """The crop `[H, W, 3]`, or plain grey."""
    size = survival.input_size
    if not isinstance(config.data, DrawnData):
        return np.full((*size, 3), GREY, np.uint8)
    from gtpt_bench.data.drawn.scene import draw_scene

    drawing = config.data.drawing
    scene = draw_scene(drawing, "val", person.image_id - drawing.num_train_images - 1)
    frame = frame_of_box(np.asarray(person.box, np.float32), size)
    return warp(scene.image_HW3, crop_matrix(frame, size, GRIDS[survival.pixel_grid]), size)
