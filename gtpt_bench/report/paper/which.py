"""Which tables of the papers are rebuilt, and from which study each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ModelTable:
    """Models side by side, from an audit with times.

    Attributes:
        name: of its files.
        protocol: how the papers came to the accuracy that they report, as far as it is known.
    """

    name: str
    title: str
    study: str
    protocol: str


@dataclass(frozen=True)
class AblationTable:
    """One table of ablations, from some variants of a study.

    Attributes:
        variants: in the order of the rows; the one that others are compared with is among them.
    """

    name: str
    title: str
    study: str
    variants: tuple[str, ...]


PaperTable = ModelTable | AblationTable

_DETECTED = "GTPT's own with detected boxes (person AP 56.4) and flip test"

TABLES: tuple[PaperTable, ...] = (
    ModelTable("coco", "GTPT's table on COCO", "paper_table_coco", f"COCO val2017 at 256x192; {_DETECTED}"),
    ModelTable(
        "wholebody",
        "GTPT's table on COCO-WholeBody",
        "paper_table_wholebody",
        f"COCO-WholeBody val2017; {_DETECTED}",
    ),
    ModelTable("mpii", "HEViTPose's table on MPII", "paper_table_mpii", "MPII at 256x256, PCKh@0.5"),
    AblationTable(
        "ablation_grouping",
        "GTPT's Table 3: grouping and channel gate",
        "paper_ablations",
        ("mhsa", "T3 grouping", "T3 channel gate"),
    ),
    AblationTable("ablation_mhga", "GTPT's Table 4: MHGA or MHSA", "paper_ablations", ("mhsa", "T4 mhga")),
    AblationTable(
        "ablation_introduction",
        "GTPT's Table 5: when keypoints enter, COCO-WholeBody",
        "paper_ablations_wholebody",
        ("all at start", "sparse dense", "human sparse dense"),
    ),
    AblationTable(
        "ablation_pruning",
        "GTPT's Table 6: pruning and its loss",
        "paper_ablations",
        ("no pruning", "T6 pruning", "T6 loss", "T6 harder pruning", "T6 harder with loss"),
    ),
)
"""In the order of the papers."""
