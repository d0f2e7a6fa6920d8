"""A caption says how much of its time training waited for crops: from made histories, by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gtpt_bench.files import write_json, write_text
from gtpt_bench.report.contents import contents
from gtpt_bench.report.trainings import waiting_share
from tests.report.made import Made, found, make_study, record

WAITED = "Training waited for crops"


def history(*epochs: tuple[float, float]) -> str:
    """Lines of a run's history, an epoch each: images a second, and the share of the time that it waited."""
    lines = [{"epoch": n, "images_per_s": speed, "waiting_share": share} for n, (speed, share) in enumerate(epochs, 1)]
    return "".join(json.dumps(line) + "\n" for line in lines)


def trained(made: Made, variant: str, *epochs: tuple[float, float]) -> None:
    run = made.run(variant)
    write_json(made.folder.run(run).train_record, record("train", run.train_signature, "a host"))
    write_text(made.folder.run(run).history, history(*epochs))


def caption(made: Made) -> str:
    return " ".join(contents(made.plan, made.folder).caption)


@pytest.fixture
def made(tmp_path: Path) -> Made:
    return make_study(tmp_path, {"dense": [found(range(80))], "pruned": [found(range(70))]})


def test_a_slow_epoch_weighs_more(tmp_path: Path) -> None:
    """Two seconds an image of which one was waited, and one second without: a third."""
    path = tmp_path / "history.jsonl"
    path.write_text(history((0.5, 0.5), (1.0, 0.0)))
    assert waiting_share(path) == pytest.approx(1 / 3)


def test_the_caption_has_the_least_and_the_most_of_all_runs_and_advice_where_that_is_much(made: Made) -> None:
    trained(made, "dense", (100, 0.02), (100, 0.06))
    assert f"{WAITED} 4 % of the time." in caption(made)
    trained(made, "pruned", (100, 0.2))
    assert f"{WAITED} 4 to 20 % of the time (beside a GPU more cores would help" in caption(made)


@pytest.mark.parametrize("text", ["", '{"epoch": 1, "images_per_s": 9.0}\n', "torn"], ids=["none", "old", "broken"])
def test_where_no_history_says_it_neither_does_the_caption(made: Made, text: str) -> None:
    trained(made, "dense")
    write_text(made.folder.run(made.run("dense")).history, text)
    assert WAITED not in caption(made)


def test_a_run_that_is_not_finished_does_not_count(made: Made) -> None:
    write_text(made.folder.run(made.run("dense")).history, history((100, 0.9)))
    assert WAITED not in caption(made)
