"""Where each model of the catalogue comes from, and what a row about it must say. Torch-free.

Source: spec/baselines.md §1 to §3, spec/hevitpose.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple


class Source(NamedTuple):
    """Of one network.

    Attributes:
        published_as: its name in the tables of papers.
        repository: of its authors; whose released weights `load_official_weights` takes.
        note: what has to be said beside its figures; "" if nothing.
    """

    published_as: str
    repository: str
    note: str = ""


GTPT = "github.com/haonanwang0522/GTPT"
HRNET = "github.com/leoxiaobin/deep-high-resolution-net.pytorch"
MMPOSE = "github.com/open-mmlab/mmpose"
TOKENPOSE = "github.com/leeyegy/TokenPose"
VITPOSE = "github.com/ViTAE-Transformer/ViTPose"
HEVITPOSE = "github.com/T1sweet/HEViTPose"

TINY = "a miniature of this suite, never published"
WITHOUT_TEACHER = "without the teacher and its losses, which are left out here"
ONE_EXPERT = "one data set's head and expert are used; training on six data sets at once is left out"
RECONSTRUCTION = "reconstruction: the authors never released their code"

SOURCES: Mapping[str, Source] = MappingProxyType(
    {
        "gtpt_t_coco": Source("GTPT-T", GTPT),
        "gtpt_s_coco": Source("GTPT-S", GTPT),
        "gtpt_b_coco": Source("GTPT-B", GTPT),
        "gtpt_tiny_coco": Source("", "", TINY),
        "gtpt_t_wholebody": Source("GTPT-T", GTPT),
        "gtpt_s_wholebody": Source("GTPT-S", GTPT),
        "gtpt_b_wholebody": Source("GTPT-B", GTPT),
        "gtpt_tiny_wholebody": Source("", "", TINY),
        "simplebaseline_res50": Source("SimBa.-Res50", HRNET),
        "simplebaseline_res101": Source("SimBa.-Res101", HRNET),
        "simplebaseline_res152": Source("SimBa.-Res152", HRNET),
        "simplebaseline_res50_wholebody": Source("SimBa.", MMPOSE, "Res50, as mmpose published it"),
        "hrnet_w32": Source("HRNet-W32", HRNET),
        "hrnet_w48": Source("HRNet-W48", HRNET),
        "hrnet_w32_wholebody": Source("HRNet", MMPOSE, "W32, as mmpose published it"),
        "litehrnet_18": Source(
            "Lite-HRNet-18", "github.com/HRNet/Lite-HRNet", "as released, some fusions are executed twice"
        ),
        "litehrnet_30": Source(
            "Lite-HRNet-30", "github.com/HRNet/Lite-HRNet", "as released, some fusions are executed twice"
        ),
        "efficientpose_b": Source("EfficientPose-B", "github.com/hustvl/EfficientPose"),
        "efficientpose_c": Source("EfficientPose-C", "github.com/hustvl/EfficientPose"),
        "transpose_r_a4": Source("TransPose-R-A4", "github.com/yangsenius/TransPose"),
        "transpose_h_s": Source("TransPose-H-S", "github.com/yangsenius/TransPose"),
        "tokenpose_s_v1": Source("TokenPose-S-v1", TOKENPOSE),
        "tokenpose_b": Source("TokenPose-B", TOKENPOSE),
        "distilpose_s": Source("DistilPose-S", "github.com/yshMars/DistilPose", WITHOUT_TEACHER),
        "distilpose_l": Source("DistilPose-L", "github.com/yshMars/DistilPose", WITHOUT_TEACHER),
        "ppt_s": Source("PPT-S", "github.com/HowieMa/PPT"),
        "ppt_b": Source("PPT-B", "github.com/HowieMa/PPT"),
        "vitpose_s": Source("ViTPose-S", VITPOSE),
        "vitpose_plus_s": Source("ViTPose+-S", VITPOSE, f"all six experts evaluated, as released; {ONE_EXPERT}"),
        "vitpose_plus_s_wholebody": Source(
            "ViTPose+-S", VITPOSE, f"all six experts evaluated, as released; {ONE_EXPERT}"
        ),
        "vitpose_plus_h_wholebody": Source(
            "ViTPose+-H", VITPOSE, f"all six experts evaluated, as released; {ONE_EXPERT}; counted, not timed"
        ),
        "rtmpose_m_coco": Source("RTMPose-m", MMPOSE),
        "rtmpose_m_wholebody": Source("RTMPose-m", MMPOSE),
        "rtmpose_l_wholebody": Source("RTMPose-l", MMPOSE),
        "deeppose_res50": Source("DeepPose-Res50", MMPOSE),
        "deeppose_res101_wholebody": Source("DeepPose", MMPOSE, "Res101"),
        "pvt_s": Source("PVT-S", MMPOSE),
        "pvtv2_b2": Source("PVTv2-B2", MMPOSE),
        "pvtv2_b2_wholebody": Source(
            "PVT",
            MMPOSE,
            "assumed to be PVTv2-B2; no convention gives the reported 19.7 of it or of PVT-S, and how it was counted "
            "is not told",
        ),
        "fastpose50_dcn": Source("FastPose50-dcn", "github.com/MVIG-SJTU/AlphaPose", "17 keypoints, width 128"),
        "fastpose50_dcn_wholebody": Source(
            "FastPose50-dcn-si",
            "github.com/MVIG-SJTU/AlphaPose",
            "the published whole-body configuration, width 256",
        ),
        "hevitpose_t": Source("HEViTPose-T", HEVITPOSE, RECONSTRUCTION),
        "hevitpose_s": Source("HEViTPose-S", HEVITPOSE, RECONSTRUCTION),
        "hevitpose_b": Source("HEViTPose-B", HEVITPOSE, RECONSTRUCTION),
    }
)


def notes_on(models: Iterable[str]) -> list[str]:
    """A line for each thing to be said of some of these models."""
    said: dict[str, list[str]] = {}
    for model in dict.fromkeys(models):
        if note := source_of(model).note:
            said.setdefault(note, []).append(model)
    return [f"{', '.join(names)}: {note}" for note, names in said.items()]


def source_of(model: str) -> Source:
    """Of a model of the catalogue; of another, nothing is known."""
    return SOURCES.get(model, Source("", ""))
