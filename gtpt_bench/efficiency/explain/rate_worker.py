"""`python -m gtpt_bench.efficiency.explain.rate_worker DTYPE THREADS`: the CPU's rates, a round for each line it reads.

The first line of its output says what is measured (`RatedDevice`); then each line `all SECONDS` is answered by a
`RateRound` and `matrix SECONDS` by the rate of the faster product alone. It ends with its input.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import cast

import torch

from gtpt_bench.efficiency.explain.rates import RatesHere
from gtpt_bench.efficiency.options import DType


def main() -> None:
    dtype, threads = sys.argv[1:]
    torch.set_num_threads(int(threads))
    rates = RatesHere(torch.device("cpu"), cast(DType, dtype))
    _say(asdict(rates.rated))
    for line in sys.stdin:
        what, seconds = line.split()
        if what == "matrix":
            _say({"flops_per_s": rates.matrix_round(float(seconds))})
        else:
            _say(asdict(rates.round(float(seconds))))


def _say(answer: dict[str, object]) -> None:
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
