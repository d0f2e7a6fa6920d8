"""Results of one study by two versions of the code: what changed, what made it, and whether it is real."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from gtpt_bench.compare.as_json import as_json
from gtpt_bench.compare.run import Compared, How, compare
from gtpt_bench.compare.sides import Asked, side
from gtpt_bench.compare.tables import sections
from gtpt_bench.compare.two_sessions import compared_apart
from gtpt_bench.evaluation.coco import Matches
from gtpt_bench.files import write_json
from gtpt_bench.study.keep import keep
from tests.cli.command import gtpt_study
from tests.compare.made_runs import made, write_times
from tests.report.made import COMMIT, Made, found, read

NEWER = "f" * 40
HALF, MOST = found(range(50)), found(range(90))


def compared(a: Path, b: Path) -> Compared:
    return compare(*(side(Asked(str(path)), Path("nowhere")) for path in (a, b)), How())


def said(result: Compared) -> str:
    """Everything that people see."""
    lines = [line for s in sections(result) for line in (s.title, *(" ".join(row) for row in s.rows), *s.notes)]
    return "\n".join(lines)


def measured_by(study: Made, commit: str, *, started_at: str = "2026-01-01T00:00:00+00:00") -> Made:
    """The study with all its records made by another commit."""
    for path in study.folder.path.rglob("*.json"):
        content = read(path)
        if "provenance" in content:
            content["provenance"]["code"]["commit"] = commit
            write_json(path, content | {"started_at": started_at})
    return study


@pytest.fixture
def versions(tmp_path: Path) -> tuple[Made, Made]:
    """`pruned` finds fewer people with the newer code, `dense` the very same."""
    older = measured_by(made(tmp_path / "a", {"dense": [MOST], "pruned": [MOST]}), COMMIT)
    newer = made(tmp_path / "b", {"dense": [MOST], "pruned": [HALF]})
    return older, measured_by(newer, NEWER, started_at="2026-02-02T00:00:00+00:00")


def of_variants(result: Compared) -> dict[str, str]:
    return {name: pair.accuracy.verdict for name, pair in result.pairs.items() if pair.accuracy}


def test_what_is_real_what_is_the_same_and_by_which_code(versions: tuple[Made, Made]) -> None:
    result = compared(*(study.folder.path for study in versions))
    assert of_variants(result) == {"dense": "same", "pruned": "lower"}
    assert result.origins == {f"code of {part}": (COMMIT[:10], NEWER[:10]) for part in ("accuracy", "cost", "time")}
    words = said(result)
    assert "AP of B: real, lower in 1 of 2 (pruned); same in 1 of 2 (dense)" in words
    assert "params and MACs of B: same in all 2" in words
    assert f"recorded by code {COMMIT[:10]}" in words


def test_a_count_that_changed_with_the_code_is_real(versions: tuple[Made, Made]) -> None:
    newer = versions[1]
    path = newer.folder.cost(newer.plan.measured["dense"])
    record = read(path)
    record["metrics"]["macs"]["full"] += 1
    write_json(path, record)
    result = compared(*(study.folder.path for study in versions))
    assert {name: pair.cost.verdict for name, pair in result.pairs.items() if pair.cost} == {
        "dense": "other",
        "pruned": "same",
    }
    assert "params and MACs of B: real, other in 1 of 2 (dense); same in 1 of 2 (pruned)" in said(result)


def test_conventions_that_only_one_version_knew_are_left_out(versions: tuple[Made, Made]) -> None:
    older = versions[0]
    path = older.folder.cost(older.plan.measured["dense"])
    record = read(path)
    record["metrics"]["macs"]["forgotten"] = 1
    write_json(path, record)
    cost = compared(*(study.folder.path for study in versions)).pairs["dense"].cost
    assert cost is not None
    assert set(cost.rows) == {"params", "MACs full", "MACs attention", "MACs thop"}
    assert cost.verdict == "same"


def test_times_of_two_sessions_have_an_interval_and_no_verdict(versions: tuple[Made, Made]) -> None:
    """B is twice as fast, and might be a quieter day."""
    older, newer = versions
    write_times(older, {"dense": [10.0] * 8, "pruned": [8.0] * 8})
    write_times(newer, {"dense": [5.0] * 8, "pruned": [4.0] * 8})
    result = compared(older.folder.path, newer.folder.path)
    (latency, throughput) = result.pairs["dense"].time
    assert latency.comparison.ratio == pytest.approx(0.5)
    assert (latency.comparison.verdict, throughput.comparison.verdict) == ("ambiguous", "ambiguous")
    assert latency.call_ms == (10.0, 5.0)
    words = said(result)
    assert "0.500 (0.500–0.500) two sessions" in words
    assert "no difference is called real" in words
    assert as_json(result)["pairs"]["dense"]["time"]["latency"]["one_session"] is False


def test_times_on_two_devices_do_not_even_stand_side_by_side(versions: tuple[Made, Made]) -> None:
    older, newer = versions
    assert newer.plan.timing
    path = newer.folder.timing(newer.plan.timing)
    record = read(path)
    record["provenance"]["device"] = "another device"
    write_json(path, record)
    pair = compared(older.folder.path, newer.folder.path).pairs["dense"]
    assert pair.time == ()
    assert "two sessions on two devices, a device and another device" in pair.no_time


def test_a_copy_of_a_session_is_that_session(versions: tuple[Made, Made], tmp_path: Path) -> None:
    older = versions[0]
    write_times(older, {"dense": [10.0] * 8, "pruned": [8.0] * 8})
    copy = shutil.copytree(older.folder.path, tmp_path / "copy")
    result = compared(older.folder.path, copy)
    assert [time.comparison.verdict for time in result.pairs["pruned"].time] == ["same", "same"]
    assert of_variants(result) == {"dense": "same", "pruned": "same"}
    assert result.origins == {}


def test_compact_records_are_as_good_as_the_results_that_they_were_kept_from(
    versions: tuple[Made, Made], tmp_path: Path
) -> None:
    older, newer = versions
    for run in older.plan.distinct_runs:  # as evaluations leave it beside their matches
        side(Asked(str(older.folder.path)), Path("nowhere")).entries[run.variant].evaluations[0].kept.resampled()
    keep(older.plan, older.folder, tmp_path / "records")
    home = tmp_path / "records" / "made"
    assert not [*home.rglob("matches-*")]
    whole, compact = (compared(path, newer.folder.path) for path in (older.folder.path, home))
    for name in ("dense", "pruned"):
        assert whole.pairs[name].accuracy == compact.pairs[name].accuracy


def test_many_comparisons_are_corrected_together(tmp_path: Path) -> None:
    """One variant of ten is a little lower, which by itself would be seen and among ten is not."""
    rest: dict[str, Sequence[Matches]] = {f"v{n}": [found(range(20 + n, 80 + n))] for n in range(9)}
    first = made(tmp_path / "a", {"odd": [found(range(60))], **rest})
    second = made(
        tmp_path / "b",
        {"odd": [found(range(55))], **{name: [found(range(25 + n, 85 + n))] for n, name in enumerate(rest)}},
    )
    pairs = compared(first.folder.path, second.folder.path).pairs
    odd = pairs["odd"].accuracy
    assert odd is not None
    assert odd.p_value < 0.05 < odd.p_corrected
    assert odd.verdict == "not distinguishable"


def test_settings_that_differ_everywhere_are_told_once(tmp_path: Path) -> None:
    training = {"preset": "quick", "epochs": 3}
    accuracy = {"model": "gtpt_tiny_coco", "data": "drawn", "training": training}
    first = made(tmp_path / "a", {"dense": [MOST], "pruned": [HALF]})
    second = made(tmp_path / "b", {"dense": [MOST], "pruned": [HALF]}, accuracy=accuracy)
    titles = [s.title for s in sections(compared(first.folder.path, second.folder.path))]
    assert titles.count("What differs in every variant") == 1


def test_one_side_of_another_version_is_refused_in_a_line(versions: tuple[Made, Made]) -> None:
    older, newer = versions
    path = older.folder.plan(older.plan.label)
    write_json(path, read(path) | {"no_such_key": 1})
    answer = gtpt_study("compare", older.folder.path, newer.folder.path)
    assert answer.code == 2
    assert "comes from another version of gtpt_bench" in answer.error


def test_rounds_of_two_sessions_are_resampled_each_by_themselves() -> None:
    """Log times with deviation s: the middle half's mean of n of them is off by about 1.2 s / √n in each session."""
    rng = np.random.default_rng(1)
    first, second = (np.exp(rng.normal(0, 0.1, 40)).tolist() for _ in range(2))
    found_apart = compared_apart(first, second)
    half = np.log(found_apart.high / found_apart.low) / 2
    assert half == pytest.approx(1.96 * 1.2 * 0.1 * np.sqrt(2 / 40), rel=0.35)
    assert found_apart.low < found_apart.ratio < found_apart.high
    assert compared_apart([1.0], [2.0]).high == float("inf")
    with pytest.raises(ValueError, match="positive"):
        compared_apart([1.0, 0.0], [1.0])
