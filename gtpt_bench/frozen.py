"""Frozen configuration objects: what they have in common, how they are changed, and what identifies them.

Torch-free, so that `plan`, `status` and the closed forms start at once.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict

CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


class Frozen(BaseModel):
    """Base of every configuration: immutable, validated, nothing extra allowed."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False)

    def changed(self, changes: Mapping[str, Any]) -> Self:
        """A validated copy with dotted keys replaced: `changed({"pruning.keep_rates": [1, 0.7, 0.3, 0.1]})`.

        A value that is itself a mapping is merged into the part of that name. A new `kind` starts a part anew, so
        that `tokenizer.kind` and `tokenizer.blocks` can be given together, in any order.

        Raises:
            pydantic.ValidationError: a key does not exist or a value is not allowed.
        """
        values = self.values_to_change(changes)
        for key in sorted(changes, key=lambda key: key.rpartition(".")[2] != "kind"):
            merge_at(values, key.split("."), changes[key])
        return type(self).model_validate(values)

    @cached_property
    def canonical(self) -> str:
        """Its canonical JSON, which signatures of many runs share."""
        return CANONICAL.encode(self.model_dump(mode="json"))

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Pydantic's, unvalidated; what the original has worked out and kept (`cached_property`) stays behind."""
        copied = super().model_copy(update=update, deep=deep)
        for name in copied.__dict__.keys() - type(self).model_fields.keys():
            del copied.__dict__[name]
        return copied

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        """Itself: nothing of it can be changed."""
        return self

    def __getstate__(self) -> dict[Any, Any]:
        """For pickles: without what it has worked out and kept, some of which cannot be pickled."""
        state = super().__getstate__()
        kept = {name: value for name, value in state["__dict__"].items() if name in type(self).model_fields}
        return state | {"__dict__": kept}

    def values_to_change(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        """The present values that changes are applied to."""
        return self.model_dump(mode="json")


def _kind_by_name(value: Any) -> Any:
    """`linear` in short for `{kind: linear}`."""
    return {"kind": value} if isinstance(value, str) else value


BY_NAME = BeforeValidator(_kind_by_name)
"""For a choice of parts that differ in `kind`: the name alone means that part with its defaults."""


def merge_at(values: dict[str, Any], path: list[str], value: Any) -> None:
    """Set `value` at a path of nested mappings, in place; mappings merge, everything else is replaced.

    A mapping of another `kind` is another thing altogether and replaces the old one.
    """
    for name in path[:-1]:
        inner = values.get(name)
        if not isinstance(inner, dict):
            inner = values[name] = _kind_by_name(inner) if isinstance(inner, str) else {}
        values = inner
    last = path[-1]
    old = values.get(last)
    if last == "kind" and old is not None and old != value:
        values.clear()
    if isinstance(value, Mapping) and isinstance(old, dict) and value.get("kind", old.get("kind")) == old.get("kind"):
        for name, inner_value in value.items():
            merge_at(values[last], [str(name)], inner_value)
    else:
        values[last] = value


def canonical_json(content: Any) -> str:
    """One text for one content: defaults included, keys sorted, no blanks, floats as Python prints them."""
    if isinstance(content, Frozen):
        return content.canonical
    return CANONICAL.encode(content)


def canonical_lines(*contents: Any) -> str:
    """What is hashed: the canonical JSON of each content on a line of its own."""
    return "\n".join(map(canonical_json, contents))


def hashed(lines: str) -> str:
    """SHA-256 (hex) of canonical lines."""
    return hashlib.sha256(lines.encode()).hexdigest()


def signature(*contents: Any) -> str:
    """SHA-256 (hex) of the canonical JSON of the contents; the first eight digits name files and folders."""
    return hashed(canonical_lines(*contents))
