"""Commands that read: help, tables for people, JSON for programs."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest

from gtpt_bench.cli.main import COMMANDS
from gtpt_bench.models import list_models, model_config
from gtpt_bench.models.gtpt.closed_form import gtpt_cost
from tests.cli.command import ROOT, gtpt_study, write_data_root, write_study

PROMISED = ("run", "plan", "status", "report", "models", "measure", "compare", "train", "eval", "score", "doctor")
STUDY = ROOT / "studies" / "pruning_ratio.yaml"


@pytest.mark.parametrize("command", [*COMMANDS, "data", "data make", "show", "show poses"])
def test_every_command_explains_itself(command: str) -> None:
    answer = gtpt_study(*command.split(), "--help")
    assert answer.code == 0
    usage, about, *_ = (line.strip() for line in answer.out.splitlines() if line.strip())
    assert re.match(rf"Usage: .* {command} ", usage)
    assert len(about) > 20


def test_help_lists_every_promised_command() -> None:
    shown = gtpt_study("--help").out
    assert all(f" {command} " in shown for command in (*PROMISED, "data"))


def test_models_have_their_cost() -> None:
    """A GTPT in closed form; a peer as the specification tells."""
    found = {model["name"]: model for model in gtpt_study("models", "--json").json}
    assert list(found) == list_models()
    for name in ("gtpt_t_coco", "gtpt_s_wholebody", "gtpt_tiny_coco"):
        cost = gtpt_cost(model_config(name))
        assert (found[name]["params"], found[name]["macs"]) == (cost.params, cost.macs())
    baseline = found["simplebaseline_res50"]
    assert (round(baseline["params"] / 1e6, 3), round(baseline["macs"]["full"] / 1e9, 3)) == (34.0, 5.426)
    assert "thop" not in baseline["macs"]


def test_models_carry_their_protocol_recipe_and_source() -> None:
    found = {model["name"]: model for model in gtpt_study("models", "--json").json}
    hrnet, vitpose, rtmpose = (found[name] for name in ("hrnet_w32", "vitpose_s", "rtmpose_m_coco"))
    assert hrnet["protocol"]["keypoint"] == "highest cell, moved by a quarter"
    assert (vitpose["protocol"]["pixel_grid"], vitpose["protocol"]["ends_aligned"]) == ("centred", True)
    assert rtmpose["protocol"]["output"] == "simcc"
    assert (hrnet["training"]["epochs"], hrnet["training"]["schedule"]["milestones"]) == (210, [170, 200])
    assert "AdamW" in rtmpose["training_without"]
    assert hrnet["repository"] == "github.com/leoxiaobin/deep-high-resolution-net.pytorch"


def test_the_table_of_models_has_a_line_each() -> None:
    lines = gtpt_study("models").out.splitlines()
    assert [line.split()[0] for line in lines[: 1 + len(list_models())]] == ["model", *list_models()]
    assert "5,479,008" in next(line for line in lines if "gtpt_s_coco" in line)


def test_measure_counts_one_model_as_an_object_and_several_as_a_list() -> None:
    one = gtpt_study("measure", "gtpt_t_coco", "--only", "cost", "--json").json
    assert one["params"] == 2_405_632
    known = {"full": 754_161_664, "attention": 112_613_376, "thop": 663_179_264}
    assert {name: one["macs"][name] for name in known} == known
    several = gtpt_study("measure", "gtpt_t_coco", "gtpt_tiny_coco", "--only", "cost", "--json").json
    assert several[0] == one
    assert several[1]["model"] == "gtpt_tiny_coco"


def test_measure_takes_changes_of_the_model() -> None:
    changed = gtpt_study("measure", "gtpt_t_coco", "--only", "cost", "--json", "--set", "pruning.keep_rates=[1,1,1,1]")
    expected = gtpt_cost(model_config("gtpt_t_coco", {"pruning.keep_rates": (1, 1, 1, 1)}))
    assert changed.json["macs"]["full"] == expected.full


def test_measure_tells_people_the_conventions() -> None:
    shown = gtpt_study("measure", "gtpt_t_coco", "--only", "cost").out
    assert "gtpt_t_coco 2,405,632 2,370,560 754,161,664 663,179,264" in " ".join(shown.split())
    assert "full counts every attention product, thop is the authors' convention" in shown


def test_plan_shows_cost_and_runs_before_anything_happens(tmp_path: Path) -> None:
    planned = gtpt_study("plan", STUDY, "--results", tmp_path / "results", "--json").json
    assert planned["variants"]["0379"]["macs"]["full"] == 1_756_578_816
    assert {run["variant"] for run in planned["runs"]} == {"none", "0357", "0379", "0589"}
    assert {part["state"] for part in planned["status"]} == {"missing"}
    assert not (tmp_path / "results").exists()


def test_the_paper_profile_can_be_planned_without_its_data(tmp_path: Path) -> None:
    planned = gtpt_study("plan", STUDY, "--profile", "paper", "--results", tmp_path, "--json").json
    assert len(planned["runs"]) == 8 * 3


def test_a_plan_for_people_has_a_line_a_variant_and_the_time_it_takes(tmp_path: Path) -> None:
    shown = gtpt_study("plan", STUDY, "--results", tmp_path).out
    assert "1,756,578,816" in next(line for line in shown.splitlines() if line.startswith("0379"))
    assert "training time: about" in shown


def test_only_and_set_narrow_a_plan(tmp_path: Path) -> None:
    arguments = ("--only", "none", "--only", "0379", "--set", "seeds=[4,5]", "--json")
    planned = gtpt_study("plan", STUDY, "--results", tmp_path, *arguments).json
    assert [(run["variant"], run["seed"]) for run in planned["runs"]] == [
        (variant, seed) for variant in ("none", "0379") for seed in (4, 5)
    ]


def test_status_names_every_part(tmp_path: Path) -> None:
    study = write_study(tmp_path / "s.yaml", timing={})
    found = gtpt_study("status", study, "--results", tmp_path, "--json").json
    assert [(part["part"], part["state"], part["folder"]) for part in found] == [
        ("cost of gtpt_tiny_coco, dense", "missing", None),
        ("cost of gtpt_tiny_coco, pruned", "missing", None),
        ("timing of gtpt_tiny_coco", "missing", None),
    ]
    shown = gtpt_study("status", study, "--results", tmp_path).out
    *parts, summary = shown.splitlines()
    assert sum("missing" in part for part in parts) == 3
    assert summary.endswith(": 3 missing")


def test_a_dry_run_says_what_it_would_do_and_does_nothing(tmp_path: Path) -> None:
    answer = gtpt_study("run", STUDY, "--results", tmp_path / "results", "--dry-run")
    assert answer.code == 0
    assert all(line.startswith("would do: ") for line in answer.out.splitlines())
    assert "would do: 0379 seed 0" in answer.out
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize("packed", [False, True])
def test_score_of_the_annotations_themselves_is_perfect(tmp_path: Path, packed: bool) -> None:
    annotations = write_data_root(tmp_path / "data") / "annotations" / "person_keypoints_val2017.json"
    (person,) = json.loads(annotations.read_text())["annotations"]
    results = [{"image_id": 1, "category_id": 1, "score": 0.9, "keypoints": person["keypoints"]}]
    file = tmp_path / ("results.json.gz" if packed else "results.json")
    file.write_bytes(gzip.compress(json.dumps(results).encode()) if packed else json.dumps(results).encode())
    metrics = gtpt_study("score", file, "--annotations", annotations, "--json").json
    assert (metrics["AP"], metrics["AR"]) == (pytest.approx(1), pytest.approx(1))
    assert set(metrics) == {f"{kind}{s}" for kind in ("AP", "AR") for s in ("", "50", "75", "_medium", "_large")}
    assert "1.0000" in gtpt_study("score", file, "--annotations", annotations).out


def test_no_results_at_all_score_zero(tmp_path: Path) -> None:
    annotations = write_data_root(tmp_path / "data") / "annotations" / "person_keypoints_val2017.json"
    (tmp_path / "none.json").write_text("[]")
    assert gtpt_study("score", tmp_path / "none.json", "--annotations", annotations, "--json").json["AP"] == 0


def test_doctor_finds_this_machine_able(tmp_path: Path) -> None:
    data_root = write_data_root(tmp_path / "data")
    checks = gtpt_study("doctor", "--results", tmp_path / "r", "--data-root", data_root, "--json").json
    found = {check["name"]: check for check in checks}
    assert {"python", "packages", "device", "torch", "results", "disk", "code", "data root"} == set(found)
    assert all(found[name]["passed"] for name in ("python", "packages", "torch", "results", "data root"))
    assert not (tmp_path / "r").exists()
