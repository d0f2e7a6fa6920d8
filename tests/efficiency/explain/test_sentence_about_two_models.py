"""What is said of a model beside its baseline: each verdict, each cause, and no cause where none was measured."""

from __future__ import annotations

import math

import pytest

from gtpt_bench.efficiency.explain.comparison import Pair, compared_in_words
from gtpt_bench.efficiency.explain.findings import Findings
from gtpt_bench.efficiency.timing.comparison import Comparison
from tests.efficiency.explain.found import found


def times(fell: float, low: float, high: float) -> Comparison:
    """By what time fell, and its interval; the record has the ratio the other way round."""
    return Comparison(1 / fell, 1 / high, 1 / low, confidence=0.95, margin=0.03, num_rounds=20)


def halves(first: float, second: float, *, macs: tuple[float, float], **more: object) -> Findings:
    return found({"tokenizer": (first, macs[0]), "stage 1": (second, macs[1])}, **more)  # type: ignore[arg-type]


DENSE = halves(0.5, 0.5, macs=(50, 50))


def test_the_device_waits_for_launches() -> None:
    """MACs halve, time falls by a third of that: the baseline waited a fifth of its time, the model most of it."""
    baseline = halves(0.5, 0.5, macs=(50, 65), waiting=0.2)
    model = halves(0.5, 0.5, macs=(25, 25), waiting=0.7)
    assert compared_in_words(model, baseline, times(1.4, 1.3, 1.5)) == (
        "MACs fell 2.30×, time 1.40× (1.30–1.50), because at batch 1 the device waits for launches 70 % of the time."
    )


def test_on_a_cpu_it_is_python_that_is_waited_for() -> None:
    baseline = halves(0.5, 0.5, macs=(50, 50), waiting=0.2, device="cpu")
    model = halves(0.5, 0.5, macs=(25, 25), waiting=0.7, device="cpu")
    assert "because at batch 1 Python and dispatch take 70 % of the time" in compared_in_words(
        model, baseline, times(1.2, 1.1, 1.3)
    )


def test_time_falls_as_macs_do() -> None:
    model = halves(0.5, 0.5, macs=(25, 25))
    assert (
        compared_in_words(model, DENSE, times(2.0, 1.9, 2.1)) == "MACs fell 2.00×, time 2.00× (1.90–2.10), as MACs say."
    )


def test_a_tokenizer_that_nothing_prunes() -> None:
    """It costs a third of the MACs but half of the time, in the model as in the baseline."""
    baseline = halves(0.5, 0.5, macs=(30, 70))
    model = halves(0.8, 0.2, macs=(30, 28))
    assert compared_in_words(model, baseline, times(1.3, 1.25, 1.35)) == (
        "MACs fell 1.72×, time 1.30× (1.25–1.35), because the tokenizer, whose MACs did not change, takes 80 % of the "
        "time with 52 % of the MACs."
    )


def test_a_stage_that_memory_holds_up_is_said_to_be() -> None:
    model = halves(0.8, 0.2, macs=(30, 28), bounds={"tokenizer": "bandwidth"})
    said = compared_in_words(model, halves(0.5, 0.5, macs=(30, 70)), times(1.3, 1.25, 1.35))
    assert said.endswith("with 52 % of the MACs, bound by memory bandwidth.")


def test_a_stage_whose_macs_fell_says_how_far() -> None:
    model = halves(0.2, 0.8, macs=(25, 10))
    said = compared_in_words(model, DENSE, times(1.5, 1.4, 1.6))
    assert "because stage 1, whose MACs fell 5.00×, takes 80 % of the time with 29 % of the MACs" in said


def with_groups(uncounted: float, products: float, *, macs: float) -> Findings:
    stages = {f"stage {number}": (0.25, macs / 4) for number in range(1, 5)}
    groups = {
        stage: {"linear": products / 4, "softmax": uncounted * 0.6 / 4, "copy": uncounted * 0.4 / 4} for stage in stages
    }
    return found(stages, groups=groups)  # type: ignore[arg-type]


def test_operators_without_macs_fall_further_than_macs() -> None:
    """Attention's softmax falls with the square of the tokens: 50 of 100 before; of 100 / 3.4 now, 10 %, a 17th."""
    said = compared_in_words(with_groups(0.1, 0.9, macs=50), with_groups(0.5, 0.5, macs=100), times(3.4, 3.2, 3.6))
    assert said == (
        "MACs fell 2.00×, time 3.40× (3.20–3.60), because softmax and copies, which no MAC counts, fell 17.00× and "
        "take 10 % of the time."
    )


