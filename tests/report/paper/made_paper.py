"""A repository with one audit and one study of ablations, whose records are written by hand; figures are known."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from gtpt_bench.files import write_text
from gtpt_bench.report.paper.contents import RebuiltTable, paper_contents
from gtpt_bench.report.paper.files import paper_files
from gtpt_bench.report.paper.kept_study import PaperFolders
from gtpt_bench.report.paper.which import AblationTable, ModelTable
from gtpt_bench.study.session import open_session
from tests.report import made, made_audit
from tests.report.made_audit import planned, write_cost, write_times

MODELS, ABLATIONS = (
    ModelTable("models", "Models", "audit", "a data set"),
    AblationTable("effects", "Effects", "made", ("dense", "pruned")),
)
DEVICE = "a device (2 cores)"


@dataclass(frozen=True)
class MadeModels:
    """An audit of which records may be kept."""

    audit: made_audit.Made
    root: Path

    @property
    def folders(self) -> PaperFolders:
        return PaperFolders(self.root / "studies", self.root / "results", self.root / "results" / "paper")

    @property
    def contents(self) -> RebuiltTable:
        (found,) = paper_contents(self.folders, (MODELS,))
        return found

    @property
    def files(self) -> dict[str, dict[str, str]]:
        return paper_files([self.contents])

    def keep_plan(self) -> None:
        folder, plan = self.audit.folder, self.audit.plan
        write_text(folder.plan(plan.label), plan.model_dump_json())


def made_models(root: Path, rows: list[dict[str, str]], *models: str) -> MadeModels:
    return MadeModels(planned(root, [], rows, timing={}, models=list(models)), root)


def measured_models(root: Path, rows: list[dict[str, str]], latency_ms: dict[str, list[float]]) -> MadeModels:
    """With costs as the closed form has them, and a session of one call a round."""
    found = made_models(root, rows, *latency_ms)
    for cost in found.audit.plan.costs:
        write_cost(found.audit, cost)
    write_times(found.audit, dict.fromkeys(latency_ms, 1.0))
    write_rounds(found, latency_ms)
    found.keep_plan()
    return found


def write_rounds(found: MadeModels, latency_ms: dict[str, list[float]]) -> None:
    timing = found.audit.plan.timing
    assert timing
    path = found.audit.folder.timing(timing)
    samples = {
        name: {
            "latency_ns": [[round(1e6 * ms)] for ms in rounds],
            "throughput_images_per_s": [1000 / ms for ms in rounds],
        }
        for name, rounds in latency_ms.items()
    }
    on = made.provenance() | {"device": timing_device(found)}
    made.write_json(path, made.read(path) | {"samples": samples, "provenance": on})


def timing_device(found: MadeModels) -> str:
    """The machine that the plan was made on, whose name is part of the session's identity."""
    from gtpt_bench.study.machine import this_machine

    return this_machine().device


def made_ablations(root: Path, rows: list[dict[str, Any]], data: str = "drawn") -> tuple[made.Made, PaperFolders]:
    """A study of two variants with reported effects, of which nothing is measured yet."""
    reference = root / "results" / "reference" / "effects.csv"
    reference.parent.mkdir(parents=True)
    lines = ["method,ap_difference,macs_change_percent,macs_convention,note,source"]
    lines += [f"{row['method']},{row.get('ap', '')},{row.get('macs', '')},thop,,a paper" for row in rows]
    reference.write_text("\n".join(lines) + "\n", encoding="utf-8")
    content = {
        "study": "made",
        "model": "gtpt_t_coco",
        "accuracy": {"model": "gtpt_tiny_coco", "data": data, "training": "quick"},
        "timing": {},
        "vary": {"variants": {"dense": made.DENSE, "pruned": made.PRUNED}},
        "seeds": [0, 1],
        "report": {
            "plots": [],
            "against": {"pruned": "dense"},
            "reported": [{"file": "effects.csv", "method": row["method"], "variant": "pruned"} for row in rows],
        },
    }
    file = root / "studies" / "made.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    session = open_session(file, "quick", None, root / "results", may_lack_data=True)
    folders = PaperFolders(root / "studies", root / "results", root / "results" / "paper")
    return made.Made(session.plan, session.folder), folders
