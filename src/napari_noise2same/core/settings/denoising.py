"""Settings of denoising."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from napari_noise2same.core.settings.base import Settings

__all__ = ["DenoiseConfig", "NoiseSource", "Precision"]

NoiseSource = Literal["model", "image"]
Precision = Literal["float32", "bfloat16", "float16"]


class DenoiseConfig(Settings):
    """How to denoise. What is None is chosen from the image and the network.

    Attributes
    ----------
    tile : int, optional
        Side of a tile in Y and X, in pixels, without the context read around it.
    overlap : int, optional
        Context around each tile, in pixels, with a band in which neighbours are blended; when
        results go to a Zarr folder, context alone. By default the network's receptive field:
        then tiles of images give what the whole image would. With networks for volumes it is
        at most 8 planes and 48 of the rows and columns that it sees, and tiles give nearly what
        the whole volume would: the largest difference that was measured is 0.05 of the noise's
        standard deviation.
    dtype : {"float32", "keep"}
        Type of the result; ``"keep"`` rounds and clips to the type of the image.
    noise : {"model", "image"}
        Whether to normalise by the noise that the model knows, or by that of the image, fitted
        anew: for images taken with another camera or exposure than those of the training.
    precision : {"float32", "bfloat16", "float16"}, optional
        Precision of what the network's blocks add to the signal, which stays in float32. By default
        bfloat16 where the device gains from it (GPUs of NVIDIA since Ampere, processors with AMX,
        which take about half the time), else float32. In 16 bits tiles give what the whole image
        would but for rounding, which is a thousandth of the noise where an image is noisy.
    averaging : bool, optional
        Average the results for all 8 in-plane flips and turns: better, 8 times slower. By default
        with models whose training took more than the usual effort.
    device : str
        ``"auto"``, ``"cpu"``, ``"cuda"``, ``"cuda:1"`` or ``"mps"``.
    """

    tile: Annotated[int, Field(ge=8)] | None = None
    overlap: Annotated[int, Field(ge=0)] | None = None
    dtype: Literal["float32", "keep"] = "float32"
    noise: NoiseSource = "model"
    precision: Precision | None = None
    averaging: bool | None = None
    device: str = "auto"

    def result_dtype(self, image: np.dtype[Any]) -> np.dtype[Any]:
        """Return the type of the result for an image.

        Parameters
        ----------
        image : dtype
            Type of the image.

        Returns
        -------
        dtype
            Type of the result.
        """
        return np.dtype(image if self.dtype == "keep" else np.float32)
