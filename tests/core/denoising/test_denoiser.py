from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from itertools import permutations
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from napari_noise2same.core.denoising import (
    DenoiseEvent,
    DenoiseFinished,
    Denoiser,
    DenoiseStarted,
    TileDone,
    context,
)
from napari_noise2same.core.errors import AxesError, ConfigurationError
from napari_noise2same.core.io import Image
from napari_noise2same.core.model import TrainedModel
from napari_noise2same.core.noise import Domain
from napari_noise2same.core.sampling import normalise
from napari_noise2same.core.settings import DenoiseConfig
from noise2same_testing.arrays import CountingArray, picture
from noise2same_testing.denoising import assert_same, run

ModelFactory = Callable[..., TrainedModel]
Array = NDArray[Any]


def whole(values: Array, model: TrainedModel) -> Array:
    """What the network makes of the whole of an array (channels, [Z,] Y, X)."""
    shown, hidden = normalise(values, range(len(values)), model.domains)
    with torch.inference_mode():
        clean = model.build()(torch.from_numpy(shown)[None])[0].numpy()
    restored = np.stack([d.inverse(c) for d, c in zip(model.domains, clean, strict=True)])
    return np.where(hidden, values, restored)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    shape=st.tuples(st.integers(1, 90), st.integers(1, 90)),
    tile=st.integers(8, 100),
    averaging=st.booleans(),
)
def test_tiles_give_what_the_whole_image_gives(
    make_model: ModelFactory, shape: tuple[int, int], tile: int, averaging: bool
) -> None:
    model, image = make_model(), Image(picture(*shape), "YX")
    tiled = run(image, model, tile=tile, averaging=averaging)
    assert_same(tiled, run(image, model, averaging=averaging))
    if not averaging:
        assert_same(tiled, whole(picture(*shape)[None], model)[0])


@pytest.mark.parametrize(
    "network",
    [
        {"widths": (4, 6, 6)},
        {"widths": (4,), "unshuffle": 1},
        {"skip": "gated", "bias": True, "blocks": 2},
        {"kind": "blind", "widths": (4, 4, 4)},
    ],
)
def test_tiles_give_what_the_whole_image_gives_with_any_network(
    make_model: ModelFactory, network: dict[str, Any]
) -> None:
    model = make_model(**network)
    tiled = run(Image(picture(141, 75), "YX"), model, tile=32)
    assert_same(tiled, whole(picture(141, 75)[None], model)[0])


@pytest.mark.parametrize("share", [0.02, 0.4])
def test_tiles_give_what_the_whole_image_gives_with_missing_pixels(
    make_model: ModelFactory, share: float
) -> None:
    model, values = make_model(), picture(141, 175)
    values[np.random.default_rng(1).random(values.shape) < share] = np.nan
    found, expected = (run(Image(values, "YX"), model, tile=tile) for tile in (16, None))
    assert_same(found[np.isfinite(values)], expected[np.isfinite(values)])


def test_tiles_of_a_volume_give_what_the_whole_volume_gives(make_model: ModelFactory) -> None:
    model = make_model(spatial_dims=3, widths=(3, 4))
    volume = picture(71, 19, 43)
    denoiser = Denoiser(Image(volume, "ZYX"), model, DenoiseConfig(tile=16))
    *_, last = denoiser.events()
    assert isinstance(last, DenoiseFinished)
    assert len({tile.write[0].start for tile in denoiser.tiles}) == 2
    assert_same(last.image, whole(volume[None], model)[0])


