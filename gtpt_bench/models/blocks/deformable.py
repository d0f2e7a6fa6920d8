"""Deformable convolution (version 1) in plain PyTorch: sampling, then one matrix product, which every counter sees.

B batch, C channels, O channels out, k kernel side, P = k² taps, h and w of the output map, N = h · w.
Source: Dai et al. 2017, "Deformable convolutional networks"; spec/baselines.md §3.12.
"""

from __future__ import annotations

from math import sqrt

import torch
from torch import Tensor, nn
from torch.nn import functional

from gtpt_bench.models.sizes import Size


class DeformableConv(nn.Module):
    """`[B, C, H, W]` to `[B, O, h, w]` with "same" padding and no bias; each tap looks where its offset says.

    With offsets of 0 it is an ordinary convolution.
    """

    def __init__(self, cin: int, cout: int, kernel: int, *, stride: int = 1) -> None:
        super().__init__()
        self.stride = stride
        self.weight = nn.Parameter(torch.empty(cout, cin, kernel, kernel))
        nn.init.normal_(self.weight, std=sqrt(2 / (cout * kernel**2)))

    def forward(self, x_BCHW: Tensor, offsets_B2Phw: Tensor) -> Tensor:
        """
        Args:
            offsets_B2Phw: in cells, dy and dx of the first tap, then of the next, row by row of the kernel.
        """
        exact = x_BCHW if x_BCHW.dtype.itemsize >= 4 else x_BCHW.float()  # half precision would move the places
        grid_BPN2 = self.grid(Size(*x_BCHW.shape[2:]), offsets_B2Phw.to(exact.dtype))
        seen_BCPN = functional.grid_sample(exact, grid_BPN2, padding_mode="zeros", align_corners=False)
        out_BON = self.weight.flatten(1) @ seen_BCPN.to(x_BCHW.dtype).flatten(1, 2)
        out: Tensor = out_BON.unflatten(2, offsets_B2Phw.shape[2:])
        return out

    def grid(self, size: Size, offsets_B2Phw: Tensor) -> Tensor:
        """Where each tap looks for each output cell, x and y as `grid_sample` wants them: `[B, P, N, 2]`.

        Args:
            size: of the input map.
        """
        kernel, (height, width) = self.weight.shape[2], offsets_B2Phw.shape[2:]
        dy_Bkkhw, dx_Bkkhw = offsets_B2Phw.unflatten(1, (kernel, kernel, 2)).unbind(3)
        steps_k, steps_h, steps_w = (
            torch.arange(n, device=offsets_B2Phw.device, dtype=offsets_B2Phw.dtype) for n in (kernel, height, width)
        )
        taps_k, rows_h, columns_w = steps_k - kernel // 2, self.stride * steps_h, self.stride * steps_w
        y_Bkkhw = _from_edge_to_edge(dy_Bkkhw, taps_k[:, None, None, None] + rows_h[:, None], size.height)
        x_Bkkhw = _from_edge_to_edge(dx_Bkkhw, taps_k[:, None, None] + columns_w, size.width)
        return torch.stack((x_Bkkhw, y_Bkkhw), dim=-1).flatten(3, 4).flatten(1, 2)


def _from_edge_to_edge(offset: Tensor, regular: Tensor, length: int) -> Tensor:
    """Sum of two places in cells as -1 … 1 between the map's outer edges, half a cell outside its first and last."""
    return offset * (2 / length) + ((2 * regular + 1) / length - 1)
