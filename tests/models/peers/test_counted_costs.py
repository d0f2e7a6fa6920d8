"""The costs of published networks are looked up in a file, which says what the operator trace says."""

from __future__ import annotations

import json

import pytest

from gtpt_bench.frozen import signature
from gtpt_bench.models import list_models, model_config
from gtpt_bench.models.cost import Cost
from gtpt_bench.models.peers import counted
from gtpt_bench.models.peers.counted import FILE, counted_cost, traced_cost

PEERS = [name for name in list_models() if model_config(name).family != "gtpt"]
QUICK = ("tokenpose_s_v1", "transpose_r_a4", "efficientpose_b", "deeppose_res50")
"""Traced in a quarter of a second each."""


def test_the_file_has_every_peer_of_the_catalogue_as_it_is() -> None:
    """Whoever changes a config or its defaults writes the file anew: python -m gtpt_bench.models.peers.counted."""
    entries = json.loads(FILE.read_text(encoding="utf-8"))
    assert [entry["model"] for entry in entries] == PEERS
    assert [entry["signature"] for entry in entries] == [signature(model_config(name)) for name in PEERS]


@pytest.mark.parametrize("name", QUICK)
def test_what_is_looked_up_is_what_the_trace_counts(name: str) -> None:
    assert counted_cost(model_config(name)) == traced_cost(model_config(name))


@pytest.mark.long
@pytest.mark.parametrize("name", [name for name in PEERS if name not in QUICK])
def test_the_others_too(name: str) -> None:
    assert counted_cost(model_config(name)) == traced_cost(model_config(name))


def test_a_published_network_is_not_traced_again_and_a_changed_one_is(monkeypatch: pytest.MonkeyPatch) -> None:
    traced = []
    monkeypatch.setattr(counted, "traced_cost", lambda config: traced.append(config) or Cost(params=1))
    published, changed = model_config("vitpose_plus_h_wholebody"), model_config("tokenpose_s_v1", {"depth": 3})
    assert counted_cost(published).params == 930_917_078
    assert traced == []
    assert counted_cost(changed) == Cost(params=1)
    assert traced == [changed]


def test_a_change_of_size_changes_the_cost() -> None:
    whole, half = model_config("deeppose_res50"), model_config("deeppose_res50", {"input_size": [128, 96]})
    assert half.cost.params == whole.cost.params
    assert half.cost.conv_macs * 4 == whole.cost.conv_macs
    assert half.cost.linear_macs == whole.cost.linear_macs
