"""What all counters say of a model, for programs and records."""

from __future__ import annotations

from typing import Any

from gtpt_bench.efficiency.counting.cross_check import CrossCheck


def check_as_json(check: CrossCheck) -> dict[str, Any]:
    """All opinions, the one against its own figure beside each; who disagrees has a line among the complaints."""
    return {
        "agrees": check.agrees,
        "full": check.full,
        "complaints": list(check.complaints),
        "counters": [
            {
                "name": opinion.name,
                "macs": opinion.macs,
                "against": opinion.against,
                "expected": opinion.expected,
                "deviation": opinion.deviation,
                "agrees": opinion.agrees,
                "note": opinion.note,
                "uncounted_calls": dict(opinion.uncounted),
                "seconds": opinion.seconds,
            }
            for opinion in check.opinions
        ],
        "uncounted_calls": dict(check.uncounted),
        "unknown_calls": dict(check.unknown),
    }
