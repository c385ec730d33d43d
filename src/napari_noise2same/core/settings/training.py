"""Settings of a training run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from napari_noise2same.core.array import DepthAxis, Layout, plan_layout
from napari_noise2same.core.settings.base import Settings
from napari_noise2same.core.settings.network import NetworkConfig
from napari_noise2same.core.settings.objective import Augmentation, LambdaConfig, MaskConfig

__all__ = ["MAX_DISTANCE", "MIN_SIDE", "NoiseDistance", "TrainingConfig"]

# Fewer pixels than this along Y or X leave a 3×3 network nothing but borders to learn from.
MIN_SIDE = 8
MAX_DISTANCE = 4

PositiveInt = Annotated[int, Field(ge=1)]
Distance = Annotated[int, Field(ge=1, le=MAX_DISTANCE)]
NoiseDistance = tuple[Distance, Distance]


class TrainingConfig(Settings):
    """How to train. What is None is chosen from the images and the device.

    Attributes
    ----------
    lambda_inv : LambdaConfig, optional
        Strategy for the weight of the invariance term. By default the covariance where training
        starts at weights that know how to denoise, in the stabilised domain; else calibrated.
    mask : MaskConfig
        Which pixels the second pass does not see.
    network : NetworkConfig, optional
        Network; its `spatial_dims` and `channels` must fit the images.
    spatial_dims : {2, 3}, optional
        Whether a Z stack is a volume (3) or a series of planes (2). By default it is a volume if
        it has 8 planes, and these do not share their noise.
    depth_axis : {"Z", "T"}
        The third axis of a 3D network. T is for movies of what stays in place: the network sees
        frames as it sees planes, and planes are samples. Needs 8 frames.
    joint_channels : bool
        Whether one network takes all channels at once, rather than one by one.
    start : {"pretrained", "scratch"}
        Start at the weights that the package ships, or at random ones. Where the shipped weights
        do not fit, joint channels or a network of another shape, training starts at random.
    domain : {"stabilised", "linear"}
        Train on variance-stabilised pixels or on pixels as they are.
    noise_distance : tuple of int, optional
        How far apart pixels have independent noise, in Y and in X: more than 1 in images that were
        enlarged or smoothed. Every so many rows and columns are an image of their own then, which
        patches are taken from. Found in the images when not given.
    steps : int, optional
        Number of steps; chosen from the number of pixels when not given. None at all leave the
        first weights as they are.
    effort : float
        Factor on the number of steps that is chosen. Models of more than 1 average all turns.
    seconds : float, optional
        Time instead of steps; not reproducible to the bit.
    patch : tuple of int, optional
        Spatial shape of a patch, in pixels; at least 8 in Y and X.
    batch : int, optional
        Patches per step.
    learning_rate : float, optional
        Peak learning rate of AdamW, after warm-up and before decay; small when training starts at
        weights that know how to denoise.
    weight_decay : float
        Weight decay of AdamW.
    warm_up : float
        Share of the steps over which the rate rises.
    averaging : float
        Share of the old value in each step of the averaged weights.
    gradient_clip : float
        Largest norm of the gradient.
    augmentation : {"full", "flips", "none"}
        Flips and in-plane 90° turns; none of them for noise that has a direction.
    validate_every : int
        Steps between two validations.
    mixed_precision : bool
        Use bfloat16 for the network where the device gains from it.
    max_pixels : int
        Largest number of pixels kept in memory; of larger images an evenly spread sample of
        blocks is used.
    device : str
        ``"auto"``, ``"cpu"``, ``"cuda"``, ``"cuda:1"`` or ``"mps"``.
    seed : int
        Seed of all random choices.
    """

    lambda_inv: LambdaConfig | None = None
    mask: MaskConfig = MaskConfig()
    network: NetworkConfig | None = None
    spatial_dims: Literal[2, 3] | None = None
    depth_axis: DepthAxis = "Z"
    joint_channels: bool = False
    start: Literal["pretrained", "scratch"] = "pretrained"
    domain: Literal["stabilised", "linear"] = "stabilised"
    noise_distance: NoiseDistance | None = None
    steps: Annotated[int, Field(ge=0)] | None = None
    effort: Annotated[float, Field(ge=0, le=100)] = 1.0
    seconds: Annotated[float, Field(gt=0)] | None = None
    patch: tuple[PositiveInt, ...] | None = None
    batch: PositiveInt | None = None
    learning_rate: Annotated[float, Field(gt=0, le=1)] | None = None
    weight_decay: Annotated[float, Field(ge=0)] = 1e-4
    warm_up: Annotated[float, Field(ge=0, le=1)] = 0.1
    averaging: Annotated[float, Field(ge=0, lt=1)] = 0.99
    gradient_clip: Annotated[float, Field(gt=0)] = 1.0
    augmentation: Augmentation = "full"
    validate_every: PositiveInt = 25
    mixed_precision: bool = True
    max_pixels: PositiveInt = 20_000_000
    device: str = "auto"
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0

    def layout_of(self, axes: str, shape: Sequence[int]) -> Layout:
        """Plan what each axis of an image is for.

        Parameters
        ----------
        axes : str
            Axes of the image.
        shape : sequence of int
            Its shape.

        Returns
        -------
        Layout
            The use of each axis.

        Raises
        ------
        AxesError
            If the axes do not fit the shape, or there is no third axis for a 3D network.
        """
        return plan_layout(axes, shape, spatial_dims=self.spatial_dims, depth_axis=self.depth_axis)

    @model_validator(mode="after")
    def _one_budget(self) -> TrainingConfig:
        if self.steps is not None and self.seconds is not None:
            raise ValueError("expected a budget in steps or in seconds, found both")
        return self

    @field_validator("depth_axis")
    @classmethod
    def _deep_enough(cls, axis: DepthAxis, info: ValidationInfo) -> DepthAxis:
        if axis == "T" and info.data.get("spatial_dims") == 2:
            raise ValueError("expected a 3D network for time as the third axis, found a 2D one")
        return axis

    @field_validator("noise_distance", mode="before")
    @classmethod
    def _along_both_axes(cls, distance: object) -> object:
        if isinstance(distance, list | tuple) and len(distance) != 2:
            raise ValueError(
                f"expected two numbers, for Y and X, found {', '.join(map(str, distance))}"
            )
        return distance

    @field_validator("patch")
    @classmethod
    def _more_than_borders(cls, patch: tuple[int, ...] | None) -> tuple[int, ...] | None:
        if patch is not None and (len(patch) not in (2, 3) or min(patch[-2:]) < MIN_SIDE):
            raise ValueError(
                f"expected two or three lengths, of at least {MIN_SIDE} pixels in Y and X, found "
                f"{', '.join(map(str, patch))}"
            )
        return patch
