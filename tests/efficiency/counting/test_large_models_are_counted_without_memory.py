"""A model that is only counted gets no memory for its weights; the largest peer's are 3.7 GB."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from gtpt_bench.compare.cost import Counter
from gtpt_bench.compare.entry import Entry
from gtpt_bench.efficiency.counting import countable
from gtpt_bench.efficiency.counting.countable import countable_model
from gtpt_bench.efficiency.counting.cross_check import cross_check
from gtpt_bench.efficiency.measure.request import MeasureRequest
from gtpt_bench.efficiency.measure.run import measured
from gtpt_bench.models import model_config
from gtpt_bench.models.peers.tokenpose import TokenPoseConfig

SMALL = model_config("tokenpose_s_v1", {"input_size": [64, 48], "depth": 2, "trunk.width": 8})


@pytest.fixture
def built_on(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Devices that networks were built on."""
    devices: list[str] = []
    build = TokenPoseConfig.build

    def noting(config: TokenPoseConfig) -> Any:
        devices.append(torch.empty(0).device.type)
        return build(config)

    monkeypatch.setattr(TokenPoseConfig, "build", noting)
    return devices


def test_counting_alone_needs_no_memory(built_on: list[str]) -> None:
    request = MeasureRequest(parts=frozenset({"cost", "conventions", "stages", "modules"}))
    found = measured({"small": SMALL}, request).models[0].cost
    assert found is not None
    assert found.macs["full"] == SMALL.cost.full
    side = Entry("small", "tokenpose_s_v1", SMALL)
    assert Counter().compared(side, side).first.macs == found.macs
    assert set(built_on) == {"meta"}


def test_other_counters_get_memory_unless_the_model_is_too_large(
    monkeypatch: pytest.MonkeyPatch, built_on: list[str]
) -> None:
    countable_model(SMALL, checked=True)
    assert built_on == ["cpu"]
    monkeypatch.setattr(countable, "LARGEST_FILLED", SMALL.cost.params - 1)
    countable_model(SMALL, checked=True)
    assert built_on == ["cpu", "meta"]


def test_without_memory_all_counters_but_fvcore_count_the_same() -> None:
    checks = [cross_check(countable_model(SMALL, checked=checked)) for checked in (True, False)]
    full, empty = ({opinion.name: opinion.macs for opinion in check.opinions} for check in checks)
    assert empty == full | {"fvcore": None}
    assert all(check.agrees for check in checks)
    assert checks[1].complaints == (
        "fvcore cannot count this model: RuntimeError: it traces real tensors, and the model was left without memory",
    )
