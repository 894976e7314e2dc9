"""What tests of pages share: roles, an empty project, a small one with a requirement, hidden fields of a form."""

import re
from html import unescape
from pathlib import Path

from tests.lifecycle.editing_desk import write

from ninefold.workbench.access.viewer import Viewer

VIEWER = Viewer("person-viewer0123456789", "Vera Beispiel", "viewer")
EDITOR = Viewer("person-editor0123456789", "Edgar Beispiel", "editor")
DEUTSCH = Viewer("person-editor0123456789", "Edgar Beispiel", "editor", language="de", zone="Europe/Berlin")
HOSTILE = "<b>\"'&\u202e " + "x" * 200


def empty(root: Path) -> Path:
    """Make a project as `ninefold init` leaves it."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "ninefold.toml").write_text('name = "empty"\n')
    return root


def written(root: Path) -> Path:
    """Make a project with one requirement and no result."""
    write(root)
    return root


def hidden(html: str, name: str) -> str:
    """Return the value of the first hidden field of a name."""
    found = re.search(rf'<input type="hidden" name="{re.escape(name)}" value="([^"]*)">', html)
    assert found, f"no hidden field {name}"
    return unescape(found[1])


def form_of(html: str, action: str) -> dict[str, str]:
    """Return the fields of the form of an action, as a browser would send them unchanged."""
    part = html.partition(f'action="/{action}"')[2].partition("</form>")[0]
    assert part, f"no form {action}"
    fields = {n: unescape(v) for n, v in re.findall(r'<input[^>]* name="([^"]+)"[^>]* value="([^"]*)"', part)}
    fields |= {n: unescape(v) for n, v in re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>\n?([^<]*)</textarea>', part)}
    for name, options in re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', part):
        chosen = re.search(r'value="([^"]*)" selected', options)
        fields[name] = chosen[1] if chosen else ""
    return fields
