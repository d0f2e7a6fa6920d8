"""The inference form costs what the trained one costs, and the few logits that fused attention does not hand out."""

from gtpt_bench.efficiency.counting.conventions import CONVENTIONS
from gtpt_bench.efficiency.counting.trace import trace_forward
from tests.models.small_gtpt import small_gtpt


def asked_again(model) -> int:
    """MACs of logits that fused attention does not hand out: of asking tokens on all keys, where tokens are ranked."""
    width, total = model.config.width, 0
    layers = model.schedule.layers
    asked = [step for step in layers if step.prunes] + [model.schedule.coarse[-1]]
    for step in asked:
        for group, keys in zip(step.attention, step.keys, strict=True):
            total += (group.keypoints + group.dense) * keys * width
    return total


def test_full_grows_by_the_logits_that_are_worked_out_again_and_by_nothing_else():
    model = small_gtpt()
    once = CONVENTIONS["full"].macs(trace_forward(model, model.config.input_size))
    deployed = CONVENTIONS["full"].macs(trace_forward(model.deploy(), model.config.input_size))
    assert deployed == once + asked_again(model)
