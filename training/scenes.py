"""Clean scenes of many kinds, generated, and crops of pictures that installed packages carry.

A scene is a float32 array of one plane with values from 0 to about 1: the light, without unit.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, map_coordinates, zoom
from scipy.spatial import cKDTree
from scipy.special import expit
from skimage import color, data, io

__all__ = ["draw_scene"]

Floats = NDArray[np.float32]
Rng = np.random.Generator

# Public domain or CC0. `camera` is left out: tests and examples measure on it.
_PICTURES = (
    "astronaut",
    "brick",
    "cell",
    "chelsea",
    "clock",
    "coffee",
    "coins",
    "grass",
    "gravel",
    "hubble_deep_field",
    "microaneurysms",
    "retina",
    "rocket",
)
# Photographs of the Debian package lomiri-wallpapers-16.04: CC0 (seeding) and CC BY 4.0.
_PHOTOGRAPHS = Path("/usr/share/backgrounds")
_PHOTOGRAPH_NAMES = (
    "Picture_0B_by_freespace",
    "Picture_1A_by_freespace",
    "Wine_by_Jakkub_Mede",
    "aitzgorri_by_Aitzol_Berasategi",
    "friends_by_Aitzol_Berasategi",
    "life_by_Aitzol_Berasategi",
    "picosdeeuropa_by_Aitzol_Berasategi",
    "seeding_by_Clements_Engelhardt",
    "sunset_by_Aitzol_Berasategi",
)
_TURN = 2 * np.pi


def draw_scene(side: int, rng: Rng) -> Floats:
    """Draw a scene of a random kind, or two of them in one, as a microscope would blur it.

    Parameters
    ----------
    side : int
        Height and width in pixels.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    ndarray of float32, shape (side, side)
        Values from 0 to about 1.
    """
    if rng.random() < 0.03:
        return np.zeros((side, side), np.float32)
    scene = _sharp(side, rng)
    if rng.random() < 0.3:
        scene = scene + rng.uniform(0.2, 1) * _sharp(side, rng)
    if rng.random() < 0.15:
        scene = scene * (0.2 + _stretch(clouds(side, rng)))
    return _stretch(_blur(scene, rng)) ** np.float32(np.exp(rng.normal(0, 0.35)))


def _sharp(side: int, rng: Rng) -> Floats:
    """Draw a scene of one kind, not yet blurred."""
    kinds, weights = zip(*_KINDS, strict=True)
    kind = kinds[rng.choice(len(kinds), p=np.array(weights) / sum(weights))]
    return _stretch(kind(side, rng))


def _blur(scene: Floats, rng: Rng) -> Floats:
    """Blur by a point spread function, sometimes with the haze of what is out of focus."""
    sigma = rng.choice([0.0, rng.uniform(0.4, 1.2), rng.uniform(0.8, 2.5)], p=[0.1, 0.5, 0.4])
    blurred = gaussian_filter(scene, sigma) if sigma else scene
    if rng.random() < 0.35:
        share = rng.uniform(0.05, 0.6)
        haze = gaussian_filter(scene, rng.uniform(3, 20))
        blurred = (1 - share) * blurred + share * haze
    return blurred


def _stretch(scene: Floats) -> Floats:
    """Shift and scale to 0 for the darkest and 1 for nearly the brightest pixels."""
    low, high = float(scene.min()), float(np.quantile(scene, 0.998))
    return np.asarray((scene - low) / max(high - low, 1e-6), np.float32)


def dead_leaves(side: int, rng: Rng) -> Floats:
    """Opaque shapes of all sizes that hide each other, flat, shaded or textured."""
    image = np.full((side, side), rng.random(), np.float32)
    texture = _stretch(clouds(side, rng)) - 0.5
    textured = rng.choice([0.0, rng.uniform(0.05, 0.6)])
    smallest, power = rng.uniform(1.5, 6), rng.uniform(1.0, 2.2)
    for _ in range(int(rng.integers(60, 400))):
        radius = min(smallest * rng.random() ** (-1 / power), side / 2)
        y, x = rng.uniform(-0.1, 1.1, 2) * side
        rows, columns, inside, along = _shape(side, y, x, radius, rng)
        if inside.size == 0:
            continue
        patch = image[rows, columns]
        value = rng.random() + rng.normal(0, 0.15) * along
        value = value + textured * texture[rows, columns] * rng.normal()
        patch[inside] = value[inside]
    return image


def _shape(
    side: int, y: float, x: float, radius: float, rng: Rng
) -> tuple[slice, slice, NDArray[np.bool_], Floats]:
    """Return where an ellipse or a rectangle lies, which pixels it covers, and a ramp over it."""
    rows = slice(max(0, int(y - radius)), min(side, int(y + radius) + 2))
    columns = slice(max(0, int(x - radius)), min(side, int(x + radius) + 2))
    dy, dx = np.ogrid[rows, columns]
    angle, squeeze = rng.uniform(0, _TURN), rng.uniform(0.25, 1)
    u = ((dy - y) * np.cos(angle) + (dx - x) * np.sin(angle)) / radius
    v = ((dx - x) * np.cos(angle) - (dy - y) * np.sin(angle)) / (radius * squeeze)
    corners = rng.random() < 0.4
    inside = np.maximum(abs(u), abs(v)) < 0.7 if corners else u**2 + v**2 < 1
    return rows, columns, inside, u.astype(np.float32)


def filaments(side: int, rng: Rng) -> Floats:
    """Curved threads, thin or thick, a few or a mesh of them, sometimes combed one way."""
    image = np.zeros((side, side), np.float32)
    count, length = int(rng.integers(3, 90)), int(rng.uniform(0.3, 2.5) * side * 2)
    curvature = rng.uniform(0.002, 0.06)
    spread = rng.choice([_TURN, rng.uniform(0.1, 0.8)])
    angles = rng.uniform(0, _TURN) + rng.uniform(-0.5, 0.5, count) * spread
    turns = gaussian_filter(rng.normal(size=(count, length)), (0, 12)) * 12**0.5 * curvature * 2
    headings = angles[:, None] + np.cumsum(turns, axis=1)
    start = rng.uniform(-0.2, 1.2, (2, count, 1)) * side
    path = start + 0.5 * np.cumsum(np.stack([np.sin(headings), np.cos(headings)]), axis=2)
    light = np.exp(rng.normal(0, 0.6, (count, 1)))
    light = light * np.exp(0.3 * gaussian_filter(rng.normal(size=(count, length)), (0, 8)) * 8**0.5)
    _splat(image, path.reshape(2, -1), light.ravel())
    width = rng.choice([0.0, rng.uniform(0.5, 2.0)])
    return gaussian_filter(image, width) if width else image


def vesicles(side: int, rng: Rng) -> Floats:
    """Spots and little rings of different brightness, spread or in clusters."""
    image = np.zeros((side, side), np.float32)
    for _ in range(int(rng.integers(1, 4))):
        layer = np.zeros_like(image)
        count = int(np.exp(rng.uniform(np.log(5), np.log(600))))
        place = rng.uniform(0, side, (2, count))
        if rng.random() < 0.4:
            centres = rng.uniform(0, side, (2, 6))
            place = centres[:, rng.integers(6, size=count)] + rng.normal(0, side / 12, (2, count))
        _splat(layer, place, np.exp(rng.normal(0, 0.8, count)))
        size = rng.uniform(0.6, 3.5)
        layer = gaussian_filter(layer, size) * size**2
        if rng.random() < 0.25:
            layer = layer - 0.9 * gaussian_filter(layer, 0.7 * size)
        image += np.maximum(layer, 0)
    return image


def _splat(image: Floats, place: NDArray[np.float64], light: NDArray[np.float64]) -> None:
    """Add points between pixels, shared among the four around each."""
    corner = np.floor(place).astype(int)
    part = place - corner
    for dy in (0, 1):
        for dx in (0, 1):
            y, x = corner[0] + dy, corner[1] + dx
            share = abs(1 - dy - part[0]) * abs(1 - dx - part[1])
            inside = (y >= 0) & (x >= 0) & (y < image.shape[0]) & (x < image.shape[1])
            np.add.at(image, (y[inside], x[inside]), (share * light)[inside])


def nuclei(side: int, rng: Rng) -> Floats:
    """Blobs with a soft or sharp rim and grainy insides, some with a hole, over a dim cytoplasm."""
    image = np.zeros((side, side), np.float32)
    grain = _stretch(clouds(side, rng))
    typical = np.exp(rng.uniform(np.log(4), np.log(45)))
    yy, xx = np.mgrid[:side, :side].astype(np.float32)
    for _ in range(int(np.clip(side**2 / typical**2 * rng.uniform(0.03, 0.2), 2, 80))):
        y, x = rng.uniform(0, side, 2)
        radius = typical * np.exp(rng.normal(0, 0.2))
        reach = int(2 * radius) + 3
        window = (
            slice(max(0, int(y) - reach), int(y) + reach),
            slice(max(0, int(x) - reach), int(x) + reach),
        )
        dy, dx = yy[window] - y, xx[window] - x
        angle = np.arctan2(dy, dx)
        waves = sum(
            rng.normal(0, 0.12) * np.cos(n * angle + rng.uniform(0, _TURN)) for n in (1, 2, 3)
        )
        inside = expit((1 + waves - np.hypot(dy, dx) / radius) * rng.uniform(4, 30))
        light = rng.uniform(0.3, 1) * (1 - rng.uniform(0, 0.8) * grain[window])
        image[window] = np.maximum(image[window], inside * light)
    return image + rng.uniform(0, 0.2) * grain


def rods(side: int, rng: Rng) -> Floats:
    """Bacteria: bright or dark capsules, lonely or in rafts, filled or with a bright rim."""
    image = np.zeros((side, side), np.float32)
    width, raft = rng.uniform(2, 9), rng.random() < 0.5
    yy, xx = np.mgrid[:side, :side].astype(np.float32)
    common = rng.uniform(0, _TURN)
    for _ in range(int(rng.integers(5, 120))):
        y, x = rng.uniform(0, side, 2)
        angle = common + rng.normal(0, 0.25) if raft else rng.uniform(0, _TURN)
        half = width * rng.uniform(0.8, 4)
        reach = int(half + 2 * width) + 2
        window = (
            slice(max(0, int(y) - reach), int(y) + reach),
            slice(max(0, int(x) - reach), int(x) + reach),
        )
        dy, dx = yy[window] - y, xx[window] - x
        along = np.clip(dy * np.sin(angle) + dx * np.cos(angle), -half, half)
        distance = np.hypot(dy - along * np.sin(angle), dx - along * np.cos(angle)) / width
        inside = np.clip((1 - distance) * width, 0, 1)
        if rng.random() < 0.3:
            inside = inside * (0.3 + 0.7 * np.clip(distance, 0, 1) ** 2)
        image[window] = np.maximum(image[window], inside * rng.uniform(0.5, 1))
    return image if rng.random() < 0.75 else 1 - image


def membranes(side: int, rng: Rng) -> Floats:
    """Walls between cells, of a tissue or a foam, with cells of different brightness."""
    count = int(np.exp(rng.uniform(np.log(6), np.log(300))))
    tree = cKDTree(rng.uniform(-0.1, 1.1, (count, 2)) * side)
    bend = [_stretch(clouds(side, rng, 3.0)) * rng.uniform(0, side / 6) for _ in range(2)]
    yy, xx = np.mgrid[:side, :side]
    distances, nearest = tree.query(np.stack([yy + bend[0], xx + bend[1]], axis=-1), k=2)
    wall = np.exp(-(((distances[..., 1] - distances[..., 0]) / rng.uniform(1, 5)) ** 2))
    filling = rng.uniform(0, 0.6) * rng.random(count)[nearest[..., 0]]
    return np.asarray(np.maximum(wall, filling), np.float32)


def clouds(side: int, rng: Rng, power: float | None = None) -> Floats:
    """Draw a random field with a power law spectrum, isotropic or stretched one way."""
    power = power or rng.uniform(1.0, 3.2)
    fy, fx = np.meshgrid(np.fft.fftfreq(side), np.fft.rfftfreq(side), indexing="ij")
    angle, stretch = rng.uniform(0, _TURN), rng.choice([1.0, rng.uniform(1, 6)])
    along, across = fy * np.cos(angle) + fx * np.sin(angle), fx * np.cos(angle) - fy * np.sin(angle)
    frequency = np.sqrt((along * stretch) ** 2 + across**2 + (0.5 / side) ** 2)
    frequency[0, 0] = np.inf
    noise = np.fft.rfft2(rng.normal(size=(side, side)))
    return np.asarray(np.fft.irfft2(noise * frequency**-power, s=(side, side)), np.float32)


def tissue(side: int, rng: Rng) -> Floats:
    """Draw a field cut off at a level or folded: patches, veins and lakes."""
    field = clouds(side, rng, rng.uniform(1.6, 3.0))
    field = field / field.std()
    kind = rng.integers(3)
    if kind == 0:
        return np.asarray(expit(rng.uniform(2, 30) * (field - rng.normal())), np.float32)
    if kind == 1:
        return np.asarray(np.exp(-rng.uniform(1, 8) * abs(field - rng.normal(0, 0.5))), np.float32)
    return np.asarray(np.exp(rng.uniform(0.5, 1.5) * field), np.float32)


def bars(side: int, rng: Rng) -> Floats:
    """Stripes, chequers and rings: what no network should take for something else.

    Straight as on a target, or bent and stretched as on a cloth.
    """
    yy, xx = np.mgrid[:side, :side].astype(np.float32)
    if rng.random() < 0.5:
        bend = rng.uniform(0, side / 6)
        yy = yy + bend * _stretch(clouds(side, rng, 3.0))
        xx = xx + bend * _stretch(clouds(side, rng, 3.0))
    angle, period = rng.uniform(0, _TURN), np.exp(rng.uniform(np.log(3), np.log(40)))
    u = (yy * np.cos(angle) + xx * np.sin(angle)) / period
    v = (xx * np.cos(angle) - yy * np.sin(angle)) / (period * rng.uniform(0.5, 3))
    centre = rng.uniform(0, side, 2)
    rings = np.hypot(yy - centre[0], xx - centre[1]) / period
    wave = [np.sin(_TURN * u), np.sin(_TURN * u) * np.sin(_TURN * v), np.sin(_TURN * rings)]
    chosen = wave[rng.integers(3)]
    edge = np.exp(rng.uniform(np.log(0.7), np.log(20)))
    return np.asarray(np.tanh(edge * chosen) * (_stretch(clouds(side, rng, 2.5)) > 0.3), np.float32)


def picture(side: int, rng: Rng) -> Floats:
    """Cut out a crop of a photograph, at a random scale, turned and flipped."""
    pictures = _pictures()
    source = pictures[rng.integers(len(pictures))]
    widest = min(source.shape) / side
    scale = np.exp(rng.uniform(np.log(min(0.7, widest)), np.log(min(max(widest, 0.7), 2.5))))
    span = min(int(side * scale), *source.shape)
    y, x = (int(rng.integers(length - span + 1)) for length in source.shape)
    crop = source[y : y + span, x : x + span]
    crop = gaussian_filter(crop, max(0.0, 0.4 * (scale - 1)))
    grid = np.linspace(0, span - 1, side)
    crop = map_coordinates(crop, np.meshgrid(grid, grid, indexing="ij"), order=1)
    crop = np.rot90(crop, int(rng.integers(4)))
    crop = crop if rng.random() < 0.5 else crop[::-1]
    return np.asarray(crop if rng.random() < 0.8 else 1 - crop, np.float32)


@cache
def _pictures() -> list[Floats]:
    """Read the pictures as grey values, reduced until JPEG and sensors leave little trace."""
    found = [_grey(np.asarray(getattr(data, name)())) for name in _PICTURES]
    reduced = [_reduce(grey, 2 if min(grey.shape) > 400 else 1) for grey in found]
    if not _PHOTOGRAPHS.exists():
        raise FileNotFoundError(
            f"Expected photographs in {_PHOTOGRAPHS}, found no such folder: install the Debian "
            "package lomiri-wallpapers-16.04."
        )
    for name in _PHOTOGRAPH_NAMES:
        grey = _grey(io.imread(_PHOTOGRAPHS / f"{name}.jpg"))
        reduced.append(_reduce(grey, 2 if min(grey.shape) < 1500 else 4))
    return reduced


def _grey(image: NDArray[Any]) -> NDArray[np.floating]:
    """Return grey values from 0 to 1."""
    return np.asarray(color.rgb2gray(image[..., :3]) if image.ndim == 3 else image / 255.0)


def _reduce(image: NDArray[np.floating], factor: int) -> Floats:
    """Make a picture smaller."""
    return np.asarray(zoom(gaussian_filter(image, factor / 4), 1 / factor, order=1), np.float32)


_KINDS: tuple[tuple[Callable[[int, Rng], Floats], float], ...] = (
    (dead_leaves, 0.17),
    (filaments, 0.15),
    (vesicles, 0.09),
    (nuclei, 0.11),
    (rods, 0.06),
    (membranes, 0.08),
    (clouds, 0.03),
    (tissue, 0.06),
    (bars, 0.06),
    (picture, 0.19),
)
