"""Why each model takes the time it takes, and beside the first one why time fell otherwise than MACs."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from torch import nn

from gtpt_bench.efficiency.explain.explanation import Explanation, explain
from gtpt_bench.efficiency.measure.figures import BesideFirst, Explained
from gtpt_bench.efficiency.measure.running import Bench, Steps, told
from gtpt_bench.efficiency.prepare import Prepared
from gtpt_bench.efficiency.timing.interleaved import Interleaved, interleaved


def explained(
    models: Mapping[str, nn.Module], ready: Mapping[str, Prepared], at: Bench, steps: Steps
) -> dict[str, tuple[Explained, ...]]:
    """Each model at each batch that is explained.

    Times against the first are taken before anything is profiled, which leaves the allocator in another state.

    Raises:
        MeasurementRejected: the machine's rates could not be measured.
    """
    first, *others = models
    beside = {
        (name, batch): _beside(first, name, batch, ready, at, steps)
        for batch in at.request.explained_batches
        for name in others
    }
    found: dict[tuple[str, int], Explanation] = {}
    for batch in at.request.explained_batches:
        for name, model in models.items():
            with steps(f"explaining {name} at batch {batch}"):
                found[name, batch] = at.watch.measured(partial(_why, model, batch, at))
    return {
        name: tuple(
            Explained(
                found[name, batch],
                BesideFirst(first, found[first, batch], beside[name, batch]) if name != first else None,
            )
            for batch in at.request.explained_batches
        )
        for name in models
    }


def _beside(first: str, name: str, batch: int, ready: Mapping[str, Prepared], at: Bench, steps: Steps) -> Interleaved:
    settings = at.request.comparing.model_copy(update={"quantity": "latency", "batch": batch})
    with steps(f"{name} against {first} at batch {batch}") as update:
        return at.watch.measured(
            lambda: interleaved(
                ready[first],
                ready[name],
                settings,
                on_look=told(update),
            )
        )


def _why(model: nn.Module, batch: int, at: Bench) -> Explanation:
    return explain(model, batch=batch, device=at.device, options=at.options, settings=at.request.explaining)
