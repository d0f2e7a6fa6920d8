"""The tables of the papers: models that the suite hosts are measured, all other rows keep their figures."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from gtpt_bench.models import catalogue
from gtpt_bench.models.catalogue import model_config
from gtpt_bench.study.plan import Plan
from gtpt_bench.study.session import open_session
from tests.models.peers.hevitpose_closed_form import hevitpose_cost
from tests.study.every_variant import ROOT, plan_of

TABLES = ("paper_table_coco", "paper_table_wholebody", "paper_table_mpii")


def table(name: str, results: Path, profile: str = "quick") -> Plan:
    return open_session(ROOT / "studies" / f"{name}.yaml", profile, None, results).plan


def hosted(keypoints: str) -> set[str]:
    """Models of the catalogue that were published with these keypoints."""
    names = (name for name in catalogue.list_models() if "tiny" not in name)
    return {name for name in names if model_config(name).keypoint_set.name == keypoints}


@pytest.mark.parametrize(("name", "keypoints"), [(TABLES[0], "coco"), (TABLES[1], "wholebody"), (TABLES[2], "mpii")])
def test_every_hosted_model_is_counted_and_all_but_the_largest_timed(name: str, keypoints: str, tmp_path: Path) -> None:
    plan = table(name, tmp_path)
    assert hosted(keypoints) <= set(plan.variants)
    assert plan.timing
    assert set(plan.variants) - set(plan.timing.variants) == ({"vitpose_plus_h_wholebody"} & set(plan.variants))
    assert {cost.config.keypoint_set.name for cost in plan.measured.values()} == {keypoints}


@pytest.mark.parametrize("file", ["gtpt_readme_coco.csv", "gtpt_readme_wholebody.csv"])
def test_every_row_of_the_readme_s_tables_is_shown_beside_a_model_or_with_the_reason_why_not(
    file: str, tmp_path: Path
) -> None:
    audit = table(f"paper_table_{file.removeprefix('gtpt_readme_').removesuffix('.csv')}", tmp_path).audit
    assert audit
    with (ROOT / "results" / "reference" / file).open(encoding="utf-8") as lines:
        methods = [row["method"] for row in csv.DictReader(lines)]
    hosted = [row.method for row in audit.published]
    others = {row.method: row.note for row in audit.not_hosted}
    assert sorted([*hosted, *others]) == sorted(methods)
    assert all(note.startswith("not hosted: ") for note in others.values())


def test_the_mpii_table_compares_at_one_input_size_and_checks_all_four_claims(tmp_path: Path) -> None:
    plan = table("paper_table_mpii", tmp_path)
    assert {tuple(cost.config.input_size) for cost in plan.measured.values()} == {(256, 256)}
    assert plan.audit
    assert [row.method for row in plan.audit.not_hosted] == ["Swin-S"]
    claims = [(claim.figure, claim.percent, claim.compared_with, claim.against) for claim in plan.audit.claims]
    assert claims == [
        ("params", "-62.1", "HRNet-W32", "hrnet_w32"),
        ("params", "-80.4", "Swin-S", ""),
        ("GFLOPs", "-43.4", "HRNet-W32", "hrnet_w32"),
        ("GFLOPs", "-63.8", "Swin-S", ""),
    ]


@pytest.mark.parametrize("name", TABLES)
def test_a_gpu_has_a_profile_of_its_own(name: str, tmp_path: Path) -> None:
    quick, paper = table(name, tmp_path).timing, table(name, tmp_path, "paper").timing
    assert quick
    assert paper
    assert paper.variants == quick.variants
    assert paper.settings.throughput_batch > quick.settings.throughput_batch


# HEViTPose's two ideas as ablations, by the tables of spec/hevitpose.md §3 and §4: params in M, MACs of layers in G

PEOW = (
    (10.722, 5.515),
    (10.725, 5.529),
    (10.730, 5.546),
    (10.734, 5.567),
    (10.740, 5.590),
    (10.747, 5.617),
    (10.754, 5.647),
    (10.762, 5.680),
)
ATTENTION = {
    "G 4 R 8 4 2": (10.734, 5.567),
    "G 1": (16.788, 6.446),
    "G 2": (12.752, 5.860),
    "G 8": (9.726, 5.420),
    "R 1 1 1": (9.305, 5.639),
    "R 4 2 1": (9.552, 5.595),
    "depthwise R": (9.336, 5.477),
}


@pytest.mark.parametrize(
    ("study", "figures"),
    [
        ("hevitpose_peow", {f"PEOW {overlap}": figures for overlap, figures in enumerate(PEOW)}),
        ("hevitpose_attention", ATTENTION),
    ],
)
def test_ablations_of_hevitpose_are_those_of_the_specification(
    study: str, figures: dict[str, tuple[float, float]]
) -> None:
    costs = {name: hevitpose_cost(cost.config) for name, cost in plan_of(study, "quick").measured.items()}
    found = {name: (cost.params / 1e6, (cost.full - cost.attention) / 1e9) for name, cost in costs.items()}
    assert found.keys() == figures.keys()
    for name, (params_m, layers_g) in figures.items():
        assert found[name] == pytest.approx((params_m, layers_g), abs=6e-4), name
