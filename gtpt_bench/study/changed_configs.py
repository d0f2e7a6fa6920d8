"""The configs of a study's variants, from a common one. Pure; a refusal names the change that asked for it."""

from __future__ import annotations

from typing import Generic, TypeVar

from pydantic import ValidationError

from gtpt_bench.errors import StudyError
from gtpt_bench.frozen import Frozen
from gtpt_bench.study.spec import Changes
from gtpt_bench.study.variants import Variant
from gtpt_bench.study.yaml_source import YamlSource, first_problem

C = TypeVar("C", bound=Frozen)


class ChangedConfigs(Generic[C]):
    """A config as variants change it. Variants with equal changes get one and the same object, validated once: of ten
    models times ten recipes there are twenty configs, not two hundred.

    Args:
        prefix: of the config's keys in the study, for errors.
        of: name of the model that is changed; "" for another config.
    """

    def __init__(self, base: C, source: YamlSource, *, prefix: str = "", of: str = "") -> None:
        self.base, self.source, self.prefix, self.model = base, source, prefix, of
        self.made: dict[str, C] = {}

    def of(self, variant: Variant, changes: Changes) -> C:
        """The config of a variant, which has these changes.

        Raises:
            StudyError: a change is impossible; names file, line and key.
        """
        written = repr(changes)  # plain data of YAML
        if written not in self.made:
            self.made[written] = self._changed(variant, changes)
        return self.made[written]

    def _changed(self, variant: Variant, changes: Changes) -> C:
        try:
            return self.base.changed(changes) if changes else self.base
        except ValidationError as error:
            raise StudyError(self._refusal(variant, error)) from error

    def _refusal(self, variant: Variant, error: ValidationError) -> str:
        path, reason = first_problem(error, type(self.base))
        key = self.prefix + ".".join(map(str, path)) if path else ""
        asked = next((c for c in variant.places if key.startswith(c) or c.startswith(key or c)), "")
        place = self.source.place(variant.places[asked]) if asked else self.source.name
        subject = f" for {self.model}" if self.model else ""
        if self.model and len(path) == 1 and reason.startswith("unknown key"):
            reason += "; or groups, and of the run training.…, data.…, evaluation.…"
        named = f"{key}: " if key else ""
        return f"{place}: variant {variant.name!r}{subject}: {named}{reason}"
