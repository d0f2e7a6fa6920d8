"""Points, bars, curves and maps of every plot of variants, and every number of captions, worked out anew from the
records. What is not walked: error bars, and the smallest difference that a study could see, which come from resamples
(test_uncertainty_equals_closed_forms.py); labels inside pictures; the Pareto front, bands over seeds, roofs and chance
lines, which plots derive from what is walked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from matplotlib.collections import PathCollection, QuadMesh
from matplotlib.figure import Figure

from gtpt_bench.files import write_json
from gtpt_bench.report.contents import contents
from tests.report.made import Made
from tests.report.made_everything import NAMES, RATES, Records, drawn, study_with_every_plot
from tests.report.traced import relative_error

Numbers = list[Any]
"""Of a figure, in some order, or tuples of them."""

NO_MARKS = ("None", "|", "_")
"""Of lines, and of the ends of error bars."""

Drawings = Mapping[str, tuple[Figure, str]]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return study_with_every_plot(tmp_path_factory.mktemp("study"))


@pytest.fixture(scope="module")
def drawings(made: Made) -> Drawings:
    return {name: drawn(made, name) for name in NAMES}


# What is drawn


def scattered(figure: Figure) -> Numbers:
    """Across and up."""
    return [
        tuple(at)
        for axes in figure.axes
        for points in axes.collections
        if isinstance(points, PathCollection)
        for at in np.asarray(points.get_offsets())
    ]


def marked(figure: Figure) -> Numbers:
    """Across, of single marks."""
    lines = [line for axes in figure.axes for line in axes.lines]
    return [line.get_xdata()[0] for line in lines if line.get_marker() not in NO_MARKS]


def bars(figure: Figure) -> Numbers:
    """How long they are."""
    return [bar.get_width() for axes in figure.axes for kind in axes.containers for bar in kind.patches]


def curves(figure: Figure) -> Numbers:
    """Up, of lines with marks."""
    return [tuple(line.get_ydata()) for axes in figure.axes for line in axes.lines if line.get_marker() not in NO_MARKS]


def cells(figure: Figure) -> Numbers:
    meshes = [mesh for axes in figure.axes for mesh in axes.collections if isinstance(mesh, QuadMesh)]
    return [float(cell) for mesh in meshes for cell in np.ravel(mesh.get_array())]


def images(figure: Figure) -> Numbers:
    return [tuple(np.ravel(image.get_array())) for axes in figure.axes for image in axes.images]


# What the records say


def ap_against(cost: Callable[[Records, str], float]) -> Callable[[Records], Numbers]:
    return lambda found: [(cost(found, name), found.ap(name)) for name in found.variants]


def kept(found: Records) -> Iterator[tuple[float, float]]:
    for quantity in (found.ap, lambda name: found.macs_full(name) / 1e9, found.throughput):
        for name in found.variants:
            left = np.floor(256 * np.asarray(RATES[name.split()[0]])) / 256
            yield 100 * float(left.mean()), quantity(name)


def roofs(found: Records) -> Iterator[tuple[float, float]]:
    """Of the first variant and the fastest."""
    for name in (found.variants[0], min(found.variants, key=found.latency_ms)):
        for stage in found.stages(name):
            if stage["macs"]:
                yield 2 * stage["macs"] / stage["moved_bytes"], stage["flops_per_s"] / 1e9


def survived(found: Records) -> Iterator[tuple[float, ...]]:
    """Of each group, stage by stage; all keypoints have as many labels."""
    for name in found.pruned:
        (stages, *_) = (one["stages"] for one in found.of_runs(name, "tokens"))
        shares_SJ = found.shares(name, "survived", "inside")
        sets = [(stage, group) for stage, left in enumerate(stages["left"]) for group in range(len(left))]
        for place, group in enumerate(stages["groups"]):
            keypoints = np.asarray(group[1]).round().astype(int)
            own = [sets.index((stage, place if len(left) > 1 else 0)) for stage, left in enumerate(stages["left"])]
            yield tuple(float(shares_SJ[one, keypoints].mean()) for one in own)


def maps(found: Records) -> Iterator[tuple[float, ...]]:
    """Of the stages that prune."""
    for name in found.pruned:
        yield from (tuple(one) for one in found.shares(name, "box", "covered")[1:])


def by_kind(of_variant: Callable[[Records, str], Iterable[float]]) -> Callable[[Records], Numbers]:
    """As bars are drawn: those of one kind in all variants, then the next."""
    return lambda found: [
        number for kind in zip(*(of_variant(found, name) for name in found.variants), strict=True) for number in kind
    ]


def stages(found: Records, variant: str) -> Iterator[float]:
    return (1e3 * stage["seconds"] for stage in found.stages(variant))


def outcomes(found: Records, variant: str) -> Iterator[float]:
    units = [unit["outcomes"] for one in found.of_runs(variant, "errors") for unit in one["units"]]
    total = sum(sum(unit.values()) for unit in units)
    return (100 * sum(unit[name] for unit in units) / total for name in units[0])


def gains(found: Records, variant: str) -> Iterator[float]:
    seeds = found.of_runs(variant, "errors")
    for kind in seeds[0]["ap_if_fixed"]:
        yield float(np.mean([100 * (one["ap_if_fixed"][kind] - one["ap"]) for one in seeds]))


def lost_changes(found: Records) -> Iterator[float]:
    lost = {
        name: np.mean([100 * np.mean(one["lost"], axis=0) for one in found.of_runs(name, "errors")], axis=0)
        for name in found.variants
    }
    for name in found.variants[1:]:
        yield from lost[name] - lost[found.variants[0]]


Expected = Callable[[Records], Iterable[Any]]
TRACED: Mapping[str, tuple[Callable[[Figure], Numbers], Expected]] = MappingProxyType(
    {
        "ap_against_macs": (scattered, ap_against(lambda found, name: found.trained_macs_full(name) / 1e6)),
        "ap_against_latency": (scattered, ap_against(Records.latency_ms)),
        "kept_tokens": (scattered, kept),
        "token_survival": (curves, survived),
        "survival_maps": (images, maps),
        "effects": (marked, lambda found: [found.ap(n) - found.ap(found.variants[0]) for n in found.variants[1:]]),
        "heat_map": (
            cells,
            lambda found: [
                quantity(name)
                for quantity in (
                    found.ap,
                    lambda name: found.macs_full(name) / 1e9,
                    found.latency_ms,
                    found.throughput,
                )
                for name in found.variants
            ],
        ),
        "stage_times": (bars, by_kind(stages)),
        "training_curves": (curves, lambda found: [tuple(found.losses(name).mean(axis=0)) for name in found.variants]),
        "roofline": (scattered, roofs),
        "error_kinds": (bars, by_kind(outcomes)),
        "ap_if_fixed": (bars, by_kind(gains)),
        "keypoint_errors": (marked, lost_changes),
    }
)


IN_ORDER = ("heat_map", "stage_times", "error_kinds", "ap_if_fixed", "training_curves")
"""Plots that show variants one after the other, so that a figure under another's name is found out."""


