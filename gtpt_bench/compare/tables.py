"""A comparison for people."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gtpt_bench.compare.accuracy import AccuracyCompared
from gtpt_bench.compare.run import Compared, PairCompared
from gtpt_bench.compare.time import TimeCompared
from gtpt_bench.efficiency.measure.tables import gpu_in_words
from gtpt_bench.efficiency.timing.comparison import fewest_rounds
from gtpt_bench.evaluation.intervals import Interval
from gtpt_bench.report.caption import COMPARABLE_AP
from gtpt_bench.shown import NONE, Section, decimal, ratio, whole

FORMS_NOTE = (
    "deploy() makes a process keep the memory it has used, which on a CPU speeds up the trained form beside it too: "
    "alone, as gtpt-study measure has it, that takes longer"
)
NOT_MEASURED = "; --measure times the models now"


def sections(compared: Compared) -> Iterator[Section]:
    first, second = compared.first, compared.second
    yield Section(notes=(f"A  {first.name}", f"B  {second.name}"))
    if first.kind == "study":
        yield from _study_sections(compared)
        return
    (pair,) = compared.pairs.values()
    yield differences_table(pair.differing)
    if pair.cost is not None:
        yield cost_table(pair)
    if "time" in compared.how.parts:
        yield time_table(pair)
    if "accuracy" in compared.how.parts:
        yield accuracy_table(pair)


def differences_table(differing: Mapping[str, tuple[Any, Any]]) -> Section:
    if not differing:
        return Section(notes=("A and B do not differ in any setting",))
    rows = tuple((key, *map(_value, pair)) for key, pair in differing.items())
    return Section("What differs", ("key", "A", "B"), rows)


def _value(value: Any) -> str:
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    return NONE if value is None else str(value)


def cost_table(pair: PairCompared) -> Section:
    assert pair.cost is not None
    rows = tuple((name, whole(a), whole(b), ratio(b / a) if a else NONE) for name, (a, b) in pair.cost.rows.items())
    return Section(f"Cost of {_models(pair)}", ("", "A", "B", "B / A"), rows, _other_model(pair))


def _models(pair: PairCompared) -> str:
    return " and ".join(dict.fromkeys((pair.first.model, pair.second.model)))


def _other_model(pair: PairCompared) -> tuple[str, ...]:
    """Where accuracy is that of another model."""
    trained = dict.fromkeys(entry.trained for entry in (pair.first, pair.second) if entry.trained)
    return tuple(f"accuracy is that of {name}, whose cost and time are not shown here" for name in trained)


def time_table(pair: PairCompared) -> Section:
    if not pair.time:
        return Section(notes=(f"time is not compared: {pair.no_time}{NOT_MEASURED}",))
    rows = tuple((*_time_cells(found), verdict_on_time(found)) for found in pair.time)
    columns = ("", "A", "B", "time B / A (interval)", "verdict")
    return Section(f"Time of {_models(pair)}", columns, rows, (*_time_notes(pair.time), *_forms_note(pair)))


def _forms_note(pair: PairCompared) -> tuple[str, ...]:
    """Where a deployed model was measured beside a trained one: GTPT-S at batch 1 has then no page faults any more.

    In a process of its own it has 7,600 a call (models/gtpt/deploy/model.py, `settle`).
    """
    apart = pair.first.options.form != pair.second.options.form
    return (FORMS_NOTE,) if apart and any(found.measured for found in pair.time) else ()


def _time_cells(found: TimeCompared) -> tuple[str, ...]:
    """Each quantity in its own unit; the ratio is of times in both."""
    latency = found.quantity == "latency"
    heading = "latency (ms)" if latency else f"images/s at {found.batch}"
    values = found.call_ms if latency else found.images_per_s
    return heading, *map(decimal, values), time_ratio(found)


def verdict_on_time(found: TimeCompared) -> str:
    verdict = found.comparison.verdict
    return verdict if verdict == "ambiguous" else f"B is {'the same' if verdict == 'same' else verdict}"


def time_ratio(found: TimeCompared) -> str:
    comparison = found.comparison
    if not math.isfinite(comparison.high):  # one round, and nothing to tell it from
        return f"{comparison.ratio:.3f}"
    return f"{comparison.ratio:.3f} ({comparison.low:.3f}–{comparison.high:.3f})"


def _time_notes(times: tuple[TimeCompared, ...]) -> Iterator[str]:
    comparison = times[0].comparison
    rounds = " and ".join(str(found.comparison.num_rounds) for found in times)
    yield f"{_taken(times[0])}; {rounds} rounds, {100 * times[0].confidence:.3g} % intervals"
    yield (
        f"the same: the interval lies within {100 * comparison.margin:.0f} %; ambiguous: neither that nor a difference "
        "is certain"
    )
    for found in times:
        if found.measured is not None and any(found.measured.num_recompiled):
            yield f"warning: {found.quantity}: worth nothing, since graphs were compiled while time was taken"
        if found.measured is not None and 2 * found.measured.num_disturbed > len(found.measured.rounds):
            share = f"{found.measured.num_disturbed} of {len(found.measured.rounds)}"
            yield f"warning: {found.quantity}: other processes took the cores in {share} rounds"
        yield from _too_few_rounds(found)
        if found.gpu is not None:
            yield from gpu_in_words(found.gpu)


def _too_few_rounds(found: TimeCompared) -> Iterator[str]:
    """Why an interval far from 1 is no verdict."""
    needed = fewest_rounds(found.comparison.confidence)
    if found.comparison.num_rounds < needed:
        more = "; a larger --seconds gives more" if found.measured else ""
        yield f"{found.quantity}: {found.comparison.num_rounds} undisturbed rounds, and a verdict takes {needed}{more}"


def accuracy_table(pair: PairCompared) -> Section:
    found = pair.accuracy
    if found is None:
        return Section(notes=(f"accuracy is not compared: {pair.no_accuracy}",))
    row = ("AP", *_aps(found), ap_difference(found), p_words(found.p_value), f"B is {found.verdict}")
    return Section("Accuracy", ("", "A", "B", "B − A", "p", "verdict"), (row,), tuple(_accuracy_notes([found])))


def _taken(found: TimeCompared) -> str:
    """Where times come from."""
    if found.measured is None:
        return f"recorded on {found.device} in {found.source}"
    numbers = list(dict.fromkeys(found.threads or ()))
    threads = f"{' and '.join(map(str, numbers))} thread{'s' * (numbers != [1])}"
    load = found.measured.load_average
    loaded = "" if load is None else f", load average {load:.2f}"
    return f"measured now, in turn, on {found.device}, {threads}{loaded}"


def _aps(found: AccuracyCompared) -> Iterator[str]:
    """Of both sides; the spread over seeds where there are several."""
    for ap, seed_sd in zip((found.first, found.second), found.seed_sd, strict=True):
        spread = "" if seed_sd is None else f" ± {seed_sd:.1f}"
        yield f"{ap.value:.1f}{spread} {_range(ap)}".strip()


def _range(ap: Interval) -> str:
    return f"({ap.low:.1f}–{ap.high:.1f})" if math.isfinite(ap.standard_error) else ""


def ap_difference(found: AccuracyCompared) -> str:
    error = f" ± {found.half_width:.1f}" if math.isfinite(found.half_width) else ""
    return f"{round(found.difference, 1) + 0.0:+.1f}{error}"


def p_words(p_value: float) -> str:
    return "< 0.001" if p_value < 0.001 else f"{p_value:.3f}"


def _accuracy_notes(compared: Sequence[AccuracyCompared]) -> Iterator[str]:
    """Of one comparison or several on the same images; the least certain one says what could be seen."""
    first = compared[0]
    covered = (
        "other images and other training seeds"
        if first.covers_seeds
        else "other images only: one seed says nothing of how AP moves from one training to the next"
    )
    best = max(max(found.first.value, found.second.value) for found in compared)
    if best < COMPARABLE_AP:
        yield f"warning: the models learned too little to be compared: the better AP is {best:.1f} of 100"
    seeds, spread = " and ".join(map(str, first.num_seeds)), " ± standard deviation over seeds"
    yield (
        f"AP in points, mean over {seeds} seed(s){spread if first.covers_seeds else ''}, on {first.num_people:,} "
        f"persons in {first.num_images:,} images; 95 % intervals of AP count other images, that of the paired "
        f"difference {covered}"
    )
    detectable = max(found.detectable for found in compared)
    if math.isfinite(detectable):
        yield (
            f"p: two-sided, of no difference; a true difference of {detectable:.1f} AP would be found in four of five "
            "such comparisons"
        )
    if len(compared) > 1:
        yield f"p and verdict of each row stand for themselves, not corrected for {len(compared)} comparisons"


def _study_sections(compared: Compared) -> Iterator[Section]:
    parts = compared.how.parts
    rows = tuple((name, *_study_cells(pair, parts)) for name, pair in compared.pairs.items())
    columns = ["variant"]
    columns += ["params B / A", "MACs full B / A"] * ("cost" in parts)
    columns += ["latency B / A", "", "time of a batch B / A", ""] * ("time" in parts)
    columns += ["AP of A", "AP of B", "B − A", "p", ""] * ("accuracy" in parts)
    yield Section("Variants of the same name", tuple(columns), rows, tuple(_study_notes(compared)))
    for name, pair in compared.pairs.items():
        if pair.differing:
            yield Section(f"What differs in {name}", ("key", "A", "B"), differences_table(pair.differing).rows)


def _study_cells(pair: PairCompared, parts: tuple[str, ...]) -> Iterator[str]:
    if pair.cost is not None:
        rows = pair.cost.rows
        yield from (ratio(b / a) for a, b in (rows["params"], rows["MACs full"]))
    if "time" in parts:
        for place in range(2):
            found = pair.time[place] if pair.time else None
            yield from (time_ratio(found), found.comparison.verdict) if found else (NONE, "")
    if "accuracy" in parts:
        ap = pair.accuracy
        yield from (*_aps(ap), ap_difference(ap), p_words(ap.p_value), ap.verdict) if ap else (*[NONE] * 4, "")


def _study_notes(compared: Compared) -> Iterator[str]:
    pairs = compared.pairs.values()
    yield from _missing("time", {name: _no_time(compared, pair) for name, pair in compared.pairs.items()})
    yield from _missing("accuracy", {name: pair.no_accuracy for name, pair in compared.pairs.items()})
    accuracies = [pair.accuracy for pair in pairs if pair.accuracy]
    if accuracies:
        yield from _accuracy_notes(accuracies)
    for side, names in zip("AB", compared.alone, strict=True):
        if names:
            yield f"only in {side}: {', '.join(names)}"


def _no_time(compared: Compared, pair: PairCompared) -> str:
    """Of the studies instead of their variants, so that what is true of many is said once."""
    reason = pair.no_time.replace(pair.first.name, compared.first.name)
    return reason.replace(pair.second.name, compared.second.name) + NOT_MEASURED if reason else ""


def _missing(what: str, reasons: Mapping[str, str]) -> Iterator[str]:
    """Each reason with the variants that it holds for, which are named unless they are all there are."""
    for reason in dict.fromkeys(filter(None, reasons.values())):
        variants = [name for name, own in reasons.items() if own == reason]
        of = f" of {', '.join(variants)}" if len(variants) < len(reasons) else ""
        yield f"{what}{of} is not compared: {reason}"
