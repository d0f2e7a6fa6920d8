"""What axes and captions of plots say: which AP, what bars mean, and from which runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gtpt_bench.report.plots.material import Material
from gtpt_bench.report.plots.points import Point, ap_errors
from gtpt_bench.study.plan import Plan

MOST_NAMED = 40
"""Points that have room for their names."""
UNDER = "A name with + 3 stands for three more points in the same place."
MOST_LISTED = 4
"""Runs, or names, that a caption lists; of more it tells the number."""


def data_in_a_word(plan: Plan) -> str:
    """What AP is on: `drawn people`, `val2017`; for axes, so that no AP on drawn people is read as one on COCO."""
    wanted = plan.study.accuracy
    if wanted is None:
        return ""
    return "drawn people" if wanted.data.kind == "drawn" else str(wanted.data.evaluation)


def ap_label(plan: Plan) -> str:
    return f"AP of {plan.trained_model}\non {data_in_a_word(plan)}" if plan.study.accuracy else "AP"


def bars_sentence(material: Material) -> str:
    """What vertical error bars of AP mean; nothing where there are none."""
    accuracy, plan = material.accuracy, material.plan
    if accuracy is None or not ap_errors(accuracy):
        return ""
    kinds = "images and training seeds" if accuracy.covers_seeds else "images; one training seed"
    compared = "the variant compared with" if plan.study.report.against else plan.baseline
    return f"Bars: 95 % interval of the difference to {compared} (over {kinds})."


def names_in_words(shown: Sequence[Point]) -> str:
    """What is to be said of names where there are too many."""
    if len(shown) <= MOST_NAMED:
        return UNDER if len({(point.x, point.y) for point in shown}) < len(shown) else ""
    return f"Of {len(shown):,} points those have names and bars that lie higher than all further left."


def left_out_sentence(left_out: Iterable[str]) -> str:
    """Names that found no room."""
    names = list(dict.fromkeys(left_out))
    return f"No room for the name of {listed(names)}." if names else ""


def runs_sentence(material: Material, variants: Iterable[str]) -> str:
    """The evaluated runs of some variants, by their folders."""
    runs = [
        run.found.file.partition("/")[0] for name in variants for run in material.records[name].evaluations
    ]  # a variant that shares another one's training has its folder
    return from_runs(runs)


def from_runs(folders: Iterable[str]) -> str:
    """The runs that a plot shows, by their folders."""
    distinct = list(dict.fromkeys(folders))
    if not distinct:
        return ""
    return f"From {len(distinct)} run{'' if len(distinct) == 1 else 's'}: {listed(distinct)}."


def timing_sentence(material: Material) -> str:
    """The session that times come from."""
    found = next((own.timing for own in material.records.values() if own.timing), None)
    if found is None:
        return ""
    provenance = found.record["provenance"]
    return f"Times from {found.file}, {provenance['device']}, {found.record['threads']} threads."


def listed(names: Sequence[str]) -> str:
    """`a, b, c and 12 more`; all where one would be left."""
    if len(names) <= MOST_LISTED + 1:
        return ", ".join(names)
    return f"{', '.join(names[:MOST_LISTED])} and {len(names) - MOST_LISTED:,} more"


def in_a_row(words: Sequence[str]) -> str:
    """`a, b and c`."""
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def joined(*sentences: str) -> str:
    return " ".join(sentence for sentence in sentences if sentence)
