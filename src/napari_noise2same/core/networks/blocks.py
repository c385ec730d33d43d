"""The parts that the networks are made of, for two and three spatial axes."""

from __future__ import annotations

from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = [
    "Down",
    "ResidualBlock",
    "Up",
    "activate",
    "conv",
    "crop_to",
    "fold",
    "full_precision",
    "pad_to_multiple",
    "unfold",
]

NEGATIVE_SLOPE = 0.1

# Where nothing is learnt, a processor changes so many bytes of features at a time, and so many
# rows at least. Small buffers are used again; large ones are fresh memory, which costs a fifth
# of the time at 1024². Volumes gain nothing by it.
_STRIP, _FEWEST_ROWS = 1 << 22, 32
# Rows that two convolutions of side 3 look beyond their own.
_REACH = 2


def full_precision(x: Tensor) -> torch.autocast:
    """Return a context in which nothing is computed in 16 bits, whatever is asked for.

    For all that the whole signal passes. An image may be a hundred times brighter than its noise,
    and would be rounded to what that is; what residual blocks add to it is small.
    """
    return torch.autocast(x.device.type, enabled=False)


def activate(x: Tensor, *, inplace: bool = False) -> Tensor:
    """Apply a leaky ReLU, which is positively homogeneous as the ReLU is.

    The slope matters: without biases nothing revives a dead ReLU, and a whole network of them
    ends as a constant (seen on dim images at a learning rate of 1e-3).
    """
    return functional.leaky_relu(x, NEGATIVE_SLOPE, inplace=inplace)


def _draw(weight: Tensor, nonlinearity: Literal["linear", "relu"]) -> None:
    """Draw a first weight (He et al., ICCV 2015), unless it has no memory.

    Then trained weights are to take its place; torch would load its compiler for nothing (3 s).
    """
    if not weight.is_meta:
        nn.init.kaiming_normal_(weight, nonlinearity=nonlinearity)


