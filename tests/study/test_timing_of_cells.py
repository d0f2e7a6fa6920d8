"""One session times every variant in every way at every batch size, in turn; its raw samples are kept whole."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from gtpt_bench.efficiency.gpu.watch import RoundWatch
from gtpt_bench.efficiency.options import PLAIN, InferenceOptions
from gtpt_bench.efficiency.prepare import prepared
from gtpt_bench.efficiency.timing.workload import Sample, Workload
from gtpt_bench.errors import RunInterrupted
from gtpt_bench.study import measuring
from gtpt_bench.study.job import TimingJob
from gtpt_bench.study.timing_cells import Cell, MeasuredGrid, measure_grid, warm_up
from gtpt_bench.study.timing_spec import TimingGrid
from tests.efficiency.fakes import MS, FakeClock, FakeModel, in_place_of_the_machines, settings
from tests.study.small_study import STUDY, Workplace, without

WAYS = {"plain": PLAIN, "one thread": InferenceOptions(threads=1)}
GRID = TimingGrid(batches=(8, 1), ways=WAYS, session_s=None)
QUICK = {"warmup_s": 0, "round_s": 0.001, "min_rounds": 2, "max_rounds": 2, "min_calls": 1, "min_s": 0}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    return in_place_of_the_machines(monkeypatch)


def measured(clock: FakeClock, grid: TimingGrid = GRID, **changes: Any) -> MeasuredGrid:
    models = {"dense": FakeModel(clock, call_ms=4), "pruned": FakeModel(clock, call_ms=2)}
    return measure_grid(models, grid, settings(**changes), device=torch.device("cpu"))


def test_each_cell_has_the_time_of_its_variant_and_batch_in_every_round(clock: FakeClock) -> None:
    """A call takes 4 or 2 ms and a millisecond an image."""
    found = measured(clock, min_rounds=3)
    assert [(c["way"], c["batch"], c["variant"]) for c in found.cells] == [
        (way, batch, variant) for batch in (1, 8) for way in WAYS for variant in ("dense", "pruned")
    ]
    for cell in found.cells:
        expected = ({"dense": 4, "pruned": 2}[cell["variant"]] + cell["batch"]) * MS
        assert len(cell["call_ns"]) == len(cell["call_waited_ns"]) == 3
        assert {ns for calls in cell["call_ns"] for ns in calls} == {expected}
    assert found.stopped == "precise enough"


def test_a_call_on_a_cpu_is_over_when_it_returns_so_there_is_no_stream(clock: FakeClock) -> None:
    assert all(cell["stream_ns"] == [] for cell in measured(clock).cells)


def test_on_a_device_that_runs_behind_a_stream_is_timed_beside_the_calls() -> None:
    sample = Sample(5.0, 7, 1)
    stub: Any = SimpleNamespace(
        prepared=SimpleNamespace(device=torch.device("cuda")),
        first_call_ms=1.0,
        num_compiled=0,
        num_recompiled=0,
        latencies=lambda seconds: [Sample(9, 1, 0)] * 2,
        stream=lambda seconds: sample,
    )
    cell = Cell("dense", "plain", 8, stub)
    cell.measure(0.1, RoundWatch(lambda: None))
    content = cell.as_json()
    assert content["call_ns"] == [[9, 9]]
    assert (content["stream_ns"], content["stream_calls"], content["stream_waited_ns"]) == ([5.0], [7], [1])
    assert cell.measured_s == 18e-9


def test_every_other_round_runs_backwards(clock: FakeClock) -> None:
    dense, pruned = FakeModel(clock), FakeModel(clock)
    grid = TimingGrid(batches=(1,), ways={"plain": PLAIN}, session_s=None)
    # a slice is one call, since a call takes longer than it; before them come the first call and one to warm up
    measure_grid(
        {"dense": dense, "pruned": pruned},
        grid,
        settings(warmup_s=0, round_s=0.001, min_rounds=4, max_rounds=4),
        device=torch.device("cpu"),
    )
    rounds = [sorted((start, name) for start, name in pair) for pair in _pairs(dense.calls[2:], pruned.calls[2:])]
    assert [[name for _, name in pair] for pair in rounds] == [["dense", "pruned"], ["pruned", "dense"]] * 2


def _pairs(first: list[tuple[int, int]], second: list[tuple[int, int]]) -> list[list[tuple[int, str]]]:
    assert len(first) == len(second) == 4
    return [[(a[1], "dense"), (b[1], "pruned")] for a, b in zip(first, second, strict=True)]


def test_no_round_begins_that_would_end_after_the_session(clock: FakeClock) -> None:
    """Eight cells of about 0.1 s: a round takes about 0.85 s, warming up as long again."""
    limited = GRID.model_copy(update={"session_s": 4.0})
    found = measured(clock, limited, min_rounds=9, max_rounds=9)
    assert found.stopped == "time is up"
    assert found.session_s <= 4.0
    assert found.session_s == clock.now_ns / 1e9
    assert 2 <= len(found.cells[0]["call_ns"]) < 9


@pytest.mark.parametrize(("call_ms", "num_calls"), [(99.0, 2), (98.0, 6)])
def test_a_first_call_as_long_as_the_warm_up_takes_one_more_and_no_other(
    clock: FakeClock, call_ms: float, num_calls: int
) -> None:
    """Warming takes 0.1 s, four times as long if that is too few calls to be sure; a call has a millisecond more."""
    model = FakeModel(clock, call_ms=call_ms)
    warm_up(Workload(prepared(model, PLAIN, torch.device("cpu")), 1), 0.1)
    assert len(model.calls) == num_calls


def test_even_a_session_without_time_measures_one_round(clock: FakeClock) -> None:
    found = measured(clock, GRID.model_copy(update={"session_s": 0.001}))
    assert {len(cell["call_ns"]) for cell in found.cells} == {1}


def test_progress_counts_slices_and_never_goes_back(clock: FakeClock) -> None:
    told: list[tuple[int, int, str]] = []
    models = {"dense": FakeModel(clock)}
    measure_grid(models, GRID, settings(), device=torch.device("cpu"), on_slice=lambda *words: told.append(words))
    done = [number for number, _, _ in told]
    assert done == list(range(1, len(told) + 1))
    assert {total for _, total, _ in told} == {4 * (1 + 9)}
    assert [words for _, _, words in told[3:6]] == ["warming up", "first round", "first round"]


def test_the_number_of_threads_is_spelled_out(clock: FakeClock) -> None:
    threads = torch.get_num_threads()
    assert {way["threads"] for way in measured(clock).ways.values()} == {threads}


@pytest.fixture
def timed(place: Workplace) -> Workplace:
    """A study of time alone, on a miniature model."""
    ways = {"trained": {}, "deployed": {"form": "deployed"}, "half": {"form": "deployed", "dtype": "bfloat16"}}
    place.write({**without(STUDY, "accuracy"), "timing": {"batches": [1, 2], "ways": ways, **QUICK}})
    return place


def test_a_study_of_time_runs_from_an_empty_folder_to_its_report_once(timed: Workplace) -> None:
    assert timed.run().done == 2  # cost and time
    session = timed.open()
    timing = session.plan.timing
    assert timing
    record = json.loads(session.folder.timing(timing).read_text(encoding="utf-8"))
    assert {(c["variant"], c["way"], c["batch"]) for c in record["cells"]} == {
        (variant, way, batch)
        for variant in ("dense", "pruned")
        for way in ("trained", "deployed", "half")
        for batch in (1, 2)
    }
    assert (record["signature"], record["gpu"]) == (timing.signature, None)
    files = session.write_report()
    assert "half: pruned" in files.table.read_text(encoding="utf-8")
    assert {path.name for path in files.plots} == {f"speed_up.{suffix}" for suffix in ("png", "svg", "pdf")}
    assert session.missing_jobs() == []


def test_an_interrupted_session_leaves_nothing_and_starts_again(timed: Workplace) -> None:
    session = timed.open()
    timing = session.plan.timing
    assert timing
    job = TimingJob(study="mini", timing=timing, folder=session.folder.path)
    told: list[int] = []
    with pytest.raises(RunInterrupted, match="run again to measure"):
        measuring.measure_time(
            job, stop=lambda: len(told) >= 15, progress=lambda step, done, total, words: told.append(done)
        )
    assert len(told) == 15  # of 12 cells to warm up and 24 to measure
    assert not session.folder.timing(timing).exists()
    assert timed.run().failed == 0
    assert session.folder.timing(timing).exists()
