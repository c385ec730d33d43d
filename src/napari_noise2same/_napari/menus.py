"""The entry in the context menu of the layer list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app_model.expressions import parse_expression
from app_model.types import CommandRule, MenuItem
from napari._app_model import get_app_model

if TYPE_CHECKING:
    from npe2 import PluginContext

__all__ = ["activate"]

_MENU = "napari/layers/context"
_GROUP = "1_conversion"


def activate(context: PluginContext) -> None:
    """Add *Denoise now* to the context menu of the layer list.

    The manifest cannot: napari 0.9 takes from it only what goes to `MenuId.contributables()`, to
    which neither this menu nor a submenu of it belongs, and no plugin is asked anything at the
    start of a session. So it is done when napari activates the plugin, at its first use. The
    Layers menu and the command palette have the entry from the start.

    Parameters
    ----------
    context : npe2.PluginContext
        Takes the entry away when the plugin is disabled.
    """
    command = CommandRule(
        id="napari-noise2same.denoise_now",
        title="Denoise now (Noise2Same)",
        enablement=parse_expression("num_selected_image_layers > 0"),
    )
    item = MenuItem(command=command, group=_GROUP)
    context.register_disposable(get_app_model().menus.append_menu_items([(_MENU, item)]))
