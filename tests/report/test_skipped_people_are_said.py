"""A caption says whom training skipped for broken images: from made records."""

from __future__ import annotations

from pathlib import Path

from gtpt_bench.files import write_json
from gtpt_bench.report.contents import contents
from tests.report.made import Made, found, make_study, record


def trained(made: Made, **content: object) -> str:
    run = made.run("dense")
    write_json(made.folder.run(run).train_record, {**record("train", run.train_signature, "a host"), **content})
    return " ".join(contents(made.plan, made.folder).caption)


def study(path: Path) -> Made:
    return make_study(path, {"dense": [found(range(80))]})


def test_persons_are_counted_and_the_first_images_named(tmp_path: Path) -> None:
    images = ["a.jpg", "b.jpg", "c.jpg", "d.jpg", "e.jpg"]
    said = trained(study(tmp_path), metrics={"num_people": 122, "num_skipped": 11}, broken_images=images)
    assert "others stood in for 11 of 122 persons, whose images are broken: a.jpg, b.jpg, c.jpg and 2 more." in said


def test_where_all_images_are_whole_nothing_is_said(tmp_path: Path) -> None:
    said = trained(study(tmp_path), metrics={"num_people": 122, "num_skipped": 0}, broken_images=[])
    assert "stood in" not in said
