"""Every cell of errors.csv, worked out anew from what lies beside the evaluations that it names."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gtpt_bench.report.write import write_report
from tests.report.made import Made, csv_rows
from tests.report.made_errors import errors, make_errors

Record = Mapping[str, Any]
OUTCOMES = ("good", "jitter", "inversion", "swap", "miss", "person not found")
INTERVALS = "lost_half_width_"
"""From resamples; test_errors_are_reported.py has a closed form of them."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    seeds = {
        "dense": [errors(), errors(0.72, lost=0.28)],
        "pruned": [errors(0.65, lost=(0.3, 0.4, 0.2)), errors(0.61, lost=(0.35, 0.5, 0.1), gain=1.1)],
    }
    made = make_errors(tmp_path_factory.mktemp("study"), seeds)
    write_report(made.plan, made.folder)
    return made


def worked_out(seeds: Sequence[Record], others: Sequence[Record]) -> Iterator[tuple[str, float]]:
    """Each column with its value.

    Args:
        others: of the variant compared with.
    """
    outcomes = {name: sum(unit["outcomes"][name] for one in seeds for unit in one["units"]) for name in OUTCOMES}
    yield "ap", mean(100 * one["ap"] for one in seeds)
    for name, count in outcomes.items():
        yield f"share_{name}", 100 * count / sum(outcomes.values())
    for kind in seeds[0]["ap_if_fixed"]:
        yield f"ap_without_{kind}", mean(100 * one["ap_if_fixed"][kind] for one in seeds)
    for kind, classes in seeds[0]["classes"].items():
        for place, first in enumerate(classes):
            own = [one["classes"][kind][place] for one in seeds]
            yield f"ap_{kind}_{first['name']}", mean(100 * one["ap"] for one in own)
            yield f"num_{kind}_{first['name']}", first["num"]
            yield f"found_{kind}_{first['name']}", mean(100 * one["found"] for one in own)
    for place, first in enumerate(seeds[0]["units"]):
        units = [one["units"][place] for one in seeds]
        yield f"ap_{first['name']}", mean(100 * one["ap"] for one in units)
        yield f"found_{first['name']}", mean(100 * one["found"] for one in units)
        yield f"median_distance_{first['name']}", mean(100 * one["median_distance"] for one in units)
        yield f"labels_{first['name']}", sum(row[place] for row in seeds[0]["num_labelled"])
        yield f"lost_{first['name']}", lost(seeds, place)
        if others:
            yield f"lost_difference_{first['name']}", lost(seeds, place) - lost(others, place)


def mean(values: Iterator[float]) -> float:
    return float(np.mean([*values]))


def lost(seeds: Sequence[Record], place: int) -> float:
    """Of a labelled keypoint, per cent."""
    images = ((np.asarray(one["lost"])[:, place], np.asarray(one["num_labelled"])[:, place]) for one in seeds)
    return mean(100 * lost_I.sum() / labels_I.sum() for lost_I, labels_I in images)


def beside(study: Path, evaluation: str) -> Record:
    """What was found wrong in an evaluation."""
    file = study / f"{evaluation.replace('evaluate-', 'errors-')}.gz"
    content: Record = json.loads(gzip.decompress(file.read_bytes()))
    return content


def check(study: Path, line: Mapping[str, str]) -> None:
    """Raises:
    AssertionError: the cell is not what its files say.
    """
    files = line["files"].split("; ")
    own = [beside(study, file) for file in files if file.startswith(f"{line['variant']}-s")]
    others = [beside(study, file) for file in files if not file.startswith(f"{line['variant']}-s")]
    known = {re.sub("[ –]", lambda sign: {" ": "_"}.get(sign[0], "-"), key): v for key, v in worked_out(own, others)}
    words = f"{line['variant']}, {line['column']}"
    assert line["column"] in known, f"nobody knows how {words} comes about"
    assert float(line["value"]) == pytest.approx(known[line["column"]], abs=1e-9), words
    assert bool(others) == line["column"].startswith("lost_difference_"), f"{words} names the wrong records"


def lines(made: Made) -> list[dict[str, str]]:
    return [line for line in csv_rows(made.report("errors_provenance.csv")) if line["value"] != "–"]


def test_every_cell_is_what_its_files_say(made: Made) -> None:
    checked = [line for line in lines(made) if not line["column"].startswith(INTERVALS)]
    for line in checked:
        assert line["origin"] == "measured"
        check(made.folder.path, line)
    assert len(checked) > 60


def test_intervals_name_the_evaluations_of_both_variants(made: Made) -> None:
    widths = [line for line in lines(made) if line["column"].startswith(INTERVALS)]
    assert {line["variant"] for line in widths} == {"pruned"}
    assert all(len(line["files"].split("; ")) == 4 for line in widths)


def test_the_table_for_programs_holds_the_traced_values(made: Made) -> None:
    traced = {(line["variant"], line["column"]): line["value"] for line in lines(made)}
    for row in csv_rows(made.report("errors.csv")):
        own = {(row["variant"], key): value for key, value in [*row.items()][2:] if value != "–"}
        assert own.items() <= traced.items()


def test_a_number_that_was_typed_by_hand_is_found_out(made: Made) -> None:
    line = next(line for line in lines(made) if line["column"] == "lost_difference_tail")
    with pytest.raises(AssertionError, match="pruned, lost_difference_tail"):
        check(made.folder.path, line | {"value": "1.25"})
