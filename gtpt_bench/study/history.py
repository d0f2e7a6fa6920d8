"""A run's history as it stands beside its record: a line for each epoch (training/history.py)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def read_history(path: Path) -> list[dict[str, Any]]:
    """The fields of each epoch, in order; none of a file that is missing, damaged, or being written just now."""
    try:
        epochs = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, ValueError):
        return []
    return epochs if all(isinstance(epoch, dict) for epoch in epochs) else []
