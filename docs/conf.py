"""The site of these pages: Sphinx with MyST and Furo, built offline; a warning is an error (`make docs`)."""

import sys
from importlib.metadata import version as version_of
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # for the directive of pictures

project = "ninefold"
author = "The ninefold authors"
copyright = "The ninefold authors, Apache-2.0"  # noqa: A001 - the name that Sphinx reads
release = version_of("ninefold")
extensions = ["myst_parser", "picture"]
exclude_patterns = ["site", "pictures"]
myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence"]
myst_links_external_new_tab = False
nitpicky = True

html_theme = "furo"
html_title = "ninefold"
html_static_path = ["site"]
html_css_files = ["ninefold.css"]
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_favicon = "site/mark.svg"
html_logo = "site/mark.svg"
html_theme_options = {
    "light_css_variables": {
        "color-brand-primary": "#0b6b63", "color-brand-content": "#0b6b63", "color-brand-visited": "#57527e",
        "font-stack": "system-ui, 'Segoe UI', Roboto, 'Noto Sans', Arial, sans-serif",
    },
    "dark_css_variables": {
        "color-brand-primary": "#5cc9bd", "color-brand-content": "#5cc9bd", "color-brand-visited": "#b3a9f0",
    },
}  # fmt: skip
pygments_style = "friendly"
pygments_dark_style = "monokai"
