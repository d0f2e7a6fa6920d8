"""Settings of all tests."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("gtpt_bench", deadline=None)  # machines that test are often busy with something else
settings.load_profile("gtpt_bench")
