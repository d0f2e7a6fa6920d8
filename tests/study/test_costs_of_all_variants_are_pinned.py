"""Parameters, MACs and tokens of every full-size variant of every study, in a table that people can read.

`python -m tests.study.test_costs_of_all_variants_are_pinned` writes tests/study/golden/variants.csv anew; read what
changed before you commit it.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path

from gtpt_bench.models import model_config
from gtpt_bench.models.gtpt.closed_form import gtpt_cost
from gtpt_bench.study.overview import layers_in_words
from tests.study.every_variant import STUDIES, plan_of

GOLDEN = Path(__file__).parent / "golden" / "variants.csv"
ELSEWHERE = ("hevitpose_peow", "hevitpose_attention")
"""Studies whose figures are the specification's (test_paper_tables_hold_every_row.py); to trace each takes seconds."""
COLUMNS = ("study", "variant", "model", "params", "macs_full", "macs_attention", "macs_thop", "image_tokens_a_layer")


def table() -> str:
    """The table of all studies in their paper profile, as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for path in (path for path in STUDIES if path.stem not in ELSEWHERE):
        for variant, cost in plan_of(path.stem, "paper").measured.items():
            macs = cost.config.planned_macs
            figures = cost.config.cost.params, macs["full"], macs["attention"], macs.get("thop", "")
            writer.writerow((path.stem, variant, cost.model, *figures, layers_in_words(cost.config)))
    return text.getvalue()


def rows(text: str) -> dict[tuple[str, str], dict[str, str]]:
    return {(row["study"], row["variant"]): row for row in csv.DictReader(io.StringIO(text))}


def test_each_variant_costs_what_the_table_says() -> None:
    pinned, found = rows(GOLDEN.read_text(encoding="utf-8")), rows(table())
    assert found.keys() == pinned.keys()
    changed = {name: (pinned[name], row) for name, row in found.items() if row != pinned[name]}
    assert changed == {}


def test_a_variant_without_changes_is_the_model_itself() -> None:
    unchanged = {"pruning_ratio": "0379", "components_coco": "full", "mhga": "sparse", "components_wholebody": "full"}
    pinned = rows(GOLDEN.read_text(encoding="utf-8"))
    for study, variant in unchanged.items():
        row = pinned[study, variant]
        own = gtpt_cost(model_config(row["model"]))
        assert (int(row["params"]), int(row["macs_full"])) == (own.params, own.full)


if __name__ == "__main__":
    GOLDEN.parent.mkdir(exist_ok=True)
    GOLDEN.write_text(table(), encoding="utf-8")
