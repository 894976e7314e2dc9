"""The directive of pictures: they are made by a walk through the workbench (`make pictures`) and never committed.

```{picture} guide-start
What is seen on it, for who does not see it.
```

Where the picture is not there, a line says how to make it; both are built without a warning.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

FOLDER = "pictures"


def shown(docs: Path, name: str, told: str) -> list[nodes.Node]:
    """Return the picture with what is told of it, or, without the picture, the words with how to make it."""
    words = nodes.caption("", told)
    if (docs / FOLDER / f"{name}.png").is_file():
        image = nodes.image(uri=f"/{FOLDER}/{name}.png", alt=told, classes=["picture"])
        return [nodes.figure("", image, words)]
    how = nodes.paragraph("", "", nodes.Text(f"{told} ("), nodes.literal("", "make pictures"),
                          nodes.Text(" takes the picture.)"))  # fmt: skip
    return [nodes.container("", how, classes=["picture-missing"])]


class Picture(SphinxDirective):
    """`{picture} NAME` with the words below it."""

    required_arguments = 1
    has_content = True

    def run(self) -> Sequence[nodes.Node]:
        """Return what stands in the page."""
        name = self.arguments[0]
        self.env.note_dependency(str(Path(self.env.srcdir) / FOLDER / f"{name}.png"))
        return shown(Path(self.env.srcdir), name, " ".join(self.content))


def setup(app: Any) -> dict[str, bool]:
    """Add the directive."""
    app.add_directive("picture", Picture)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
