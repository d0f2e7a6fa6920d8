"""PCKh in tables: mean and spread over seeds, and the binomial interval over persons."""

from __future__ import annotations

import numpy as np
import pytest

from gtpt_bench.evaluation.mpii import LEFT_OUT, JointErrors
from gtpt_bench.report.cells import Cell
from gtpt_bench.report.pckh import pckh_cells, pckh_columns
from gtpt_bench.report.records import EvaluatedJoints, Found
from tests.report.made import provenance

NUM_PEOPLE = 200


def evaluated(seed: int, num_found: int) -> EvaluatedJoints:
    """All joints of the first so many persons are a fifth of a head off, those of the others a whole head."""
    distance = np.where(np.arange(NUM_PEOPLE)[:, None] < num_found, np.full(16, 0.2), 1.0)
    counts = np.ones(distance.shape, bool)
    counts[:, list(LEFT_OUT)] = False
    found = Found({"provenance": provenance()}, f"evaluate-{seed}.json")
    return EvaluatedJoints(seed, found, JointErrors(np.where(counts, distance, 0), counts))


def cells(*num_found: int, num_planned: int | None = None) -> dict[str, Cell]:
    runs = [evaluated(seed, num) for seed, num in enumerate(num_found)]
    return dict(pckh_cells(runs, num_planned=num_planned or len(runs)))


def test_pckh_is_the_share_found_with_its_binomial_interval() -> None:
    found = cells(160)
    half = 1.96 * 100 * np.sqrt(0.8 * 0.2 / NUM_PEOPLE)
    assert found["pckh"].value == pytest.approx(80)
    assert found["pckh_low"].value == pytest.approx(80 - half, abs=0.8)
    assert found["pckh_high"].value == pytest.approx(80 + half, abs=0.8)
    assert found["pckh"].text == f"80.0 ({found['pckh_low'].text}–{found['pckh_high'].text})"
    assert found["pckh_tenth"].value == 0, "a fifth of a head is within a half and not within a tenth"
    assert found.keys() <= {column.key for column in pckh_columns()}


def test_seeds_are_averaged_with_their_spread_and_missing_ones_are_said() -> None:
    found = cells(120, 160, num_planned=3)
    assert found["pckh"].value == pytest.approx(70)
    assert found["pckh"].text.startswith("70.0 ± 14.1 (")
    assert found["pckh"].text.endswith(" (2 of 3 seeds)")
    assert found["pckh"].files == ("evaluate-0.json", "evaluate-1.json")


def test_without_a_run_or_an_annotated_joint_there_is_no_figure() -> None:
    nobody = evaluated(0, 5)
    nobody.errors.counts[:] = False
    assert not cells()
    assert not dict(pckh_cells([nobody], num_planned=1))
