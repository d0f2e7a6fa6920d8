"""MACs and least traffic of each stage, operator by operator as a real call runs them at its batch."""

from __future__ import annotations

import torch

from gtpt_bench.efficiency.counting.recorder import Recorder
from gtpt_bench.efficiency.explain.marks import stage_marks
from gtpt_bench.efficiency.explain.stage_map import StageMap, without_gaps
from gtpt_bench.efficiency.explain.traffic import OperatorCost, operator_cost
from gtpt_bench.efficiency.options import DType
from gtpt_bench.efficiency.prepare import Inputs, Prepared

StageCosts = dict[str, tuple[OperatorCost, ...]]
"""Of each stage that runs, in the order of their first operators."""


def stage_costs(ready: Prepared, inputs: Inputs, stages: StageMap, dtype: DType) -> StageCosts:
    """Costs of one call. Attention is counted as it is run: fused, its logits are never written.

    Args:
        inputs: of the batch that is timed; a model that works through it in parts shows these parts.
        dtype: of the tensors that are moved.

    Raises:
        InputError: the model is compiled.
    """
    model = ready.model
    recorder = Recorder([*model.parameters(), *model.buffers()])
    labels: list[str | None] = [None]
    borders = [0]

    def mark(label: str | None) -> None:
        labels.append(label)
        borders.append(len(recorder.operators))

    # in inference mode the recorder would see layers before they become products and copies
    with ready.in_force(), torch.inference_mode(False), torch.no_grad():
        model(*inputs)  # what is made ready at a first call is not counted
        with stage_marks(model, stages, mark), recorder:
            model(*inputs)
    borders.append(len(recorder.operators))
    found: StageCosts = {}
    for stage, begin, end in zip(without_gaps(labels), borders[:-1], borders[1:], strict=True):
        costs = (operator_cost(operator, dtype) for operator in recorder.operators[begin:end])
        found[stage] = found.get(stage, ()) + tuple(cost for cost in costs if cost.macs or cost.moved_bytes)
    return {stage: costs for stage, costs in found.items() if costs}
