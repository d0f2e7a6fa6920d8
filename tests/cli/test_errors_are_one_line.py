"""What a user gets wrong ends in one line that says what, where and what to do, with exit code 2."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.cli.command import Answer, gtpt_study, gtpt_study_process, write_data_root, write_study
from tests.models.test_weight_files import official


def refused(*arguments: str | Path) -> str:
    answer = gtpt_study(*arguments)
    assert answer.code == 2
    return answer.error


@pytest.mark.parametrize("command", ["plan", "status", "run"])
def test_an_unknown_key_is_placed_and_the_nearest_one_is_offered(tmp_path: Path, command: str) -> None:
    study = write_study(tmp_path / "s.yaml")
    with study.open("a") as file:
        file.write("sedes: [0, 1]\n")
    line = study.read_text().splitlines().index("sedes: [0, 1]") + 1
    error = refused(command, study, "--results", tmp_path / "r")
    assert error.startswith(f"{study}:{line}: sedes: unknown key; did you mean 'seeds'?")
    assert not (tmp_path / "r").exists()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("study: [", "s.yaml:1: not valid YAML"),
        ("- a list", "a mapping of keys to values is expected"),
        ("study: s\nstudy: s\n", "s.yaml:2: key 'study' stands twice"),
        ("study: ../s\n", "s.yaml:1: study: "),
        ("study: s\nmodel: gtpt_x_coco\n", "s.yaml:2: model: unknown model 'gtpt_x_coco'; did you mean "),
    ],
)
def test_a_broken_study_file_is_refused_with_its_place(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "s.yaml").write_text(text)
    assert words in refused("plan", tmp_path / "s.yaml", "--results", tmp_path / "r")


def test_an_impossible_variant_is_refused_before_anything_runs(tmp_path: Path) -> None:
    study = write_study(tmp_path / "s.yaml", vary={"variants": {"growing": {"pruning.keep_rates": [0.1, 0.3, 0.7, 1]}}})
    error = refused("run", study, "--results", tmp_path / "r")
    assert "variant 'growing'" in error
    assert error.startswith(f"{study}:")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("measure", "gtpt_x_coco"), "unknown model 'gtpt_x_coco'; did you mean gtpt_"),
        (("measure", "gtpt_t_coco", "--set", "pruning.keep_rate=[1]"), "--set for gtpt_t_coco: pruning.keep_rate"),
        (("plan", "no_such.yaml"), "no_such.yaml does not exist"),
        (("report", "never_run"), "nothing has been run in "),
        (("train", "no_such.yaml"), "no_such.yaml does not exist"),
    ],
)
def test_names_that_do_not_exist_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert words in refused(*arguments)


def test_an_unknown_variant_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    study = write_study(tmp_path / "s.yaml")
    assert "no variant is called 'x'; known: dense, pruned" in refused("plan", study, "--only", "x")


@pytest.mark.parametrize(
    "arguments", [("no-such-command",), ("plan",), ("models", "--no-such-option"), ("plan", "s", "--profile", "x")]
)
def test_wrong_usage_exits_with_2_and_names_the_help(arguments: tuple[str, ...]) -> None:
    answer = gtpt_study(*arguments)
    assert answer.code == 2
    assert answer.error.endswith("--help says more")


@pytest.fixture
def annotation_file(tmp_path: Path) -> Path:
    return write_data_root(tmp_path / "data") / "annotations" / "person_keypoints_val2017.json"


def test_a_missing_annotation_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text("[]")
    assert (
        refused("score", tmp_path / "p.json", "--annotations", tmp_path / "a.json")
        == f"{tmp_path}/a.json does not exist"
    )


def test_a_data_root_without_annotations_is_named_with_what_it_should_hold(tmp_path: Path) -> None:
    accuracy = {"model": "gtpt_tiny_coco", "data": "coco", "training": "quick"}
    study = write_study(tmp_path / "s.yaml", accuracy=accuracy)
    (tmp_path / "data").mkdir()
    error = refused("plan", study, "--results", tmp_path / "r", "--data-root", tmp_path / "data")
    assert f"{tmp_path}/data/annotations/person_keypoints_" in error
    assert "a data root holds annotations/" in error
    assert "is not a folder" in refused("plan", study, "--data-root", tmp_path / "nowhere")
    assert "--data-root DIR" in refused("run", study, "--results", tmp_path / "r")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('[{"image_id": 1,', "p.json is not valid JSON: "),
        ("{}", "p.json is not a results file"),
        ("[1]", "entry 0 is not a result"),
        ('[{"image_id": 7, "category_id": 1, "score": 1, "keypoints": []}]', "entry 0 is on image 7"),
        ('[{"image_id": 1, "category_id": 1, "score": 1, "keypoints": [1, 2]}]', "keypoints does not have 3 x 17"),
        (
            '[{"image_id": 1, "category_id": 1, "score": NaN, "keypoints": [' + "1," * 50 + "1]}]",
            "score is not a number",
        ),
        ("\ufeff[]", "p.json is not valid JSON"),
        ("\x00\x01", "p.json is not valid JSON"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_broken_predictions_are_named_with_the_place(
    tmp_path: Path, annotation_file: Path, content: str, words: str
) -> None:
    (tmp_path / "p.json").write_text(content)
    assert words in refused("score", tmp_path / "p.json", "--annotations", annotation_file)


@pytest.mark.parametrize("content", [b"\xff\xfe\xfa", b"\x1f\x8b broken"])
@pytest.mark.parametrize("name", ["p.json", "p.json.gz"])
def test_files_that_are_no_text_are_named(tmp_path: Path, annotation_file: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    assert f"{name} cannot be read: " in refused("score", tmp_path / name, "--annotations", annotation_file)


@pytest.mark.parametrize("change", [{"images": 1}, {"annotations": None}])
def test_annotations_of_another_form_are_refused(tmp_path: Path, annotation_file: Path, change: dict[str, Any]) -> None:
    annotation_file.write_text(json.dumps(json.loads(annotation_file.read_text()) | change))
    (tmp_path / "p.json").write_text("[]")
    assert "is not a COCO annotation file" in refused("score", tmp_path / "p.json", "--annotations", annotation_file)


def without_progress(answer: Answer) -> str:
    return answer.err.rpartition("error: ")[2]


class _Evil:
    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (f"touch {self.trace}",)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("another model", "does not fit the model; other shape: "),
        ("evil", "needs code to be run when it is opened and is refused"),
        ("text", "is not a readable weight file"),
        ("missing", "does not exist"),
        ("a list", "holds no state dict"),
    ],
)
def test_weights_that_cannot_be_used_are_refused(tmp_path: Path, annotation_file: Path, kind: str, words: str) -> None:
    weights, trace = tmp_path / "w.pth", tmp_path / "code_was_run"
    if kind == "text":
        weights.write_text("no weights")
    elif kind != "missing":
        torch.save({"another model": official(), "evil": {"a": _Evil(trace)}, "a list": [1]}[kind], weights)
    answer = gtpt_study("eval", "gtpt_s_coco", "--weights", weights, "--data-root", annotation_file.parents[1])
    assert answer.code == 2
    assert answer.out == ""
    assert words in without_progress(answer)
    assert "w.pth" in without_progress(answer)
    assert without_progress(answer).count("\n") == 1
    assert not trace.exists()


def test_data_are_never_drawn_over_something(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    assert "exists already" in refused("data", "make", tmp_path / "d")
    error = refused("data", "make", tmp_path / "e", "--width", "1")
    assert error.startswith("--width: ")
    assert not (tmp_path / "e").exists()


def test_output_for_which_there_is_no_room_is_no_traceback() -> None:
    with Path("/dev/full").open("w") as full:
        argv = [sys.executable, "-c", "from gtpt_bench.cli.main import main; main()", "models"]
        ended = subprocess.run(argv, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert ended.returncode == 2
    assert "No space left on device" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_installed_program_shows_no_traceback_either(tmp_path: Path) -> None:
    answer = gtpt_study_process("plan", tmp_path / "none.yaml")
    assert answer.code == 2
    assert answer.error == f"{tmp_path}/none.yaml does not exist"
