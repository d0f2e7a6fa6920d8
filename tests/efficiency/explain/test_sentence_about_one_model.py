"""What is said of one model, branch by branch."""

from __future__ import annotations

import pytest

from gtpt_bench.efficiency.explain.findings import Findings, within
from gtpt_bench.efficiency.explain.sentence import listed, sentence, the
from tests.efficiency.explain.found import found

STAGES = {"tokenizer": (0.48, 31.0), "stage 1": (0.40, 60.0), "head": (0.12, 9.0)}


def test_a_stage_bound_by_memory() -> None:
    assert sentence(found(STAGES, bounds={"tokenizer": "bandwidth"})) == (
        "At batch 1 the tokenizer takes 48 % of the time with 31 % of the MACs; it runs at 0.30 of the machine's "
        "matrix rate, bound by memory bandwidth."
    )


def test_a_stage_bound_by_the_rate() -> None:
    assert sentence(found(STAGES, bounds={"tokenizer": "compute"})).endswith("matrix rate, bound by that rate.")


def test_products_that_are_slow_themselves() -> None:
    """0.30 of the rate over the stage, whose products take 75 % of its time: 0.40 while they run."""
    groups = {"tokenizer": {"convolution": 0.36, "norm": 0.06}}
    assert sentence(found(STAGES, groups=groups)).endswith(
        "bound by no roof: its products, 75 % of its time, reach 0.40 of the rate themselves."
    )


def test_operators_that_no_mac_counts() -> None:
    groups = {"tokenizer": {"convolution": 0.12, "norm": 0.08, "copy": 0.16, "activation": 0.02, "softmax": 0.01}}
    assert sentence(found(STAGES, groups=groups)).endswith(
        "bound by no roof: 56 % of its time goes to copies, norms and activations, which no MAC counts."
    )


@pytest.mark.parametrize(
    ("device", "whom"), [("cuda", "waiting for launches"), ("cpu", "Python and dispatch")], ids=["GPU", "CPU"]
)
def test_a_stage_that_mostly_waits(device: str, whom: str) -> None:
    said = sentence(found(STAGES, groups={"tokenizer": {"convolution": 0.12}}, device=device))
    assert said.endswith(f"bound by no roof: 75 % of its time goes to {whom}.")


@pytest.mark.parametrize(
    ("device", "clause"),
    [("cuda", "the device waits for launches 70 % of the time"), ("cpu", "Python and dispatch take 70 % of the time")],
    ids=["GPU", "CPU"],
)
def test_a_launch_bound_model(device: str, clause: str) -> None:
    bounds = {"tokenizer": "compute"}
    waiting = found(STAGES, bounds=bounds, waiting=0.7, launch_bound=True, device=device)  # type: ignore[arg-type]
    assert sentence(waiting).endswith(f"bound by that rate; {clause}.")


def test_a_process_that_gets_its_memory_anew_at_each_call() -> None:
    said = sentence(found(STAGES, device="cpu", page_faults=36_867, system=0.13))
    assert said.endswith(
        "; the operating system takes 13 % of the processor time, supplying 36,867 pages of memory a call."
    )
    assert "operating system" not in sentence(found(STAGES, device="cpu", page_faults=501, system=0.02))


def test_numbers_that_others_disturbed_are_told_as_such() -> None:
    assert sentence(found(STAGES, disturbed=True)).endswith("(other processes had the cores meanwhile: measure again).")


def test_a_numbered_stage_takes_no_article() -> None:
    assert sentence(found({"stage 3": (0.9, 1.0)})).startswith("At batch 1 stage 3 takes 90 % of the time")
    assert the("between stages") == "what lies between stages"


def test_nothing_to_say() -> None:
    assert sentence(found({"a": (1.0, 1.0)}).__class__("cpu", 1, 1.0, 1.0, (), {}, 0.0, False)) == (
        "No stage took any time."
    )


def test_lists_of_words() -> None:
    assert [listed([]), listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"])] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]


def test_a_stages_time_is_cut_into_shares_that_sum_to_one() -> None:
    model: Findings = found(STAGES, groups={"tokenizer": {"convolution": 0.12, "copy": 0.24}})
    parts = within(model, model.rows[0])
    assert (parts.products, parts.uncounted, parts.waiting) == pytest.approx((0.25, 0.5, 0.25))


def test_a_profile_that_finds_more_than_the_marks_leaves_nothing_to_waiting() -> None:
    model = found(STAGES, groups={"tokenizer": {"convolution": 0.45, "copy": 0.15}})
    parts = within(model, model.rows[0])
    assert (parts.products, parts.uncounted, parts.waiting) == pytest.approx((0.75, 0.25, 0))


def test_sums_over_stages() -> None:
    groups = {"tokenizer": {"convolution": 0.4, "copy": 0.1}, "head": {"linear": 0.1, "copy": 0.2}}
    model = found(STAGES, groups=groups)
    assert model.macs == 100_000_000
    assert model.rate_share == pytest.approx(2 * 100e6 / 1.0 / 100e9)
    assert (model.products_share, model.uncounted_share) == pytest.approx((0.5, 0.3))
    assert model.products_rate == pytest.approx(model.rate_share / 0.5)
    assert [*model.group_shares] == ["convolution", "copy", "linear"]
