"""Settings of all tests."""

from __future__ import annotations

import os

import torch
from hypothesis import settings

settings.register_profile("gtpt_bench", deadline=None)  # machines that test are often busy with something else
settings.load_profile("gtpt_bench")

if "PYTEST_XDIST_WORKER" in os.environ:  # a core each: threads of several workers would wait for each other
    torch.set_num_threads(1)
