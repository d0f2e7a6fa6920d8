"""Drawn people, made once for all tests that only read them."""

from __future__ import annotations

import pytest

from gtpt_bench.data.drawn.config import DrawnConfig
from gtpt_bench.data.drawn.make import make_drawn_dataset
from gtpt_bench.data.layout import DataRoot

FEW_DRAWN = DrawnConfig(num_train_images=4, num_val_images=4)


@pytest.fixture(scope="session")
def drawn_root(tmp_path_factory: pytest.TempPathFactory) -> DataRoot:
    """Four training and four validation images, with all their files."""
    path = tmp_path_factory.mktemp("few") / "drawn"
    make_drawn_dataset(path, FEW_DRAWN, num_workers=1)
    return DataRoot(path)
