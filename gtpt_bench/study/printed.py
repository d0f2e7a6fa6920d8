"""What papers print about models, letter by letter: the digits of a figure tell how it was rounded.

Read from reference files when the plan of an audit is made, and kept with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from gtpt_bench.errors import StudyError
from gtpt_bench.frozen import Frozen
from gtpt_bench.models.catalogue import unknown_model
from gtpt_bench.study.reference import TEXT_COLUMNS, numbers_of, reference_rows

COST_COLUMNS = ("gflops", "params_m")


class Printed(Frozen):
    """One row of a paper's table. Figures are text, "" where the paper has none."""

    variant: str = ""
    """Row of the audit that it belongs to; "" for a system that is not hosted."""
    model: str
    """Name in the catalogue; "" likewise."""
    method: str
    file: str
    source: str
    gflops: str = ""
    """Thousand million of what the paper counts."""
    params_m: str = ""
    """Millions."""
    accuracy: tuple[tuple[str, str], ...] = ()
    """AP, AR or PCKh with their columns, in points, in the file's order."""
    counts: str = ""
    """Changes of the model whose cost the paper prints, where that is not the model whose accuracy it prints:
    `routing=hard`, several with `; ` between them."""
    input_size: str = ""
    """Height and width, `384x288`; "" where there is no crop or none is said."""
    note: str = ""
    """What must be said beside the row; of a system that is not hosted, the reason."""

    @property
    def counted_as(self) -> str:
        """Name of the cost that the printed one is about; "" where it is the model's own."""
        return f"{self.variant}, {self.counts}" if self.counts else ""


def printed_rows(files: Sequence[str], models: Sequence[str], study_file: Path) -> tuple[Printed, ...]:
    """Rows about models of the catalogue that have any figure, and rows about none that say why in their note.

    Args:
        models: the catalogue.

    Raises:
        StudyError: no such file, an unknown model, or a cell is not a number.
    """
    return tuple(row for name in files for row in _of_file(name, models, study_file))


def _of_file(name: str, models: Sequence[str], study_file: Path) -> Iterator[Printed]:
    path, lines = reference_rows(name, study_file)
    for line in lines:
        model, note = line.get("model", ""), line.get("note", "")
        if model and model not in models:
            raise StudyError(f"{path}: method {line['method']!r}: {unknown_model(model)}")
        costs = {key: line.get(key, "") for key in COST_COLUMNS}
        accuracy = _accuracy(line)
        if note if not model else any([*costs.values(), *(figure for _, figure in accuracy)]):
            numbers_of(line, path)
            yield Printed(
                model=model,
                method=line["method"],
                file=name,
                source=line["source"],
                **costs,
                accuracy=accuracy,
                counts=line.get("counts", ""),
                input_size=line.get("input_size", ""),
                note=note,
            )


def _accuracy(line: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((key, text) for key, text in line.items() if key not in (*TEXT_COLUMNS, *COST_COLUMNS))
