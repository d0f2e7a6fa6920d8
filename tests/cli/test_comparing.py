"""`compare`: what people and programs get, and what is refused in one line."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.cli.command import gtpt_study
from tests.compare.made_runs import folder, made, write_times
from tests.report.made import Made, found


@pytest.fixture(autouse=True)
def _on_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


@pytest.fixture
def study(tmp_path: Path) -> Made:
    return made(tmp_path, {"dense": [found(range(90))], "pruned": [found(range(50))]})


def test_a_model_against_its_deployed_form() -> None:
    answer = gtpt_study("compare", "gtpt_tiny_coco", "gtpt_tiny_coco", "--set-b", "run.form=deployed", "--set",
                        "run.threads=1", "--seconds", "0.3", "--batch", "2", "--json")  # fmt: skip
    assert answer.code == 0
    content = answer.json
    assert content["kind"] == "model"
    assert content["differences"] == {"run.form": ["trained", "deployed"]}
    assert content["cost"]["macs"]["full"]["ratio"] == 1
    assert content["time"]["latency"]["verdict"] in ("faster", "slower", "same", "ambiguous")
    assert content["time"]["throughput"]["batch"] == 2
    assert content["accuracy"] is None


def test_a_reconstruction_is_called_one() -> None:
    arguments = ("compare", "hevitpose_t", "hevitpose_t", "--set-b", "groups=[1,1,1]", "--only", "cost")
    assert "hevitpose_t: reconstruction: the authors never released" in gtpt_study(*arguments).out
    content = gtpt_study(*arguments, "--json").json
    assert [model["note"].partition(":")[0] for model in content["models"]] == ["reconstruction"] * 2
    assert content["cost"]["params"]["b"] == 4_775_184


def test_two_runs_for_people(study: Made) -> None:
    write_times(study, {"dense": [10.0] * 8, "pruned": [8.0] * 8})
    out = gtpt_study("compare", folder(study, "dense").path, folder(study, "pruned").path).out
    words = " ".join(out.split())
    assert "model.pruning.keep_rates [1.0, 1.0, 1.0, 1.0] [1.0, 0.7, 0.3, 0.1]" in words
    assert "latency (ms) 10.00 8.000 0.800 (0.800–0.800) B is faster" in words
    assert "-39.6 ± " in words
    assert "B is lower" in words
    assert "accuracy is that of gtpt_tiny_coco" in words


def test_two_studies_have_a_line_a_variant(study: Made) -> None:
    out = gtpt_study("compare", study.folder.path, "made", "--results", study.folder.path.parent).out
    lines = [line.split() for line in out.splitlines()]
    for variant in ("dense", "pruned"):
        (line,) = (line for line in lines if line[:1] == [variant])
        assert line[1:3] == ["1.000×", "1.000×"]
        assert line[-1] == "same"
    assert "AP of B: same in all 2" in out


def test_one_part_alone_can_be_compared(study: Made) -> None:
    runs = folder(study, "dense").path, folder(study, "pruned").path
    content = gtpt_study("compare", *runs, "--only", "accuracy", "--json").json
    assert content["accuracy"]["verdict"] == "lower"
    assert not {"cost", "time"} & content.keys()


def test_other_data_are_refused_in_a_line(study: Made, tmp_path: Path) -> None:
    data = {"kind": "drawn", "drawing": {"seed": 5}}
    accuracy = {"model": "gtpt_tiny_coco", "data": data, "training": "quick"}
    other = made(tmp_path / "other", {"dense": [found(range(50))]}, accuracy=accuracy)
    answer = gtpt_study("compare", folder(study, "dense").path, folder(other, "dense").path)
    assert answer.code == 2
    assert "on different data (seed 0 and 5)" in answer.error


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("gtpt_x_coco", "gtpt_t_coco"), "unknown model 'gtpt_x_coco'; did you mean gtpt_"),
        (("no/run", "gtpt_t_coco"), "no/run is no folder of results"),
        (("empty", "gtpt_t_coco"), "empty is neither a run"),
        (("gtpt_t_coco", "gtpt_t_coco", "--set-b", "run.dtype=tf32"), "impossible on cpu: dtype tf32"),
        (("gtpt_t_coco", "gtpt_t_coco", "--set-b", "run.dtype"), "--set-b run.dtype: KEY=VALUE is expected"),
        (("gtpt_t_coco", "gtpt_t_coco", "--set-a", "width=7"), "--set-a for gtpt_t_coco: width: "),
        (("gtpt_t_coco", "gtpt_t_coco", "--set", "width=7"), "--set for gtpt_t_coco: width: "),
        (("gtpt_t_coco", "gtpt_t_coco", "--only", "accuracy"), "models by name are not trained"),
    ],
)
def test_what_cannot_be_compared_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("empty").mkdir()
    answer = gtpt_study("compare", *arguments)
    assert answer.code == 2
    assert words in answer.error
