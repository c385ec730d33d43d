from __future__ import annotations

import json
import re
import sys
from collections import namedtuple
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from numpy.typing import NDArray

from napari_noise2same.core import streaming
from napari_noise2same.core.denoising import DenoiseFinished, DenoiseStarted, TileDone, denoise
from napari_noise2same.core.errors import (
    ConfigurationError,
    DeviceError,
    FileError,
    MissingDependencyError,
    TakenError,
)
from napari_noise2same.core.io import Image, open_pyramid, read_image
from napari_noise2same.core.model import TrainedModel
from napari_noise2same.core.settings import DenoiseConfig
from napari_noise2same.core.streaming import StreamDenoiser, denoise_to_zarr
from noise2same_testing.arrays import CountingArray, picture
from noise2same_testing.denoising import assert_same

ModelFactory = Callable[..., TrainedModel]
Array = NDArray[Any]

zarr = pytest.importorskip("zarr", reason="Zarr files need the extra 'zarr'")


def stream(image: Image, model: TrainedModel, path: Path, **config: Any) -> Array:
    """The denoised pixels, in the order of the format."""
    result = denoise_to_zarr(image, model, path, DenoiseConfig(**config))
    return np.asarray(result.data)


@pytest.mark.parametrize(
    ("shape", "axes", "order"),
    [
        ((130, 75), "YX", "YX"),
        ((75, 2, 3, 60), "XCTY", "TCYX"),
        ((9, 3, 40, 50), "ZTYX", "TZYX"),
    ],
)
@pytest.mark.parametrize("averaging", [False, True])
def test_the_result_is_that_of_the_whole_image(
    make_model: ModelFactory,
    tmp_path: Path,
    shape: tuple[int, ...],
    axes: str,
    order: str,
    averaging: bool,
) -> None:
    image = Image(picture(*shape), axes)
    expected = denoise(image, make_model(), DenoiseConfig(averaging=averaging))
    found = stream(image, make_model(), tmp_path / "a.zarr", tile=32, averaging=averaging)
    assert_same(found, expected.transpose([axes.index(axis) for axis in order]))


@pytest.mark.parametrize(
    ("shape", "axes", "order"),
    [((40, 20, 70), "YZX", "ZYX"), ((2, 20, 40, 70), "CZYX", "CZYX")],
)
def test_volumes_and_channels_denoised_together_too(
    make_model: ModelFactory, tmp_path: Path, shape: tuple[int, ...], axes: str, order: str
) -> None:
    channels = 2 if "C" in axes else 1
    model = make_model(
        spatial_dims=3, widths=(3, 4), channels=channels, domains=channels, joint=channels > 1
    )
    image = Image(picture(*shape), axes)
    found = stream(image, model, tmp_path / "a.zarr", tile=16)
    expected = denoise(image, model)
    assert_same(found, expected.transpose([axes.index(axis) for axis in order]))


def test_colours_become_channels(make_model: ModelFactory, tmp_path: Path) -> None:
    model = make_model(channels=3, domains=3, joint=True)
    image = Image(picture(50, 40, 3, dtype=np.uint8), "YXS")
    found = stream(image, model, tmp_path / "a.zarr", tile=32, dtype="keep")
    assert found.dtype == np.uint8
    expected = denoise(image, model, DenoiseConfig(dtype="keep")).transpose(2, 0, 1)
    assert np.abs(found.astype(int) - expected).max() <= 1


def test_pixels_that_are_not_finite_stay(make_model: ModelFactory, tmp_path: Path) -> None:
    values = picture(70, 50)
    values[40, 20], values[3, 3] = np.nan, np.inf
    found = stream(Image(values, "YX"), make_model(), tmp_path / "a.zarr", tile=32)
    np.testing.assert_array_equal(np.isfinite(found), np.isfinite(values))
    assert found[3, 3] == np.inf


def test_each_pixel_is_read_once_but_for_the_context(
    make_model: ModelFactory, tmp_path: Path
) -> None:
    source, model = CountingArray(picture(3, 200, 180)), make_model()
    job = StreamDenoiser(Image(source, "TYX"), model, tmp_path / "a.zarr", DenoiseConfig(tile=64))
    assert not source.counts.any()
    for _ in job.events():
        pass
    expected = np.zeros((200, 180), int)
    for tile in job.plan.tiles:
        expected[tile.read] += 1
    np.testing.assert_array_equal(source.counts, np.stack([expected] * 3))
    # A pixel further from other cells than the context is read for its own cell alone.
    reach = model.build().grid_radius[0]
    assert (source.counts[:, : 64 - reach - 4, : 64 - reach - 4] == 1).all()


