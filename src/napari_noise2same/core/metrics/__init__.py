"""Metrics: how close an image comes to a reference."""

from __future__ import annotations

from napari_noise2same.core.metrics.evaluation import Evaluation, Scores, evaluate
from napari_noise2same.core.metrics.fidelity import affine_psnr, psnr
from napari_noise2same.core.metrics.structure import edge_preservation, ssim

__all__ = [
    "Evaluation",
    "Scores",
    "affine_psnr",
    "edge_preservation",
    "evaluate",
    "psnr",
    "ssim",
]
