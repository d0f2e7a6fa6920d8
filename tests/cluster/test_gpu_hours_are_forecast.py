"""Before anything is submitted the GPU hours are told: MACs over a rate, by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gtpt_bench.cluster.gpu_hours import Hours, hours_needed
from gtpt_bench.cluster.profile import ClusterProfile
from gtpt_bench.files import write_json
from gtpt_bench.study.session import Session
from gtpt_bench.study.store import SCHEMA
from tests.study.small_study import STUDY, Workplace

MACS = 3 * 828_576 * 10 * 2
"""Of a run: forward and backward through the miniature without pruning, ten drawn people, two epochs."""


@pytest.fixture
def session(tmp_path: Path) -> Session:
    """Two runs of one variant."""
    place = Workplace(tmp_path)
    place.write({**STUDY, "seeds": [0, 1]})
    return place.open(only=["dense"])


def forecast(session: Session, *, among: set[str] | None = None, **training: Any) -> Hours:
    profile = ClusterProfile.model_validate({"cluster": "c", "training": training})
    return hours_needed(session.chosen, session.folder, profile, among=among)


def trained(session: Session, *, device: str, seconds: float, processes: int) -> str:
    """Let the first run have been trained; its folder's name."""
    run = session.chosen.runs[0]
    content = {
        "schema": SCHEMA,
        "signature": run.train_signature,
        "metrics": {"num_people": 10, "training_s": seconds},
        "processes": processes,
        "provenance": {"device": device},
        "config": run.config.model_dump(mode="json"),
    }
    write_json(session.folder.run(run).train_record, content)
    return run.folder


def test_before_any_run_a_stated_rate_is_taken(session: Session) -> None:
    found = forecast(session)
    assert found.hours == pytest.approx(2 * MACS / 2e12 / 3600)
    assert found.words.endswith("GPU hours (a guess: 2e+12 MACs a second, no run has finished yet)")


def test_a_cluster_without_gpus_is_told_in_hours_of_processes(session: Session) -> None:
    found = forecast(session, gpus_per_task=0)
    assert found.hours == pytest.approx(2 * MACS / 2.5e10 / 3600)
    assert "hours of processes" in found.words


def test_every_gpu_of_a_task_counts(session: Session) -> None:
    assert forecast(session, gpus_per_task=4).hours == pytest.approx(4 * forecast(session).hours)


@pytest.mark.parametrize(("seconds", "processes"), [(144, 1), (36, 4)])
def test_then_the_rate_of_finished_runs_is_taken(seconds: float, processes: int, session: Session) -> None:
    """144 seconds of a GPU, alone or four together: the other run takes as much."""
    trained(session, device="NVIDIA A100", seconds=seconds, processes=processes)
    found = forecast(session)
    assert found.hours == pytest.approx(144 / 3600)
    assert found.words == "about 0.04 GPU hours (rate of the finished runs)"


@pytest.mark.parametrize(
    ("device", "gpus", "rate"), [("A CPU (8 cores)", 1, 2e12), ("NVIDIA A100", 0, 2.5e10)], ids=["CPU", "GPU"]
)
def test_runs_on_another_kind_of_device_say_nothing(device: str, gpus: int, rate: float, session: Session) -> None:
    trained(session, device=device, seconds=1, processes=1)
    assert forecast(session, gpus_per_task=gpus).hours == pytest.approx(MACS / rate / 3600)


def test_only_the_runs_that_are_meant_count(session: Session) -> None:
    first, second = (run.folder for run in session.chosen.runs)
    assert forecast(session, among={second}).hours == pytest.approx(MACS / 2e12 / 3600)
    assert forecast(session, among={first, second}).hours == forecast(session).hours
    assert forecast(session, among=set()).hours == 0


def test_when_all_is_trained_nothing_is_left(session: Session) -> None:
    folder = trained(session, device="NVIDIA A100", seconds=1, processes=1)
    assert forecast(session, among={folder}).hours == 0


def test_people_of_real_data_are_known_before_the_data_are_read(tmp_path: Path) -> None:
    """149,813 in COCO train2017, as everybody's training logs say."""
    place = Workplace(tmp_path)
    accuracy = {**STUDY["accuracy"], "data": "coco"}
    place.write({**STUDY, "accuracy": accuracy})
    session = place.open(only=["dense"], may_lack_data=True)
    assert forecast(session).hours == pytest.approx(MACS / 10 * 149_813 / 2e12 / 3600)
