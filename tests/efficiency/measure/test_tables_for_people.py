"""Tables say what was found, and warn of what a reader must not overlook."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from gtpt_bench.efficiency.counting.cross_check import CrossCheck, Opinion
from gtpt_bench.efficiency.energy import Energy
from gtpt_bench.efficiency.gpu.card import CardFacts
from gtpt_bench.efficiency.gpu.processes import GpuProcess
from gtpt_bench.efficiency.gpu.watch import GpuConditions
from gtpt_bench.efficiency.measure.definitions import definitions, definitions_as_json, printed
from gtpt_bench.efficiency.measure.figures import Machine, Measured, ModelFigures
from gtpt_bench.efficiency.measure.request import MeasureRequest
from gtpt_bench.efficiency.measure.tables import card_in_words, gpu_in_words, machine_in_words, sections, time_table
from gtpt_bench.efficiency.measure.tables_beside import energy_table, sweep_table
from gtpt_bench.efficiency.measure.tables_counting import check_table
from gtpt_bench.efficiency.options import PLAIN, InferenceOptions
from gtpt_bench.efficiency.sweep import Sweep, SweepPoint
from gtpt_bench.efficiency.timing.samples import TimingSamples
from gtpt_bench.shown import Section, decimal, mebibytes, plus_minus, whole
from tests.efficiency.gpu.fake_nvml import card, state

MACHINE = Machine("a machine", "cuda", "2.13.0", 2)


def shown(measured: Measured) -> dict[str, Section]:
    return {section.title: section for section in sections(measured)}


def timed(calls_ms: list[float], **changes: Any) -> TimingSamples:
    """Rounds of five calls."""
    rounds = [[round(ms * 1e6) for ms in calls_ms[place : place + 5]] for place in range(0, len(calls_ms), 5)]
    usual: dict[str, Any] = {
        "first_call_ms": 300.0,
        "throughput_batch": 8,
        "throughput_images_per_s": [40.0] * len(rounds),
        "threads": 2,
        "load_average": [1.0] * len(rounds),
        "stopped": "precise enough",
    }
    return TimingSamples(latency_ns=rounds, **usual | changes)


def of(**figures: Any) -> Measured:
    return Measured(MeasureRequest(), MACHINE, (ModelFigures("one", **figures),))


def cells(section: Section) -> dict[str, str]:
    (row,) = section.rows
    return dict(zip(section.columns, row, strict=True))


def test_the_usual_tables_show_counts_and_medians(everything: Measured) -> None:
    cost, *_ = sections(everything)
    small = everything.models[0].cost
    assert small is not None
    assert cost.columns == ("model", "params", "params thop", "MACs full", "MACs thop")
    assert cost.rows[0] == (
        "small",
        *map(whole, (small.params.deployed, small.params.thop, small.macs["full"], small.macs["thop"])),
    )
    assert "full counts every attention product, thop is the authors' convention" in cost.notes[0]


def test_every_part_of_a_session_has_its_table(everything: Measured) -> None:
    titles = shown(everything).keys()
    for name in ("small", "dense"):
        assert {f"Stages of {name}", f"Modules of {name}", f"Counters of {name}", f"Batch sizes of {name}"} <= titles
        assert f"Where the time of {name} goes at batch 1" in titles
    assert {"MACs by convention", "From image to poses (ms)"} <= titles


def test_the_last_row_of_stages_and_of_modules_is_the_whole(everything: Measured) -> None:
    for model in everything.models:
        assert model.cost is not None
        for parts in ("Stages", "Modules"):
            last = shown(everything)[f"{parts} of {model.name}"].rows[-1]
            assert last[0] == "all"
            assert last[-4] == whole(model.cost.macs["full"])
            assert last[-2] == whole(model.cost.params.deployed)


def test_an_explained_model_has_the_one_sentence_and_the_second_one_more(everything: Measured) -> None:
    notes = shown(everything)["Where the time of dense goes at batch 1"].notes
    assert notes[-2].startswith("At batch 1 ")
    assert notes[-1].startswith("dense against small: MACs rose ")
    assert any("bound by launches" in note for note in notes)


def test_percentiles_are_shown_as_far_as_samples_allow() -> None:
    assert {"p90", "p99"}.isdisjoint(time_table(of(time=timed([20.0, 21.0] * 10))).columns)
    assert cells(time_table(of(time=timed([20.0, 21.0] * 25))))["p90"] == "21.00"
    assert {"p90", "p99"} <= set(time_table(of(time=timed([20.0, 21.0] * 250))).columns)


def test_a_median_comes_with_its_deviation_and_the_first_call_apart() -> None:
    """Of 18, 19, 20, 21, 22, five times: median 20, deviations 0, 1, 1, 2, 2."""
    row = cells(time_table(of(time=timed([18.0, 19.0, 20.0, 21.0, 22.0] * 5))))
    assert row["latency (ms)"] == "20.0 ± 1.0"
    assert row["images/s at 8"] == "40.00"
    assert row["first call (ms)"] == "300.0"
    assert "of it compiling" not in row


def test_compilation_is_told_apart_from_the_first_call() -> None:
    row = cells(time_table(of(time=timed([20.0] * 10, num_compiled=2))))
    assert row["of it compiling"] == "280.0"


@pytest.mark.parametrize(
    ("samples", "words"),
    [
        (timed([10.0, 20.0] * 5), "latency very unsteady"),
        (timed([20.0] * 10, num_recompiled=1), "invalid: 1 recompilations while time was taken"),
        (timed([20.0] * 10, waited_share=[0.5, 0.5]), "other processes took the cores in 2 of 2 rounds"),
    ],
)
def test_what_spoils_samples_is_a_warning(samples: TimingSamples, words: str) -> None:
    assert any(note.startswith(f"warning: one: {words}") for note in time_table(of(time=samples)).notes)


def test_machine_threads_load_and_way_of_running_are_told() -> None:
    told = machine_in_words(MACHINE, InferenceOptions(form="deployed", threads=1), 1.5)
    assert told == "on a machine, 1 thread, load average 1.50, torch 2.13.0; run as: deployed, float32, threads 1"
    assert machine_in_words(MACHINE, PLAIN, None) == "on a machine, 2 threads, torch 2.13.0; run as: float32"


def conditions(**changes: Any) -> GpuConditions:
    usual = GpuConditions(state(), state(), 61, 0, (), (), ())
    return replace(usual, **changes)


def test_a_card_that_did_well_is_told_in_a_line() -> None:
    assert [*gpu_in_words(conditions())] == ["GPU at the end: 1,900 MHz, 350.5 W, 60 °C, at most 61 °C"]


def test_driver_and_power_limit_of_a_card_are_told_as_far_as_they_are_known() -> None:
    told = card_in_words(card(nvmlSystemGetDriverVersion="570.86", nvmlDeviceGetPowerManagementLimit=700_000).facts())
    assert told == "GPU driver 570.86, power limit 700.0 W"
    assert card_in_words(CardFacts(None, None, None)) == "GPU driver unknown, power limit – W"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"num_refused": 3, "refused_for": ("software_power_cap",)},
            "3 slices of time were refused and taken again: software_power_cap",
        ),
        ({"throttled_by": ("low_clock",)}, "warning: the card was held back while time was taken: low_clock"),
        (
            {"other_processes": (GpuProcess(7, 2**30), GpuProcess(9, None))},
            "warning: other processes are on the GPU: 7 (1,024 MiB), 9 (– MiB)",
        ),
        ({"other_processes": None}, "other processes on the GPU could not be listed"),
    ],
)
def test_what_held_a_card_back_is_told(changes: dict[str, Any], words: str) -> None:
    assert words in [*gpu_in_words(conditions(**changes))]


def opinion(macs: int | None, note: str = "", uncounted: Mapping[str, int] | None = None) -> Opinion:
    return Opinion("a counter", macs, "full", 1000, note, 0.1, uncounted or {})


def test_counters_that_differ_by_over_a_hundredth_are_flagged() -> None:
    section = check_table("one", CrossCheck(1000, (opinion(1010), opinion(1011)), {}, {}))
    near, far = section.rows
    assert (near[-2:], far[-2:]) == (("+1.000 %", ""), ("+1.100 %", "DISAGREES by more than 1 %"))
    assert section.notes[0].startswith("warning: counters do not agree")


def test_a_counter_that_cannot_count_says_why() -> None:
    section = check_table("one", CrossCheck(1000, (opinion(None, "no rule for this"),), {}, {}))
    assert section.rows[0] == ("a counter", "–", "full", "1,000", "–", "no rule for this")


def test_operators_that_nobody_counted_are_listed_with_their_calls() -> None:
    check = CrossCheck(1000, (opinion(1000, uncounted={"gelu": 3}),), {"softmax": 4, "add": 2}, {"new_operator": 1})
    notes = check_table("one", check).notes
    assert "operators in no MACs, with their calls: softmax 4, add 2" in notes
    assert "not counted by a counter: gelu 3" in notes
    assert "warning: operators that no rule knows, which may hide MACs: new_operator 1" in notes


def test_the_knee_of_a_sweep_is_marked_and_its_end_explained() -> None:
    points = tuple(SweepPoint(batch, rate, 0.01) for batch, rate in ((1, 50.0), (2, 90.0), (4, 100.0), (8, 101.0)))
    section = sweep_table("one", Sweep(points, "out_of_memory", 16))
    assert [row[-1] for row in section.rows] == ["", "", "knee", ""]
    assert section.notes[0] == "larger batches were not tried: 16 did not fit into memory"


def test_energy_is_joules_an_image_or_a_reason() -> None:
    request = MeasureRequest(parts=frozenset({"energy"}))
    models = (ModelFigures("one", energy=Energy(joules=600.0, images=300, seconds=3.0)), ModelFigures("two"))
    section = energy_table(Measured(request, MACHINE, models))
    assert section.rows == (("one", "2.000", "200.0"), ("two", "–", "–"))
    assert section.notes[-1] == "this card or its driver has no counter of energy"


def test_definitions_name_every_convention_and_both_ways_of_timing() -> None:
    conventions, quantities = definitions()
    assert [row[0] for row in conventions.rows] == ["full", "full_with_norms", "thop", "H", "D", "N", "E"]
    assert {"latency", "images/s", "first call"} <= {row[0] for row in quantities.rows}
    assert all(len(row[1]) > 40 for row in (*conventions.rows, *quantities.rows))
    assert set(definitions_as_json()["conventions"]) == {*(row[0] for row in conventions.rows), "attention"}


def test_a_figure_is_printed_in_the_unit_of_its_users() -> None:
    assert printed("full", 1_756_578_816) == "1.757 G"
    assert printed("H", 2**31) == "2.000 Gi"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (decimal(27.614), "27.61"),
        (decimal(0.35), "0.3500"),
        (decimal(12345.6), "12,346"),
        (decimal(0.0), "0"),
        (decimal(None), "–"),
        (decimal(float("inf")), "–"),
        (plus_minus(27.614, 0.35), "27.61 ± 0.35"),
        (plus_minus(1204.0, 31.4), "1,204 ± 31"),
        (plus_minus(40.0, 0.0), "40.00"),
        (mebibytes(2**20 * 1500), "1,500"),
        (mebibytes(None), "–"),
    ],
)
def test_numbers_as_text(text: str, expected: str) -> None:
    assert text == expected