def test_operators_without_macs_stay_behind() -> None:
    said = compared_in_words(with_groups(0.6, 0.4, macs=50), with_groups(0.3, 0.7, macs=100), times(1.5, 1.4, 1.6))
    assert said.endswith("because softmax and copies, which no MAC counts, rose 1.33× and take 60 % of the time.")


@pytest.mark.parametrize(("before", "now", "word"), [(0.0, 0.5, "new"), (0.5, 0.0, "gone")])
def test_operators_without_macs_come_or_go(before: float, now: float, word: str) -> None:
    model, baseline = with_groups(now, 1 - now, macs=100), with_groups(before, 1 - before, macs=100)
    fell = 0.5 if now else 2.0
    said = compared_in_words(model, baseline, times(fell, 0.9 * fell, 1.1 * fell))
    assert said.endswith(f"because softmax and copies, which no MAC counts, are {word}.")


def test_products_that_run_faster() -> None:
    """Both models only multiply: the same MACs in half the time are twice the rate."""
    once = Findings(**{**vars(with_groups(0.0, 1.0, macs=100)), "flops_per_s": 1e9})
    slow = Findings(**{**vars(once), "seconds": 2.0})
    assert compared_in_words(once, slow, times(2.0, 1.9, 2.1)) == (
        "MACs are the same, time fell 2.00× (1.90–2.10), because its products run at 0.20 of the machine's matrix rate "
        "instead of 0.10."
    )


def test_of_two_parts_that_explain_enough_the_larger_is_the_cause() -> None:
    """Expected 0.75 of the time: the tokenizer is 0.15 above its part of that, operators without MACs 0.20 above."""
    stages = {"tokenizer": (0.45, 40.0), "stage 1": (0.55, 60.0)}
    groups = {stage: {"linear": 0.65 * time, "norm": 0.35 * time} for stage, (time, _) in stages.items()}
    model = found(stages, groups=groups)  # type: ignore[arg-type]
    before = {"tokenizer": (0.3, 40.0), "stage 1": (0.7, 160.0)}
    groups = {stage: {"linear": 0.8 * time, "norm": 0.2 * time} for stage, (time, _) in before.items()}
    baseline = found(before, groups=groups)  # type: ignore[arg-type]
    pair = Pair(model, baseline, times(1.5, 1.45, 1.55))
    assert pair.stage(model.rows[0])[0] == pytest.approx(0.15)
    assert pair.beyond(model.uncounted_share, baseline.uncounted_share) == pytest.approx(0.20)
    assert pair.cause() == "because norms, which no MAC counts, rose 1.17× and take 35 % of the time"


def test_memory_that_comes_anew_at_each_call() -> None:
    baseline = halves(0.5, 0.5, macs=(50, 50), device="cpu", page_faults=104_389, system=0.30)
    model = halves(0.5, 0.5, macs=(50, 50), device="cpu", page_faults=12, system=0.01)
    assert compared_in_words(model, baseline, times(1.4, 1.3, 1.5)).endswith(
        "because the operating system takes 1 % of the processor time instead of 30 %, supplying 12 pages of memory a "
        "call instead of 104,389."
    )


def test_less_waiting_is_a_cause_too() -> None:
    model, baseline = halves(0.5, 0.5, macs=(50, 50), waiting=0.1), halves(0.5, 0.5, macs=(50, 50), waiting=0.55)
    said = compared_in_words(model, baseline, times(2.0, 1.9, 2.1))
    assert said.endswith("because the device waits for launches 10 % of the time instead of 55 %.")


def test_where_no_part_explains_half_of_it_the_sentence_says_so() -> None:
    """Waiting, four stages, uncounted operators and products each take an equal part of the blame."""
    stages = {f"stage {number}": (0.25, 25.0) for number in range(1, 5)}
    groups = {stage: {"linear": 0.25 / 3, "copy": 0.25 / 3} for stage in stages}
    model = found(stages, groups=groups, waiting=1 / 3)  # type: ignore[arg-type]
    assert compared_in_words(model, model, times(0.5, 0.48, 0.52)) == (
        "MACs are the same, time rose 2.00× (1.92–2.08), and the measured shares show no single cause."
    )


