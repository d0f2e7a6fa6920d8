"""A picture and its annotations, determined by seed, split and index alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from gtpt_bench.data.drawn.annotate import DrawnPerson, annotate_person
from gtpt_bench.data.drawn.config import DrawnConfig
from gtpt_bench.data.drawn.crowd import Place, sample_places
from gtpt_bench.data.drawn.paint.canvas import Canvas, Image
from gtpt_bench.data.drawn.paint.palette import CLOTHES, chance, pick
from gtpt_bench.data.drawn.people.body import sample_build
from gtpt_bench.data.drawn.people.brush import Brush
from gtpt_bench.data.drawn.people.figure import Figure, make_figure, paint_figure
from gtpt_bench.data.drawn.people.look import sample_look
from gtpt_bench.data.drawn.people.pose import sample_pose
from gtpt_bench.data.drawn.people.skeleton import pose_skeleton
from gtpt_bench.data.drawn.scenery.background import paint_background
from gtpt_bench.data.drawn.scenery.props import ground_shadow, paint_balloon, paint_prop, paint_seat
from gtpt_bench.data.drawn.scenery.setting import Setting

Split = Literal["train", "val"]
_SPLIT_TAGS: dict[Split, int] = {"train": 1, "val": 2}
DETECTOR_STREAM = 1
_SCENE_STREAM = 0


@dataclass(frozen=True)
class Scene:
    """A picture [height, width, 3], uint8 RGB, and everyone in it, from the furthest to the nearest."""

    image_HW3: Image  # noqa: N815  (the shape suffix of the house style)
    persons: tuple[DrawnPerson, ...]


def scene_rng(config: DrawnConfig, split: Split, index: int, stream: int = _SCENE_STREAM) -> np.random.Generator:
    """The only source of chance for one picture; streams of one picture are independent."""
    return np.random.default_rng([config.seed, _SPLIT_TAGS[split], index, stream])


def draw_scene(config: DrawnConfig, split: Split, index: int, *, zoom: int = 2, enlarge: int = 1) -> Scene:
    """Draw one picture.

    Args:
        index: 0-based position in its split.
        zoom: how much larger it is painted before being averaged down.
        enlarge: draw the same scene with so many times the pixels, for a closer look.
    """
    rng = scene_rng(config, split, index)
    canvas = Canvas(config.width * enlarge, config.height * enlarge, zoom=zoom)
    setting = paint_background(canvas, rng)
    figures: list[Figure] = []
    for place in sample_places(rng, setting):
        if place.is_prop:
            paint_prop(canvas, rng, setting, place.foot_2, place.scale)
        else:
            figures.append(_paint_person(canvas, rng, setting, place, slot=len(figures) + 1))
    found = [annotate_person(canvas, slot, figure) for slot, figure in enumerate(figures, start=1)]
    return Scene(canvas.picture(), tuple(person for person in found if person is not None))


def _paint_person(canvas: Canvas, rng: np.random.Generator, setting: Setting, place: Place, *, slot: int) -> Figure:
    build, pose, look = sample_build(rng), sample_pose(rng), sample_look(rng)
    scale = place.scale * build.stature
    skeleton = pose_skeleton(build, pose, ground_2=place.foot_2, scale=scale)
    if pose.seated:
        paint_seat(canvas, rng, setting, skeleton.pelvis.origin_3[:2], place.foot_2, scale)
    ground_shadow(canvas, place.foot_2, (0.2 if pose.lift == 0 else 0.14) * scale, setting.light)
    figure = make_figure(skeleton, look)
    paint_figure(Brush(canvas, slot, setting.light, scale), figure)
    for arm, pose_arm in zip(skeleton.arms, pose.arms, strict=True):
        hand = arm.hand_213[9, :2]
        aside = (hand[0] - skeleton.head.origin_3[0]) / scale
        if abs(aside) > 0.16 and pose_arm.shape in ("fist", "loose fist") and chance(rng, 0.15):
            paint_balloon(canvas, hand, scale, colour=pick(rng, CLOTHES), lean=0.12 * float(np.sign(aside)))
    return figure
