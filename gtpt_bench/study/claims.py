"""What papers claim of two models: how much less one has of something than the other. Read when the plan is made.

Rows of reference files whose column `model` names the first of the two, and whose quantity is known here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from gtpt_bench.errors import StudyError
from gtpt_bench.frozen import Frozen
from gtpt_bench.models.catalogue import unknown_model
from gtpt_bench.study.reference import numbers_of, reference_rows

Figure = Literal["params", "GFLOPs"]
QUANTITIES: Mapping[str, Figure] = MappingProxyType({"change of params": "params", "change of GFLOPs": "GFLOPs"})


class Claim(Frozen):
    """One claim."""

    method: str
    compared_with: str
    figure: Figure
    percent: str
    """As printed, `-62.1`."""
    model: str
    """Of the catalogue."""
    against: str
    """Of the catalogue; "" where the other one is not hosted."""
    file: str
    source: str


def claims_of(files: Sequence[str], models: Sequence[str], study_file: Path) -> tuple[Claim, ...]:
    """Claims about models of the catalogue.

    Raises:
        StudyError: no such file, an unknown model, or a claim that is no number.
    """
    return tuple(claim for name in files for claim in _of_file(name, models, study_file))


def _of_file(name: str, models: Sequence[str], study_file: Path) -> Iterator[Claim]:
    path, lines = reference_rows(name, study_file)
    for line in lines:
        model, against = line.get("model", ""), line.get("against", "")
        unknown = [one for one in (model, against) if one and one not in models]
        if unknown:
            raise StudyError(f"{path}: method {line['method']!r}: {unknown_model(unknown[0])}")
        figure = QUANTITIES.get(line.get("quantity", ""))
        if figure is None or not model:
            continue
        numbers_of({key: line[key] for key in ("method", "value")}, path)
        yield Claim(
            method=line["method"],
            compared_with=line["compared_with"],
            figure=figure,
            percent=line["value"],
            model=model,
            against=against,
            file=name,
            source=line["source"],
        )
