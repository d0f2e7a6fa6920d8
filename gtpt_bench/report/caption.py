"""What a table or plot shows, in sentences: models, data, seeds, conventions, machine, and what it cannot tell."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from gtpt_bench.config import RunConfig, stated_protocol
from gtpt_bench.data.config import DrawnData, MpiiData
from gtpt_bench.efficiency.timing.statistics import median_error
from gtpt_bench.evaluation.named_protocols import boxes_in_words
from gtpt_bench.keypoints import COCO, MPII, WHOLEBODY
from gtpt_bench.report.accuracy import StudyAccuracy
from gtpt_bench.report.models_in_words import other_network_sentences, remark_sentences
from gtpt_bench.report.records import Found, VariantRecords
from gtpt_bench.study.plan import Plan, PlannedRun


def table_caption(plan: Plan, records: Mapping[str, VariantRecords], accuracy: StudyAccuracy | None) -> list[str]:
    """The caption of a study's table, a sentence or two a line."""
    lines = heading_sentences(plan)
    lines += cost_sentences(plan, records)
    lines += accuracy_sentences(plan, accuracy)
    lines += pckh_sentences(plan, records)
    lines += remark_sentences(plan)
    lines += unfinished_sentences(records)
    if plan.reported:
        named = "; ".join(dict.fromkeys(r.source for r in plan.reported))
        lines.append(f"Rows in italics are reported, not measured: {named}.")
    return lines


def heading_sentences(plan: Plan) -> list[str]:
    """What is asked, and what `--set` changed."""
    lines = [f"{plan.study.title or plan.study.study}. {plan.study.question}".strip()]
    if plan.changes:
        lines.append(f"Not the study as its file has it, but with {'; '.join(plan.changes)}.")
    return lines


def cost_sentences(plan: Plan, records: Mapping[str, VariantRecords]) -> list[str]:
    timing = next((r.timing for r in records.values() if r.timing), None)
    if not plan.measured:
        return []
    lines = [
        f"Params and MACs: {plan.measured_model}, counted by operator trace. MACs full: convolutions, linear layers "
        "and every attention product; thop: the authors' convention, without attention products."
    ]
    if timing:
        lines.append(timing_sentence(timing, f"{plan.measured_model}, float32, all variants"))
    return lines


def timing_sentence(timing: Found, what: str) -> str:
    """How time was taken.

    Args:
        what: was measured in turn, and in which way.
    """
    record = timing.record
    settings, samples = record["settings"], next(iter(record["samples"].values()))
    return (
        f"Latency (one image, synchronised, median) and images/s (batch {settings['throughput_batch']}, pipelined): "
        f"{what} interleaved over {len(samples['latency_ns'])} rounds on "
        f"{record['provenance']['device']}, {record['threads']} threads, torch "
        f"{record['provenance']['packages']['torch']}. {_uncertainty(record['samples'].values())}"
    )


def _uncertainty(samples: Iterable[Mapping[str, Any]]) -> str:
    """How far medians may be off, for the least certain variant of the session."""
    latency = max(median_error([float(np.median(calls)) for calls in s["latency_ns"]]) for s in samples)
    throughput = max(median_error(s["throughput_images_per_s"]) for s in samples)
    return f"Standard error of these medians over rounds: up to {latency:.0%} and {throughput:.0%}."


def accuracy_sentences(plan: Plan, accuracy: StudyAccuracy | None) -> list[str]:
    """What AP means here; a small data set or model is never left unsaid."""
    wanted = plan.study.accuracy
    if wanted is None or accuracy is None:
        return []
    people = f"{accuracy.num_people:,} persons in {accuracy.num_images:,} images"
    boxes = said_of(plan, lambda run: _boxes(run.config))
    flip = said_of(plan, lambda run: "flip test" if run.config.evaluation.flip_test else "no flip test")
    keypoints, seeds = plan.runs[0].config.model.keypoint_set, ", ".join(map(str, plan.study.seeds))
    lines = [
        f"AP and AR over {len(keypoints)} keypoints: {plan.trained_model}, {_epochs(plan)}, seeds {seeds}; "
        f"{data_words(plan)}, {people}; {boxes}, {flip}, pycocotools."
    ]
    lines += guidance_sentences(plan)
    lines += oracle_sentences(plan)
    lines += smaller_sentences(plan, accuracy)
    lines += untrained_sentences(accuracy)
    lines += difference_sentences(plan, accuracy)
    return lines


