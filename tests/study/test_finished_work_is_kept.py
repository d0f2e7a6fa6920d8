"""Running a study again: what is done is never done again, and what is new is all that is done."""

from __future__ import annotations

import sys

import pytest

from gtpt_bench.cli.main import main
from tests.study.outcomes import contents, numbers, states
from tests.study.small_study import SMALL_MODEL, STUDY, Ends, Workplace


def missing(place: Workplace, *changes: str) -> list[str]:
    return [job.title for job in place.open(*changes).missing_jobs()]


def test_every_part_of_a_finished_study_is_done(finished: Workplace) -> None:
    assert set(states(finished.open()).values()) == {"done"}
    assert missing(finished) == []


def test_a_finished_study_run_again_says_so_and_touches_nothing(
    finished: Workplace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(finished.results)
    command = ["gtpt-study", "run", str(finished.study_file), "--results", str(finished.results)]
    monkeypatch.setattr(sys, "argv", command)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    assert "Nothing to do: all parts of mini are done." in capsys.readouterr().out
    assert contents(finished.results) == before


def test_a_new_variant_is_all_that_is_done(finished: Workplace) -> None:
    before = contents(finished.results)
    wide = {**SMALL_MODEL, "ffn_ratio": 2}
    finished.write({**STUDY, "vary": {"variants": {**STUDY["vary"]["variants"], "wide": wide}}})
    ends = Ends()
    outcome = finished.run(display=ends)
    assert (outcome.done, outcome.failed) == (2, 0)
    assert [end for end in ends.lines if "seed" in end] == ["wide seed 0: done"]
    after = contents(finished.results)
    runs = [name for name in before if "-s0-" in name]
    assert runs
    assert {name: after[name] for name in runs} == {name: before[name] for name in runs}


def test_a_new_seed_is_all_that_is_missing(finished: Workplace) -> None:
    # The longer first: a pruned model trains with two passes a step, a dense one with one.
    assert missing(finished, "seeds=[0,1]") == ["pruned seed 1", "dense seed 1"]


@pytest.mark.parametrize("change", ["title=Another title", "question=Why?", "report.baseline=pruned"])
def test_other_words_make_nothing_missing(change: str, finished: Workplace) -> None:
    assert missing(finished, change) == []


def test_a_new_protocol_scores_again_without_training(finished: Workplace) -> None:
    change = "accuracy.evaluation.flip_test=false"
    before = contents(finished.results)
    assert {s.words for s in finished.open(change).status() if "seed" in s.part} == {
        "trained, not evaluated by this protocol"
    }
    assert finished.run(change).done == 2
    after = contents(finished.results)
    untouched = [name for name in before if name.endswith(("train.json", ".pt", ".jsonl")) or "evaluate-" in name]
    assert {name: after[name] for name in untouched} == {name: before[name] for name in untouched}
    assert len([name for name in after if "evaluate-" in name]) == 4
    assert missing(finished) == []


def test_deleted_results_are_made_again_to_the_same_numbers(finished: Workplace) -> None:
    before = numbers(finished.open(), "pruned")
    (folder,) = finished.results.glob("mini/pruned-*")
    for path in folder.iterdir():
        path.unlink()
    assert missing(finished) == ["pruned seed 0"]
    assert finished.run().done == 1
    assert numbers(finished.open(), "pruned") == before


def test_a_record_with_a_broken_byte_is_made_again(finished: Workplace) -> None:
    (record,) = finished.results.glob("mini/dense-*/evaluate-*.json")
    before = numbers(finished.open(), "dense")
    record.write_text(record.read_text()[:-20])
    assert missing(finished) == ["dense seed 0"]
    assert finished.run().done == 1
    assert numbers(finished.open(), "dense") == before
