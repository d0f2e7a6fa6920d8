"""Pictures of which tokens a model keeps, from the report's folder: packed into the page, with their captions."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from gtpt_bench.files import read_json_file
from gtpt_bench.report.page.failures import clean

FOLDER = "tokens"
CAPTIONS = "captions.json"
"""Captions by the names of the files."""
MOST_BYTES = 4_000_000
"""Of pictures as they stand in the page, so that the whole stays below 8 MB."""


def gallery(report: Path) -> dict[str, Any] | None:
    """Pictures in the order of their names, as far as there is room; None where there are none.

    Args:
        report: folder of the report, which may have pictures in `tokens/`.
    """
    captions = read_json_file(report / FOLDER / CAPTIONS) or {}
    pictures, left_out, used = [], [], 0
    for path in sorted((report / FOLDER).rglob("*.png")):
        name = path.relative_to(report / FOLDER).as_posix()
        content = base64.b64encode(path.read_bytes()).decode("ascii")
        if used + len(content) > MOST_BYTES:
            left_out.append(name)
            continue
        used += len(content)
        pictures.append({"name": name, "caption": clean(str(captions.get(name, ""))), "png": content})
    return {"pictures": pictures, "left_out": left_out} if pictures or left_out else None
