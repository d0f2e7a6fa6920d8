"""Which ATen operator is of which kind, and what the products among them cost. Torch-free: functions of shapes.

Names are those of the operators below autograd, without the underscore of in-place ones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod

from gtpt_bench.efficiency.counting.operators import Kind, Shape


@dataclass(frozen=True)
class MatrixProduct:
    """A product of two tensors, given by their places among an operator's tensors."""

    left: int
    right: int

    def macs(self, inputs: Sequence[Shape], result: Shape) -> int:
        """`[…, n, k]` by `[…, k, m]` or, as a weight, `[m, k]`: k for each element of the result."""
        return prod(result) * inputs[self.left][-1]


MATRIX_PRODUCTS: dict[str, MatrixProduct] = {
    "mm": MatrixProduct(0, 1),
    "bmm": MatrixProduct(0, 1),
    "matmul": MatrixProduct(0, 1),
    "mv": MatrixProduct(0, 1),
    "dot": MatrixProduct(0, 1),
    "linear": MatrixProduct(0, 1),
    "addmm": MatrixProduct(1, 2),
    "addmv": MatrixProduct(1, 2),
    "baddbmm": MatrixProduct(1, 2),
    "_addmm_activation": MatrixProduct(1, 2),
    "_linear_pointwise": MatrixProduct(0, 1),
    "_mkl_linear": MatrixProduct(0, 1),
}
"""The last two are what oneDNN's and MKL's own linear layers are called."""


def convolution_macs(inputs: Sequence[Shape], result: Shape) -> int:
    """The taps of one output channel, (channels in / groups) × kernel, for each output element."""
    return prod(result) * prod(inputs[1][1:])


def transposed_convolution_macs(inputs: Sequence[Shape], result: Shape) -> int:
    """The taps of one input channel, (channels out / groups) × kernel, for each input element."""
    return prod(inputs[0]) * prod(inputs[1][1:])


def fused_attention_macs(inputs: Sequence[Shape]) -> int:
    """Queries × keys and probabilities × values, of `[…, Q, d]`, `[…, K, d]` and `[…, K, v]`."""
    queries, keys, values = inputs[:3]
    return prod(queries[:-1]) * keys[-2] * (queries[-1] + values[-1])


CONVOLUTION_NAMES = frozenset({"convolution", "_convolution"})
CONVOLUTIONS: dict[Kind, Callable[[Sequence[Shape], Shape], int]] = {
    "conv": convolution_macs,
    "transposed conv": transposed_convolution_macs,
}
FUSED_ATTENTION_NAMES = frozenset(
    {
        "scaled_dot_product_attention",
        "_scaled_dot_product_attention_math",
        "_scaled_dot_product_flash_attention",
        "_scaled_dot_product_flash_attention_for_cpu",
        "_scaled_dot_product_efficient_attention",
        "_scaled_dot_product_cudnn_attention",
        "_scaled_dot_product_fused_attention_overrideable",
    }
)

_NAMES: dict[Kind, str] = {
    "batch norm": """native_batch_norm _native_batch_norm_legit _native_batch_norm_legit_no_training
        _batch_norm_with_update _batch_norm_no_update cudnn_batch_norm miopen_batch_norm""",
    "layer norm": "native_layer_norm native_group_norm _fused_rms_norm",
    "softmax": "_softmax _safe_softmax _log_softmax",
    "add": "add sub rsub",
    "multiply": "mul",
    "divide": "div floor_divide",
    "relu": "relu",
    "elementwise": """gelu silu sigmoid tanh exp exp2 expm1 log log2 log1p sqrt rsqrt pow square abs neg sign erf sin
        cos tan atan atan2 reciprocal maximum minimum fmod remainder floor ceil round trunc frac clamp clamp_min
        clamp_max hardtanh hardswish hardsigmoid leaky_relu elu selu celu softplus mish prelu _prelu_kernel threshold
        log_sigmoid_forward addcmul addcdiv lerp where masked_fill eq ne lt le gt ge isnan isinf isfinite logical_and
        logical_or logical_not logical_xor bitwise_and bitwise_or bitwise_not bitwise_xor bernoulli normal uniform
        exponential native_dropout relu6 logit nan_to_num glu""",
    "reduction": """sum mean prod amax amin max min aminmax argmax argmin any all var std var_mean std_mean norm
        linalg_vector_norm cumsum cumprod topk sort argsort logsumexp count_nonzero bincount histc median nanmedian
        kthvalue mode scatter_add scatter_reduce index_add searchsorted bucketize unique_dim _unique2""",
    "resampling": """max_pool2d_with_indices max_pool3d_with_indices max_pool1d avg_pool1d avg_pool2d avg_pool3d
        adaptive_avg_pool2d _adaptive_avg_pool2d _adaptive_avg_pool3d adaptive_max_pool2d adaptive_max_pool3d
        upsample_nearest1d upsample_nearest2d upsample_nearest3d _upsample_nearest_exact2d upsample_linear1d
        upsample_bilinear2d upsample_trilinear3d upsample_bicubic2d _upsample_bilinear2d_aa grid_sampler_2d
        grid_sampler_3d""",
    "move": """cat stack clone copy _to_copy gather index index_select index_put _index_put_impl index_copy index_fill
        scatter constant_pad_nd reflection_pad1d reflection_pad2d replication_pad1d replication_pad2d repeat
        repeat_interleave roll flip pixel_shuffle pixel_unshuffle channel_shuffle embedding tril triu fill zero
        masked_select nonzero take im2col col2im diag_embed zeros zeros_like ones ones_like full full_like new_zeros
        new_ones new_full arange linspace eye rand randn randint rand_like randn_like randperm scalar_tensor
        tril_indices triu_indices""",
    "view": """_unsafe_view _reshape_alias lift_fresh unsafe_split unsafe_split_with_sizes empty empty_like
        empty_strided empty_permuted new_empty new_empty_strided resize""",
}
KINDS: dict[str, Kind] = {name: kind for kind, names in _NAMES.items() for name in names.split()}
"""Of whatever is no product. Operators that say themselves that they give a view need no entry."""
