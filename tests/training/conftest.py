"""Fixtures of the training tests."""

from __future__ import annotations

import pytest

from gtpt_bench.data.people import Person
from gtpt_bench.training.trainer import Trainer
from tests.training.small import noise_people, small_trainer, trained


@pytest.fixture(scope="session")
def people(tmp_path_factory: pytest.TempPathFactory) -> list[Person]:
    return noise_people(tmp_path_factory.mktemp("noise"))


@pytest.fixture(scope="session")
def uninterrupted(people: list[Person]) -> Trainer:
    """The small run from start to end; read only."""
    return trained(small_trainer(people))
