"""Denoising: tiles through the network, as an iterator of events."""

from napari_noise2same.core.denoising.context import (
    choose_part,
    context_of,
    grid_of,
    halo_of,
    most_pixels,
    sides_on_grid,
)
from napari_noise2same.core.denoising.denoiser import Denoiser, denoise
from napari_noise2same.core.denoising.domains import domains_for
from napari_noise2same.core.denoising.events import (
    DenoiseEvent,
    DenoiseFinished,
    DenoiseStarted,
    TileDone,
)
from napari_noise2same.core.denoising.piece import PieceDenoiser, averages
from napari_noise2same.core.denoising.predictor import Predictor

__all__ = [
    "DenoiseEvent",
    "DenoiseFinished",
    "DenoiseStarted",
    "Denoiser",
    "PieceDenoiser",
    "Predictor",
    "TileDone",
    "averages",
    "choose_part",
    "context_of",
    "denoise",
    "domains_for",
    "grid_of",
    "halo_of",
    "most_pixels",
    "sides_on_grid",
]
