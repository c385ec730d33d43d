from __future__ import annotations

import importlib
import pkgutil

import pytest

from napari_noise2same import core

PUBLIC = [
    "AdaptiveLambda",
    "ArrayLike",
    "BatchConfig",
    "BatchDenoiser",
    "CalibratedLambda",
    "CovarianceLambda",
    "DenoiseConfig",
    "DenoiseFinished",
    "DenoiseStarted",
    "Denoiser",
    "Domain",
    "FileDone",
    "FileFailed",
    "FileSkipped",
    "FileStarted",
    "Finished",
    "FixedLambda",
    "History",
    "Image",
    "Layout",
    "MaskConfig",
    "NetworkConfig",
    "Noise2InfoLambda",
    "Preset",
    "PreviewReady",
    "Recovered",
    "Stage",
    "StagedLambda",
    "Started",
    "StepDone",
    "StreamDenoiser",
    "TileDone",
    "TrainedModel",
    "Trainer",
    "TrainingConfig",
    "Validated",
    "affine_psnr",
    "available_devices",
    "default_axes",
    "denoise",
    "denoise_lazy",
    "denoise_to_zarr",
    "edge_preservation",
    "estimate_sigma",
    "evaluate",
    "expected_seconds",
    "find_images",
    "fit_poisson_gaussian",
    "load_model",
    "load_pretrained",
    "plan_jobs",
    "plan_layout",
    "psnr",
    "read_image",
    "resolve_device",
    "save_model",
    "ssim",
    "train",
    "train_with_preview",
    "write_image",
]
PARTS = [part.name for part in pkgutil.iter_modules(core.__path__) if part.ispkg]


def test_the_public_names_are_exactly_these() -> None:
    assert core.__all__ == PUBLIC
    assert dir(core) == PUBLIC


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_name_is_that_of_its_part(name: str) -> None:
    found = getattr(core, name)
    assert found.__name__ == name
    assert found.__module__.startswith("napari_noise2same.core.")


def test_other_names_are_missing() -> None:
    with pytest.raises(
        AttributeError, match=r"'napari_noise2same.core' has no attribute 'Nothing'"
    ):
        _ = core.Nothing


@pytest.mark.parametrize("part", PARTS)
def test_each_part_exports_what_it_names(part: str) -> None:
    module = importlib.import_module(f"napari_noise2same.core.{part}")
    assert all(hasattr(module, name) for name in module.__all__)