def test_without_overlap_no_pixel_is_read_twice(make_model: ModelFactory, tmp_path: Path) -> None:
    source = CountingArray(picture(100, 90))
    config = DenoiseConfig(tile=32, overlap=0)
    denoise_to_zarr(Image(source, "YX"), make_model(), tmp_path / "a.zarr", config)
    assert (source.counts == 1).all()


def test_events_are_those_of_denoising_in_memory(make_model: ModelFactory, tmp_path: Path) -> None:
    image = Image(picture(2, 50, 40), "TYX")
    job = StreamDenoiser(image, make_model(), tmp_path / "a.zarr", DenoiseConfig(tile=32))
    started, *tiles, last = job.events()
    assert isinstance(started, DenoiseStarted)
    assert isinstance(last, DenoiseFinished)
    assert (started.tile, started.total, started.device, started.done) == ((32, 32), 8, "cpu", 0)
    assert (last.tile, last.device, last.image) == ((32, 32), "cpu", started.image)
    done = [event for event in tiles if isinstance(event, TileDone)]
    assert [event.done for event in done] == list(range(1, 9))
    assert [event.sample for event in done] == [0] * 4 + [1] * 4
    assert [event.region for event in done] == [tile.write for tile in job.plan.tiles] * 2
    assert done[-1].remaining == 0


