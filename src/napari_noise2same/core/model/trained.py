"""What training leaves behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from napari_noise2same.core.array import DepthAxis, ImageView, plan_layout
from napari_noise2same.core.errors import AxesError, ConfigurationError
from napari_noise2same.core.io import Image, no_image
from napari_noise2same.core.networks import BlindNet, UNet, outline_network
from napari_noise2same.core.noise import Domain
from napari_noise2same.core.settings import NetworkConfig, NoiseSource

__all__ = ["HISTORY_COLUMNS", "History", "ResumeState", "StartKind", "TrainedModel", "check_model"]

StartKind = Literal["pretrained", "scratch", "model"]

HISTORY_COLUMNS = ("step", "loss", "rec", "inv", "blind_spot", "lambda_inv")


@dataclass(frozen=True)
class History:
    """The numbers of every training step.

    Attributes
    ----------
    columns : mapping of str to ndarray of float64, shape (steps,)
        ``step``, ``loss``, ``rec``, ``inv``, ``blind_spot`` and ``lambda_inv``, in squared
        normalised units but for the first and the last.
    """

    columns: Mapping[str, NDArray[np.float64]]

    @classmethod
    def empty(cls) -> History:
        """Return the history of no step."""
        return cls({name: np.empty(0) for name in HISTORY_COLUMNS})

    @classmethod
    def from_rows(cls, rows: Sequence[Sequence[float]]) -> History:
        """Return the history of steps.

        Parameters
        ----------
        rows : sequence of sequence of float
            The numbers of each step, in the order of the columns.

        Returns
        -------
        History
            The history.
        """
        table = np.array(rows, dtype=np.float64).reshape(-1, len(HISTORY_COLUMNS))
        return cls(dict(zip(HISTORY_COLUMNS, table.T.copy(), strict=True)))

    def rows(self) -> list[tuple[float, ...]]:
        """Return the numbers of each step, in the order of the columns."""
        columns = [self.columns[name] for name in HISTORY_COLUMNS]
        return [tuple(map(float, row)) for row in zip(*columns, strict=True)]

    def __len__(self) -> int:
        """Return the number of steps."""
        return len(self.columns["step"])

    def last(self) -> dict[str, float]:
        """Return the numbers of the last step, or nothing before the first."""
        return {name: float(values[-1]) for name, values in self.columns.items() if len(values)}


@dataclass(frozen=True)
class ResumeState:
    """All that training needs to go on as if it had never stopped.

    Attributes
    ----------
    tensors : mapping of str to Tensor
        Weights, averaged weights, moments of the optimiser, state of the random generator.
    values : mapping
        The rest, as data for JSON.
    """

    tensors: Mapping[str, Tensor]
    values: Mapping[str, Any]


@dataclass(frozen=True)
class TrainedModel:
    """A network with its weights, and how images come to it and go from it.

    Attributes
    ----------
    network : NetworkConfig
        What the network looks like.
    weights : mapping of str to Tensor
        The best weights, on the CPU.
    domains : tuple of Domain
        The normalisation and noise statistics of each channel of the training images.
    axes : str
        Axes of the first training image.
    joint_channels : bool
        Whether the network takes all channels of a frame at once.
    depth_axis : {"Z", "T"}
        The third axis of a 3D network.
    noise_distance : tuple of int
        How far apart pixels of the training images have independent noise, in Y and in X: the
        network sees every so many rows and columns as an image of their own.
    noise : {"model", "image"}
        Whether all training images were normalised by `domains`, or each by its own because
        their noise differed. An image to be denoised is then normalised by its own too, and
        `domains` only says how strong the noise is in normalised units.
    settings : mapping
        The configuration of the training, as data for JSON.
    start : {"pretrained", "scratch", "model"}
        Where training started: at the shipped weights, at random ones, or at another model.
    seed : int
        Seed of all random choices.
    versions : mapping of str to str
        Versions of the packages that made the model.
    history : History
        The numbers of every step.
    resume : ResumeState, optional
        Where training stopped.
    """

    network: NetworkConfig
    weights: Mapping[str, Tensor] = field(repr=False)
    domains: tuple[Domain, ...]
    axes: str
    joint_channels: bool = False
    depth_axis: DepthAxis = "Z"
    noise_distance: tuple[int, int] = (1, 1)
    noise: NoiseSource = "model"
    settings: Mapping[str, Any] = field(default_factory=dict)
    start: StartKind = "scratch"
    seed: int = 0
    versions: Mapping[str, str] = field(default_factory=dict)
    history: History = field(default_factory=History.empty, repr=False)
    resume: ResumeState | None = field(default=None, repr=False)

    @property
    def thorough(self) -> bool:
        """Whether training took more than the usual effort, as denoising then does too."""
        return bool(self.settings.get("effort", 1.0) > 1)

    @property
    def depth(self) -> DepthAxis | Literal[""]:
        """The axis that the network sees beside Y and X, or nothing."""
        return self.depth_axis if self.network.spatial_dims == 3 else ""

    def describe(self) -> dict[str, Any]:
        """Say how the model was made.

        Returns
        -------
        dict
            Data for JSON: all that is known but the weights, the history and what resumes it.
        """
        return {
            "network": self.network.model_dump(mode="json"),
            "axes": self.axes,
            "joint_channels": self.joint_channels,
            "depth_axis": self.depth_axis,
            "noise_distance": self.noise_distance,
            "noise": self.noise,
            "start": self.start,
            "domains": [domain.to_dict() for domain in self.domains],
            "seed": self.seed,
            "versions": dict(self.versions),
            "settings": dict(self.settings),
        }

    def build(self) -> UNet | BlindNet:
        """Return the network with the trained weights, in evaluation mode, on the CPU."""
        # Weights that are replaced at once need not be drawn.
        network = outline_network(self.network)
        weights = {k: v.to(torch.float32, copy=True) for k, v in self.weights.items()}
        network.load_state_dict(weights, assign=True)
        return network.eval()

    def view_of(self, image: Image) -> ImageView:
        """See an image as the network does.

        Parameters
        ----------
        image : Image
            The image.

        Returns
        -------
        ImageView
            Its samples, as the network takes them.

        Raises
        ------
        AxesError
            If the model does not fit the image's axes.
        ConfigurationError
            If it is no image.
        """
        if not isinstance(image, Image):
            raise no_image("an image", image)
        layout = plan_layout(
            image.axes,
            image.data.shape,
            spatial_dims=self.network.spatial_dims,
            depth_axis=self.depth_axis,
        )
        return ImageView(image.data, layout, joint_channels=self.joint_channels)

    def domains_for(self, n_channels: int) -> tuple[Domain, ...]:
        """Return a domain for each channel of an image.

        Parameters
        ----------
        n_channels : int
            Channels of the image.

        Returns
        -------
        tuple of Domain
            The model's own, or its only one repeated.

        Raises
        ------
        AxesError
            If the model was trained on another number of channels.
        """
        if len(self.domains) == n_channels:
            return self.domains
        if len(self.domains) == 1 and not self.joint_channels:
            return self.domains * n_channels
        raise AxesError(
            f"Expected an image of {len(self.domains)} channels, as the model was trained on, "
            f"found {n_channels}: choose another model, or train one on this image."
        )


def check_model(given: object) -> None:
    """Refuse the name of a file, the end of a training and all else that is no model.

    Parameters
    ----------
    given : object
        What was given as a model.

    Raises
    ------
    ConfigurationError
        If it is none.
    """
    if not isinstance(given, TrainedModel):
        raise ConfigurationError(
            f"Expected a model, found {type(given).__name__}: read the file of one by "
            "load_model(path), or take the model of the event Finished, with which training ends."
        )
