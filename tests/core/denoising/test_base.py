from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from napari_noise2same.core.denoising import PieceDenoiser, denoise
from napari_noise2same.core.denoising.base import find_base
from napari_noise2same.core.denoising.predictor import Predictor
from napari_noise2same.core.io import Image
from napari_noise2same.core.model import TrainedModel
from napari_noise2same.core.noise import Domain
from napari_noise2same.core.settings import DenoiseConfig, Preset
from napari_noise2same.core.training import Finished, train

Array = NDArray[Any]
ModelFactory = Callable[..., TrainedModel]

WIDE = Domain(100.0, 50.0, 0.05, wide=True)
PLACES = [(y, x) for y in range(24, 256, 32) for x in (24, 56, 200, 232)]


def spots(ground: float) -> Array:
    """Spots of seven standard deviations of the noise, half of them on brighter ground."""
    y, x = np.indices((256, 256))
    clean = np.where(x > 128, ground, 0.0)
    for row, column in PLACES:
        clean += 7 * np.exp(-((y - row) ** 2 + (x - column) ** 2) / 4)
    return clean


def heights(image: Array) -> Array:
    return np.array(
        [
            image[..., y - 1 : y + 2, x - 1 : x + 2].mean()
            - np.median(image[..., y - 12 : y + 13, x - 12 : x + 13])
            for y, x in PLACES
        ]
    )


def instant(values: Array) -> tuple[Image, TrainedModel]:
    image = Image(np.asarray(values, np.float32), "YX")
    *_, finished = train([image], Preset.INSTANT.config())
    assert isinstance(finished, Finished)
    return image, finished.model


def noisy(clean: Array) -> Array:
    return clean + np.random.default_rng(0).standard_normal(clean.shape)


def pretrained(make_model: ModelFactory, *domains: Domain, **network: Any) -> TrainedModel:
    return replace(make_model(**network), domains=domains, start="pretrained")


def picture(*shape: int) -> Array:
    """Noise, and in one corner something very bright."""
    values = np.random.default_rng(0).gamma(4, 9, shape)
    values[..., :30, :40] += 5000
    return values.astype(np.float32)


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[Array]:
    """All that networks are shown."""
    shown: list[Array] = []
    original = Predictor.predict

    def predict(self: Predictor, values: Array) -> Array:
        shown.append(values)
        return original(self, values)

    monkeypatch.setattr(Predictor, "predict", predict)
    return shown


@pytest.mark.parametrize("ground", [200.0, 1000.0])
def test_faint_spots_on_bright_ground_keep_their_height(ground: float) -> None:
    clean = spots(ground)
    found = denoise(*instant(noisy(clean)))
    kept = heights(found) / heights(clean)
    assert kept.mean() == pytest.approx(1, abs=0.1)
    assert kept.min() > 0.7
    flat = abs(np.indices(clean.shape)[1] - 128) > 20
    assert np.std((found - clean)[flat]) < 0.15


def test_planes_of_a_volume_keep_them_too() -> None:
    depth = np.exp(-((np.arange(8) - 4) ** 2) / 4)[:, None, None]
    clean = np.where(np.indices((128, 128))[1] > 64, 1000.0, 0.0) + depth * spots(0.0)[:128, :128]
    image = Image(noisy(clean).astype(np.float32), "ZYX")
    *_, finished = train([image], Preset.INSTANT.config())
    assert isinstance(finished, Finished)
    assert finished.model.network.spatial_dims == 3
    flat = abs(np.indices(clean.shape)[2] - 64) > 20
    once = replace(finished.model, domains=(replace(finished.model.domains[0], wide=False),))
    errors = [np.std((denoise(image, m) - clean)[flat]) for m in (finished.model, once)]
    assert errors[0] < 0.3 < errors[1]


def test_an_ordinary_image_goes_through_the_network_once(looks: list[Array]) -> None:
    image, model = instant(noisy(spots(20.0)))
    looks.clear()
    denoise(image, model)
    assert [values.shape for values in looks] == [(1, 256, 256)]


