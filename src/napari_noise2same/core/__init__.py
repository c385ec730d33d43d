"""The engine: Noise2Same in PyTorch, without Qt and napari.

Public names are resolved when first used, so that importing this package loads no torch.

Examples
--------
>>> from napari_noise2same.core import Finished, denoise, read_image, train  # doctest: +SKIP
>>> image = read_image("noisy.tif")  # doctest: +SKIP
>>> *_, last = train([image])  # doctest: +SKIP
>>> clean = denoise(image, last.model)  # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "array": ("ArrayLike", "Layout", "default_axes", "plan_layout"),
    "batch": (
        "BatchDenoiser",
        "FileDone",
        "FileFailed",
        "FileSkipped",
        "FileStarted",
        "find_images",
        "plan_jobs",
    ),
    "denoising": ("DenoiseFinished", "DenoiseStarted", "Denoiser", "TileDone", "denoise"),
    "device": ("available_devices", "resolve_device"),
    "io": ("Image", "read_image", "write_image"),
    "metrics": ("affine_psnr", "edge_preservation", "evaluate", "psnr", "ssim"),
    "model": ("History", "TrainedModel", "load_model", "load_pretrained", "save_model"),
    "noise": ("Domain", "estimate_sigma", "fit_poisson_gaussian"),
    "preview": ("PreviewReady", "train_with_preview"),
    "settings": (
        "AdaptiveLambda",
        "BatchConfig",
        "CalibratedLambda",
        "CovarianceLambda",
        "DenoiseConfig",
        "FixedLambda",
        "MaskConfig",
        "NetworkConfig",
        "Noise2InfoLambda",
        "Preset",
        "Stage",
        "StagedLambda",
        "TrainingConfig",
    ),
    "streaming": ("StreamDenoiser", "denoise_lazy", "denoise_to_zarr"),
    "training": (
        "Finished",
        "Recovered",
        "Started",
        "StepDone",
        "Trainer",
        "TrainingPlan",
        "Validated",
        "expected_seconds",
        "train",
    ),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = sorted(_HOME_OF)


def __getattr__(name: str) -> Any:
    """Import the part of the engine that a public name lives in."""
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)


def __dir__() -> list[str]:
    """Return the public names."""
    return list(__all__)
