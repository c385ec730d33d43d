"""Qt views: they show values and emit signals; they know neither napari nor training."""

from napari_noise2same.widgets.axes_row import AxesRow
from napari_noise2same.widgets.batch_panel import BatchPanel
from napari_noise2same.widgets.choice import ChoiceBox
from napari_noise2same.widgets.collapsible import Collapsible
from napari_noise2same.widgets.config_form import ConfigForm
from napari_noise2same.widgets.denoise_panel import DenoisePanel, Region
from napari_noise2same.widgets.device_choice import DeviceChoice
from napari_noise2same.widgets.file_table import THUMBNAIL_SIDE, FileState, FileTable
from napari_noise2same.widgets.layer_list import LayerList
from napari_noise2same.widgets.loss_plot import LossPlot
from napari_noise2same.widgets.message import MessageLine
from napari_noise2same.widgets.paths_box import PathsBox
from napari_noise2same.widgets.progress import RunProgress
from napari_noise2same.widgets.quality import QualityChoice
from napari_noise2same.widgets.result_form import ResultForm
from napari_noise2same.widgets.run_buttons import RunButtons, RunState
from napari_noise2same.widgets.save_dialog import ask_where_to_save
from napari_noise2same.widgets.start_choice import StartChoice
from napari_noise2same.widgets.train_panel import TrainPanel

__all__ = [
    "THUMBNAIL_SIDE",
    "AxesRow",
    "BatchPanel",
    "ChoiceBox",
    "Collapsible",
    "ConfigForm",
    "DenoisePanel",
    "DeviceChoice",
    "FileState",
    "FileTable",
    "LayerList",
    "LossPlot",
    "MessageLine",
    "PathsBox",
    "QualityChoice",
    "Region",
    "ResultForm",
    "RunButtons",
    "RunProgress",
    "RunState",
    "StartChoice",
    "TrainPanel",
    "ask_where_to_save",
]
