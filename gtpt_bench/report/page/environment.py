"""Where a study's records were made: a row an environment, with what of it differs and how many records are its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from gtpt_bench.frozen import canonical_json
from gtpt_bench.report.cells import Cell, Column, Row, StudyTable, filled
from gtpt_bench.study.store import Record

COLUMNS = (
    Column("device", "device"),
    Column("host", "host"),
    Column("cpu", "processor"),
    Column("cores", "cores"),
    Column("threads", "threads"),
    Column("code", "code"),
    Column("python", "Python"),
    Column("packages", "packages"),
    Column("platform", "system"),
    Column("cpu_settings", "settings"),
    Column("num_records", "records"),
    Column("first", "first"),
    Column("last", "last"),
)


def environments(records: Iterable[Record]) -> StudyTable | None:
    """Those of most records first; None without records."""
    groups: dict[str, list[Record]] = {}
    for record in records:
        if "provenance" in record:
            groups.setdefault(canonical_json(record["provenance"]), []).append(record)
    ordered = sorted(groups.values(), key=len, reverse=True)
    rows = tuple(Row(str(number), _cells(group)) for number, group in enumerate(ordered, start=1))
    return StudyTable(filled(COLUMNS, rows), rows, subject="environment") if rows else None


def _cells(group: list[Record]) -> dict[str, Cell]:
    provenance: Mapping[str, Any] = group[0]["provenance"]
    dates = sorted(str(record["started_at"])[:19] for record in group if "started_at" in record)
    words = {column.key: _in_words(provenance.get(column.key)) for column in COLUMNS}
    words |= {"code": _code(provenance.get("code", {})), "first": dates[0] if dates else ""}
    words["last"] = dates[-1] if dates else ""
    cells = {key: Cell(text, origin="configured") for key, text in words.items() if text}
    return cells | {"num_records": Cell(str(len(group)), float(len(group)), "configured")}


def _in_words(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_in_words(inner)}" for key, inner in value.items() if inner not in (None, ""))
    if isinstance(value, list | tuple):
        return " ".join(map(_in_words, value))
    return "" if value is None else str(value)


def _code(code: Mapping[str, Any]) -> str:
    commit = code.get("commit")
    version = str(commit)[:10] if commit else f"version {code.get('version', 'unknown')}"
    return f"{version}{' with changes' if code.get('dirty') else ''}"
