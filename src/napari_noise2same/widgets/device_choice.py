"""Where to calculate."""

from __future__ import annotations

from collections.abc import Sequence

from napari_noise2same.widgets.choice import ChoiceBox

__all__ = ["DeviceChoice"]

_AUTOMATIC = "Automatic"


class DeviceChoice(ChoiceBox):
    """The devices of the machine; until they are known, automatic and what was asked for."""

    def __init__(self) -> None:
        super().__init__({"auto": _AUTOMATIC})
        self._known = False

    def set_value(self, key: object) -> None:
        """Choose a device; nothing happens if it is known not to be there.

        Parameters
        ----------
        key : str
            Its name, or ``"auto"``.
        """
        if not self._known and key != "auto":
            self.set_choices({"auto": _AUTOMATIC, str(key): str(key)})
        super().set_value(key)

    def set_devices(self, names: Sequence[str]) -> None:
        """Tell which devices there are; automatic is chosen if the chosen one is not.

        Parameters
        ----------
        names : sequence of str
            Their names, the one that automatic takes first.
        """
        self._known = True
        automatic = f"{_AUTOMATIC} ({names[0]})"
        self.set_choices({"auto": automatic, **dict(zip(names, names, strict=True))})
