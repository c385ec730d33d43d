"""Denoising images that no memory holds, cell by cell into a Zarr folder."""

from napari_noise2same.core.streaming.lazy import denoise_lazy
from napari_noise2same.core.streaming.scheduler import check_scheduler
from napari_noise2same.core.streaming.stream import StreamDenoiser, StreamEvent, denoise_to_zarr

__all__ = ["StreamDenoiser", "StreamEvent", "check_scheduler", "denoise_lazy", "denoise_to_zarr"]
