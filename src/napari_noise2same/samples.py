"""Generated fluorescence scenes whose noise-free image is known.

Cells lie flat on a coverslip, thick in the middle and thin at the rim. Filaments grow out of a
centre beside the nucleus, vesicles sit or run on them, a widefield microscope blurs it all, and a
camera adds shot noise, readout noise and an offset.

Examples
--------
>>> from napari_noise2same.samples import cells
>>> sample = cells()
>>> sample.noisy.shape, sample.axes
((512, 512), 'YX')
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, map_coordinates

__all__ = ["Sample", "cells", "stack", "time_lapse", "two_channels"]

Floats = NDArray[np.float64]

# A back-illuminated sCMOS camera: counts of an empty pixel, counts per electron, and the standard
# deviation of the readout in electrons.
_OFFSET = 100.0
_GAIN = 2.0
_READ_NOISE = 1.6
# Photons of an empty place, from the medium.
_BACKGROUND = 2.0
# Standard deviation of the point spread function in pixels, along Z and in the plane.
_PSF_Z, _PSF = 1.5, 1.3
# Share of the light that comes from out of focus, and how much wider it is spread.
_HAZE, _HAZE_WIDTH = 0.25, 8.0
_PIXEL_SIZE = 0.108
_PLANE_DISTANCE = 0.3
_FRAME_INTERVAL = 0.5
# Filaments of a cell.
_PER_CELL = 60
_TURN = 2 * np.pi


@dataclass(frozen=True, eq=False)
class Sample:
    """A scene as the camera sees it, and as it would be without noise.

    Attributes
    ----------
    name : str
        Name of the scene.
    noisy : ndarray of uint16
        What the camera has read out, in counts.
    clean : ndarray of float32, same shape
        The expected value of every pixel, in counts.
    axes : str
        One letter of T, Z, C, Y, X per dimension.
    spacing : mapping of str to float
        Distance between neighbouring pixels, planes (micrometres) and frames (seconds).
    units : mapping of str to str
        Unit of each spacing.
    channel_names : tuple of str
        One name per channel, or empty.
    """

    name: str
    noisy: NDArray[np.uint16]
    clean: NDArray[np.float32]
    axes: str
    spacing: Mapping[str, float]
    units: Mapping[str, str]
    channel_names: tuple[str, ...] = ()


def cells(seed: int = 0, *, side: int = 512) -> Sample:
    """Filaments and vesicles in a few cells, one plane.

    Parameters
    ----------
    seed : int
        Seed of the scene and of its noise.
    side : int
        Height and width in pixels.

    Returns
    -------
    Sample
        Axes YX.
    """
    rng = np.random.default_rng(seed)
    culture = _grow(side, rng)
    light = _filament_light(culture, rng) + _vesicle_light(culture, rng)
    photons = 20 * _expose(light, _PSF) + 4 * culture.thickness
    return _record("cells", photons, "YX", rng)


def stack(seed: int = 0, *, depth: int = 24, side: int = 192) -> Sample:
    """Filaments and vesicles through the depth of cells, plane by plane.

    Parameters
    ----------
    seed : int
        Seed of the scene and of its noise.
    depth : int
        Number of planes.
    side : int
        Height and width in pixels.

    Returns
    -------
    Sample
        Axes ZYX.
    """
    rng = np.random.default_rng(seed)
    culture = _grow(side, rng)
    light = _filament_light(culture, rng, depth) + 2 * _vesicle_light(culture, rng, depth)
    heights = np.linspace(0, 1, depth)[:, None, None]
    cytoplasm = 1 / (1 + np.exp((heights - 0.1 - 0.8 * culture.thickness) / 0.04))
    photons = 80 * _expose(light, (_PSF_Z, _PSF, _PSF)) + 3 * cytoplasm * culture.mask
    return _record("stack", photons, "ZYX", rng)


def time_lapse(seed: int = 0, *, frames: int = 24, side: int = 192) -> Sample:
    """Vesicles that run along filaments while the dye fades.

    Parameters
    ----------
    seed : int
        Seed of the scene and of its noise.
    frames : int
        Number of frames.
    side : int
        Height and width in pixels.

    Returns
    -------
    Sample
        Axes TYX.
    """
    rng = np.random.default_rng(seed)
    culture = _grow(side, rng)
    tracks = _filaments(culture, rng)
    standing = 7 * _expose(_deposit(tracks.points, tracks.weights, (side, side)), _PSF)
    standing += 4 * culture.thickness
    start = rng.integers(tracks.points.shape[1], size=len(tracks.points))
    speed = rng.choice([-3, 0, 1, 3], size=len(tracks.points))
    chosen = np.arange(len(tracks.points))
    planes = []
    for frame in range(frames):
        step = (start + speed * frame) % tracks.points.shape[1]
        places = tracks.points[chosen, step] + rng.normal(0, 0.2, (len(chosen), 2))
        running = _deposit(places, 16 * tracks.weights[chosen, step], (side, side))
        planes.append(np.exp(-frame / 60) * (standing + 26 * _expose(running, _PSF)))
    return _record("time_lapse", np.stack(planes), "TYX", rng)


def two_channels(seed: int = 0, *, side: int = 320) -> Sample:
    """Bright nuclei in one channel, dim filaments in the other.

    Parameters
    ----------
    seed : int
        Seed of the scene and of its noise.
    side : int
        Height and width in pixels.

    Returns
    -------
    Sample
        Axes CYX.
    """
    rng = np.random.default_rng(seed)
    culture = _grow(side, rng)
    chromatin = np.exp(0.35 * _texture(side, 2.5, rng) + 0.2 * _texture(side, 7, rng))
    nuclei = 30 * _expose(culture.nuclei * chromatin, _PSF)
    filaments = 14 * _expose(_filament_light(culture, rng), _PSF) + 3 * culture.thickness
    photons = np.stack([nuclei, filaments])
    return _record("two_channels", photons, "CYX", rng, channel_names=("nuclei", "filaments"))


@dataclass(frozen=True)
class _Culture:
    """Where cells are: pictures of values from 0 to 1, and one row per cell of the rest."""

    thickness: Floats
    mask: Floats
    nuclei: Floats
    centres: Floats
    radii: Floats


@dataclass(frozen=True)
class _Filaments:
    """Smooth curves: points (filament, step, 2), and how bright each of them is."""

    points: Floats
    weights: Floats


def _grow(side: int, rng: np.random.Generator) -> _Culture:
    """Place cells with bulging outlines on a jittered hexagonal grid."""
    pitch = 0.46 * side
    rows, columns = np.indices((4, 4)).reshape(2, -1) - 0.75
    grid = np.stack([rows * 0.87, columns + 0.5 * (np.arange(16) // 4 % 2)], axis=1)
    centres = pitch * grid + rng.normal(0, 0.06 * pitch, grid.shape)
    radii = pitch * rng.uniform(0.44, 0.58, len(grid))
    thickness, nuclei = np.zeros((side, side)), np.zeros((side, side))
    for centre, radius in zip(centres, radii, strict=True):
        thickness = np.maximum(thickness, _dome(side, centre, radius, 0.13, rng))
        nuclei = np.maximum(nuclei, _dome(side, centre, 0.3 * radius, 0.06, rng))
    mask = gaussian_filter((thickness > 0).astype(float), 1)
    return _Culture(np.sqrt(thickness), mask, np.sqrt(nuclei), centres, radii)


def _dome(
    side: int, centre: Floats, radius: float, bulge: float, rng: np.random.Generator
) -> Floats:
    """Draw 1 − (r/R)² with a radius R that varies smoothly with the direction."""
    y, x = np.ogrid[:side, :side]
    dy, dx = y - centre[0], x - centre[1]
    direction = np.arctan2(dy, dx)
    rim = np.full(direction.shape, radius)
    for order in (2, 3, 4):
        share = rng.normal(0, bulge / (order - 1))
        rim += radius * share * np.cos(order * direction + rng.uniform(0, _TURN))
    result: Floats = np.clip(1 - (dy**2 + dx**2) / np.square(rim), 0, 1)
    return result


def _filaments(culture: _Culture, rng: np.random.Generator) -> _Filaments:
    """Grow curved filaments outwards from beside each nucleus, until they leave the cell."""
    count, steps = _PER_CELL * len(culture.radii), int(2.2 * culture.radii.max())
    origin = np.repeat(culture.centres, _PER_CELL, axis=0)
    reach = np.repeat(culture.radii, _PER_CELL)
    start = rng.uniform(0, _TURN, (count, 1))
    bends = gaussian_filter(rng.normal(0, 1, (count, steps)), (0, 20))
    direction = start + np.cumsum(0.11 * bends, axis=1)
    moves = 0.6 * np.stack([np.sin(direction), np.cos(direction)], axis=-1)
    first = origin + reach[:, None] * rng.uniform(0.2, 0.35, (count, 1)) * moves[:, 0] / 0.6
    points = first[:, None] + np.cumsum(moves, axis=1)
    inside = map_coordinates(culture.mask, points.transpose(2, 0, 1), order=1)
    length = rng.uniform(0.4, 1, (count, 1)) * steps
    alive = np.minimum.accumulate(inside, axis=1) * (np.arange(steps) < length)
    weights: Floats = alive * rng.uniform(0.4, 1, (count, 1))
    visible = weights.max(axis=1) > 0
    return _Filaments(points[visible], weights[visible])


def _filament_light(culture: _Culture, rng: np.random.Generator, depth: int = 0) -> Floats:
    """Draw filaments; with a depth each keeps its relative height in the cell."""
    filaments = _filaments(culture, rng)
    heights = rng.uniform(0.05, 0.95, (len(filaments.points), 1))
    return _place(culture, filaments.points, filaments.weights, heights, depth)


def _vesicle_light(culture: _Culture, rng: np.random.Generator, depth: int = 0) -> Floats:
    """Draw small bright spots, more of them where the cell is thick, none in the nucleus."""
    density = (culture.thickness * (culture.nuclei == 0)).ravel()
    count = round(density.sum() / 250)
    chosen = rng.choice(density.size, count, p=density / density.sum())
    places = np.stack(np.divmod(chosen, len(culture.mask)), axis=1)
    points = places + rng.uniform(-0.5, 0.5, places.shape)
    weights = 8 * rng.lognormal(0, 0.5, count)
    return _place(culture, points, weights, rng.uniform(0.1, 0.9, count), depth)


def _place(
    culture: _Culture, points: Floats, weights: Floats, heights: Floats, depth: int
) -> Floats:
    """Deposit light in a plane, or between the coverslip and the top of the cell."""
    shape: tuple[int, ...] = culture.mask.shape
    if depth:
        top = map_coordinates(culture.thickness, np.moveaxis(points, -1, 0), order=1)
        z = (0.1 + 0.8 * heights * top) * (depth - 1)
        points, shape = np.concatenate([z[..., None], points], axis=-1), (depth, *shape)
    return _deposit(points, weights, shape)


def _deposit(points: Floats, weights: Floats, shape: tuple[int, ...]) -> Floats:
    """Share each point's weight among the pixels around it, by distance."""
    points, weights = points.reshape(-1, len(shape)), weights.ravel()
    low = np.floor(points).astype(int)
    total = np.zeros(np.prod(shape))
    for corner in product((0, 1), repeat=len(shape)):
        place = low + corner
        share = weights * np.prod(1 - np.abs(points - place), axis=1)
        inside = ((place >= 0) & (place < shape)).all(axis=1)
        pixel = np.ravel_multi_index(tuple(place[inside].T), shape)
        total += np.bincount(pixel, share[inside], total.size)
    return total.reshape(shape)


