"""Pixel sizes and channel names in the dialects of TIFF: OME, ImageJ, tifffile's own, plain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from xml.etree import ElementTree

import tifffile

from napari_noise2same.core.io.image import Size
from napari_noise2same.core.io.units import unit_name

__all__ = ["IMAGEJ_KEPT", "OME_SIZES", "TiffMetadata", "read_metadata"]

# What ImageJ knows of an image that stays true of one of the same shape.
IMAGEJ_KEPT = (
    "Info",
    "LUTs",
    "Labels",
    "Overlays",
    "Properties",
    "ROI",
    "Ranges",
    "fps",  # how fast to show the frames, not how fast they were taken
    "loop",
    "max",
    "min",
    "mode",
)

# Attribute of the OME element Pixels for each axis, and the unit where the file names none.
OME_SIZES = {
    "X": ("PhysicalSizeX", "µm"),
    "Y": ("PhysicalSizeY", "µm"),
    "Z": ("PhysicalSizeZ", "µm"),
    "T": ("TimeIncrement", "s"),
}

_MICROMETRES_PER_UNIT = {
    tifffile.RESUNIT.INCH: 25_400.0,
    tifffile.RESUNIT.CENTIMETER: 10_000.0,
}
# As the tag "DateTime" is written.
_DATE = "%Y:%m:%d %H:%M:%S"
# Screen and print resolutions (per inch) that graphics programs write: no size of a pixel.
_PRINT_RESOLUTIONS = (72, 96, 150, 300)


@dataclass(frozen=True)
class TiffMetadata:
    """What a TIFF file says beside its pixels.

    Attributes
    ----------
    sizes : mapping of str to (float, str or None)
        Pixel size and unit per axis.
    channel_names : tuple of str
        Names of the channels.
    extra : mapping of str to mapping
        What only that dialect knows, and under ``"tiff"`` what is in tags of all dialects: when
        the image was made, the text of a plain file, and the photometric interpretation if 0 is
        white (the pixels are read as they are, and shown the other way round).
    """

    sizes: Mapping[str, Size]
    channel_names: tuple[str, ...] = ()
    extra: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def read_metadata(tif: tifffile.TiffFile, axes: str) -> TiffMetadata:
    """Read the metadata of the first image.

    Parameters
    ----------
    tif : tifffile.TiffFile
        The open file.
    axes : str
        Labels of the image's dimensions.

    Returns
    -------
    TiffMetadata
        Its metadata.
    """
    metadata = _from_dialect(tif, axes)
    tags = _from_tags(tif.series[0])
    return replace(metadata, extra={**metadata.extra, "tiff": tags}) if tags else metadata


def _from_tags(series: tifffile.TiffPageSeries) -> dict[str, str]:
    """Read what stays true of another image of the same scene."""
    page, kept = series.keyframe, {}
    if page.photometric == tifffile.PHOTOMETRIC.MINISWHITE:
        kept["photometric"] = "miniswhite"
    if page.datetime is not None:
        kept["datetime"] = page.datetime.strftime(_DATE)
    # The other dialects keep entries of their own there.
    if series.kind not in ("ome", "imagej", "shaped") and page.description:
        kept["description"] = page.description
    return kept


def _from_dialect(tif: tifffile.TiffFile, axes: str) -> TiffMetadata:
    """Read what the dialect of the file tells."""
    series = tif.series[0]
    if series.kind == "ome" and tif.ome_metadata:
        return _from_ome(tif.ome_metadata)
    if series.kind == "imagej" and tif.imagej_metadata:
        n_channels = series.shape[axes.index("C")] if "C" in axes else 1
        return _from_imagej(tif.imagej_metadata, series.keyframe, n_channels)
    if series.kind == "shaped" and tif.shaped_metadata:
        return _from_shaped(tif.shaped_metadata[0], series.keyframe)
    return TiffMetadata(_sizes_from_resolution(series.keyframe))


def _from_ome(xml: str) -> TiffMetadata:
    """Read the first image of an OME-XML document."""
    image = ElementTree.fromstring(xml).findall("{*}Image")[0]
    pixels = image.findall("{*}Pixels")[0]
    sizes = {
        axis: (size, unit_name(pixels.get(f"{name}Unit", default)))
        for axis, (name, default) in OME_SIZES.items()
        if (size := _number(pixels.get(name, ""))) is not None
    }
    channels = [dict(element.attrib) for element in pixels.findall("{*}Channel")]
    extra: dict[str, Any] = {"Channel": channels}
    extra |= {"Name": image.get("Name")} if "Name" in image.attrib else {}
    for key in ("AcquisitionDate", "Description"):
        if text := image.findtext(f"{{*}}{key}"):
            extra[key] = text
    names = tuple(channel.get("Name", "") for channel in channels)
    return TiffMetadata(sizes, names, {"ome": extra})


def _number(text: str) -> float | None:
    """Read a number as it is written in any country; None for what is none."""
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return None


def _from_imagej(
    entries: Mapping[str, Any], page: tifffile.TiffPage, n_channels: int
) -> TiffMetadata:
    """Read the entries of ImageJ's image description and metadata tag."""
    shared = str(entries.get("unit", ""))
    units = {axis: unit_name(str(entries.get(f"{axis.lower()}unit", shared))) for axis in "YZ"}
    units |= {"X": unit_name(shared), "T": unit_name(str(entries.get("tunit", "sec")))}
    sizes = _sizes_from_resolution(page)
    if "unit" in entries:
        sizes = {
            axis: (1 / value, units[axis])
            for axis, value in zip("XY", page.resolution, strict=True)
            if value > 0
        }
    if "spacing" in entries:
        sizes["Z"] = (abs(float(entries["spacing"])), units["Z"])
    if "finterval" in entries:
        sizes["T"] = (float(entries["finterval"]), units["T"])
    kept = {key: entries[key] for key in IMAGEJ_KEPT if key in entries}
    return TiffMetadata(
        sizes, _names_from_labels(entries.get("Labels", []), n_channels), {"imagej": kept}
    )


def _names_from_labels(labels: list[str], n_channels: int) -> tuple[str, ...]:
    """ImageJ labels planes, not channels: a label that every plane of a channel has is its name."""
    names = labels[:n_channels]
    return tuple(names) if labels == names * (len(labels) // n_channels) else ()


def _from_shaped(entries: Mapping[str, Any], page: tifffile.TiffPage) -> TiffMetadata:
    """Read the JSON description that tifffile writes, with the entries that we add to it."""
    sizes = _sizes_from_resolution(page)
    spacing = entries.get("spacing")
    if isinstance(spacing, dict):
        units = entries.get("units", {})
        sizes |= {axis: (float(size), units.get(axis)) for axis, size in spacing.items()}
    return TiffMetadata(sizes, tuple(entries.get("channel_names", ())))


def _sizes_from_resolution(page: tifffile.TiffPage) -> dict[str, Size]:
    """Pixel size from the resolution tags, where they tell more than a default."""
    per_unit = _MICROMETRES_PER_UNIT.get(tifffile.RESUNIT(page.resolutionunit))
    if per_unit is None:
        return {}
    inches = page.resolutionunit == tifffile.RESUNIT.INCH
    return {
        axis: (per_unit / value, "micrometer")
        for axis, value in zip("XY", page.resolution, strict=True)
        if value > 0 and value != 1 and not (inches and value in _PRINT_RESOLUTIONS)
    }
