"""From the feature map to image tokens: the linear tokenizer, and the norm ahead of the patches."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from gtpt_bench.models.gtpt.tokenizer import LinearTokenizer
from gtpt_bench.models.gtpt.tokenizer.patch_cost import PatchNorm
from gtpt_bench.models.gtpt.tokenizer.patches import PatchEmbedding
from gtpt_bench.models.sizes import Size
from tests.models.test_tokenizers import CATALOGUE, PATCH, shapes

# linear


class LinearTokens(nn.Module):
    """The whole tokenizer on raw pixels: images to tokens of 16×12 pixels."""

    def __init__(self) -> None:
        super().__init__()
        tokenizer = LinearTokenizer()
        self.cells = tokenizer.build()
        self.patches = PatchEmbedding(tokenizer.channels, PATCH, 8, tokenizer.patch_norm)

    def forward(self, images_B3HW: Tensor) -> Tensor:
        tokens: Tensor = self.patches(self.cells(images_B3HW))
        return tokens


def test_linear_tokens_have_no_other_weights_than_one_matrix_and_its_bias() -> None:
    assert shapes(LinearTokens()) == {"patches.projection.weight": (8, 576), "patches.projection.bias": (8,)}


def test_linear_tokens_are_a_matrix_product_of_raw_patches() -> None:
    """The matrix is read off with one image a pixel; it holds the columns of the projection in another order."""
    net = LinearTokens()
    projection = net.patches.projection
    one_pixel_each = torch.eye(576).view(576, 3, 16, 12)
    matrix_PD = net(one_pixel_each)[:, 0] - projection.bias
    order = matrix_PD[:, 0].argsort()
    columns = projection.weight.T[projection.weight[0].argsort()]
    torch.testing.assert_close(matrix_PD[order], columns, atol=1e-6, rtol=0)

    images = torch.randn(2, 3, 48, 36)
    patches_BNP = F.unfold(images, (16, 12), stride=(16, 12)).transpose(1, 2)
    torch.testing.assert_close(net(images), patches_BNP @ matrix_PD + projection.bias, atol=1e-5, rtol=1e-5)


def test_a_linear_token_depends_on_its_own_pixels_only() -> None:
    images = torch.randn(1, 3, 48, 36, requires_grad=True)
    LinearTokens()(images)[0, 4].sum().backward()  # the middle one of 3 x 3
    assert images.grad is not None
    seen = images.grad[0].abs().amin(0) > 0
    own = torch.zeros(48, 36, dtype=torch.bool)
    own[16:32, 12:24] = True
    assert torch.equal(seen, own)
    assert torch.equal(images.grad[0].abs().amax(0) > 0, own)


# The norm before the patches


def test_patch_norm_is_batch_norm_unless_said_otherwise() -> None:
    assert shapes(PatchEmbedding(5, PATCH, 8)) == shapes(PatchEmbedding(5, PATCH, 8, "batch"))
    assert isinstance(PatchEmbedding(5, PATCH, 8).norm, nn.BatchNorm2d)
    norms = {tokenizer.kind: tokenizer.patch_norm for tokenizer, _ in CATALOGUE.values()}
    assert {kind for kind, norm in norms.items() if norm != "batch"} == {"convnext_v2", "linear"}


@pytest.mark.parametrize(
    ("norm", "weights"),
    [
        ("batch", {"weight", "bias", "running_mean", "running_var", "num_batches_tracked"}),
        ("layer", {"weight", "bias"}),
        ("none", set()),
    ],
)
def test_each_patch_norm_keeps_its_weights_under_one_name(norm: PatchNorm, weights: set[str]) -> None:
    keys = set(PatchEmbedding(5, PATCH, 8, norm).state_dict())
    assert keys == {f"norm.{name}" for name in weights} | {"projection.weight", "projection.bias"}


def test_layer_norm_makes_tokens_blind_to_brightness_and_contrast_of_their_cells() -> None:
    torch.manual_seed(0)
    embedding = PatchEmbedding(16, Size(2, 2), 8, "layer")
    features = torch.randn(1, 16, 4, 4)
    torch.testing.assert_close(embedding(3 * features + 5), embedding(features), atol=1e-4, rtol=0)