def guidance_sentences(plan: Plan) -> list[str]:
    """Help that the paper's models do without."""
    guided = [run.config.training.attention_guidance > 0 for run in plan.runs]
    if not any(guided):
        return []
    which = "Trained" if all(guided) else "Some variants are trained"
    return [f"{which} with attention guidance, an aid for short runs that is not part of the paper's recipe."]


def pckh_sentences(plan: Plan, records: Mapping[str, VariantRecords]) -> list[str]:
    """What PCKh means here; nothing where no run was scored by it."""
    wanted, runs = plan.study.accuracy, [run for r in records.values() for run in r.joints]
    if wanted is None or not runs:
        return []
    flip = said_of(plan, lambda run: "flip test" if run.config.evaluation.flip_test else "no flip test")
    return [
        f"PCKh, the share of joints within 0.5 and within 0.1 of the head's size: {plan.trained_model}, "
        f"{_epochs(plan)}, seeds {', '.join(map(str, plan.study.seeds))}; {data_words(plan)}, "
        f"{len(runs[0].errors.counts):,} persons; {flip}. In brackets 95 % intervals over other persons, "
        "each for itself; ±: standard deviation over seeds.",
        *guidance_sentences(plan),
        *oracle_sentences(plan),
        *same_images_sentences(plan, "PCKh"),
    ]


def difference_sentences(plan: Plan, accuracy: StudyAccuracy) -> list[str]:
    """What intervals and `n.d.` mean here, and what the study can see at all."""
    if accuracy.num_comparisons == 0:
        return []
    covers = (
        "counting both other images and other training seeds"
        if accuracy.covers_seeds
        else "counting other images only: one seed says nothing of how AP moves from one training to the next"
    )
    compared = "the variant it is compared with" if plan.study.report.against else plan.baseline
    number = accuracy.num_comparisons
    corrected = f" over all {number} comparisons here (Holm)" if number > 1 else ""
    lines = ["AP ± standard deviation over seeds."] if accuracy.covers_seeds else []
    lines.append(
        f"Differences have 95 % intervals, each for itself, {covers}; n.d.: not distinguishable from {compared} at "
        f"5 %{corrected}."
    )
    if is_comparable(accuracy) and accuracy.smallest_visible is not None:
        lines.append(
            f"Smallest difference this study could see, with {_seeds(accuracy)} and {accuracy.num_images:,} images: "
            f"{accuracy.smallest_visible:.1f} AP (in four of five repetitions, in a single comparison at 5 %)."
        )
    return lines


def _seeds(accuracy: StudyAccuracy) -> str:
    numbers = sorted({variant.num_seeds for variant in accuracy.variants.values()})
    return f"{' or '.join(map(str, numbers))} seed{'' if numbers == [1] else 's'}"


def _epochs(plan: Plan) -> str:
    """Epochs of training; several numbers where variants differ in them."""
    numbers = sorted({run.config.training.epochs for run in plan.runs})
    return f"{' or '.join(map(str, numbers))} epoch{'' if numbers == [1] else 's'}"


def said_of(plan: Plan, words: Callable[[PlannedRun], str]) -> str:
    """What is true of all runs; where variants differ, what is true of which."""
    by_words: dict[str, list[str]] = {}
    for run in plan.runs:
        names = by_words.setdefault(words(run), [])
        if run.variant not in names:
            names.append(run.variant)
    if len(by_words) == 1:
        return next(iter(by_words))
    most = max(by_words, key=lambda said: len(by_words[said]))
    others = [f"{said} for {', '.join(names)}" for said, names in by_words.items() if said != most]
    return f"{most} (but {'; '.join(others)})"


def _boxes(config: RunConfig) -> str:
    return boxes_in_words(stated_protocol(config)["boxes"])


def oracle_sentences(plan: Plan) -> list[str]:
    """A row that saw the labels is no method."""
    configs = {name: (plan.trained.get(name) or plan.measured[name]).config for name in plan.variants}
    names = [name for name, config in configs.items() if config.needs_truth]
    if not names:
        return []
    return [
        f"{', '.join(names)}: image tokens are kept by the true keypoints in evaluation, an upper bound on what any "
        "score could reach and not a method; trained with the paper's score."
    ]


