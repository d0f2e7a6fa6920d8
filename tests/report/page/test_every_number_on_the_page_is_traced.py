"""Each number of the page's document leads to a record that holds it, or to a row of results/reference."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from gtpt_bench.report.contents import contents
from gtpt_bench.study.store import read_record
from tests.report.made import COMMIT, Made
from tests.report.page.made_page import FOUND, PAPER, document_in, document_of, page_of, study_with_everything


class Traced(NamedTuple):
    """A cell as the page has it, with the files that it names."""

    table: str
    row: str
    key: str
    text: str
    value: float | None
    origin: str
    files: list[str]
    made_by: dict[str, str]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return study_with_everything(tmp_path_factory.mktemp("traced"))


@pytest.fixture(scope="module")
def document(made: Made) -> dict[str, Any]:
    return document_in(page_of(made))


def cells(document: dict[str, Any]) -> Iterator[Traced]:
    files = document["files"]
    paths = [document["folders"][folder] + name for folder, name in zip(files["folder"], files["name"], strict=True)]
    for name, table in document["tables"].items():
        for column in table["columns"]:
            for row, text in enumerate(column["text"]):
                place = column["place"][row]
                value = column["value"][row] if column["value"] else None
                named = [] if place < 0 else [paths[file] for file in document["places"]["files"][place]]
                maker = {} if place < 0 else document["makers"][document["places"]["made_by"][place]]
                origin = column["origin"][row]
                yield Traced(name, table["names"][row], column["key"], text, value, origin, named, maker)


def test_the_page_holds_the_document(document: dict[str, Any], made: Made) -> None:
    assert document == json.loads(json.dumps(document_of(made)))


def test_the_results_are_the_cells_of_the_studys_table(document: dict[str, Any], made: Made) -> None:
    shown = {(cell.row, cell.key): cell for cell in cells(document) if cell.table == "results"}
    for row in contents(made.plan, made.folder).table.rows:
        for key, cell in row.cells.items():
            own = shown[row.name, key]
            assert (own.text, own.value, own.files) == (cell.text, cell.value, list(cell.files))


def test_every_measured_number_leads_to_records_with_code_and_machine(document: dict[str, Any], made: Made) -> None:
    measured = [cell for cell in cells(document) if cell.origin == "m"]
    assert {cell.table for cell in measured} == {"results", "effects", "runs"}
    for cell in measured:
        assert cell.files, cell
        assert cell.made_by == {"code": COMMIT[:10], "machine": "a device on a name"}
        for file in cell.files:
            assert read_record(made.folder.path / file) is not None, file


def test_every_reported_number_leads_to_the_row_that_holds_it(document: dict[str, Any], made: Made) -> None:
    reported = [cell for cell in cells(document) if cell.origin == "r"]
    assert {cell.value for cell in reported} == {PAPER[key] for key in ("gflops", "params_m", "AP", "AR")}
    for cell in reported:
        assert cell.files == ["results/reference/paper.csv"]
        assert cell.made_by["machine"] == "their paper a name"


def test_no_number_is_of_unknown_origin(document: dict[str, Any]) -> None:
    for cell in cells(document):
        assert cell.value is None or cell.origin in "mrc"
        assert cell.origin != "c" or cell.key in {
            *("keep_rates", "tokens_kept", "compared_with", "variant", "seed", "state"),
            *("device", "host", "code", "packages", "num_records", "first", "last"),
        }


def test_runs_have_the_figures_of_their_records(document: dict[str, Any], made: Made) -> None:
    shown = {(cell.row, cell.key): cell for cell in cells(document) if cell.table == "runs"}
    for variant, found in FOUND.items():
        for seed, num_found in enumerate(found):
            ap, loss = shown[f"{variant}, seed {seed}", "ap"], shown[f"{variant}, seed {seed}", "loss"]
            assert ap.value is None or round(ap.value) in (num_found, num_found - 1)
            assert loss.value == pytest.approx(0.4 + 0.1 * seed)
    assert shown["hard, seed 1", "state"].text == "failed: crash", "its message has a section of its own"


def test_effects_are_the_tables_differences_and_ratios_of_costs(document: dict[str, Any]) -> None:
    shown = {(cell.table, cell.row, cell.key): cell for cell in cells(document)}
    for variant in ("gentle", "pruned", "hard"):
        difference = shown["results", variant, "ap_difference"].value
        width = shown["results", variant, "ap_difference_half_width"].value
        ends = [shown["effects", variant, key].value for key in ("ap_low", "ap", "ap_high")]
        assert difference is not None
        assert width is not None
        assert ends == [difference - width, difference, difference + width]
        own, base = (shown["results", name, "macs_full_g"].value for name in (variant, "dense"))
        assert own is not None
        assert base is not None
        assert shown["effects", variant, "macs_full"].value == pytest.approx(100 * (own / base - 1))
        assert shown["effects", variant, "latency"].value == pytest.approx(0)  # all take the same time
        assert shown["effects", variant, "latency_told"].text == "not distinguishable"


def test_curves_are_the_histories_they_name(document: dict[str, Any], made: Made) -> None:
    for variant in document["curves"]["variants"]:
        for seed in variant["seeds"]:
            lines = (made.folder.path / seed["file"]).read_text(encoding="utf-8").splitlines()
            assert seed["figures"]["loss"] == [json.loads(line)["loss"] for line in lines]
    assert [variant["name"] for variant in document["curves"]["variants"]] == [*FOUND]


def test_the_environment_counts_every_record(document: dict[str, Any], made: Made) -> None:
    (records,) = (cell for cell in cells(document) if cell.key == "num_records")
    written = [*made.folder.path.glob("cost-*"), *made.folder.path.glob("timing-*")]
    written += [*made.folder.path.glob("*/train.json"), *made.folder.path.glob("*/evaluate-*")]
    assert records.value == len(written)


def test_dates_and_seeds_stand_beside_files(document: dict[str, Any]) -> None:
    files = document["files"]
    trained = [place for place, name in enumerate(files["name"]) if name == "train.json"]
    assert {files["date"][place] for place in trained} == {"2026-11-20T10:11:12"}
    assert {files["seed"][place] for place in trained} == {0, 1}
    assert Path(document["failures"][0]["file"]).name == "log.txt"
