"""`--only` narrows the work, never the study: reports, baselines and threads stay those of the whole plan."""

from __future__ import annotations

import pytest

from gtpt_bench.efficiency.device import num_cores
from gtpt_bench.errors import StudyError
from gtpt_bench.study.missing import threads_a_run
from tests.study.small_study import STUDY, Workplace


def titles(place: Workplace, *only: str) -> list[str]:
    return [job.title for job in place.open(only=list(only)).missing_jobs()]


def test_only_the_chosen_variants_are_worked_on(place: Workplace) -> None:
    place.write({**STUDY, "timing": {}})
    assert "pruned seed 0" in titles(place, "pruned")
    assert "dense seed 0" not in titles(place, "pruned")


def test_time_is_measured_on_all_variants_or_not_at_all(place: Workplace) -> None:
    place.write({**STUDY, "timing": {}})
    assert [title for title in titles(place) if title.startswith("time of 2")]
    assert not [title for title in titles(place, "pruned") if title.startswith("time")]


def test_the_plan_behind_the_report_is_the_whole_one(place: Workplace) -> None:
    place.write(STUDY)
    every, one = place.open(), place.open(only=["pruned"])
    assert one.plan == every.plan
    assert one.chosen.variants == ("pruned",)


def test_a_run_has_as_many_threads_alone_as_among_others(place: Workplace) -> None:
    place.write(STUDY)
    session = place.open(only=["pruned"])
    job = session.missing_jobs()[-1]
    assert job.threads == threads_a_run(session.plan, num_cores())


def test_an_unknown_variant_is_named_with_those_there_are(place: Workplace) -> None:
    place.write(STUDY)
    with pytest.raises(StudyError, match="no variant is called 'x'; known: dense, pruned"):
        place.open(only=["x"])


def test_variants_evaluated_on_different_images_are_refused(place: Workplace) -> None:
    variants = {"dense": {}, "other": {"data.drawing.seed": 5}}
    place.write({**STUDY, "vary": {"variants": variants}, "report": {}})
    with pytest.raises(StudyError, match="'dense' and 'other' would be evaluated on different images"):
        place.open()


def test_names_that_are_too_long_together_are_refused_before_anything_runs(place: Workplace) -> None:
    axes = {"width": {"w" * 40: 64}, "ffn_ratio": {"f" * 40: 2}}
    place.write({**STUDY, "vary": {"axes": axes}, "report": {}})
    with pytest.raises(StudyError, match="has 81 letters"):
        place.open()


def test_a_reported_row_for_an_unknown_variant_is_refused(place: Workplace) -> None:
    row = {"file": "gtpt_readme_coco.csv", "method": "GTPT-S", "variant": "nobody"}
    place.write({**STUDY, "report": {"reported": [row]}})
    with pytest.raises(StudyError, match=r"report\.reported\.0: no variant is called 'nobody'"):
        place.open()
