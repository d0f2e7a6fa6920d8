"""A study may have each variant looked into stage by stage; its report then splits latency and draws rooflines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gtpt_bench.config import timing_signature
from gtpt_bench.efficiency.timing.settings import TimingSettings
from gtpt_bench.errors import StudyError
from gtpt_bench.models.catalogue import model_config
from gtpt_bench.report.contents import contents
from gtpt_bench.report.plots.by_name import draw
from gtpt_bench.report.plots.explained import explained_variants
from gtpt_bench.report.plots.material import Drawn, Material
from gtpt_bench.report.records import gather
from gtpt_bench.study import measuring
from gtpt_bench.study.job import TimingJob
from tests.study.small_study import STUDY, Workplace

QUICK = {
    "warmup_s": 0,
    "round_s": 0.001,
    "min_rounds": 2,
    "max_rounds": 2,
    "min_calls": 1,
    "min_s": 0,
    "timeout_s": 0.5,
}


def study(**timing: Any) -> dict[str, Any]:
    return {key: value for key, value in STUDY.items() if key != "accuracy"} | {"timing": {**QUICK, **timing}}


@pytest.mark.long
def test_the_session_finds_the_stages_and_the_report_draws_them(tmp_path: Path) -> None:
    place = Workplace(tmp_path)
    place.write(study(explained_batch=1))
    session = place.open()
    plan, folder = session.plan, session.folder
    assert plan.timing is not None
    folder.path.mkdir(parents=True)
    job = TimingJob(study="mini", timing=plan.timing, folder=folder.path)
    measuring.measure_time(job, stop=lambda: False, progress=lambda step, done, total, words: None)
    found = contents(plan, folder)
    material = Material(plan, found.table, None, gather(plan, folder), folder)
    explained = explained_variants(material)
    assert {*explained} == {"dense", "pruned"}
    for own in explained.values():
        assert own.batch == 1
        assert {"tokenizer", "stage 1", "head"} <= {stage.name for stage in own.stages}
        assert own.ms > 0
        assert own.machine.gflops_per_s > 0
    for name in ("stage_times", "roofline"):
        assert isinstance(draw(name, material), Drawn)


def test_it_belongs_to_the_signature_only_where_it_is_asked_for() -> None:
    """Sessions measured before there was the key stay valid."""
    models, settings = [model_config("gtpt_tiny_coco")], TimingSettings()
    plain = timing_signature(models, settings, "cpu")
    assert timing_signature(models, settings, "cpu", explained_batch=None) == plain
    assert len({plain, *(timing_signature(models, settings, "cpu", explained_batch=batch) for batch in (1, 8))}) == 3


def test_batches_and_ways_have_no_stages(tmp_path: Path) -> None:
    place = Workplace(tmp_path)
    place.write(study(explained_batch=1, batches=[1, 2]))
    with pytest.raises(StudyError, match="explained_batch is for one image and one batch"):
        place.open()