def check(name: str, figure: Figure, found: Records) -> None:
    """Raises:
    AssertionError: something is drawn that the records do not say, or the other way round.
    """
    read, expected = TRACED[name]
    arrange = list if name in IN_ORDER else sorted
    shown, known = (np.asarray(arrange(numbers), dtype=np.float64) for numbers in (read(figure), expected(found)))
    assert shown.size
    np.testing.assert_allclose(shown, known, rtol=1e-6, atol=1e-9, err_msg=name)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_drawn_is_what_the_records_say(made: Made, drawings: Drawings, name: str) -> None:
    check(name, drawings[name][0], Records(made))


@pytest.mark.parametrize("name", NAMES)
def test_records_that_say_something_else_are_found_out(made: Made, drawings: Drawings, name: str) -> None:
    with pytest.raises(AssertionError, match=name):
        check(name, drawings[name][0], Records(made, power=1.001))


# What captions say

MEANINGS = (
    r"95 % interval",
    r"\bat 5 %",
    r"at least 0\.85",
    r"at least 0\.5",
    r"OKS of at least 0\.1",
    r"Ronchi & Perona 2017",
    r"100 · \(1 − KS\)",
    r"100 for each keypoint of a person not found; 0 is perfect",
    r"\(seed 0\), val2017",
    r"drawn_val2017_detections_person\.json",
    r"float32",
    r"[\d.]+ AP \(in four of five repetitions",
)
"""Numbers that say what something means, whatever was measured; and the one from resamples."""


def num_labels(found: Records, group: str) -> float:
    first = found.of_runs(found.pruned[0], "tokens")[0]
    (keypoints,) = (places for name, places in first["stages"]["groups"] if name == group)
    return float(sum(first["counts"]["inside"][round(place)] for place in keypoints))


def num_runs(found: Records, caption: str) -> int:
    names = found.pruned if "survives" in caption else found.variants
    return sum(run.variant in names for run in found.made.plan.runs)


def machine(found: Records, key: str) -> float:
    return float(found.timing["explained"][found.variants[0]]["machine"][key]) / 1e9


def matches(found: Records) -> Any:
    return found.of_runs(found.variants[0], "matches")[0]


def samples(found: Records) -> Any:
    return found.timing["samples"][found.variants[0]]


def latency_error(found: Records) -> float:
    """Relative, of the least certain variant."""
    rounds = [[float(np.median(calls)) for calls in own["latency_ns"]] for own in found.timing["samples"].values()]
    return max(map(relative_error, rounds))


def throughput_error(found: Records) -> float:
    return max(relative_error(own["throughput_images_per_s"]) for own in found.timing["samples"].values())


