"""Methods without a network. Volumes and time-lapses are denoised plane by plane."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from outcome import Method, Outcome, Task, stopwatch
from scipy.ndimage import convolve, uniform_filter, uniform_filter1d
from skimage import restoration

from napari_noise2same.core.errors import MissingDependencyError
from napari_noise2same.core.noise import (
    GeneralisedAnscombe,
    PoissonGaussian,
    estimate_sigma,
    fit_poisson_gaussian,
)

__all__ = ["METHODS"]

Floats = NDArray[np.float64]
# From a plane, and the standard deviation of its noise, to the denoised plane.
PlaneDenoiser = Callable[[Floats, float], Floats]

# Strengths that are tried, in units of the noise's standard deviation.
_STRENGTHS = (0.5, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0, 5.6)
_STEPS = 20
# Median of the absolute value of standard normal noise.
_DEVIATIONS_OF_MEDIAN = 0.6745


def noisy(task: Task) -> Outcome:
    """Return the image as it is: what there is to beat."""
    return Outcome(task.pixels, 0.0, 0.0)


def frame_mean(task: Task, *, frames: int) -> Outcome:
    """Average each frame with those before and after it: what an experienced user tries first."""
    with stopwatch() as denoising:
        axis = task.axes.index("T")
        mean = uniform_filter1d(task.pixels.astype(np.float64), frames, axis, mode="nearest")
    return Outcome(mean, 0.0, denoising.seconds)


def calibrated(
    task: Task,
    denoiser: Callable[..., Floats],
    strength: str,
    fixed: dict[str, Any],
) -> Outcome:
    """Denoise with a strength calibrated by J-invariance on the middle plane.

    Notes
    -----
    J. Batson and L. Royer, "Noise2Self", ICML 2019, as scikit-image offers it.
    """
    planes = _planes(task)
    sigma = estimate_sigma(planes, spatial_ndim=2)
    with stopwatch() as training:
        chosen = restoration.calibrate_denoiser(  # type: ignore[no-untyped-call]
            planes[len(planes) // 2],
            partial(denoiser, **fixed),
            {strength: [factor * sigma for factor in _STRENGTHS]},
        )
    with stopwatch() as denoising:
        clean = np.stack([chosen(plane) for plane in planes])
    return Outcome(_unfold(clean, task), training.seconds, denoising.seconds)


def bm3d(task: Task) -> Outcome:
    """BM3D, taking the noise to be the same everywhere; σ as told, or else estimated.

    Notes
    -----
    K. Dabov et al., "Image denoising by sparse 3-D transform-domain collaborative filtering",
    IEEE TIP 16 (2007).
    """
    package = _require("bm3d")
    planes = _planes(task)
    with stopwatch() as denoising:
        sigma = task.sigma or estimate_sigma(planes, spatial_ndim=2)
        clean = np.stack([_run_bm3d(package, plane, sigma) for plane in planes])
    return Outcome(_unfold(clean, task), 0.0, denoising.seconds)


def bm3d_vst(task: Task, *, fit: Callable[[Floats], PoissonGaussian]) -> Outcome:
    """BM3D between the generalised Anscombe transform, fitted to the image, and its exact inverse.

    Notes
    -----
    M. Mäkitalo and A. Foi, "Optimal inversion of the generalized Anscombe transformation for
    Poisson-Gaussian noise", IEEE TIP 22 (2013).
    """
    package = _require("bm3d")
    planes = _planes(task)
    with stopwatch() as denoising:
        transform = GeneralisedAnscombe(fit(planes))
        stabilised = transform.forward(planes)
        clean = np.stack([_run_bm3d(package, plane, 1.0) for plane in stabilised])
        clean = transform.inverse(clean)
    return Outcome(_unfold(clean, task), 0.0, denoising.seconds)


def fit_by_medians(planes: Floats) -> PoissonGaussian:
    """Fit a line to the noise in steps of the local mean, as is commonly done.

    Notes
    -----
    J. Immerkær, "Fast noise variance estimation", CVIU 64 (1996), for the high-pass.
    """
    second = np.array([1.0, -2.0, 1.0])
    high_pass = convolve(planes, (np.outer(second, second) / 6)[np.newaxis])
    local = uniform_filter(planes, (0, 5, 5))
    order = np.array_split(np.argsort(local, axis=None), _STEPS)
    means = [local.flat[members].mean() for members in order]
    variances = [
        (np.median(np.abs(high_pass.flat[members])) / _DEVIATIONS_OF_MEDIAN) ** 2
        for members in order
    ]
    slope, intercept = np.polyfit(means, variances, 1)
    gain, offset = max(float(slope), 0.0), float(local.min())
    # Less than a tenth of a photon of read noise is not told from none.
    readout = max(float(gain * offset + intercept), 0.01 * gain**2)
    return PoissonGaussian(gain, readout, offset)


def _run_bm3d(package: ModuleType, plane: Floats, sigma: float) -> Floats:
    """Scale to the range from 0 to 1, which the package expects, and back."""
    low, height = plane.min(), np.ptp(plane)
    clean = package.bm3d((plane - low) / height, sigma_psd=sigma / height)
    return np.asarray(clean * height + low)


def _planes(task: Task) -> Floats:
    """Return the planes of the image, shape (planes, Y, X)."""
    axes = [axis for axis, letter in enumerate(task.axes) if letter not in "YX"]
    y, x = task.axes.index("Y"), task.axes.index("X")
    values = np.asarray(task.pixels, np.float64).transpose(*axes, y, x)
    return values.reshape(-1, *values.shape[-2:])


def _unfold(planes: Floats, task: Task) -> Floats:
    """Undo `_planes`."""
    axes = [axis for axis, letter in enumerate(task.axes) if letter not in "YX"]
    order = [*axes, task.axes.index("Y"), task.axes.index("X")]
    shape = [task.pixels.shape[axis] for axis in order]
    return planes.reshape(shape).transpose(np.argsort(order))


def _require(package: str) -> ModuleType:
    """Import an optional package."""
    try:
        return importlib.import_module(package)
    except ImportError as error:
        raise MissingDependencyError(
            f"Expected the package {package} for this method, found none: pip install {package}"
        ) from error


def wavelet(task: Task) -> Outcome:
    """BayesShrink with a calibrated noise level.

    Notes
    -----
    S. G. Chang, B. Yu and M. Vetterli, "Adaptive wavelet thresholding for image denoising and
    compression", IEEE TIP 9 (2000).
    """
    _require("pywt")
    fixed = {"rescale_sigma": False, "wavelet": "db2"}
    return calibrated(task, restoration.denoise_wavelet, "sigma", fixed)


METHODS: dict[str, Method] = {
    "noisy": noisy,
    "mean-3": partial(frame_mean, frames=3),
    "nlm": partial(
        calibrated,
        denoiser=restoration.denoise_nl_means,
        strength="h",
        fixed={"patch_size": 5, "patch_distance": 6, "fast_mode": True},
    ),
    "wavelet": wavelet,
    "tv": partial(
        calibrated, denoiser=restoration.denoise_tv_chambolle, strength="weight", fixed={}
    ),
    "bm3d": bm3d,
    "bm3d-vst": partial(bm3d_vst, fit=partial(fit_poisson_gaussian, spatial_ndim=2)),
    "bm3d-vst-median": partial(bm3d_vst, fit=fit_by_medians),
}
