"""Clean volumes and movies made of generated planes: what neighbouring planes share, and what not.

A volume is a float32 array (planes, Y, X) with values from 0 to about 1. Z stacks and movies are
not told apart: both range from planes that repeat each other to planes that have nothing in common.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, gaussian_filter1d, map_coordinates
from scipy.special import expit

__all__ = ["draw_volume"]

Floats = NDArray[np.float32]
Rng = np.random.Generator
Scenes = Sequence[Floats]


def draw_volume(scenes: Scenes, depth: int, side: int, rng: Rng) -> Floats:
    """Draw a volume of a random kind.

    Parameters
    ----------
    scenes : sequence of ndarray of float32, shape (larger side, larger side)
        Planes to choose from.
    depth, side : int
        Number of planes, and their height and width in pixels.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    ndarray of float32, shape (depth, side, side)
        Values from 0 to about 1.
    """
    kinds, weights = zip(*_KINDS, strict=True)
    kind = kinds[rng.choice(len(kinds), p=np.array(weights) / sum(weights))]
    volume = kind(scenes, depth, side, rng)
    if rng.random() < 0.25:
        fading = np.exp(-rng.uniform(0, 0.08) * np.arange(depth))
        volume = volume * fading[:, None, None]
    top = float(np.quantile(volume, 0.998))
    return np.asarray(np.maximum(volume, 0) / max(top, 1e-6), np.float32)


def _still(scenes: Scenes, depth: int, side: int, rng: Rng) -> Floats:
    """Show the same plane again and again."""
    return np.repeat(_cut(scenes, side, rng)[None], depth, axis=0)


def _strangers(scenes: Scenes, depth: int, side: int, rng: Rng) -> Floats:
    """Show planes that have nothing in common."""
    return np.stack([_cut(scenes, side, rng) for _ in range(depth)])


def _drifting(scenes: Scenes, depth: int, side: int, rng: Rng) -> Floats:
    """Move one plane evenly, let it tremble, or both: a walk of the stage, or slanted fibres."""
    fastest = np.exp(rng.uniform(np.log(0.1), np.log(4)))
    velocity = fastest * _direction(rng)
    tremble = rng.choice([0.0, rng.uniform(0, 1)]) * rng.normal(size=(depth, 2))
    path = velocity * (np.arange(depth)[:, None] - depth / 2) + tremble
    margin = int(np.ceil(abs(path).max())) + 3
    scene = _cut(scenes, min(side + 2 * margin, _choose(scenes, rng).shape[0]), rng)
    margin = (scene.shape[0] - side) / 2
    grid = np.arange(side) + margin
    return np.stack([_look(scene, grid[:, None] + y, grid[None] + x) for y, x in path])


def _bending(scenes: Scenes, depth: int, side: int, rng: Rng) -> Floats:
    """Bend one plane differently each time: cells that crawl, walls that lean."""
    scene = _cut(scenes, side, rng)
    widths = (rng.uniform(1, 6), side / rng.uniform(3, 12), side / rng.uniform(3, 12))
    strength = np.exp(rng.uniform(np.log(0.3), np.log(6)))
    grid = np.arange(side)
    moves = [strength * _smooth((depth, side, side), widths, rng) for _ in range(2)]
    return np.stack(
        [_look(scene, grid[:, None] + y, grid[None] + x) for y, x in zip(*moves, strict=True)]
    )


def _sections(scenes: Scenes, depth: int, side: int, rng: Rng) -> Floats:
    """Let things come into focus and go again, each at its depth, through many planes or few."""
    width = np.exp(rng.uniform(np.log(0.6), np.log(5)))
    spacing = width * rng.uniform(0.7, 2)
    heights = np.arange(-width, depth + width, spacing) + rng.normal(0, 0.3 * spacing)
    planes = np.arange(depth)
    volume = np.zeros((depth, side, side), np.float32)
    for height in heights:
        share = np.exp(-(((planes - height) / width) ** 2) / 2).astype(np.float32)
        volume += share[:, None, None] * _cut(scenes, side, rng)
    if rng.random() < 0.5:
        volume += rng.uniform(0.1, 1) * _cut(scenes, side, rng)
    return volume


def _blinking(scenes: Scenes, depth: int, side: int, rng: Rng) -> Floats:
    """Let patches of a plane flash and fade over a still background."""
    base, light = _cut(scenes, side, rng), _cut(scenes, side, rng)
    volume = np.repeat(base[None] * rng.uniform(0.1, 1), depth, axis=0)
    for _ in range(int(rng.integers(1, 6))):
        field = _smooth((side, side), (side / rng.uniform(4, 16),) * 2, rng)
        patch = expit(6 * (field - rng.uniform(0.3, 1.5)))
        times = (rng.random(depth) < rng.uniform(0.05, 0.4)) * rng.exponential(1, depth)
        decay = np.exp(-np.arange(depth) / rng.uniform(0.3, 6))
        course = np.convolve(times, decay)[:depth]
        volume += (course[:, None, None] * patch * light).astype(np.float32)
    return np.asarray(volume)


def _crossing(scenes: Scenes, depth: int, side: int, rng: Rng) -> Floats:
    """Move something in front of a still background."""
    still, moving = _still(scenes, depth, side, rng), _drifting(scenes, depth, side, rng)
    return still * rng.uniform(0.2, 1) + np.maximum(moving - rng.uniform(0, 0.6), 0)


def _tissue(_: Scenes, depth: int, side: int, rng: Rng) -> Floats:
    """Draw a random field in three dimensions, blurred along the depth, in places only."""
    finest = np.exp(rng.uniform(np.log(0.8), np.log(6)))
    widths = np.array([finest / rng.uniform(0.7, 4), finest, finest])
    shape = (depth, side, side)
    field = _smooth(shape, widths, rng)
    if rng.random() < 0.6:
        field = field + rng.uniform(0.3, 1.5) * _smooth(shape, 3 * widths, rng)
    field = _shaped(field, rng)
    if rng.random() < 0.5:
        field = gaussian_filter1d(field, rng.uniform(0.3, 1.5), axis=0)
    if rng.random() < 0.5:
        region = _smooth(shape, (3 * depth / 4, side / 6, side / 6), rng)
        field = field * expit(8 * (region - rng.normal(0, 0.6)))
    return np.asarray(field - field.min(), np.float32)


def _shaped(field: Floats, rng: Rng) -> Floats:
    """Cut a field off softly, fold it, bend it, or cut it off hard."""
    match rng.integers(4):
        case 0:
            shaped = expit(rng.uniform(2, 20) * (field - rng.normal(0.5, 0.7)))
        case 1:
            shaped = np.exp(-rng.uniform(1, 8) * abs(field - rng.normal(0, 0.5)))
        case 2:
            shaped = np.exp(rng.uniform(0.5, 1.2) * field)
        case _:
            shaped = np.maximum(field - rng.normal(0, 0.7), 0)
    return np.asarray(shaped, np.float32)


def _cut(scenes: Scenes, side: int, rng: Rng) -> Floats:
    """Cut out a crop of some scene, and turn it."""
    scene = _choose(scenes, rng)
    y, x = rng.integers(len(scene) - side + 1, size=2)
    crop = np.rot90(scene[y : y + side, x : x + side], int(rng.integers(4)))
    return np.ascontiguousarray(crop if rng.random() < 0.5 else crop.T)


def _choose(scenes: Scenes, rng: Rng) -> Floats:
    """Choose a scene."""
    return np.asarray(scenes[int(rng.integers(len(scenes)))])


def _look(scene: Floats, y: NDArray[np.floating], x: NDArray[np.floating]) -> Floats:
    """Look at places between the pixels of a scene."""
    places = np.broadcast_arrays(y, x)
    return np.asarray(map_coordinates(scene, places, order=3, mode="mirror"), np.float32)


def _direction(rng: Rng) -> NDArray[np.float64]:
    """Draw a unit vector in the plane."""
    angle = rng.uniform(0, 2 * np.pi)
    return np.array([np.sin(angle), np.cos(angle)])


def _smooth(
    shape: tuple[int, ...], widths: Sequence[float] | NDArray[np.float64], rng: Rng
) -> Floats:
    """Draw smooth random values of unit variance."""
    field = gaussian_filter(rng.standard_normal(shape, np.float32), widths, mode="wrap")
    return np.asarray(field / field.std(), np.float32)


_KINDS: tuple[tuple[Callable[[Scenes, int, int, Rng], Floats], float], ...] = (
    (_still, 0.12),
    (_strangers, 0.08),
    (_drifting, 0.18),
    (_bending, 0.14),
    (_sections, 0.18),
    (_blinking, 0.10),
    (_crossing, 0.06),
    (_tissue, 0.14),
)
