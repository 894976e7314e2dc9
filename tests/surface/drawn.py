"""What every drawing of the workbench must be: well formed, without style or script, with unique ids and a name."""

import re
from xml.etree import ElementTree as ET

from ninefold.surface.figure import Figure

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = (
    '<script>alert("x")</script>',
    "\"' onload='alert(1)",
    "\u202eright to left \u05e2\u05d1\u05e8\u05d9\u05ea",
    "bell\x07 null\x00 half \ud800 \ufffe",
    "]]>&amp;<!--",
    "L" * 200,
)


def drawn(figure: Figure) -> ET.Element:
    """Return the drawing, after its rules are checked."""
    root = ET.fromstring(figure.svg.encode())
    everything = list(root.iter())
    assert {e.tag for e in everything} <= {
        f"{SVG}{t}"
        for t in [
            "svg",
            "title",
            "desc",
            "defs",
            "pattern",
            "marker",
            "g",
            "a",
            "rect",
            "line",
            "path",
            "circle",
            "text",
            "tspan",
        ]
    }
    for element in everything:
        assert "style" not in element.attrib
        assert not [name for name in element.attrib if name.startswith("on")]
        assert not element.get("href", "").lower().startswith("javascript")
    ids = [e.get("id") for e in everything if e.get("id")]
    assert len(ids) == len(set(ids))
    for wanted in (root.get("aria-labelledby"), root.get("aria-describedby")):
        assert wanted in ids
    for used in re.findall(r"url\(#([^)]*)\)", figure.svg):
        assert used in ids
    assert root.get("role") == ("group" if root.findall(f".//{SVG}a") else "img")
    assert "nan" not in re.sub(r">[^<]*<", "><", figure.svg).replace("n-an", "")
    return root


def told(root: ET.Element) -> str:
    """Return all words that are shown."""
    return "\n".join("".join(t.itertext()) for t in root.iter(f"{SVG}text"))