CLAIMS: Mapping[str, Callable[[Records, re.Match[str], str], Any]] = MappingProxyType(
    {
        r"From (\d+) runs": lambda found, said, caption: num_runs(found, caption),
        r" and (\d+) more\.": lambda found, said, caption: num_runs(found, caption) - 4,
        r", (\d+) threads": lambda found, said, caption: found.timing["threads"],
        r"beside dense plain (\d+) GFLOP/s": lambda found, said, caption: machine(found, "flops_per_s"),
        r"(\d+) GB/s of memory": lambda found, said, caption: machine(found, "bandwidth_bytes_per_s"),
        r"dotted (\d+) GB/s of its last cache": lambda found, said, caption: machine(found, "cached_bytes_per_s"),
        r"(\d+) of (head|upper limbs|lower limbs)": lambda found, said, caption: num_labels(found, said[2]),
        r"(\d+) labelled keypoints": lambda found, said, caption: np.sum(
            found.of_runs(found.variants[0], "errors")[0]["num_labelled"]
        ),
        r", (\d+) seeds": lambda found, said, caption: len(found.of_runs(found.variants[0], "evaluation")),
        r" with (\d+) seeds and": lambda found, said, caption: len(found.of_runs(found.variants[0], "evaluation")),
        r"(\d+) persons in ": lambda found, said, caption: sum(matches(found)["num_truths"]),
        r"(\d+) images(?=[;:])": lambda found, said, caption: len(matches(found)["num_truths"]),
        r"over (\d+) keypoints": lambda found, said, caption: len(found.made.plan.runs[0].config.model.keypoint_set),
        r"(\d+) epochs": lambda found, said, caption: found.made.plan.runs[0].config.training.epochs,
        r", seeds 0, (1);": lambda found, said, caption: max(run.seed for run in found.made.plan.runs),
        r"over (\d+) rounds": lambda found, said, caption: len(samples(found)["latency_ns"]),
        r"\(batch (\d+),": lambda found, said, caption: found.timing["settings"]["throughput_batch"],
        r"torch (\d+\.\d+)": lambda found, said, caption: found.timing["provenance"]["packages"]["torch"],
        r"up to (\d+)%": lambda found, said, caption: round(100 * latency_error(found)),
        r" and (\d+)%": lambda found, said, caption: round(100 * throughput_error(found)),
        r"all (\d+) comparisons": lambda found, said, caption: len(found.variants) - 1,
    }
)
"""Numbers that follow from records."""


def check_caption(caption: str, found: Records) -> None:
    """Raises:
    AssertionError: a number in it is not what the records say, or nobody knows where it comes from.
    """
    folders = [found.made.folder.run(run).path.name for run in found.made.plan.runs]
    assert found.made.plan.timing is not None
    left = caption
    for name in (*folders, found.made.folder.timing(found.made.plan.timing).name):
        left = left.replace(name, "")
    for words, expected in CLAIMS.items():
        for said in re.finditer(words, left):
            assert float(said[1]) == pytest.approx(float(expected(found, said, caption))), said[0]
        left = re.sub(words, "", left)
    left = re.sub(r"No room for the name of [^.]*\.", "", re.sub("|".join(MEANINGS), "", left))
    assert not re.findall(r"\d", left), f"nobody knows where a number comes from: {left}"


@pytest.mark.parametrize("name", NAMES)
def test_numbers_of_captions_are_what_the_records_say(made: Made, drawings: Drawings, name: str) -> None:
    check_caption(drawings[name][1], Records(made))


def test_numbers_of_the_tables_caption_are_what_the_records_say(made: Made) -> None:
    lines = contents(made.plan, made.folder).caption
    assert len(lines) > 7
    for line in lines:
        check_caption(line, Records(made))


def test_captions_name_runs_and_sessions_that_are_there(made: Made, drawings: Drawings) -> None:
    there = {path.name for path in made.folder.path.iterdir()}
    for _, caption in drawings.values():
        listed = re.findall(r"From \d+ runs: (.+?)(?: and \d+ more)?\.", caption)
        named = {name for names in listed for name in names.split(", ")} | {*re.findall(r"timing-\w+\.json", caption)}
        assert named
        assert named <= there


def test_each_way_to_trace_a_caption_is_needed(made: Made, drawings: Drawings) -> None:
    """Else a number whose words have changed would be taken for another one."""
    captions = [*contents(made.plan, made.folder).caption, *(caption for _, caption in drawings.values())]
    assert [words for words in CLAIMS if not any(re.search(words, caption) for caption in captions)] == []


@pytest.mark.parametrize("typed", ["From 7 runs.", "Faster by 12 %.", "beside dense plain 301 GFLOP/s"])
def test_a_number_that_was_typed_into_a_caption_is_found_out(made: Made, drawings: Drawings, typed: str) -> None:
    with pytest.raises(AssertionError, match=r"From 7|nobody knows|301"):
        check_caption(f"{drawings['roofline'][1]} {typed}", Records(made))


def test_another_record_gives_another_caption(made: Made, drawings: Drawings) -> None:
    timing = made.plan.timing
    assert timing is not None
    file = made.folder.timing(timing)
    before = file.read_bytes()
    content = Records(made).timing
    content["explained"]["dense plain"]["machine"]["flops_per_s"] = 4.12e11
    write_json(file, content)
    try:
        _, caption = drawn(made, "roofline")
        check_caption(caption, Records(made))
        with pytest.raises(AssertionError, match="300 GFLOP/s"):
            check_caption(drawings["roofline"][1], Records(made))
    finally:
        file.write_bytes(before)
    assert "beside dense plain 412 GFLOP/s" in caption