def test_an_image_of_many_pixels_is_tiled_without_a_trace(
    make_model: ModelFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = make_model(widths=(2, 2))
    monkeypatch.setattr(context, "_most_pixels", lambda _network: 130**2)
    denoiser = Denoiser(Image(picture(131, 200), "YX"), model)
    sizes = [math.prod(part.stop - part.start for part in tile.read) for tile in denoiser.tiles]
    assert len(sizes) > 1
    assert max(sizes) <= 130**2
    for _ in denoiser.events():
        pass
    assert_same(denoiser.result, whole(picture(131, 200)[None], model)[0])


def test_tiles_are_not_larger_than_asked_for(make_model: ModelFactory) -> None:
    denoiser = Denoiser(Image(picture(100, 90), "YX"), make_model(), DenoiseConfig(tile=37))
    assert denoiser.tile == (36, 36)
    assert Denoiser(Image(picture(100, 90), "YX"), make_model()).tile == (100, 90)


def test_joint_channels_are_denoised_together(make_model: ModelFactory) -> None:
    model = make_model(channels=3, domains=3, joint=True)
    values = picture(3, 41, 53)
    assert_same(run(Image(values, "CYX"), model, tile=16), whole(values, model))


def test_independent_channels_are_denoised_each_in_its_own_domain(
    make_model: ModelFactory,
) -> None:
    model = make_model(domains=3)
    values = picture(3, 41, 53)
    alone = [
        run(Image(plane, "YX"), replace(model, domains=(domain,)))
        for plane, domain in zip(values, model.domains, strict=True)
    ]
    assert_same(run(Image(values, "CYX"), model, tile=16), np.stack(alone))


def test_enough_overlap_gives_what_the_whole_image_gives_and_none_does_not(
    make_model: ModelFactory,
) -> None:
    model, image = make_model(), Image(picture(70, 83), "YX")
    expected = run(image, model)
    reach = model.build().receptive_radius[0]
    assert_same(run(image, model, tile=24, overlap=reach + 8), expected)
    assert not np.allclose(run(image, model, tile=24, overlap=0), expected, rtol=1e-3)


@pytest.mark.parametrize("distance", [(1, 2), (3, 1), (2, 3)])
@pytest.mark.parametrize("averaging", [False, True])
def test_taken_apart_images_are_the_same_from_tiles(
    make_model: ModelFactory, distance: tuple[int, int], averaging: bool
) -> None:
    model = replace(make_model(), noise_distance=distance)
    image = Image(picture(150, 131), "YX")
    expected = run(image, model, averaging=averaging)
    assert_same(run(image, model, tile=24, averaging=averaging), expected)
    assert Denoiser(image, model, DenoiseConfig(tile=24)).tiles[1:]


def test_every_third_row_and_second_column_is_an_image_of_its_own(
    make_model: ModelFactory,
) -> None:
    model = replace(make_model(), domains=(Domain(100, 50, 1.0),))
    values = picture(72, 48)
    # With the mean of a period, sums over whole ones are those of the images alone.
    found = run(Image(values, "YX"), replace(model, noise_distance=(3, 2)), averaging=True)
    alone = np.zeros_like(values)
    for y, x in np.ndindex(3, 2):
        part = np.ascontiguousarray(values[y::3, x::2])
        alone[y::3, x::2] = run(Image(part, "YX"), model, averaging=True)
    rows = (alone[:-2] + alone[1:-1] + alone[2:]) / 3
    expected = rows[:, 1:-1] / 2 + (rows[:, :-2] + rows[:, 2:]) / 4
    assert_same(found[1:-1, 1:-1], expected)


def test_rows_and_columns_of_an_averaged_result_stay_what_they_are(
    make_model: ModelFactory,
) -> None:
    model, values = make_model(), picture(40, 52)
    upright = run(Image(values, "YX"), replace(model, noise_distance=(1, 2)), averaging=True)
    turned = run(Image(values.T, "YX"), replace(model, noise_distance=(2, 1)), averaging=True)
    assert_same(turned.T, upright)


class Disagreeing:
    """What makes each tile brighter than the last one."""

    def __init__(self) -> None:
        self.tiles = 0

    def denoise(self, noisy: Array, _channels: Any, inner: Any) -> Array:
        self.tiles += 1
        return np.full_like(noisy, self.tiles)[(slice(None), *inner)]


@pytest.mark.parametrize("overlap", [8, 12, 40])
def test_tiles_that_disagree_meet_without_a_seam(
    make_model: ModelFactory, monkeypatch: pytest.MonkeyPatch, overlap: int
) -> None:
    config = DenoiseConfig(tile=24, overlap=overlap)
    denoiser = Denoiser(Image(picture(24, 96), "YX"), make_model(), config)
    monkeypatch.setattr(denoiser, "_piece", Disagreeing())
    *_, last = denoiser.events()
    assert isinstance(last, DenoiseFinished)
    assert (last.image[:, 0].max(), last.image[:, -1].min()) == (1, 4)
    # Half of the overlap, up to 8 pixels, on each side of a border.
    assert np.abs(np.diff(last.image, axis=1)).max() == pytest.approx(
        1 / min(overlap, 16), abs=1e-5
    )


@pytest.mark.parametrize("overlap", [0, 1, 5, 12])
def test_a_tile_reads_no_more_than_the_overlap(make_model: ModelFactory, overlap: int) -> None:
    model = make_model()
    config = DenoiseConfig(tile=24, overlap=overlap)
    denoiser = Denoiser(Image(picture(96, 96), "YX"), model, config)
    grid = model.build().multiple - 1
    sides = {s.stop - s.start for tile in denoiser.tiles for s in tile.read}
    assert 24 + overlap <= max(sides) <= 24 + 2 * (overlap + grid)


def test_events_tell_the_progress(make_model: ModelFactory) -> None:
    image = Image(picture(2, 50, 40), "TYX")
    denoiser = Denoiser(image, make_model(), DenoiseConfig(tile=32))
    started, *tiles, last = denoiser.events()
    assert isinstance(started, DenoiseStarted)
    assert isinstance(last, DenoiseFinished)
    assert (started.tile, started.total, started.device) == ((32, 32), 8, "cpu")
    assert started.image is last.image
    done = [event for event in tiles if isinstance(event, TileDone)]
    assert len(done) == len(tiles)
    assert [event.done for event in done] == list(range(1, 9))
    assert {event.total for event in done} == {8}
    assert [event.sample for event in done] == [0] * 4 + [1] * 4
    assert [event.region for event in done] == [tile.write for tile in denoiser.tiles] * 2
    seconds = [event.seconds for event in done]
    assert seconds == sorted(seconds)
    assert seconds[0] > 0
    assert done[0].remaining == pytest.approx(7 * seconds[0])
    assert done[-1].remaining == 0
    assert last.seconds >= seconds[-1]
    assert last.tile == (32, 32)
    assert last.device == "cpu"
    np.testing.assert_array_equal(last.image, denoiser.result)


def test_the_result_fills_tile_by_tile(make_model: ModelFactory) -> None:
    image = Image(picture(2, 50, 40), "TYX")
    denoiser = Denoiser(image, make_model(), DenoiseConfig(tile=32))
    events = denoiser.events()
    next(events)
    assert not denoiser.result.any()
    first = next(events)
    assert isinstance(first, TileDone)
    filled = np.zeros((2, 50, 40), bool)
    filled[0][first.region] = True
    np.testing.assert_array_equal(denoiser.result != 0, filled)


@pytest.mark.parametrize("after", [0, 1, 3])
def test_stops_between_tiles(make_model: ModelFactory, after: int) -> None:
    source = CountingArray(picture(100, 90))
    denoiser = Denoiser(Image(source, "YX"), make_model(), DenoiseConfig(tile=32))
    events: list[DenoiseEvent] = []
    for event in denoiser.events(stop=lambda: len(events) > after):
        events.append(event)
    assert [type(event) for event in events] == [DenoiseStarted] + [TileDone] * after
    assert len(source.reads) == after


@pytest.mark.parametrize("dtype", ["float32", "keep"])
def test_a_job_that_was_stopped_can_be_run_again(make_model: ModelFactory, dtype: str) -> None:
    image = Image(picture(60, 50, dtype=np.uint16), "YX")
    denoiser = Denoiser(image, make_model(), DenoiseConfig.model_validate({"dtype": dtype}))
    unfinished = denoiser.events()
    assert isinstance([next(unfinished), next(unfinished)][1], TileDone)
    for _ in range(2):
        *_, last = denoiser.events()
        assert isinstance(last, DenoiseFinished)
        assert_same(last.image, run(image, make_model(), dtype=dtype))
    next(denoiser.events())
    assert not denoiser.result.any()


@pytest.mark.parametrize("axes", ["".join(p) for p in permutations("TCYX")])
@pytest.mark.parametrize("joint", [False, True])
def test_the_order_of_the_axes_is_kept(make_model: ModelFactory, axes: str, joint: bool) -> None:
    model = make_model(channels=2 if joint else 1, domains=2, joint=joint)
    values = picture(3, 2, 21, 34)
    order = ["TCYX".index(a) for a in axes]
    found = run(Image(values.transpose(order), axes), model, tile=16)
    expected = run(Image(values, "TCYX"), model)
    assert_same(found, expected.transpose(order))


@pytest.mark.parametrize("axes", ["ZCYX", "CZYX", "XYZC", "YCXZ"])
@pytest.mark.parametrize("joint", [False, True])
def test_the_order_of_a_volumes_axes_is_kept(
    make_model: ModelFactory, axes: str, joint: bool
) -> None:
    model = make_model(spatial_dims=3, channels=2 if joint else 1, domains=2, joint=joint)
    values = picture(2, 9, 21, 14)
    order = ["CZYX".index(a) for a in axes]
    found = run(Image(values.transpose(order), axes), model, tile=8)
    expected = [whole(v[None], replace(model, domains=(d,)))[0] for v, d in _pairs(values, model)]
    assert_same(found, (whole(values, model) if joint else np.stack(expected)).transpose(order))


def test_time_as_the_third_axis_is_seen_as_planes_are(make_model: ModelFactory) -> None:
    model, values = make_model(spatial_dims=3), picture(2, 70, 16, 14)
    stack = run(Image(values, "CZYX"), model)
    movie = Image(values.transpose(1, 0, 3, 2), "TCXY")
    found = run(movie, replace(model, depth_axis="T"), tile=8)
    assert_same(found, stack.transpose(1, 0, 3, 2))


def test_a_model_of_movies_denoises_planes_one_by_one(make_model: ModelFactory) -> None:
    model, values = replace(make_model(spatial_dims=3), depth_axis="T"), picture(9, 2, 16, 14)
    planes = [run(Image(values[:, i], "TYX"), model) for i in range(2)]
    assert_same(run(Image(values, "TZYX"), model), np.stack(planes, axis=1))
    values[4, 1, 7, 7] = np.nan
    assert np.argwhere(np.isnan(run(Image(values, "TZYX"), model))).tolist() == [[4, 1, 7, 7]]


def _pairs(values: Array, model: TrainedModel) -> list[tuple[Array, Domain]]:
    return list(zip(values, model.domains, strict=True)) if not model.joint_channels else []


def test_frames_are_denoised_one_by_one(make_model: ModelFactory) -> None:
    model, values = make_model(), picture(3, 1, 20, 25)
    frames = [run(Image(frame, "YX"), model) for frame in values[:, 0]]
    assert_same(run(Image(values, "TCYX"), model)[:, 0], np.stack(frames))


def test_a_planar_model_denoises_a_stack_plane_by_plane(make_model: ModelFactory) -> None:
    model, values = make_model(), picture(12, 20, 25)
    planes = [run(Image(plane, "YX"), model) for plane in values]
    assert_same(run(Image(values, "ZYX"), model), np.stack(planes))


def test_colours_are_kept_in_place(make_model: ModelFactory) -> None:
    model, values = make_model(channels=3, domains=3, joint=True), picture(22, 25, 3)
    expected = whole(values.transpose(2, 0, 1), model).transpose(1, 2, 0)
    assert_same(run(Image(values, "YXS"), model, tile=16), expected)


def test_a_volume_model_refuses_a_plane(make_model: ModelFactory) -> None:
    with pytest.raises(AxesError, match="Z axis"):
        Denoiser(Image(picture(20, 20), "YX"), make_model(spatial_dims=3))


def test_a_model_of_movies_refuses_a_stack(make_model: ModelFactory) -> None:
    model = replace(make_model(spatial_dims=3), depth_axis="T")
    with pytest.raises(AxesError, match="time axis"):
        Denoiser(Image(picture(9, 20, 20), "ZYX"), model)


@pytest.mark.parametrize(("domains", "joint"), [(3, False), (3, True), (1, True)])
def test_another_number_of_channels_is_refused(
    make_model: ModelFactory, domains: int, joint: bool
) -> None:
    model = make_model(channels=domains if joint else 1, domains=domains, joint=joint)
    with pytest.raises(AxesError, match="found 2"):
        Denoiser(Image(picture(2, 20, 20), "CYX"), model)


def test_an_unknown_device_is_refused(make_model: ModelFactory) -> None:
    with pytest.raises(ConfigurationError, match="found 'tpu'"):
        Denoiser(Image(picture(20, 20), "YX"), make_model(), DenoiseConfig(device="tpu"))


def test_only_the_region_of_each_tile_is_read(make_model: ModelFactory) -> None:
    values = picture(2, 3, 100, 90)
    source = CountingArray(values)
    denoiser = Denoiser(Image(source, "TCYX"), make_model(domains=3), DenoiseConfig(tile=24))
    assert source.reads == []
    for _ in denoiser.events():
        pass
    expected = [
        values[t, c][tile.read].tobytes()
        for t in range(2)
        for c in range(3)
        for tile in denoiser.tiles
    ]
    assert [read.tobytes() for read in source.reads] == expected
    assert max(read.size for read in source.reads) < 100 * 90


def test_stops_within_a_tile(make_model: ModelFactory) -> None:
    denoiser = Denoiser(Image(picture(100, 80), "YX"), make_model(), DenoiseConfig(tile=32))
    layers = [m for m in denoiser._predictor.network.modules() if isinstance(m, torch.nn.Conv2d)]
    calls: list[str] = []
    layers[1].register_forward_hook(lambda *_: calls.append("second"))
    layers[2].register_forward_hook(lambda *_: calls.append("third"))
    events = list(denoiser.events(stop=lambda: "second" in calls))
    assert calls == ["second"]
    assert [type(event) for event in events] == [DenoiseStarted]
    assert not denoiser.result.any()
    # Nothing of it is left for the next time.
    calls.clear()
    *_, last = denoiser.events()
    assert isinstance(last, DenoiseFinished)
