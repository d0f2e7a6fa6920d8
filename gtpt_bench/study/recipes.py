"""Training recipes by the names that studies call them by. Torch-free."""

from __future__ import annotations

from collections.abc import Mapping

from gtpt_bench.errors import StudyError
from gtpt_bench.models.catalogue import list_models, model_config
from gtpt_bench.study.changed_configs import ChangedConfigs
from gtpt_bench.study.spec import Accuracy
from gtpt_bench.study.variants import RECIPE, Variant
from gtpt_bench.study.yaml_source import YamlSource
from gtpt_bench.training.config import TrainingConfig
from gtpt_bench.training.peer_recipes import recipe_of
from gtpt_bench.training.presets import TRAINING

OWN = "own"
"""The recipe that a model's family was published with."""


def recipes_for(model: str) -> Mapping[str, TrainingConfig]:
    """Every recipe for a model of the catalogue, `own` among them; GTPT's paper recipe where there is no such model."""
    own = recipe_of(model_config(model).family) if model in list_models() else TrainingConfig()
    return {**TRAINING, OWN: own}


class Recipes:
    """The training of each variant: the study's or one of its own, with the variant's changes.

    Variants with equal changes of one recipe get one and the same object.
    """

    def __init__(self, accuracy: Accuracy, source: YamlSource) -> None:
        self.accuracy, self.source = accuracy, source
        self.configs: dict[str, ChangedConfigs[TrainingConfig]] = {}

    def of(self, variant: Variant, model: str) -> TrainingConfig:
        """The training of a variant whose trained model is called `model`.

        Raises:
            StudyError: an unknown recipe or an impossible change; names file, line and key.
        """
        start = self._start(variant, model)
        if start.canonical not in self.configs:
            self.configs[start.canonical] = ChangedConfigs(start, self.source, prefix=f"{RECIPE}.")
        return self.configs[start.canonical].of(variant, variant.accuracy_changes(RECIPE))

    def _start(self, variant: Variant, model: str) -> TrainingConfig:
        own = self.accuracy.own_training
        if RECIPE in variant.changes:
            return self._named(variant, model)
        return self.accuracy.training if own is None else recipes_for(model)[OWN].changed(own)

    def _named(self, variant: Variant, model: str) -> TrainingConfig:
        name, recipes = variant.changes[RECIPE], recipes_for(model)
        if not isinstance(name, str) or name not in recipes:
            raise StudyError(
                f"{self.source.place(variant.places[RECIPE])}: variant {variant.name!r}: {RECIPE}: unknown preset "
                f"{name!r}; known: {', '.join(recipes)}; or change single values: {RECIPE}.epochs"
            )
        return recipes[name]
