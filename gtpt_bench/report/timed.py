"""Latency and throughput of one variant as cells, from the raw samples of a study's session."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gtpt_bench.report.cells import Cell, measured_cell
from gtpt_bench.report.records import VariantRecords


def timing_cells(variant: str, records: VariantRecords) -> Iterator[tuple[str, Cell]]:
    """Medians over all calls and over all rounds; the state of what was planned where there are none."""
    timing = records.timing
    if timing is None or variant not in timing.record["samples"]:
        if records.timing_state:
            yield from ((key, Cell(records.timing_state)) for key in ("latency_ms", "throughput"))
        return
    samples = timing.record["samples"][variant]
    latency_ms = float(np.median([call for calls in samples["latency_ns"] for call in calls])) / 1e6
    images_per_s = float(np.median(samples["throughput_images_per_s"]))
    yield "latency_ms", measured_cell(latency_ms, f"{latency_ms:.1f}", timing)
    yield "throughput", measured_cell(images_per_s, f"{images_per_s:.1f}", timing)
