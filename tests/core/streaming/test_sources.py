from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_noise2same.core.array import transposed
from napari_noise2same.core.io import read_image
from napari_noise2same.core.streaming.sources import file_of, portable_source

zarr = pytest.importorskip("zarr", reason="Zarr files need the extra 'zarr'")
dask_array = pytest.importorskip("dask.array", reason="needs the extra 'dask'")

PIXELS = np.arange(600, dtype=np.uint16).reshape(2, 15, 20)


def sent(array: object) -> object:
    """What another process gets, as the bytes on the way and what is read there."""
    portable = portable_source(array)  # type: ignore[arg-type]
    data = pickle.dumps(portable)
    assert len(data) < 10_000
    return pickle.loads(data)[1, 3:5]


@pytest.mark.parametrize("order", ["C", "F"])
def test_a_mapped_array_is_opened_again(tmp_path: Path, order: str) -> None:
    values = np.asarray(PIXELS, order=order)  # type: ignore[call-overload]
    np.save(tmp_path / "a.npy", values)
    np.testing.assert_array_equal(sent(read_image(tmp_path / "a.npy").data), PIXELS[1, 3:5])


def test_a_tiff_on_disk_is_opened_again(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", PIXELS, metadata={"axes": "TYX"})
    np.testing.assert_array_equal(sent(read_image(tmp_path / "a.tif").data), PIXELS[1, 3:5])


def test_a_zarr_array_is_opened_again_wherever_the_process_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    zarr.create_array(tmp_path / "a", data=PIXELS)
    monkeypatch.chdir(tmp_path)
    portable = pickle.dumps(portable_source(read_image("a").data))
    monkeypatch.chdir("/")
    np.testing.assert_array_equal(pickle.loads(portable)[1, 3:5], PIXELS[1, 3:5])


def test_a_dask_array_travels_as_its_graph() -> None:
    array = dask_array.arange(600, chunks=60).reshape(2, 15, 20)
    np.testing.assert_array_equal(sent(array), PIXELS[1, 3:5])


def test_arrays_in_memory_do_not_travel(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", PIXELS)
    part = np.load(tmp_path / "a.npy", mmap_mode="r")[1:]
    in_memory = zarr.create_array(zarr.storage.MemoryStore(), data=PIXELS)
    for array in (PIXELS, part, in_memory, None):
        assert portable_source(array) is None


def test_axes_in_another_order_leave_the_file_known(tmp_path: Path) -> None:
    array = zarr.create_array(tmp_path / "a", data=PIXELS.transpose(1, 0, 2))
    turned = transposed(array, "ZCX", "CZX")
    assert file_of(turned) == tmp_path / "a"
    np.testing.assert_array_equal(sent(turned), PIXELS[1, 3:5])
