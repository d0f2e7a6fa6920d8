"""A study with everything that a page can show: two seeds, effects, curves, a failure with its log, reported rows."""

from __future__ import annotations

import base64
import gzip
import json
import re
from pathlib import Path
from typing import Any

import numpy as np

from gtpt_bench.files import read_json_file, write_json, write_text
from gtpt_bench.report.contents import contents
from gtpt_bench.report.page.document import page_document
from gtpt_bench.report.page.html import page_html
from gtpt_bench.study.plan import PlannedRun
from tests.report.made import Made, found, make_study, read, record, write_failure

HOSTILE = (
    "</script><script>window.broken=1</script><img src=x onerror=window.broken=1> "
    "=1+1 | \\input{x} $\\frac$ % # & _ ~ {"
)
DATE = "2026-11-20T10:11:12"
PAPER = {"method": "Their net", "gflops": 1.6, "params_m": 5.4, "AP": 73.6, "AR": 78.9}
RATES = {"dense": [1, 1, 1, 1], "gentle": [1, 0.9, 0.8, 0.7], "pruned": [1, 0.7, 0.3, 0.1], "hard": [1, 0.5, 0.2, 0.1]}
FOUND = {"dense": (80, 78), "gentle": (79, 77), "pruned": (70, 74), "hard": (52, 49)}
"""Persons found of 100 by variant and seed, so that AP is that share."""


def study_with_everything(root: Path, *, text: str = "a name", broken: str = "hard") -> Made:
    """Records of all variants but one that failed.

    Args:
        text: title, question, host, reported method, last line of a log: whatever somebody else has written.
    """
    evaluations = {name: [found(range(n)) for n in seeds] for name, seeds in FOUND.items()}
    paper = PAPER | {"method": f"Their net {text}", "source": f"their paper {text}"}
    vary = {"variants": {name: {"pruning.keep_rates": rates} for name, rates in RATES.items()}}
    made = make_study(
        root, evaluations, host=text, reported=[paper], title=text, question=f"What of {text}?", vary=vary
    )
    write_plan(made)
    for run in made.plan.runs:
        write_training(made, run, text)
        file = made.folder.run(run).evaluation(run.evaluate_signature)
        write_json(file, read(file) | {"seed": run.seed, "started_at": DATE})
    failed = made.run(broken, 1)
    made.folder.run(failed).evaluation(failed.evaluate_signature).unlink()
    write_failure(made, failed, f"the loss is no number {text}")
    write_text(
        made.folder.run(failed).log, "\n".join([f"line {n}" for n in range(60)] + [f"\x1b[31mthe end\x1b[0m {text}"])
    )
    write_picture(made.report("tokens").parent, "survival", f"Tokens that survive {text}")
    return made


def write_plan(made: Made) -> None:
    write_text(made.folder.plan(made.plan.label), made.plan.model_dump_json())


def write_training(made: Made, run: PlannedRun, host: str = "a host", num_epochs: int = 5) -> None:
    """A record and a history whose loss falls to a known figure."""
    job = made.folder.run(run)
    losses = [2.0 / epoch + 0.1 * run.seed for epoch in range(1, num_epochs + 1)]
    content = {
        "metrics": {"loss": losses[-1], "training_s": 90.0},
        "seed": run.seed,
        "started_at": DATE,
    }
    write_json(job.train_record, record("train", run.train_signature, host, **content))
    lines = [
        json.dumps({"epoch": n, "loss": loss, "learning_rate": 1e-3, "images_per_s": 50.0, "waiting_share": 0.02})
        for n, loss in enumerate(losses, start=1)
    ]
    write_text(job.history, "".join(f"{line}\n" for line in lines))


def write_picture(report: Path, name: str, caption: str) -> None:
    """A grey picture and its caption, as a report's folder has them."""
    import cv2

    folder = report / "tokens"
    folder.mkdir(parents=True, exist_ok=True)
    content = cv2.imencode(".png", np.full((24, 32, 3), 128, np.uint8))[1].tobytes()
    (folder / f"{name}.png").write_bytes(content)
    captions = read_json_file(folder / "captions.json") or {}
    write_json(folder / "captions.json", captions | {f"{name}.png": caption})


def document_of(made: Made) -> dict[str, Any]:
    return page_document(made.plan, made.folder, contents(made.plan, made.folder))


def page_of(made: Made) -> str:
    return page_html(document_of(made))


def document_in(page: str) -> dict[str, Any]:
    """The document as a browser would read it from the page."""
    found_in = re.search(r'<script type="application/(json|gzip)" id="document">(.*?)</script>', page, re.DOTALL)
    assert found_in is not None
    kind, content = found_in.groups()
    text = gzip.decompress(base64.b64decode(content)) if kind == "gzip" else content
    document: dict[str, Any] = json.loads(text)
    return document
