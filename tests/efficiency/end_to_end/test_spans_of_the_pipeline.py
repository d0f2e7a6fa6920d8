"""From bytes to poses: the very poses that evaluation gives, and times of spans that lie within the whole."""

from __future__ import annotations

import statistics
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor

from gtpt_bench.data.dataset import PersonCrops
from gtpt_bench.data.images import read_image
from gtpt_bench.data.people import Person
from gtpt_bench.efficiency.end_to_end.pictures import drawn_pictures, encoded_pictures
from gtpt_bench.efficiency.end_to_end.pipeline import SPANS, EncodedPicture, PosePipeline, Span
from gtpt_bench.efficiency.end_to_end.spans import EndToEnd, ImageSample, time_end_to_end
from gtpt_bench.errors import DataError, InputError
from gtpt_bench.evaluation.duplicates import final_poses
from gtpt_bench.evaluation.predict import predict_poses
from gtpt_bench.evaluation.protocol import Protocol
from gtpt_bench.keypoints import COCO
from gtpt_bench.models.blocks.simcc_head import SimccLogits
from tests.efficiency.fakes import MS, FakeClock
from tests.models.small_gtpt import small_config, small_gtpt

CPU = torch.device("cpu")
CONFIG = small_config()


@pytest.fixture(scope="module")
def pictures() -> list[EncodedPicture]:
    return drawn_pictures(3)


def pipeline(**protocol: object) -> PosePipeline:
    return PosePipeline(small_gtpt(), CONFIG, Protocol.model_validate(protocol), device=CPU)


def borders(one: PosePipeline, picture: EncodedPicture) -> list[Span]:
    met: list[Span] = []
    one.poses(picture, border=met.append)
    return met


# What is timed


def test_drawn_pictures_are_jpegs_of_cocos_size_with_people_on_them(pictures: list[EncodedPicture]) -> None:
    assert pictures
    for picture in pictures:
        assert picture.content.startswith(b"\xff\xd8\xff")
        image = cv2.imdecode(np.frombuffer(picture.content, np.uint8), cv2.IMREAD_COLOR)
        assert image is not None
        assert image.shape == (480, 640, 3)
        assert len(picture.people) >= 1


def test_drawing_is_repeatable(pictures: list[EncodedPicture]) -> None:
    again = drawn_pictures(1)
    assert again[0].content == pictures[0].content
    assert [p.box.tolist() for p in again[0].people] == [p.box.tolist() for p in pictures[0].people]


def test_pictures_of_a_data_set_keep_everyone_on_one_image_together(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("a.jpg", "b.jpg", "c.jpg")]
    for path in paths:
        path.write_bytes(path.name.encode())
    nothing = np.zeros((17, 2), np.float32), np.zeros(17, np.float32)
    people = [
        Person(1, paths[at], np.ones(4, np.float32), score, *nothing) for at, score in [(1, 0.9), (0, 0.8), (1, 0.7)]
    ]
    found = encoded_pictures(people, limit=2)
    assert [picture.content for picture in found] == [b"b.jpg", b"a.jpg"]
    assert [[person.score for person in picture.people] for picture in found] == [[0.9, 0.7], [0.8]]
    assert len(encoded_pictures(people, limit=1)) == 1


def test_a_missing_image_is_named(tmp_path: Path) -> None:
    nothing = np.zeros((17, 2), np.float32), np.zeros(17, np.float32)
    gone = Person(1, tmp_path / "gone.jpg", np.ones(4, np.float32), 1.0, *nothing)
    with pytest.raises(DataError, match=r"gone\.jpg cannot be read"):
        encoded_pictures([gone], limit=1)


@pytest.mark.parametrize("flip_test", [False, True])
def test_the_poses_are_those_of_evaluation(pictures: list[EncodedPicture], tmp_path: Path, flip_test: bool) -> None:
    """Bit for bit, on the same files: what is timed is what is scored."""
    protocol = Protocol(flip_test=flip_test)
    for number, picture in enumerate(pictures):
        path = tmp_path / f"{number}.jpg"
        path.write_bytes(picture.content)
        people = [Person(p.image_id, path, p.box, p.score, p.keypoints, p.visibility) for p in picture.people]
        crops = PersonCrops(people, input_size=CONFIG.input_size, keypoints=COCO)
        raw = predict_poses(small_gtpt(), crops, protocol, reading=CONFIG.reading, batch_size=len(people), device=CPU)
        expected = final_poses(raw, COCO.sigmas, protocol)
        found = pipeline(flip_test=flip_test).poses(picture)
        for field in ("image_ids", "keypoints", "areas", "scores"):
            np.testing.assert_array_equal(getattr(found, field), getattr(expected, field))


def test_bytes_and_files_are_decoded_alike(pictures: list[EncodedPicture], tmp_path: Path) -> None:
    path = tmp_path / "one.jpg"
    path.write_bytes(pictures[0].content)
    by_opencv = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION)
    np.testing.assert_array_equal(read_image(path), by_opencv)


