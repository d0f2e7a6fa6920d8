"""Cost of a peer, by the operators of its forward pass: of published networks looked up, of others traced.

Tracing imports torch and takes a second, a plan has neither; so the figures of all networks of the catalogue lie in
counted.json, which `python -m gtpt_bench.models.peers.counted` writes and a test compares with the trace.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from gtpt_bench.frozen import signature
from gtpt_bench.models.cost import Cost

if TYPE_CHECKING:
    from gtpt_bench.models.peers.config import PeerConfig

FILE = Path(__file__).with_name("counted.json")


def counted_cost(config: PeerConfig) -> Cost:
    """Cost of one image in evaluation mode."""
    known = _known().get(signature(config))
    return traced_cost(config) if known is None else known


def traced_cost(config: PeerConfig) -> Cost:
    """The same by tracing, whatever the file says. Nothing is allocated."""
    from gtpt_bench.efficiency.counting.macs import measured_cost
    from gtpt_bench.models import empty_model

    return measured_cost(empty_model(cast(Any, config)))


@cache
def _known() -> dict[str, Cost]:
    entries = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else []
    return {entry["signature"]: Cost(**entry["cost"]) for entry in entries}


def write_counts() -> None:
    """Count all peers of the catalogue anew."""
    from gtpt_bench.files import write_json
    from gtpt_bench.models.catalogue import list_models, model_config
    from gtpt_bench.models.gtpt.config import GTPTConfig

    configs = {name: model_config(name) for name in list_models()}
    write_json(
        FILE,
        [
            {"model": name, "signature": signature(config), "cost": traced_cost(config)._asdict()}
            for name, config in configs.items()
            if not isinstance(config, GTPTConfig)
        ],
    )


if __name__ == "__main__":
    write_counts()
