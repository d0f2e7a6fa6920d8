"""More processes than a batch has parts are refused before anything is begun, with the key to change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gtpt_bench.errors import StudyError
from tests.study.small_study import STUDY, Ends, Workplace


def place_with(folder: Path, **training: Any) -> Workplace:
    place = Workplace(folder)
    accuracy = {**STUDY["accuracy"], "training": {**STUDY["accuracy"]["training"], **training}}
    place.write({**STUDY, "accuracy": accuracy})
    return place


def test_one_line_names_the_key_and_nothing_is_written(tmp_path: Path) -> None:
    place = place_with(tmp_path, batch_size=4)
    with pytest.raises(StudyError) as caught:
        place.open().prepared(Ends(), processes=2)
    assert str(caught.value) == (
        "--processes 2: a batch of 4 of dense has only 1 part(s); set accuracy.training.micro_batch "
        "(in a training config training.micro_batch), now 64, to 2 or less, or take fewer processes"
    )
    assert not place.open().folder.path.exists()


def test_what_it_says_helps(tmp_path: Path) -> None:
    place = place_with(tmp_path, batch_size=4, micro_batch=2)
    assert len(place.open().prepared(Ends(), processes=2)) == 3