def test_the_overview_fills_while_the_image_does(make_model: ModelFactory, tmp_path: Path) -> None:
    job = StreamDenoiser(
        Image(picture(60, 1100), "YX"), make_model(), tmp_path / "a.zarr", DenoiseConfig(tile=512)
    )
    events = job.events()
    started = next(events)
    assert isinstance(started, DenoiseStarted)
    finest, half, quarter = started.image
    assert not np.asarray(half[:]).any()
    first = next(events)
    assert isinstance(first, TileDone)
    assert np.asarray(half[:, : first.region[1].stop // 2]).all()
    for _ in events:
        pass
    whole = np.asarray(finest[:])
    np.testing.assert_allclose(half[:], whole.reshape(30, 2, 550, 2).mean((1, 3)), atol=1e-4)
    assert np.asarray(quarter[:]).all()
    with pytest.raises(ValueError, match="read-only"):
        cast("Any", finest)[0, 0] = 1


def test_axes_sizes_names_and_the_description_are_kept(
    make_model: ModelFactory, tmp_path: Path
) -> None:
    image = Image(
        picture(2, 40, 30, dtype=np.uint16),
        "CYX",
        spacing={"Y": 0.5, "X": 0.25},
        units={"Y": "micrometer", "X": "micrometer"},
        channel_names=("DAPI", "GFP"),
    )
    found = denoise_to_zarr(
        image, make_model(), tmp_path / "a.zarr", description={"model": "of mine"}
    )
    assert (found.axes, found.spacing, found.units) == ("CYX", image.spacing, image.units)
    assert found.channel_names == ("DAPI", "GFP")
    attributes = json.loads((tmp_path / "a.zarr" / "zarr.json").read_text())["attributes"]
    assert attributes["napari-noise2same"] == {"model": "of mine"}


def test_the_display_range_is_estimated_without_reading_the_image(
    make_model: ModelFactory, tmp_path: Path
) -> None:
    values = picture(40, 30, dtype=np.uint8)
    image = Image(values[np.newaxis], "CYX", channel_names=("a",))
    found = denoise_to_zarr(image, make_model(), tmp_path / "a.zarr", DenoiseConfig(dtype="keep"))
    window = found.metadata["omero"]["channels"][0]["window"]
    assert 0 <= window["start"] < np.median(values) < window["end"] <= 255


def test_nothing_but_the_result_is_left(make_model: ModelFactory, tmp_path: Path) -> None:
    path = tmp_path / "a.zarr"
    stream(Image(picture(60, 50), "YX"), make_model(), path)
    assert sorted(entry.name for entry in path.iterdir()) == ["0", "zarr.json"]
    assert list(tmp_path.iterdir()) == [path]
    assert open_pyramid(path).axes == "YX"


def test_a_disk_that_is_too_small_is_refused_before_anything_is_written(
    make_model: ModelFactory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage(10**12, 10**12, 3_100_000_000))
    image = Image(np.broadcast_to(np.uint8(0), (40_000, 40_000)), "YX")
    with pytest.raises(FileError, match=r"Expected 8\.5 GB .* found 3\.1 GB"):
        StreamDenoiser(image, make_model(), tmp_path / "a.zarr")
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_one_clear_error(
    make_model: ModelFactory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("napari_noise2same.core.array.ImageView.assign", refuse)
    with pytest.raises(FileError, match="No space left"):
        stream(Image(picture(60, 50), "YX"), make_model(), tmp_path / "a.zarr")


def test_other_things_are_never_replaced(make_model: ModelFactory, tmp_path: Path) -> None:
    image = Image(picture(20, 20), "YX")
    (tmp_path / "a.zarr").mkdir()
    with pytest.raises(TakenError, match="found something else"):
        StreamDenoiser(image, make_model(), tmp_path / "a.zarr", overwrite=True)


def test_without_a_folder_no_other_name_would_do(make_model: ModelFactory, tmp_path: Path) -> None:
    image = Image(picture(20, 20), "YX")
    with pytest.raises(FileError, match="create it") as caught:
        StreamDenoiser(image, make_model(), tmp_path / "none" / "a.zarr")
    assert not isinstance(caught.value, TakenError)


@pytest.mark.parametrize("target", ["a.zarr", "a.zarr/0"])
def test_an_image_is_never_replaced_by_its_result(
    make_model: ModelFactory, tmp_path: Path, target: str
) -> None:
    zarr.create_array(tmp_path / "a.zarr" / "0", data=picture(40, 40))
    zarr.open_group(tmp_path / "a.zarr", mode="a")
    image = Image(zarr.open_array(tmp_path / "a.zarr" / "0", mode="r"), "YX")
    with pytest.raises(FileError, match="than that of the image"):
        denoise_to_zarr(image, make_model(), tmp_path / target, overwrite=True)
    np.testing.assert_array_equal(np.asarray(image.data[...]), picture(40, 40))


def test_an_image_that_is_gone_is_not_denoised_as_nothing(
    make_model: ModelFactory, tmp_path: Path
) -> None:
    """Zarr reads chunks that it does not find as zeros."""
    noisy = zarr.create_array(tmp_path / "noisy.zarr", data=picture(96, 96), chunks=(32, 32))
    job = StreamDenoiser(
        Image(noisy, "YX"), make_model(), tmp_path / "a.zarr", DenoiseConfig(tile=32)
    )
    events = job.events()
    next(events)
    (tmp_path / "noisy.zarr").rename(tmp_path / "elsewhere.zarr")
    with pytest.raises(FileError, match="found nothing there"):
        list(events)
    (tmp_path / "elsewhere.zarr").rename(tmp_path / "noisy.zarr")
    *_, last = job.events()
    assert isinstance(last, DenoiseFinished)
    found = np.asarray(open_pyramid(tmp_path / "a.zarr").levels[0][...])
    whole = Image(picture(96, 96), "YX")
    np.testing.assert_array_equal(found, stream(whole, make_model(), tmp_path / "b.zarr", tile=32))


def test_a_missing_device_leaves_no_folder(make_model: ModelFactory, tmp_path: Path) -> None:
    config = DenoiseConfig(device="cuda:99")
    job = StreamDenoiser(Image(picture(20, 20), "YX"), make_model(), tmp_path / "a.zarr", config)
    with pytest.raises(DeviceError, match="cuda:99"):
        next(job.events())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "name",
    [
        "processes",
        "local:0",
        "local:",
        "local:two",
        "host:8786",
        "tcp://host",
        "tcp://8786",
        "http://host:8786",
        "tcp://[::1:8786",
    ],
)
def test_an_unknown_scheduler_is_refused(
    make_model: ModelFactory, tmp_path: Path, name: str
) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(f"found '{name}'")):
        StreamDenoiser(
            Image(picture(20, 20), "YX"), make_model(), tmp_path / "a.zarr", scheduler=name
        )


def test_missing_packages_are_named(
    make_model: ModelFactory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = Image(picture(20, 20), "YX")
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingDependencyError, match=r"napari-noise2same\[dask\]"):
        StreamDenoiser(image, make_model(), tmp_path / "a.zarr", scheduler="local:2")
    monkeypatch.setitem(sys.modules, "dask", None)
    with pytest.raises(MissingDependencyError, match=r"napari-noise2same\[dask\]"):
        streaming.denoise_lazy(image, make_model())
    monkeypatch.setitem(sys.modules, "zarr", None)
    with pytest.raises(MissingDependencyError, match=r"napari-noise2same\[zarr\]"):
        StreamDenoiser(image, make_model(), tmp_path / "a.zarr")


def test_the_result_can_be_read_as_any_other(make_model: ModelFactory, tmp_path: Path) -> None:
    image = Image(picture(60, 50), "YX")
    result = denoise_to_zarr(image, make_model(), tmp_path / "a.zarr")
    np.testing.assert_array_equal(
        np.asarray(result.data), np.asarray(read_image(tmp_path / "a.zarr").data)
    )
