"""Groups of operators by what they do, as the profiler names them. Torch-free.

Leaves of a profile, which compute, are told from those that only arrange: views, allocations, and operators that call
others.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, get_args

Group = Literal[
    "linear", "convolution", "attention", "softmax", "norm", "activation", "arithmetic", "copy", "selection", "other"
]
"""What an operator computes. `linear` is a matrix product with a weight; `attention` a batched product of computed
tensors, or both products with their softmax in one; `arithmetic` sums and products of elements; `copy` writes without
computing, gathers too; `selection` is sorting and top-k; `other` whatever no table here knows."""

GROUPS: tuple[Group, ...] = get_args(Group)
COUNTED: frozenset[Group] = frozenset({"linear", "convolution", "attention"})
"""Those whose MACs count; nothing counts the others."""

IN_WORDS: Mapping[Group, str] = MappingProxyType(
    {
        "linear": "linear layers",
        "convolution": "convolutions",
        "attention": "attention products",
        "softmax": "softmax",
        "norm": "norms",
        "activation": "activations",
        "arithmetic": "elementwise arithmetic",
        "copy": "copies",
        "selection": "sorting",
        "other": "other operators",
    }
)

_NAMES: dict[Group, str] = {
    "linear": "mm addmm mv addmv _addmm_activation _linear_pointwise _mkl_linear mkldnn_linear",
    "convolution": """mkldnn_convolution cudnn_convolution cudnn_convolution_add_relu cudnn_convolution_relu
        cudnn_convolution_transpose _conv_depthwise2d conv_depthwise3d thnn_conv2d _slow_conv2d_forward slow_conv3d
        slow_conv_transpose2d _convolution_pointwise miopen_convolution _nnpack_spatial_convolution""",
    "attention": """bmm baddbmm _scaled_dot_product_flash_attention _scaled_dot_product_flash_attention_for_cpu
        _flash_attention_forward _scaled_dot_product_efficient_attention _efficient_attention_forward
        _scaled_dot_product_cudnn_attention _scaled_dot_product_attention_math _cudnn_attention_forward""",
    "softmax": "_softmax _safe_softmax _log_softmax logsumexp",
    "norm": """native_layer_norm native_group_norm native_batch_norm _native_batch_norm_legit
        _native_batch_norm_legit_no_training _batch_norm_no_update _batch_norm_with_update cudnn_batch_norm
        batch_norm_cpu _fused_rms_norm""",
    "activation": """gelu clamp_min clamp hardtanh relu silu sigmoid tanh hardswish hardsigmoid leaky_relu elu
        threshold mish softplus""",
    "arithmetic": """add sub rsub mul div neg exp log sqrt rsqrt pow abs maximum minimum sum mean amax amin prod
        norm where addcmul addcdiv lerp sin cos eq ne lt le gt ge masked_fill upsample_bilinear2d upsample_nearest2d
        avg_pool2d max_pool2d_with_indices adaptive_avg_pool2d _adaptive_avg_pool2d""",
    "copy": """copy cat gather index index_select index_put _index_put_impl take scatter fill zero roll flip repeat
        pixel_shuffle channel_shuffle embedding constant_pad_nd""",
    "selection": "topk sort argsort argmax argmin max min kthvalue nonzero cumsum",
}
_GROUP_OF: dict[str, Group] = {name: group for group, names in _NAMES.items() for name in names.split()}

ARRANGING = frozenset(
    """as_strided view _unsafe_view _reshape_alias reshape expand transpose permute t slice select narrow split
    split_with_sizes unbind chunk unsqueeze squeeze flatten unflatten alias detach lift_fresh resolve_conj resolve_neg
    empty empty_like empty_strided new_empty resize set to contiguous expand_as view_as movedim swapaxes diagonal
    unfold real _to_copy clone item _local_scalar_dense is_nonzero dropout pad stack result_type _nnpack_available
    """.split()
)
"""Views, allocations, and names of operators that leave their work to others."""

_TELLING_PARTS: tuple[tuple[str, Group], ...] = (
    ("attention", "attention"),
    ("conv", "convolution"),
    ("linear", "linear"),
    ("norm", "norm"),
    ("softmax", "softmax"),
)


def group_of(name: str, *, calls_others: bool) -> Group | None:
    """Group of an operator's own time; None if it only arranges.

    Args:
        name: as the profiler tells it, `aten::add_`; other libraries' operators are known by parts of their names.
        calls_others: whether other operators ran inside it.
    """
    space, _, bare = name.rpartition("::")
    bare = bare.removesuffix("_")
    if not space or bare in ARRANGING:
        return None
    if bare in _GROUP_OF:
        group = _GROUP_OF[bare]
        return None if calls_others and bare in _EITHER else group
    if calls_others:
        return None
    return next((group for part, group in _TELLING_PARTS if part in bare), "other")


_EITHER = frozenset("relu constant_pad_nd pixel_shuffle channel_shuffle softmax sum_to_size max min".split())
"""Computing by themselves or by others, depending on device and version."""
