"""Folders of images, denoised one after the other (torch only once it runs)."""

from napari_noise2same.core.batch.denoiser import BatchDenoiser
from napari_noise2same.core.batch.events import (
    BatchEvent,
    FileDone,
    FileFailed,
    FileSkipped,
    FileStarted,
    ImageOpened,
)
from napari_noise2same.core.batch.finding import Source, find_images
from napari_noise2same.core.batch.jobs import (
    Job,
    create_folder,
    create_folders,
    default_output,
    is_file_name,
    plan_jobs,
)
from napari_noise2same.core.batch.progress import BatchProgress
from napari_noise2same.core.batch.targets import check_target, is_finished, is_streamed
from napari_noise2same.core.batch.thumbnail import shade, thumbnail

__all__ = [
    "BatchDenoiser",
    "BatchEvent",
    "BatchProgress",
    "FileDone",
    "FileFailed",
    "FileSkipped",
    "FileStarted",
    "ImageOpened",
    "Job",
    "Source",
    "check_target",
    "create_folder",
    "create_folders",
    "default_output",
    "find_images",
    "is_file_name",
    "is_finished",
    "is_streamed",
    "plan_jobs",
    "shade",
    "thumbnail",
]
