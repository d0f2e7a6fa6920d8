"""Parts of a run that are allowed each by itself but not together. Pure and torch-free.

A check looks at a whole RunConfig and answers with the first conflict it finds, or None; new ones join CHECKS.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gtpt_bench.config import RunConfig
from gtpt_bench.data.config import DrawnData, MpiiData
from gtpt_bench.keypoints import COCO, MPII, WHOLEBODY
from gtpt_bench.models.gtpt.config import GTPTConfig
from gtpt_bench.models.peers.token_config import TokenConfig
from gtpt_bench.training.distillation import DISTILLATIONS
from gtpt_bench.training.warmup import NoWarmup, off_the_curve


@dataclass(frozen=True)
class Conflict:
    """Keys that do not go together.

    Attributes:
        keys: as a study has them: of the model by its own key (`keypoints`), of the rest `accuracy.…`.
        reason: what is wrong, and which values would do.
    """

    keys: tuple[str, ...]
    reason: str

    def __str__(self) -> str:
        return f"{' and '.join(self.keys)} do not go together: {self.reason}"


def first_conflict(run: RunConfig) -> Conflict | None:
    """The first thing in a run that cannot work, found before anything is built or read."""
    found = (check(run) for check in CHECKS)
    return next((conflict for conflict in found if conflict is not None), None)


def keypoints_in_data(run: RunConfig) -> Conflict | None:
    """The data must have the keypoints that the model predicts."""
    name, keys = run.model.keypoint_set.name, ("keypoints", "accuracy.data")
    if isinstance(run.data, DrawnData) and name not in (COCO.name, WHOLEBODY.name):
        own = "" if name == MPII.name else ", or real images that have yours (accuracy.data: coco and --data-root DIR)"
        return Conflict(keys, f"drawn people have no {name!r} keypoints; use keypoints coco or wholebody{own}")
    if name == MPII.name and not isinstance(run.data, MpiiData):
        return Conflict(
            keys,
            "only MPII has its joints; use accuracy.data: mpii, or keypoints coco or wholebody, or a set of your own",
        )
    if isinstance(run.data, MpiiData) and name != MPII.name:
        return Conflict(keys, f"MPII has no {name!r} keypoints; use keypoints mpii, or other data")
    return None


def boxes_in_data(run: RunConfig) -> Conflict | None:
    """MPII is evaluated where its annotations say that people are."""
    if not isinstance(run.data, MpiiData) or run.evaluation.boxes == "ground_truth":
        return None
    return Conflict(
        ("accuracy.data", "accuracy.evaluation.boxes"), "MPII has no boxes of a detector; use boxes ground_truth"
    )


def oracle_sees_labels(run: RunConfig) -> Conflict | None:
    """A score that looks at labels needs crops that have some."""
    boxes = run.evaluation.boxes
    if not run.model.needs_truth or boxes == "ground_truth":
        return None
    return Conflict(
        ("pruning.score", "accuracy.evaluation.boxes"),
        "the oracle looks at the true keypoints, which boxes of a detector do not have; use boxes ground_truth, or "
        "pruning.score softmax_pool",
    )


def curve_leads_to_rates(run: RunConfig) -> Conflict | None:
    """The geometric warm-up ends at rates of its own."""
    warmup = run.training.warmup
    if isinstance(warmup, NoWarmup) or warmup.curve == "linear" or not isinstance(run.model, GTPTConfig):
        return None
    problem = off_the_curve(run.model.pruning.keep_rates)
    return Conflict(("accuracy.training.warmup.curve", "pruning.keep_rates"), problem) if problem else None


def oracle_is_no_teacher(run: RunConfig) -> Conflict | None:
    """A moving average that teaches runs in evaluation mode, where the oracle would show it the labels."""
    if not (run.model.needs_truth and run.training.distillation.needs_ema_pass):
        return None
    return Conflict(
        ("pruning.score", "accuracy.training.distillation"),
        "the oracle is for evaluation only, but a moving average that teaches would see the labels through it while "
        "training; use distillation full_detached or none, or pruning.score softmax_pool",
    )


def only_a_gtpt_has_it(run: RunConfig) -> Conflict | None:
    """Settings of training that speak of GTPT's passes, tokens and cuts."""
    if isinstance(run.model, GTPTConfig):
        return None
    training = run.training
    none = DISTILLATIONS["none"]
    asked = {
        "distillation": training.distillation != none,
        "warmup": not isinstance(training.warmup, NoWarmup),
        "attention_guidance": training.attention_guidance > 0 and not isinstance(run.model, TokenConfig),
        "init_from_body": training.init_from_body is not None,
    }
    key = next((name for name, is_asked in asked.items() if is_asked), None)
    if key is None:
        return None
    return Conflict(
        ("accuracy.model", f"accuracy.training.{key}"),
        f"a {run.model.family} is no GTPT and has no {key.replace('_', ' ')}; use training peer_quick, peer_overfit or "
        "own (its published recipe)",
    )


CHECKS: tuple[Callable[[RunConfig], Conflict | None], ...] = (
    keypoints_in_data,
    boxes_in_data,
    oracle_sees_labels,
    oracle_is_no_teacher,
    only_a_gtpt_has_it,
    curve_leads_to_rates,
)