COMPARABLE_AP = 5.0
"""Below this AP, in points, poses are hardly better than chance, and neither are differences between variants."""


def is_comparable(accuracy: StudyAccuracy) -> bool:
    """Whether any variant learned enough for differences in AP to mean something."""
    return best_ap(accuracy) >= COMPARABLE_AP


def best_ap(accuracy: StudyAccuracy) -> float:
    return max(variant.ap for variant in accuracy.variants.values())


def untrained_sentences(accuracy: StudyAccuracy) -> list[str]:
    """A warning where all models learned next to nothing, so that equal APs are not read as equal accuracy."""
    if is_comparable(accuracy):
        return []
    if len(accuracy.variants) == 1:
        return [f"The model learned next to nothing: its AP is {best_ap(accuracy):.1f} of 100."]
    return [
        f"The models learned too little in this profile to be compared: the best AP is {best_ap(accuracy):.1f} of 100, "
        f"below {COMPARABLE_AP:.0f}. Differences between variants, or their absence, say nothing about them."
    ]


FULL_COCO_IMAGES = 5000


def data_words(plan: Plan) -> str:
    assert plan.study.accuracy is not None
    data = plan.study.accuracy.data
    if isinstance(data, DrawnData):
        return f"drawn people (seed {data.drawing.seed}), {data.evaluation}"
    layout = "MPII's" if isinstance(data, MpiiData) else "COCO"
    return f"real images in {layout} layout, trained on {data.train}, evaluated on {data.evaluation}"


PUBLIC = {COCO.name: "COCO", WHOLEBODY.name: "COCO-WholeBody", MPII.name: "MPII"}
"""Name of a keypoint set to the public data set that has it."""


def data_set(plan: Plan) -> str:
    """The public data set whose AP a reader might take this for; the set's name where keypoints are a user's own."""
    name = keypoints_name(plan)
    return PUBLIC.get(name, name)


def keypoints_name(plan: Plan) -> str:
    return plan.runs[0].config.model.keypoint_set.name


def smaller_sentences(plan: Plan, accuracy: StudyAccuracy) -> list[str]:
    """Warnings where AP is not AP of the measured model on COCO."""
    assert plan.study.accuracy is not None
    data, public, lines = plan.study.accuracy.data, data_set(plan), []
    if isinstance(data, DrawnData):
        lines.append(f"This is not AP on {public}: the people are drawn.")
    elif keypoints_name(plan) in PUBLIC and accuracy.num_images < FULL_COCO_IMAGES:
        few = f"{accuracy.num_images:,} images instead of {FULL_COCO_IMAGES:,}"
        lines.append(f"This is not AP on {public} val2017: {few}.")
    lines += same_images_sentences(plan, "AP")
    return lines + other_network_sentences(plan)


def same_images_sentences(plan: Plan, figure: str) -> list[str]:
    """A warning where nothing was held back."""
    assert plan.study.accuracy is not None
    data = plan.study.accuracy.data
    same = data.train == data.evaluation
    return [f"Trained and evaluated on the same images: {figure} says nothing about others."] if same else []


LONGEST_REASON = 160
"""Characters of a failure's message in a caption; the page and `status` have all of it."""


def unfinished_sentences(records: Mapping[str, VariantRecords]) -> Sequence[str]:
    """A message that several parts failed with stands once."""
    said: dict[str, list[str]] = {}
    for variant, own in records.items():
        for words in (*own.unmeasured, *own.unfinished):
            part, failed, reason = f"{variant}: {words}".partition(" failed")
            said.setdefault(f"{failed}{shortened(reason)}", []).append(part)
    unfinished = [*said.pop("", []), *(f"{', '.join(parts)}{reason}" for reason, parts in said.items())]
    return [f"Without result: {'; '.join(unfinished)}."] if unfinished else []


def shortened(message: str) -> str:
    """Cut after a word where it is long."""
    if len(message) <= LONGEST_REASON:
        return message
    return f"{message[: LONGEST_REASON - 1].rpartition(' ')[0] or message[: LONGEST_REASON - 1]}…"
