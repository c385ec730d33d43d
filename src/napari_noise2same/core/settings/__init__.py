"""All settings: immutable, validated data with a JSON round trip (no torch).

The same objects drive the Python interface, the command line, the forms and the model file.
"""

from napari_noise2same.core.settings.base import Settings
from napari_noise2same.core.settings.batch import BatchConfig, ResultFormat
from napari_noise2same.core.settings.denoising import DenoiseConfig, NoiseSource, Precision
from napari_noise2same.core.settings.network import NetworkConfig
from napari_noise2same.core.settings.objective import (
    STRATEGIES,
    AdaptiveLambda,
    Augmentation,
    CalibratedLambda,
    CovarianceLambda,
    FixedLambda,
    LambdaConfig,
    MaskConfig,
    Noise2InfoLambda,
    Stage,
    StagedLambda,
)
from napari_noise2same.core.settings.presets import Preset
from napari_noise2same.core.settings.results import (
    ResultConfig,
    check_scheduler_name,
    local_workers,
)
from napari_noise2same.core.settings.training import (
    MAX_DISTANCE,
    MIN_SIDE,
    NoiseDistance,
    TrainingConfig,
)

__all__ = [
    "MAX_DISTANCE",
    "MIN_SIDE",
    "STRATEGIES",
    "AdaptiveLambda",
    "Augmentation",
    "BatchConfig",
    "CalibratedLambda",
    "CovarianceLambda",
    "DenoiseConfig",
    "FixedLambda",
    "LambdaConfig",
    "MaskConfig",
    "NetworkConfig",
    "Noise2InfoLambda",
    "NoiseDistance",
    "NoiseSource",
    "Precision",
    "Preset",
    "ResultConfig",
    "ResultFormat",
    "Settings",
    "Stage",
    "StagedLambda",
    "TrainingConfig",
    "check_scheduler_name",
    "local_workers",
]