def test_every_span_ends_once_and_in_order(pictures: list[EncodedPicture]) -> None:
    assert borders(pipeline(), pictures[0]) == list(SPANS)
    assert borders(pipeline(flip_test=False), pictures[0]) == [span for span in SPANS if span != "flip"]


def test_bytes_that_are_no_image_are_named() -> None:
    with pytest.raises(DataError, match=r"image upload 7 cannot be decoded"):
        pipeline().poses(EncodedPicture(b"no picture", (), "upload 7"))


def test_a_model_that_looks_at_labels_is_refused() -> None:
    oracle = small_config(pruning={"score": {"kind": "oracle"}})
    with pytest.raises(InputError, match="oracle"):
        PosePipeline(small_gtpt(), oracle, Protocol(), device=CPU)


# How it is timed


class SlowDevice:
    """Issues each forward pass at once and works on it for `forward_ms`; the processor goes on meanwhile."""

    def __init__(self, *, forward_ms: float, launch_ms: float) -> None:
        self.clock, self.forward_ms, self.launch_ms, self.busy_until_ns = FakeClock(), forward_ms, launch_ms, 0
        self.batches: list[int] = []

    def model(self, images: Tensor) -> SimccLogits:
        self.batches.append(len(images))
        self.clock.now_ns += round(self.launch_ms * MS)
        self.busy_until_ns = max(self.busy_until_ns, self.clock.now_ns) + round(self.forward_ms * MS)
        height, width = CONFIG.input_size
        return SimccLogits(torch.zeros(len(images), 17, 2 * width), torch.zeros(len(images), 17, 2 * height))

    def wait(self) -> None:
        self.clock.now_ns = max(self.clock.now_ns, self.busy_until_ns)

    def timed(self, pictures: list[EncodedPicture], *, rounds: int = 2, **protocol: object) -> EndToEnd:
        one = PosePipeline(self.model, CONFIG, Protocol.model_validate(protocol), device=CPU)
        return time_end_to_end(one, pictures, rounds=rounds, wait=self.wait, clock_ns=self.clock.perf_counter_ns)


def test_the_device_is_waited_for_at_each_border(pictures: list[EncodedPicture]) -> None:
    """Only the model moves this clock: 1 ms to launch, 4 ms to run."""
    found = SlowDevice(forward_ms=4, launch_ms=1).timed(pictures)
    for sample in found.samples:
        assert sample.span_ns["forward"] == sample.span_ns["flip"] == 5 * MS
        assert sum(sample.span_ns.values()) == sample.spanned_ns == 10 * MS
    assert (found.span_ms["forward"], found.span_ms["nms"]) == (5.0, 0.0)
    assert (found.model_ms, found.model_share) == (10.0, 1.0)


def test_the_whole_overlaps_what_spans_keep_apart(pictures: list[EncodedPicture]) -> None:
    """The second launch hides behind the first pass: 1 + 4 + 4 ms."""
    found = SlowDevice(forward_ms=4, launch_ms=1).timed(pictures)
    assert {sample.whole_ns for sample in found.samples} == {9 * MS}
    assert found.whole_ms == 9.0


def test_first_calls_of_each_shape_are_not_timed(pictures: list[EncodedPicture]) -> None:
    device = SlowDevice(forward_ms=1, launch_ms=0)
    found = device.timed(pictures, rounds=3, flip_test=False)
    people = [len(picture.people) for picture in pictures]
    assert device.batches[: len(people)] == people
    assert len(device.batches) == len(people) * (1 + 2 * 3), "one round before, two runs a picture in each of three"
    assert [[sample.num_people for sample in one_round] for one_round in found.rounds] == [people] * 3


def test_statistics_follow_from_the_raw_samples() -> None:
    def sample(people: int, forward: int, rest: int, whole: int) -> ImageSample:
        return ImageSample(people, {"crop": rest * MS, "forward": forward * MS}, (forward + rest) * MS, whole * MS)

    found = EndToEnd(((sample(1, 4, 2, 5), sample(2, 6, 2, 7)), (sample(1, 5, 2, 6), sample(4, 9, 2, 12))))
    assert found.span_ms == {"crop": 2.0, "forward": statistics.median([4, 6, 5, 9])}
    assert found.whole_ms == statistics.median([5, 7, 6, 12])
    assert found.whole_ms_per_person == statistics.median([5, 3.5, 6, 3])
    assert found.model_ms_per_person == statistics.median([4, 3, 5, 2.25])
    assert found.model_share == 24 / 32


def test_by_the_real_clock_spans_lie_within_the_whole(pictures: list[EncodedPicture]) -> None:
    found = time_end_to_end(pipeline(), pictures, rounds=2, wait=lambda: None)
    for sample in found.samples:
        assert set(sample.span_ns) == set(SPANS)
        assert all(time_ns > 0 for time_ns in sample.span_ns.values())
        assert sum(sample.span_ns.values()) <= sample.spanned_ns
        assert sample.whole_ns > 0
    assert 0 < found.model_share < 1
