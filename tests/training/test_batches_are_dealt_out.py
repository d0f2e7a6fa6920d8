"""Batches, their parts, and which process works off which: all persons once an epoch, whatever the numbers."""

from __future__ import annotations

from math import ceil

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gtpt_bench.data.dataset import Crop
from gtpt_bench.errors import InputError
from gtpt_bench.training.batches import BatchOrder, Share


def shares(order: BatchOrder, *, rank: int = 0, of: int = 1, from_step: int = 0, epochs: int = 2) -> list[Share]:
    return list(order.shares(from_step=from_step, epochs=epochs, rank=rank, of=of))


def persons(share: Share) -> list[int]:
    return [key.person for key in share.keys]


@given(
    num_people=st.integers(1, 40),
    batch_size=st.integers(1, 16),
    micro_batch=st.integers(1, 16),
    of=st.integers(1, 4),
)
def test_each_person_is_seen_once_an_epoch_by_one_process(
    num_people: int, batch_size: int, micro_batch: int, of: int
) -> None:
    order = BatchOrder(num_people, batch_size, micro_batch, seed=3)
    dealt = [shares(order, rank=rank, of=of) for rank in range(of)]
    assert {len(own) for own in dealt} == {2 * order.steps_per_epoch}
    for epoch in range(2):
        steps = range(epoch * order.steps_per_epoch, (epoch + 1) * order.steps_per_epoch)
        seen = [
            int(person)
            for own in dealt
            for step in steps
            for part, weight in zip(own[step].people, own[step].weights, strict=True)
            if weight > 0
            for person in part
        ]
        assert sorted(seen) == list(range(num_people))


@given(num_people=st.integers(1, 40), batch_size=st.integers(1, 16), micro_batch=st.integers(1, 16))
def test_weights_of_a_batch_sum_to_one_and_parts_do_not_depend_on_the_number_of_processes(
    num_people: int, batch_size: int, micro_batch: int
) -> None:
    order = BatchOrder(num_people, batch_size, micro_batch, seed=0)
    alone, dealt = shares(order), [shares(order, rank=rank, of=3) for rank in range(3)]
    for step, batch in enumerate(alone):
        assert sum(batch.weights) == pytest.approx(1)
        assert all(len(part) <= micro_batch for part in batch.people)
        together = {
            number: part.tolist()
            for own in dealt
            for number, weight, part in zip(own[step].numbers, own[step].weights, own[step].people, strict=True)
            if weight > 0
        }
        assert together == {number: part.tolist() for number, part in zip(batch.numbers, batch.people, strict=True)}


def test_the_papers_batch_is_four_times_64_and_a_short_one_four_equal_parts() -> None:
    """As PyTorch's DataParallel cuts 53 images for four GPUs: 14, 14, 14, 11."""
    order = BatchOrder(256 + 53, 256, 64, seed=0)
    full, short = shares(order, epochs=1)
    assert [len(part) for part in full.people] == [64] * 4
    assert [len(part) for part in short.people] == [14, 14, 14, 11]
    assert short.weights == pytest.approx([14 / 53] * 3 + [11 / 53])


def test_parts_are_dealt_in_turn_and_the_first_process_has_the_first_one() -> None:
    order = BatchOrder(32, 32, 8, seed=0)
    assert [shares(order, rank=rank, of=2, epochs=1)[0].numbers for rank in range(2)] == [(0, 2), (1, 3)]


def test_a_process_without_a_part_stands_in_without_a_say() -> None:
    order = BatchOrder(1, 4, 2, seed=0)
    assert order.num_parts == 1
    short = BatchOrder(5, 4, 2, seed=0)
    last = shares(short, rank=1, of=2, epochs=1)[1]
    assert (last.weights, last.batch_people, len(last.keys)) == ((0.0,), 1, 1)


@given(from_step=st.integers(0, 11))
def test_a_resumed_run_goes_on_with_the_next_batch(from_step: int) -> None:
    order = BatchOrder(11, 3, 2, seed=1)
    assert order.steps_per_epoch == ceil(11 / 3)
    rest = [share.keys for share in shares(order, epochs=3)][from_step:]
    assert [share.keys for share in shares(order, epochs=3, from_step=from_step)] == rest


def test_crops_come_back_by_part() -> None:
    order = BatchOrder(5, 5, 2, seed=0)
    (share,) = shares(order, epochs=1)
    places = torch.tensor(persons(share))
    parts = share.parts_of(Crop(places[:, None], places[:, None], places, places))
    assert [part.crops.place.tolist() for part in parts] == [part.tolist() for part in share.people]
    assert [part.number for part in parts] == [0, 1, 2]
    assert np.concatenate(share.people).tolist() == places.tolist()


def test_more_processes_than_parts_are_refused_in_one_line_that_says_what_to_set() -> None:
    with pytest.raises(InputError, match=r"training\.micro_batch, now 64, to 8 or start fewer") as caught:
        BatchOrder(100, 16, 64, seed=0).check_shared_by(2)
    assert "\n" not in str(caught.value)
    BatchOrder(100, 16, 8, seed=0).check_shared_by(2)
