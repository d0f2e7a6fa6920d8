"""Cost of ShuffleNet-V2 pieces in closed form; the modules are in shuffle.py. Every convolution has a bias."""

from __future__ import annotations

from gtpt_bench.models.cost import Cost, batch_norm, conv
from gtpt_bench.models.sizes import Size


def first_conv(channels: int, out: Size) -> Cost:
    return conv_norm(3, channels, 3, pixels=out.area)


def conv_norm(cin: int, cout: int, kernel: int, *, pixels: int, groups: int = 1) -> Cost:
    return conv(cin, cout, kernel, pixels=pixels, groups=groups) + batch_norm(cout, pixels=pixels)


def shuffle_unit(cin: int, cout: int, out: Size, *, stride: int, dw_kernel: int = 3) -> Cost:
    """One inverted-residual unit; `out` is the size of its output map, `dw_kernel` that of the main branch."""
    half, pixels = cout // 2, out.area
    entering = cin if stride == 2 else half
    main = (
        conv_norm(entering, half, 1, pixels=pixels * stride**2)
        + conv_norm(half, half, dw_kernel, pixels=pixels, groups=half)
        + conv_norm(half, half, 1, pixels=pixels)
    )
    if stride == 1:
        return main
    return main + conv_norm(cin, cin, 3, pixels=pixels, groups=cin) + conv_norm(cin, half, 1, pixels=pixels)


def shuffle_stage(cin: int, cout: int, blocks: int, out: Size, *, dw_kernel: int = 3) -> Cost:
    """A stride-2 unit followed by stride-1 units."""
    first = shuffle_unit(cin, cout, out, stride=2, dw_kernel=dw_kernel)
    return first + shuffle_units(cout, blocks - 1, out, dw_kernel=dw_kernel)


def shuffle_units(channels: int, count: int, out: Size, *, dw_kernel: int = 3) -> Cost:
    """Stride-1 units of constant width."""
    return shuffle_unit(channels, channels, out, stride=1, dw_kernel=dw_kernel) * count


def fuse(cin: int, cout: int, blocks: int, out: Size, *, dw_kernel: int = 3) -> Cost:
    """Upsampling by pixel shuffle to `out`, joining a skip of `cout` channels, then stride-1 units."""
    up = conv(cin, 4 * cout, 1, pixels=out.area // 4) + batch_norm(cout, pixels=out.area)
    join = conv_norm(2 * cout, cout, 1, pixels=out.area)
    return up + join + shuffle_units(cout, blocks, out, dw_kernel=dw_kernel)