def conv(
    spatial_dims: int,
    inputs: int,
    outputs: int,
    kernel: int = 3,
    *,
    dilation: int = 1,
    bias: bool,
) -> nn.Conv2d | nn.Conv3d:
    """Return a convolution that keeps the spatial size (zeros beyond the border)."""
    kind = nn.Conv2d if spatial_dims == 2 else nn.Conv3d
    padding = dilation * (kernel // 2)
    layer = kind(inputs, outputs, kernel, padding=padding, dilation=dilation, bias=bias)
    _draw(layer.weight, "relu")
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer


def _in_plane(spatial_dims: int) -> Any:
    """2 for Y and X, 1 for Z: stacks have fewer, wider spaced planes than pixels."""
    return (1,) * (spatial_dims - 2) + (2, 2)


def _strip_height(x: Tensor) -> int:
    """Return how many rows to change at a time in place: all where whole tensors are made anew."""
    if x.ndim != 4 or x.device.type != "cpu" or torch.is_grad_enabled():
        return x.shape[-2]
    # An even number, as twice the rows of the level below.
    return max(_FEWEST_ROWS, _STRIP // x[..., :1, :].nbytes // 2 * 2)


class ResidualBlock(nn.Module):
    """Pre-activation residual block (He et al., ECCV 2016) that starts as the identity.

    Without normalisation layers: they make a tile differ from the whole image, and the two
    passes of the loss differ from each other. The zero start of the last convolution takes
    over their role of keeping a deep network trainable.
    """

    def __init__(self, spatial_dims: int, width: int, *, bias: bool) -> None:
        super().__init__()
        self.first = conv(spatial_dims, width, width, bias=bias)
        self.second = conv(spatial_dims, width, width, bias=bias)
        nn.init.zeros_(self.second.weight)

    def forward(self, x: Tensor) -> Tensor:
        """Add what two convolutions make of `x`, which may be changed where nothing is learnt."""
        height = _strip_height(x)
        if height < x.shape[-2]:
            return self._in_strips(x, height)
        # In place where nothing else needs the values: fresh memory costs as much as the sums.
        return self._change(activate(x)).to(x.dtype).add_(x)

    def _change(self, active: Tensor) -> Tensor:
        """Return what is added, given the activated features."""
        change: Tensor = self.second(activate(self.first(active), inplace=True))
        return change

    def _in_strips(self, x: Tensor, height: int) -> Tensor:
        """Change some rows of Y at a time, in place."""
        # The rows above a strip have been changed when it is its turn.
        above = x[..., :0, :]
        for start in range(0, x.shape[-2], height):
            stop = start + height
            strip, below = x[..., start:stop, :], x[..., stop : stop + _REACH, :]
            seen = torch.cat([above, strip, below], dim=-2)
            first = above.shape[-2]
            above = strip[..., -_REACH:, :].clone()
            change = self._change(activate(seen, inplace=True))
            strip.add_(change[..., first : first + strip.shape[-2], :])
        return x


class Down(nn.Module):
    """Halve Y and X by a strided convolution (3D max pooling is missing on Apple's MPS)."""

    def __init__(self, spatial_dims: int, inputs: int, outputs: int, *, bias: bool) -> None:
        super().__init__()
        kind = nn.Conv2d if spatial_dims == 2 else nn.Conv3d
        step = _in_plane(spatial_dims)
        self.conv = kind(inputs, outputs, step, stride=step, bias=bias)
        _draw(self.conv.weight, "linear")

    def forward(self, x: Tensor) -> Tensor:
        """Return features of half the size in Y and X."""
        with full_precision(x):
            result: Tensor = self.conv(x)
        return result


class Up(nn.Module):
    """Double Y and X, then take in the encoder's features.

    Parameters
    ----------
    spatial_dims, inputs, outputs : int
        Spatial axes, features from below, features of the encoder and of the result.
    gated : bool
        Weigh the encoder's features before they are concatenated by an attention gate
        (Oktay et al., MIDL 2018): a sigmoid of both branches. Only the skip is gated, so that
        no branch can starve the other, as it can in a convex mix of the two.
    bias : bool
        Whether convolutions have biases.
    """

    def __init__(
        self, spatial_dims: int, inputs: int, outputs: int, *, gated: bool, bias: bool
    ) -> None:
        super().__init__()
        self.expand = conv(spatial_dims, inputs, outputs, kernel=1, bias=bias)
        self.merge = conv(spatial_dims, 2 * outputs, outputs, kernel=1, bias=bias)
        self.gate = conv(spatial_dims, 2 * outputs, outputs, kernel=1, bias=True) if gated else None
        self._scale = tuple(map(float, _in_plane(spatial_dims)))

    def forward(self, below: Tensor, skip: Tensor) -> Tensor:
        """Return features of the skip's size; it may be changed where nothing is learnt."""
        with full_precision(skip):
            x = self.expand(below)
            height = _strip_height(skip)
            if height >= skip.shape[-2]:
                return self._join(x, skip)
            for start in range(0, skip.shape[-2], height):
                rows = skip[..., start : start + height, :]
                rows.copy_(self._join(x[..., start // 2 : (start + height) // 2, :], rows))
            return skip

    def _join(self, x: Tensor, skip: Tensor) -> Tensor:
        """Enlarge what comes from below, and merge it with the encoder's features."""
        if self.gate is not None:
            skip = skip * torch.sigmoid(self.gate(torch.cat([self._enlarge(x), skip], dim=1)))
        # The merging convolution of both, concatenated; what comes from below is merged before it
        # is enlarged, which gives the same for a quarter of the work.
        convolve = functional.conv2d if x.ndim == 4 else functional.conv3d
        from_below, from_skip = self.merge.weight.chunk(2, dim=1)
        merged = convolve(skip, from_skip, self.merge.bias)
        return merged.add_(self._enlarge(convolve(x, from_below)))

    def _enlarge(self, x: Tensor) -> Tensor:
        """Double Y and X."""
        return functional.interpolate(x, scale_factor=self._scale, mode="nearest")


def fold(x: Tensor, factor: int) -> Tensor:
    """Turn each in-plane block of ``factor²`` pixels into channels.

    Parameters
    ----------
    x : Tensor, shape (batch, channels, [Z,] Y, X)
        Y and X are multiples of `factor`.
    factor : int
        Side of a block.

    Returns
    -------
    Tensor, shape (batch, channels · factor², [Z,] Y / factor, X / factor)
        For 2D in the channels-last memory format, which CPUs convolve fastest.
    """
    if factor == 1:
        return x
    batch, channels, *depth, height, width = x.shape
    x = x.reshape(batch, channels, *depth, height // factor, factor, width // factor, factor)
    space = [2 + i for i in range(len(depth))] + [x.ndim - 4, x.ndim - 2]
    x = x.permute(0, *space, 1, x.ndim - 3, x.ndim - 1).flatten(-3)
    return x.movedim(-1, 1)


def unfold(x: Tensor, factor: int) -> Tensor:
    """Undo `fold`."""
    if factor == 1:
        return x
    batch, folded, *depth, height, width = x.shape
    x = x.reshape(batch, folded // factor**2, factor, factor, *depth, height, width)
    space = [4 + i for i in range(len(depth))]
    x = x.permute(0, 1, *space, x.ndim - 2, 2, x.ndim - 1, 3)
    return x.reshape(batch, folded // factor**2, *depth, height * factor, width * factor)


def pad_to_multiple(x: Tensor, multiple: int | tuple[int, int]) -> Tensor:
    """Repeat the last row and column until Y and X are multiples of `multiple`.

    Only the far end is padded, so that a tile that starts at a multiple sees the same grid as
    the whole image.

    Parameters
    ----------
    x : Tensor, shape (batch, channels, [Z,] Y, X)
        Any size.
    multiple : int or tuple of int
        Of what Y and X are to be multiples.

    Returns
    -------
    Tensor
        `x` itself if nothing is missing.
    """
    rows, columns = (multiple, multiple) if isinstance(multiple, int) else multiple
    bottom, right = (-x.shape[-2] % rows, -x.shape[-1] % columns)
    if not bottom and not right:
        return x
    depth = (0, 0) * (x.ndim - 4)
    return functional.pad(x, (0, right, 0, bottom, *depth), mode="replicate")


def crop_to(x: Tensor, like: Tensor) -> Tensor:
    """Cut Y and X at the far end.

    Parameters
    ----------
    x : Tensor, shape (batch, channels, [Z,] Y, X)
        What to cut.
    like : Tensor
        Its Y and X are the size that remains.

    Returns
    -------
    Tensor
        A view of `x`.
    """
    return x[..., : like.shape[-2], : like.shape[-1]]