def test_the_second_look_is_at_little_more_than_noise(looks: list[Array]) -> None:
    image, model = instant(noisy(spots(1000.0)))
    looks.clear()
    denoise(image, model)
    first, second = (np.ptp(values) / model.domains[0].sigma for values in looks)
    assert first > 1000
    assert second < 150
    assert np.ptp(looks[1][..., :90]) / model.domains[0].sigma < 20


@pytest.mark.parametrize("tile", [16, 40])
@pytest.mark.parametrize("distance", [(1, 1), (2, 3)])
def test_tiles_give_what_the_whole_image_gives_with_something_bright_in_a_corner(
    make_model: ModelFactory, looks: list[Array], tile: int, distance: tuple[int, int]
) -> None:
    model = replace(pretrained(make_model, WIDE), noise_distance=distance)
    image = Image(picture(330, 291), "YX")
    whole = denoise(image, model)
    assert len(looks) == 2
    tiled = denoise(image, model, DenoiseConfig(tile=tile))
    np.testing.assert_allclose(tiled, whole, rtol=2e-5, atol=2e-5 * float(np.ptp(whole)))
    once = denoise(image, replace(model, domains=(replace(WIDE, wide=False),)))
    assert np.abs(whole - once).max() > 1


def test_cells_of_a_stream_give_what_the_whole_image_gives(
    make_model: ModelFactory, tmp_path: Path
) -> None:
    pytest.importorskip("zarr", reason="needs the extra 'zarr'")
    from napari_noise2same.core.streaming import denoise_to_zarr

    model, image = pretrained(make_model, WIDE), Image(picture(330, 291), "YX")
    streamed = denoise_to_zarr(image, model, tmp_path / "a.zarr", DenoiseConfig(tile=32)).data[...]
    whole = denoise(image, model)
    np.testing.assert_allclose(streamed, whole, rtol=2e-5, atol=2e-5 * float(np.ptp(whole)))


@pytest.mark.parametrize(
    ("model", "channels", "count"),
    [
        ({"domains": [WIDE, replace(WIDE, wide=False)]}, [0], 2),
        ({"domains": [WIDE, replace(WIDE, wide=False)]}, [1], 1),
        ({"domains": [WIDE, replace(WIDE, sigma=0.0, wide=False)], "channels": 2}, [0, 1], 2),
        ({"domains": [WIDE], "start": "scratch"}, [0], 1),
        ({"domains": [WIDE], "kind": "blind", "widths": (4, 4)}, [0], 1),
        ({"domains": [WIDE], "spatial_dims": 3}, [0], 2),
    ],
)
def test_only_what_has_learnt_no_offsets_looks_twice_where_light_is_far_apart(
    make_model: ModelFactory,
    looks: list[Array],
    model: dict[str, Any],
    channels: Sequence[int],
    count: int,
) -> None:
    domains, start = model.pop("domains"), model.pop("start", "pretrained")
    given = replace(pretrained(make_model, *domains, **model), start=start)
    values = picture(len(channels), *(3,) * (given.network.spatial_dims - 2), 64, 64)
    inner = tuple(slice(None) for _ in values.shape[1:])
    found = PieceDenoiser(given, domains, DenoiseConfig()).denoise(values, channels, inner)
    assert np.isfinite(found).all()
    assert len(looks) == count


def test_edges_are_in_the_base_as_they_are_and_what_is_fine_is_not() -> None:
    y, x = np.indices((1, 80, 80))[1:]
    fine = np.asarray(5 * np.sin(y), np.float32)
    coarse = np.where(x > 40, 1000, 0).astype(np.float32)
    base, steep = find_base(coarse + fine, 1.0)
    assert np.abs(base - coarse).max() < 20
    assert np.abs(base - coarse)[:, 16:-16, :20].max() < 0.5
    np.testing.assert_allclose(steep[..., 40:42], 1)
    np.testing.assert_allclose(steep[..., :20], 0, atol=0.05)
    again, _ = find_base(7 * (coarse + fine), 7.0)
    np.testing.assert_allclose(again, 7 * base, rtol=1e-3)


def test_the_base_of_nothing_is_nothing() -> None:
    for found in find_base(np.zeros((1, 20, 20), np.float32), 0.0):
        assert not found.any()
