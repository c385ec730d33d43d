"""Settings of a network."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from napari_noise2same.core.settings.base import Settings

__all__ = ["NetworkConfig"]

Width = Annotated[int, Field(ge=1, le=1024)]
Count = Annotated[int, Field(ge=1, le=8)]


class NetworkConfig(Settings):
    """What a network looks like.

    Attributes
    ----------
    kind : {"unet", "blind"}
        ``"unet"`` may use the centre pixel, which is Noise2Same's advantage; the output of
        ``"blind"`` never depends on the pixel at its own place.
    spatial_dims : {2, 3}
        Number of spatial axes.
    channels : int
        Channels of the input and of the output.
    widths : tuple of int
        Features of each level of the U-Net, finest first; of each layer of the blind network.
    blocks : int or tuple of int
        Residual blocks per side of the U-Net, of every level or of each.
    unshuffle : {1, 2}
        Side of the in-plane pixel blocks that the U-Net folds into channels: with 2 its finest
        level works at half resolution, four times faster on a CPU.
    skip : {"concat", "gated"}
        How the U-Net's decoder takes in the encoder's features.
    bias : bool
        Whether convolutions have biases. Without, the network is positively homogeneous:
        ``f(s·x) = s·f(x)`` for every s > 0 (with ``skip="concat"``).
    """

    kind: Literal["unet", "blind"] = "unet"
    spatial_dims: Literal[2, 3] = 2
    channels: Annotated[int, Field(ge=1)] = 1
    widths: Annotated[tuple[Width, ...], Field(min_length=1, max_length=8)] = (32, 64, 64)
    blocks: Count | tuple[Count, ...] = 1
    unshuffle: Literal[1, 2] = 2
    skip: Literal["concat", "gated"] = "concat"
    bias: bool = False

    @model_validator(mode="after")
    def _blocks_for_each_level(self) -> NetworkConfig:
        if isinstance(self.blocks, tuple) and len(self.blocks) != len(self.widths):
            raise ValueError(
                f"expected a number of blocks for each of {len(self.widths)} levels, found "
                f"{len(self.blocks)}"
            )
        return self

    @classmethod
    def small(cls, spatial_dims: Literal[2, 3] = 2, channels: int = 1) -> NetworkConfig:
        """Return the default network: fast on a CPU."""
        return cls(spatial_dims=spatial_dims, channels=channels)

    @classmethod
    def paper(cls, spatial_dims: Literal[2, 3] = 2, channels: int = 1) -> NetworkConfig:
        """Return the network of the size that Xie, Wang and Ji published (depth 3, 96 features)."""
        return cls(
            spatial_dims=spatial_dims,
            channels=channels,
            widths=(96, 192, 384),
            unshuffle=1,
            bias=True,
        )
