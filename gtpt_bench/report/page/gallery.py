"""What is known of kept tokens as pictures, from the report's folder: packed into the page, with their captions."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gtpt_bench.files import read_json_file
from gtpt_bench.report.page.failures import clean
from gtpt_bench.report.tokens_gallery import FOLDER

CAPTIONS = "captions.json"
"""Captions by the names of the files."""
FIGURES = ("token_survival.png", "survival_maps.png")
"""Plots of the report that are about tokens; they come first."""
SENTENCE_ENDS = re.compile(r"(?<=[.!?]) (?=[A-Z])")
MOST_BYTES = 4_000_000
"""Of pictures as they stand in the page, so that the whole stays below 8 MB."""


def gallery(report: Path) -> dict[str, Any] | None:
    """Plots, then pictures in the order of their names, as far as there is room; None where there are none.

    What all captions of pictures say is said once, in `common`.

    Args:
        report: folder of the report, which may have plots of tokens, and pictures in `tokens/`.
    """
    plots = [report / name for name in FIGURES if (report / name).exists()]
    pictures = sorted((report / FOLDER).rglob("*.png"))
    said = _captions(report, plots) | _captions(report / FOLDER, pictures)
    common = _said_by_all([said[path] for path in pictures])
    shown, left_out, used = [], [], 0
    for path in (*plots, *pictures):
        content = base64.b64encode(path.read_bytes()).decode("ascii")
        if used + len(content) > MOST_BYTES:
            left_out.append(path.relative_to(report).as_posix())
            continue
        used += len(content)
        own = [sentence for sentence in said[path] if path in plots or sentence not in common]
        name = path.relative_to(report if path in plots else report / FOLDER).as_posix()
        shown.append({"name": name, "caption": " ".join(own), "png": content, "plot": path in plots})
    return {"pictures": shown, "common": " ".join(common), "left_out": left_out} if shown or left_out else None


def _captions(folder: Path, paths: Sequence[Path]) -> dict[Path, list[str]]:
    """Sentences of each picture's caption."""
    captions = read_json_file(folder / CAPTIONS) or {}
    texts = {path: clean(str(captions.get(path.relative_to(folder).as_posix(), ""))) for path in paths}
    return {path: SENTENCE_ENDS.split(text) if text else [] for path, text in texts.items()}


def _said_by_all(captions: Sequence[Sequence[str]]) -> list[str]:
    if len(captions) < 2:
        return []
    return [sentence for sentence in captions[0] if all(sentence in others for others in captions[1:])]
