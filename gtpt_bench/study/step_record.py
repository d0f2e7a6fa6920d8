"""What each step of a study's work ends in: one record, and what it tells while it is at it."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import torch

from gtpt_bench.config import Step
from gtpt_bench.efficiency.torch_device import torch_device_name
from gtpt_bench.study.provenance import provenance
from gtpt_bench.study.store import SCHEMA, Record

OnProgress = Callable[[str, int, int, str], None]
"""Told the step, what is done of it, the total, and a few words."""


def record(step: Step, signature: str, started: float, **content: Any) -> Record:
    """A finished step's record with what every record has."""
    return {
        "schema": SCHEMA,
        "step": step,
        "signature": signature,
        "status": "done",
        "started_at": datetime.fromtimestamp(started, UTC).isoformat(timespec="seconds"),
        "seconds": round(time.time() - started, 3),
        "provenance": provenance() | {"device": torch_device_name(), "threads": torch.get_num_threads()},
        **content,
    }
