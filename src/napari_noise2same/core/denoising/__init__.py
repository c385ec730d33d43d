"""Denoising: tiles through the network, as an iterator of events."""

from napari_noise2same.core.denoising.base import looks_twice
from napari_noise2same.core.denoising.context import Parts
from napari_noise2same.core.denoising.denoiser import Denoiser, denoise
from napari_noise2same.core.denoising.domains import domains_for
from napari_noise2same.core.denoising.events import (
    DenoiseEvent,
    DenoiseFinished,
    DenoiseStarted,
    TileDone,
)
from napari_noise2same.core.denoising.piece import PieceDenoiser
from napari_noise2same.core.denoising.predictor import averages

__all__ = [
    "DenoiseEvent",
    "DenoiseFinished",
    "DenoiseStarted",
    "Denoiser",
    "Parts",
    "PieceDenoiser",
    "TileDone",
    "averages",
    "denoise",
    "domains_for",
    "looks_twice",
]