def test_time_that_cannot_be_told_apart_from_no_change() -> None:
    model = halves(0.5, 0.5, macs=(25, 25), waiting=0.7)
    said = compared_in_words(model, halves(0.5, 0.5, macs=(50, 50), waiting=0.4), times(1.05, 0.9, 1.2))
    assert said.startswith("MACs fell 2.00×, time did not change measurably (0.83–1.11×), because at batch 1")


def test_equal_costs_and_equal_times() -> None:
    assert compared_in_words(DENSE, DENSE, times(1.0, 0.99, 1.01)) == (
        "MACs are the same, time stayed the same (0.99–1.01×), as MACs say."
    )


def test_an_interval_that_decides_nothing_gives_no_reason() -> None:
    """Below 1 but within the margin: neither a verdict nor the MACs' factor."""
    model = halves(0.5, 0.5, macs=(25, 25), waiting=0.9)
    unclear = Comparison(0.98, 0.90, 0.99, confidence=0.95, margin=0.03, num_rounds=3)
    assert unclear.verdict == "ambiguous"
    assert compared_in_words(model, DENSE, unclear) == "MACs fell 2.00×, what time did is not clear (0.90–0.99×)."


def test_one_round_tells_nothing() -> None:
    alone = Comparison(0.5, 0.0, math.inf, confidence=0.95, margin=0.03, num_rounds=1)
    said = compared_in_words(halves(0.5, 0.5, macs=(25, 25)), DENSE, alone)
    assert said == "MACs fell 2.00×, what time did is not known from one round."


def test_an_interval_wide_enough_for_both_claims_nothing() -> None:
    model = halves(0.5, 0.5, macs=(48, 48), waiting=0.7)
    assert compared_in_words(model, DENSE, times(1.0, 0.9, 1.1)).endswith("(0.91–1.11×), as MACs say.")


def test_more_macs_and_more_time() -> None:
    model, baseline = halves(0.5, 0.5, macs=(75, 75), waiting=0.1), halves(0.5, 0.5, macs=(50, 50), waiting=0.4)
    said = compared_in_words(model, baseline, times(1 / 1.1, 1 / 1.15, 1 / 1.06))
    assert said.startswith("MACs rose 1.50×, time 1.10× (1.06–1.15), because the device waits for launches 10 % of the")


def test_fewer_macs_and_more_time() -> None:
    model = halves(0.5, 0.5, macs=(25, 25), waiting=0.7)
    said = compared_in_words(model, DENSE, times(0.8, 0.75, 0.85))
    assert said.startswith("MACs fell 2.00×, time rose 1.25× (1.18–1.33), because at batch 1 the device waits")


def test_disturbed_numbers_of_either_are_told_as_such() -> None:
    disturbed = halves(0.5, 0.5, macs=(50, 50), disturbed=True)
    for model, baseline in ((DENSE, disturbed), (disturbed, DENSE)):
        assert compared_in_words(model, baseline, times(1.0, 0.99, 1.01)).endswith("measure again).")


@pytest.mark.parametrize("other", [{"batch": 8}, {"device": "cpu"}])
def test_other_batches_or_devices_are_not_compared(other: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="says nothing about"):
        compared_in_words(halves(0.5, 0.5, macs=(50, 50), **other), DENSE, times(1, 0.9, 1.1))


def test_parts_of_stages_and_of_kinds_each_sum_to_what_is_to_be_explained() -> None:
    """Waiting, uncounted operators and products are the whole time, and so are the stages."""
    model, baseline = with_groups(0.3, 0.5, macs=60), with_groups(0.2, 0.7, macs=100)
    model, baseline = (Findings(**{**vars(one), "waiting_share": w}) for one, w in ((model, 0.2), (baseline, 0.1)))
    pair = Pair(model, baseline, times(1.3, 1.2, 1.4))
    kinds = ("waiting_share", "uncounted_share", "products_share")
    assert sum(pair.beyond(getattr(model, kind), getattr(baseline, kind)) for kind in kinds) == pytest.approx(
        1 - pair.expected
    )
    assert sum(pair.stage(row)[0] for row in model.rows) == pytest.approx(1 - pair.expected)