def _expose(light: Floats, psf: float | tuple[float, ...]) -> Floats:
    """Blur by the point spread function: a sharp core, and light from out of focus."""
    haze = gaussian_filter(light, np.multiply(psf, _HAZE_WIDTH))
    result: Floats = (1 - _HAZE) * gaussian_filter(light, psf) + _HAZE * haze
    return result


def _texture(side: int, scale: float, rng: np.random.Generator) -> Floats:
    """Draw smooth random values of unit variance."""
    values = gaussian_filter(rng.normal(size=(side, side)), scale)
    result: Floats = values / values.std()
    return result


def _record(
    name: str,
    photons: Floats,
    axes: str,
    rng: np.random.Generator,
    *,
    channel_names: tuple[str, ...] = (),
) -> Sample:
    """Let the camera count the photons."""
    expected = photons + _BACKGROUND
    electrons = rng.poisson(expected) + rng.normal(0, _READ_NOISE, expected.shape)
    counts = np.clip(np.rint(_OFFSET + _GAIN * electrons), 0, np.iinfo(np.uint16).max)
    sizes = {"T": _FRAME_INTERVAL, "Z": _PLANE_DISTANCE, "Y": _PIXEL_SIZE, "X": _PIXEL_SIZE}
    spacing = {axis: sizes[axis] for axis in axes if axis in sizes}
    return Sample(
        name=name,
        noisy=counts.astype(np.uint16),
        clean=(_OFFSET + _GAIN * expected).astype(np.float32),
        axes=axes,
        spacing=spacing,
        units={axis: "second" if axis == "T" else "micrometer" for axis in spacing},
        channel_names=channel_names,
    )
