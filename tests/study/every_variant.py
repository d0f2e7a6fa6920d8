"""All variants of all studies of the repository, as their plans have them, and a small copy of each to train."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from gtpt_bench.config import DataIdentity, RunConfig
from gtpt_bench.frozen import canonical_json
from gtpt_bench.models import ModelConfig
from gtpt_bench.models.gtpt.config import GTPTConfig
from gtpt_bench.study.load import load_study
from gtpt_bench.study.plan import Plan
from gtpt_bench.study.planning import build_plan
from gtpt_bench.study.yaml_source import read_yaml
from gtpt_bench.training.config import TrainingConfig
from tests.training.peers import CROP, narrow

ROOT = Path(__file__).resolve().parents[2]
STUDIES = [path for path in sorted((ROOT / "studies").glob("*.yaml")) if "audit" not in read_yaml(path).content]
"""Those that vary something; an audit takes models as they are."""
PROFILES = ("paper", "quick")


@dataclass(frozen=True)
class Case:
    """One variant of one study in one profile."""

    study: str
    profile: str
    variant: str

    def __str__(self) -> str:
        return f"{self.study}-{self.profile}-{self.variant}".replace(" ", "_")


@cache
def plan_of(study: str, profile: str) -> Plan:
    """The plan of a study in one profile, on a machine that can do all that a study may ask for."""
    loaded, source = load_study(ROOT / "studies" / f"{study}.yaml", profile=profile)
    return build_plan(
        loaded, source, profile=profile, identify=lambda run: DataIdentity(), device="a GPU", device_kind="cuda"
    )


def run_of(case: Case) -> RunConfig:
    plan = plan_of(case.study, case.profile)
    return next(run.config for run in plan.runs if run.variant == case.variant)


def cases() -> list[Case]:
    """Every variant that any profile trains; of those that are small alike, one."""
    every = [
        Case(path.stem, profile, variant)
        for path in STUDIES
        for profile in PROFILES
        for variant in plan_of(path.stem, profile).trained
    ]
    distinct: dict[str, Case] = {}
    for case in every:
        run = run_of(case)
        distinct.setdefault(canonical_json([small(run.model).model_dump(), short(run.training).model_dump()]), case)
    return list(distinct.values())


SMALL_TOKENIZERS: dict[str, dict[str, Any]] = {
    "shuffle": {"first_channels": 4, "channels": 8},
    "u_shuffle": {"first_channels": 4, "down_channels": (8, 12, 16)},
    "resnet": {"first_channels": 4, "middle": 2},
    "hrnet": {"width": 2},
    "convnext_v2": {"channels": 8},
    "convnext_bn": {"channels": 8},
    "linear": {},
    "pyramid": {"first_channels": 4, "level_channels": (4, 8, 8)},
}


def small(model: ModelConfig) -> ModelConfig:
    """The same switches at a twelfth of the width; half the resolution where no dense tokens need the slots."""
    if not isinstance(model, GTPTConfig):
        return model.changed({"input_size": CROP, **narrow(model)})
    kind = model.tokenizer.kind
    tokenizer = {f"tokenizer.{key}": value for key, value in SMALL_TOKENIZERS[kind].items()}
    halved = {} if model.keypoint_set.dense_parts else {"input_size": [length // 2 for length in model.input_size]}
    if kind == "pyramid":
        halved = {}
    return model.changed({"width": 16, "heads": 2, "ffn_ratio": 1, **tokenizer, **halved})


def short(training: TrainingConfig) -> TrainingConfig:
    """The same recipe on batches of two, four epochs long; what starts late in it starts after the first."""
    late = {"distillation.ema_from_epoch": 1} if training.distillation.ema_from_epoch else {}
    warm = {"warmup.start_epoch": 0.3, "warmup.end_epoch": 2.0} if training.warmup.kind == "linear" else {}
    return training.changed({"batch_size": 2, "epochs": 4, **late, **warm})
