"""The one run of a training config is asked about, stopped and tried again by its file, as a study's runs are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from gtpt_bench.files import write_json
from gtpt_bench.study.session import open_named
from gtpt_bench.study.store import JobFolder
from tests.cli.command import Answer, gtpt_study
from tests.cli.test_commands_about_jobs import place, slurm, write_profile
from tests.cluster.fake_slurm import FakeSlurm
from tests.study.small_study import STUDY, Workplace

__all__ = ["place", "slurm"]

CONFIG: dict[str, Any] = {
    "run": "one",
    **{key: STUDY["accuracy"][key] for key in ("model", "data", "training", "evaluation")},
    "changes": STUDY["vary"]["variants"]["pruned"],
}


@pytest.fixture
def config(place: Workplace) -> Path:
    file = place.path / "one.yaml"
    file.write_text(yaml.safe_dump(CONFIG))
    write_profile(place)
    return file


def asked(place: Workplace, command: str, config: Path, *options: str | Path) -> Answer:
    return gtpt_study(command, config, *options, "--results", place.results)


def state(place: Workplace, config: Path) -> str:
    (found,) = [part for part in asked(place, "status", config, "--json").json if " seed " in part["part"]]
    return str(found["state"])


def test_it_is_submitted_shown_cancelled_and_tried_again(place: Workplace, config: Path, slurm: FakeSlurm) -> None:
    profile = place.path / "cluster.yaml"
    assert asked(place, "train", config, "--executor", "slurm", "--cluster", profile, "--detach").code == 0
    assert state(place, config) == "queued"
    assert "has no log yet: it is queued" in asked(place, "logs", config, "default").error
    assert "cancelled" in asked(place, "cancel", config).out
    assert state(place, config) == "missing"
    session = open_named(config, "quick", None, place.results)
    folder: JobFolder = session.folder.run(session.plan.runs[0])
    write_json(folder.error, {"reason": "it broke", "kind": "crash"})
    assert state(place, config) == "failed"
    assert asked(place, "retry", config, "--detach").code == 0
    assert state(place, config) == "queued"


def test_it_has_no_variants_to_choose_from(place: Workplace, config: Path) -> None:
    answer = asked(place, "status", config, "--only", "pruned")
    assert answer.code == 2
    assert answer.error.endswith("is a training config, which has one run; leave --only out")
