"""The only code that touches a napari viewer or layer; found through the manifest, napari.yaml."""
