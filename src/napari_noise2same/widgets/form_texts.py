"""What each setting is called in the form, what it does and when to touch it."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field

__all__ = ["TEXTS", "FieldText"]


@dataclass(frozen=True)
class FieldText:
    """Texts of one setting.

    Attributes
    ----------
    label : str
        Its name.
    tooltip : str
        What it does, and when to touch it.
    choices : mapping
        Name of each value, for a choice.
    """

    label: str
    tooltip: str
    choices: Mapping[Hashable, str] = field(default_factory=dict)


_DECAY = FieldText(
    "Memory",
    "Share of the old value in the running mean behind λ_inv. "
    "Higher is calmer and slower; rarely worth a change.",
)

# By the path of the field; those of a λ_inv strategy begin with its kind.
TEXTS: Mapping[str, FieldText] = {
    "lambda_inv": FieldText(
        "λ_inv",
        "Weight of the invariance term: how strongly the result at a pixel is kept from copying "
        "that pixel's noise. Choose another strategy if the result is too smooth or still noisy; "
        "automatic is the covariance where training starts at pretrained weights or at a model, on "
        "stabilised pixels, else calibrated to the noise.",
        {
            None: "Automatic",
            "calibrated": "Calibrated to noise",
            "adaptive": "Adaptive bound",
            "covariance": "Covariance",
            "noise2info": "Noise2Info bound",
            "fixed": "Fixed value",
            "staged": "Staged schedule",
        },
    ),
    "fixed.value": FieldText(
        "Value",
        "λ_inv in normalised units; 2 was published. Lower keeps more detail and more noise.",
    ),
    "adaptive.decay": _DECAY,
    "calibrated.sigma": FieldText(
        "Noise level from",
        "The error of predicting hidden pixels, which needs no assumption, or the estimate from "
        "the image, for noise that is well known.",
        {"blind_spot": "hidden pixels", "noise": "noise estimate"},
    ),
    "calibrated.decay": _DECAY,
    "noise2info.every": FieldText(
        "Renew every", "Steps between two estimates of the noise. Fewer cost more time."
    ),
    "noise2info.draws": FieldText(
        "Draws", "Random samples sorted for one estimate. More are steadier and slower."
    ),
    "staged.stages": FieldText(
        "Stages",
        "Each stage has its share of the steps, λ_inv at its start and end, its learning rate and "
        "its augmentation.",
    ),
    "mask.percentage": FieldText(
        "Masked pixels %",
        "Pixels hidden in the second pass. With more of them training is faster, but the network "
        "sees less around each; lower it for fine structures.",
    ),
    "mask.replacement": FieldText(
        "Replaced by",
        "What hidden pixels show instead: the mean of their neighbours, or random values as "
        "published. The mean suits most images.",
        {"donut": "mean of neighbours", "gaussian": "random values"},
    ),
    "mask.independent_channels": FieldText(
        "Mask per channel",
        "Hide different pixels in each channel, where one network sees several. Off if the noise "
        "is the same in all of them.",
    ),
    "network": FieldText(
        "Network",
        "Automatic is the pretrained one where it fits; the others start from scratch. Small is "
        "fast on a CPU. Paper has the published size: slow without a GPU. Blind never uses the "
        "pixel itself: for comparison, or noise that is hard to model.",
    ),
    "spatial_dims": FieldText(
        "2D or 3D",
        "Denoise a Z stack plane by plane (2D) or as a volume (3D): better if planes are close, "
        "and slower. Automatic decides from the axes.",
        {2: "2D, plane by plane", 3: "3D, volume"},
    ),
    "depth_axis": FieldText(
        "Third axis",
        "What a 3D network sees beside Y and X: the planes of a stack, or the frames of a movie "
        "in which things stay in place, as in calcium imaging. Not for what moves by more than "
        "its size from frame to frame.",
        {"Z": "Z, planes", "T": "T, time"},
    ),
    "joint_channels": FieldText(
        "Joint channels",
        "One network sees all channels at once: for channels that show the same structures. "
        "Otherwise each is denoised by itself.",
    ),
    "domain": FieldText(
        "Train on",
        "Variance-stabilised pixels have the same noise in dark and bright parts: right for "
        "cameras and photon counting. As they are: for noise that does not grow with the signal.",
        {"stabilised": "stabilised pixels", "linear": "pixels as they are"},
    ),
    "noise_distance": FieldText(
        "Distance of noise",
        "How far apart pixels have independent noise, in Y and X: 2, 2 if an image was enlarged "
        "twice, 1, 1 if each pixel has its own noise. Every so many rows and columns are denoised "
        "as an image of their own. Empty: found in the image.",
    ),
    "steps": FieldText(
        "Steps",
        "Length of the training. Empty: chosen by the quality and the size of the image. 0 takes "
        "the weights that training would start at as they are.",
    ),
    "seconds": FieldText(
        "Minutes", "Train for a time instead of a number of steps; not reproducible to the bit."
    ),
    "patch": FieldText(
        "Patch (pixels)",
        "Size of the pieces to learn from, such as 64, 64 or 16, 48, 48. Smaller if memory runs "
        "out; larger for coarse structures.",
    ),
    "batch": FieldText(
        "Batch", "Pieces in one step. Smaller if memory runs out; larger makes calmer steps."
    ),
    "learning_rate": FieldText(
        "Learning rate",
        "Largest step of the optimiser. Empty: chosen by where training starts. Lower it if the "
        "loss jumps or grows.",
    ),
    "augmentation": FieldText(
        "Augmentation",
        "Show the pieces flipped and turned too. None for noise that has a direction, such as "
        "lines of a scan.",
        {"full": "flips and turns", "flips": "flips", "none": "none"},
    ),
    "seed": FieldText(
        "Seed", "The same seed and settings give the same model. Change it to see the spread."
    ),
    "mixed_precision": FieldText(
        "Mixed precision", "Calculate in bfloat16 where that is faster. Off to compare machines."
    ),
    "max_pixels": FieldText(
        "At most (Mpx)",
        "Learn from at most so many million pixels: of larger layers an evenly spread sample is "
        "read. Less needs less memory; more helps if the structures differ from place to place.",
    ),
    "validate_every": FieldText(
        "Validate every", "Steps between two checks of which model is the best so far."
    ),
    "weight_decay": FieldText(
        "Weight decay", "Pull of the weights towards zero. Higher if few pixels are learnt by rote."
    ),
    "warm_up": FieldText(
        "Warm-up", "Share of the steps over which the learning rate rises. More if the loss jumps."
    ),
    "averaging": FieldText(
        "Averaging",
        "Share of the old weights in the averaged model. Lower for very short runs only.",
    ),
    "gradient_clip": FieldText(
        "Gradient limit", "Largest norm of the gradient. Lower it if the loss jumps."
    ),
    "device": FieldText("Device", "Where to calculate. Automatic takes the fastest."),
    "start": FieldText(
        "Start from",
        "Pretrained weights know how to denoise before the first step: the best start for most "
        "images. Scratch learns from your images alone. A model of yours has learnt from its own.",
        {"pretrained": "Pretrained", "scratch": "Scratch"},
    ),
    "train.region": FieldText(
        "Train inside", "Learn only from inside the shapes or the labelled pixels."
    ),
    "denoise.model": FieldText(
        "Model", "The model to denoise with: the one just trained, or a saved one."
    ),
    "denoise.region": FieldText(
        "Region",
        "Everything in the layer, only what can be seen now (to try things out), or only the "
        "present point in time, with all of its planes.",
        {"all": "Everything", "view": "Current view", "frame": "Current frame"},
    ),
    "denoise.level": FieldText("Level", "Of a multiscale image: the level of detail to denoise."),
    "result.place": FieldText(
        "Result",
        "In memory it is there until napari closes. In a folder it may be larger than memory, "
        "stays, and goes on where it was if it is interrupted.",
        {"memory": "In memory", "folder": "In a folder (OME-Zarr)"},
    ),
    "result.folder": FieldText(
        "Folder", "Where the OME-Zarr folders of the results lie, one for each layer."
    ),
    "result.scheduler": FieldText(
        "Run on",
        "This process, several ones, or the address of a dask scheduler, such as "
        "tcp://host:8786, whose workers reach the folder.",
    ),
    "batch.inputs": FieldText(
        "Images", "A folder with all folders in it, files, or a pattern such as day*/*.tif."
    ),
    "batch.output": FieldText(
        "Results in",
        "Folder for the results, which lie in it as the images do in theirs.",
        {None: "beside the images"},
    ),
    "batch.format": FieldText(
        "Format",
        "Of the results. OME-Zarr suits large images; what is not written becomes TIFF.",
        {
            None: "As the images",
            "tif": "TIFF (ImageJ)",
            "ome.tif": "OME-TIFF",
            "zarr": "OME-Zarr",
        },
    ),
    "batch.overwrite": FieldText(
        "Overwrite",
        "Off: images that have a result already are skipped, so that a run can be continued.",
    ),
    "denoise.averaging": FieldText(
        "Average turns",
        "Average the results for all 8 flips and turns: better, and 8 times slower. Automatic does "
        "so with models of the best quality.",
        {True: "all 8", False: "none"},
    ),
    "denoise.dtype": FieldText(
        "Result as",
        "Decimal numbers keep all that the network says. The type of the image takes less memory; "
        "values are rounded and clipped.",
        {"float32": "decimal numbers", "keep": "type of the image"},
    ),
    "denoise.noise": FieldText(
        "Noise from",
        "The training images, or each image itself: choose it for images taken with another "
        "camera, exposure or scaling than those that the model was trained on.",
        {"model": "training images", "image": "image itself"},
    ),
    "denoise.precision": FieldText(
        "Precision",
        "Inside the network. float32 is exact; 16 bits differ by next to nothing. Automatic takes "
        "bfloat16 where that is faster: on GPUs of NVIDIA and processors with AMX.",
        {"float32": "float32", "bfloat16": "bfloat16", "float16": "float16"},
    ),
    "denoise.tile": FieldText(
        "Tile (pixels)",
        "Side of the pieces that go through the network; there are no seams. Give a smaller "
        "number if the memory runs out.",
    ),
}
