"""If the first runs of a study all fail in the same way, the rest is not started; running again tries again."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtpt_bench.study.fail_fast import ALIKE, reason_to_stop
from gtpt_bench.study.failure import RULES, Failure, Kind
from tests.cli.command import gtpt_study, write_data_root, write_study

Failed = list[tuple[str, Failure]]

BLAMED_ON_VARIANTS: tuple[Kind, ...] = ("diverged", "gpu_memory", "crash")


def failed(*reasons: str, kind: Kind = "input", variants: str = "aaa") -> Failed:
    return [(variant, Failure(kind, reason)) for variant, reason in zip(variants, reasons, strict=False)]


def test_three_that_fail_alike_stop_the_rest() -> None:
    reason = "image x.jpg does not exist"
    assert reason_to_stop(failed(reason, reason, reason), num_done=0) == (
        f"the first {ALIKE} runs failed alike: {reason}; {RULES['input'].advice}"
    )


@pytest.mark.parametrize(
    "failures",
    [
        [],
        failed("a", "a"),
        failed("a", "a", "b"),
        failed("b", "a", "a"),
        [*failed("a", "a"), ("a", Failure("disk", "a"))],
    ],
)
def test_fewer_or_different_failures_do_not(failures: Failed) -> None:
    assert reason_to_stop(failures, num_done=0) == ""


def test_a_single_success_shows_that_the_rest_may_succeed() -> None:
    assert reason_to_stop(failed("a", "a", "a"), num_done=1) == ""


@pytest.mark.parametrize("kind", BLAMED_ON_VARIANTS)
def test_one_variant_that_cannot_be_trained_does_not_stop_the_others(kind: Kind) -> None:
    assert reason_to_stop(failed("a", "a", "a", kind=kind, variants="vvv"), num_done=0) == ""
    assert reason_to_stop(failed("a", "a", "a", kind=kind, variants="vvw"), num_done=0) != ""


@pytest.mark.parametrize("kind", sorted({*RULES} - {*BLAMED_ON_VARIANTS, "cancelled"}))
def test_other_failures_of_one_variant_stop_all(kind: Kind) -> None:
    assert reason_to_stop(failed("a", "a", "a", kind=kind, variants="vvv"), num_done=0) != ""


def test_runs_that_somebody_cancelled_say_nothing_about_the_rest() -> None:
    cancelled = failed("by user 0 (job 1)", "by user 0 (job 2)", "by user 0 (job 3)", kind="cancelled")
    assert reason_to_stop(cancelled, num_done=0) == ""
    assert reason_to_stop([*cancelled, *failed("a", "a", "a")], num_done=0) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("job 17_3 on n1 ended", "job 18 on n22 ended"),
        ("image /data/a/1.jpg does not exist", "image /data/b/2.jpg does not exist"),
        ("no module named 'torch'", "no module named 'numpy'"),
        ('cannot write "a b/c"', 'cannot write "d"'),
        ("out of memory\nof another kind", "out of memory\nat step 7"),
        ("the loss is nan in batch 1e-05", "the loss is nan in batch 2e-12"),
    ],
)
def test_numbers_paths_and_quoted_words_make_no_difference(one: str, other: str) -> None:
    assert Failure("input", one).sameness == Failure("input", other).sameness


@pytest.mark.parametrize(("one", "other"), [("disk full", "quota exceeded"), ("it's gone", "it's back"), ("", "a")])
def test_words_do(one: str, other: str) -> None:
    assert Failure("input", one).sameness != Failure("input", other).sameness


@given(reason=st.text(), kind=st.sampled_from(sorted(RULES)))
def test_any_reason_is_like_itself_and_told_in_one_line(reason: str, kind: Kind) -> None:
    assert Failure(kind, reason).sameness == Failure(kind, reason).sameness
    told = reason_to_stop(failed(reason, reason, reason, kind=kind, variants="abc"), num_done=0)
    assert bool(told) == (kind != "cancelled")
    assert len(told.splitlines()) <= 1


@pytest.fixture
def hopeless(tmp_path: Path) -> list[str | Path]:
    """The command for a study of five runs on pictures that are not there."""
    accuracy = {"model": "gtpt_tiny_coco", "data": "coco", "training": {"preset": "quick", "epochs": 1}}
    accuracy["evaluation"] = {"boxes": "ground_truth"}
    study = write_study(
        tmp_path / "s.yaml", model="", accuracy=accuracy, vary={}, seeds=[0, 1, 2, 3, 4], report={"plots": []}
    )
    return [study, "--data-root", write_data_root(tmp_path / "data"), "--results", tmp_path / "results"]


def runs(hopeless: list[str | Path]) -> list[str]:
    answer = gtpt_study("status", *hopeless, "--json")
    return [part["state"] for part in answer.json if "seed" in part["part"]]


def test_a_study_whose_first_three_runs_fail_alike_starts_no_more_says_so_and_tries_again_when_asked(
    hopeless: list[str | Path],
) -> None:
    for _ in range(2):
        answer = gtpt_study("run", *hopeless, "--executor", "inline")
        assert answer.code == 1
        assert runs(hopeless) == ["failed"] * 3 + ["missing"] * 2
        assert "3 part(s) failed" in answer.err
        (said,) = [line for line in answer.err.splitlines() if line.startswith("Stopped early: ")]
        assert "the first 3 runs failed alike: image " in said
        assert said.endswith("2 job(s) were not started.")
