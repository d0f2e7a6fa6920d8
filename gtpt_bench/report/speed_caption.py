"""What a table or map of speeds shows, in sentences: how time was taken, on what, and what an interval means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gtpt_bench.efficiency.timing.comparison import fewest_rounds
from gtpt_bench.report.caption import heading_sentences, unfinished_sentences
from gtpt_bench.report.models_in_words import remark_sentences
from gtpt_bench.report.records import VariantRecords
from gtpt_bench.report.speed import CONFIDENCE, MARGIN, StudySpeed
from gtpt_bench.report.speed_table import grid_of
from gtpt_bench.study.plan import Plan


def speed_caption(plan: Plan, records: Mapping[str, VariantRecords], speed: StudySpeed | None) -> list[str]:
    """The caption of the table, a sentence or two a line."""
    lines = heading_sentences(plan)
    if speed:
        lines += [session_sentence(plan, speed), quantities_sentence(speed)]
    lines.append(f"Ways of running: {'; '.join(f'{n} = {way.label}' for n, way in grid_of(plan).ways.items())}.")
    if speed:
        lines.append(speed_up_sentence(plan))
        lines += disturbed_sentences(speed)
        lines += card_sentences(speed.found.record["gpu"])
    lines.append(
        f"MACs full: {plan.measured_model}, convolutions, linear layers and every attention product, by operator "
        "trace; fewer MACs: how many times as many the variant compared with has."
    )
    lines.append("Weights are random and accuracy is no part of this study: what pruning costs in AP is not in it.")
    lines += remark_sentences(plan)
    lines += unfinished_sentences(records)
    return lines


def session_sentence(plan: Plan, speed: StudySpeed) -> str:
    record = speed.found.record
    rounds, first = len(record["cells"][0]["call_ns"]), next(iter(record["ways"].values()))
    same = all(way["threads"] == first["threads"] for way in record["ways"].values())
    threads = f"{first['threads']} threads" if same else "threads as the ways say"
    session = f"in one session of {record['session_s'] / 60:.1f} minutes that ended because: {record['stopped']}"
    return (
        f"Time: {plan.measured_model}, {len(record['cells'])} cells in turn, rounds: {rounds}, every other one "
        f"backwards, {session}. Device: {record['provenance']['device']}, {threads}, "
        f"torch {record['provenance']['packages']['torch']}."
    )


def quantities_sentence(speed: StudySpeed) -> str:
    """What images/s and ms a call are, on a device that works behind the program's back and on one that does not."""
    if any(cell["stream_ns"] for cell in speed.found.record["cells"]):
        return (
            "images/s: a stream of calls, synchronised at its ends only, median over rounds; ms a call: each call with "
            "the whole batch synchronised, median. Speed-ups are those of images/s."
        )
    return (
        "ms a call: one call with the whole batch, median of all; images/s: batch over the time of a call, median over "
        "rounds. Both come from the same calls, since on this device a call is over when it returns."
    )


def speed_up_sentence(plan: Plan) -> str:
    compared = "the variant compared with" if plan.study.report.against else plan.baseline
    confidence, margin = f"{100 * CONFIDENCE:.0f} %", f"{100 * MARGIN:.0f} %"
    return (
        f"Speed-up: time of {compared} over that of the variant, in the same way at the same batch size, round by "
        f"round; in brackets its {confidence} interval, a paired bootstrap over rounds. Faster, slower: the interval "
        f"excludes 1 and the difference is more than {margin}; same: the interval lies within {margin} of 1; "
        f"ambiguous: neither, or fewer than {fewest_rounds(CONFIDENCE)} undisturbed rounds."
    )


def disturbed_sentences(speed: StudySpeed) -> list[str]:
    """How often other processes were in the way, and where nothing could be done about it."""
    cells = speed.cells.values()
    disturbed, total = sum(cell.num_disturbed for cell in cells), sum(cell.num_rounds for cell in cells)
    if not disturbed:
        return []
    few = [cell for cell in cells if cell.num_rounds - cell.num_disturbed < fewest_rounds(CONFIDENCE)]
    cells_in_words = f"in {len(few)} of {len(cells)} cells too few were left alone"
    longer = "so there all count, times are longer than the model's own and no verdict is given"
    kept = f"; {cells_in_words}, {longer}" if few else ""
    return [
        f"Other processes had the cores in {disturbed} of {total} measurements, a cell's round each, which are set "
        f"aside{kept}."
    ]


def card_sentences(gpu: Mapping[str, Any] | None) -> list[str]:
    """What the card's driver told while time was taken, where it told anything."""
    if gpu is None:
        return []
    lines = []
    if gpu["num_refused"]:
        lines.append(f"{gpu['num_refused']} measurements were repeated: {', '.join(gpu['refused_for'])}.")
    if gpu["throttled_by"]:
        lines.append(f"The card was held back all the same: {', '.join(gpu['throttled_by'])}.")
    if gpu["other_processes"]:
        lines.append(f"{len(gpu['other_processes'])} other processes were on the card.")
    return lines
