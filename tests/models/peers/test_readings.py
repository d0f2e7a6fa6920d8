"""How each family's output is read: as its authors read it (spec/baselines.md, and their papers where it is silent)."""

from __future__ import annotations

import pytest

from gtpt_bench.models import list_models, model_config
from gtpt_bench.models.reading import HeatmapReading, Reading, RegressionReading, SimccReading

DARK = HeatmapReading(peak="dark")
RULES: dict[str, Reading] = {
    "gtpt": SimccReading(2),
    "simplebaseline": HeatmapReading(),
    "hrnet": HeatmapReading(),
    "litehrnet": HeatmapReading(),
    "efficientpose": HeatmapReading(),
    "pvt": HeatmapReading(),
    "hevitpose": HeatmapReading(),
    "transpose": DARK,
    "tokenpose": DARK,
    "ppt": DARK,
    "vitpose": HeatmapReading(peak="dark", aligned=True),
    "vitpose_plus": HeatmapReading(peak="dark", aligned=True),
    "fastpose": HeatmapReading(peak="integral"),
    "rtmpose": SimccReading(2),
    "deeppose": RegressionReading(),
    "distilpose": RegressionReading(score_column=2),
}


@pytest.mark.parametrize("name", list_models())
def test_every_model_is_read_by_the_rule_of_its_family(name: str) -> None:
    config = model_config(name)
    assert config.reading == RULES[config.family]


def test_only_vitpose_s_authors_train_on_pixels_centred_in_the_crop() -> None:
    centred = {config.family for config in map(model_config, list_models()) if config.authors_grid == "centred"}
    assert centred == {"vitpose", "vitpose_plus"}
