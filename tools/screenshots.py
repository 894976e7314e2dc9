"""Pictures of the workbench's pages at two sizes in both themes, for somebody to look at; they are never committed.

    python tools/screenshots.py http://127.0.0.1:8480 build/screenshots --cookie session=VALUE overview=/ fleet=/fleet

Needs Debian's Chromium and the dev group's Playwright. Ends with 1 when a page answers with an error.
"""

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

SIZES = {"laptop": (1366, 768), "tablet": (800, 1280)}
THEMES = ("light", "dark")
LOOKS = tuple((size, theme) for size in SIZES for theme in THEMES)
FLAGS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync")


def main(words: Sequence[str] | None = None) -> int:
    """Take them all; return 0, or 1 when a page answered with an error."""
    asked = _arguments().parse_args(words)
    asked.folder.mkdir(parents=True, exist_ok=True)
    failed = take(asked.base, dict(asked.pages), asked.folder, cookie=asked.cookie, language=asked.language)
    for told in failed:
        print(told, file=sys.stderr)
    return 1 if failed else 0


def take(
    base: str, pages: dict[str, str], folder: Path, *, cookie: tuple[str, str] | None = None, language: str = "en-GB",
    looks: Sequence[tuple[str, str]] = LOOKS,
) -> list[str]:  # fmt: skip
    """Write NAME-SIZE-THEME.png of each page, as tall as the page is; return what answered with an error.

    Raises: FileNotFoundError without Chromium.
    """
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    if program is None:
        raise FileNotFoundError("There is no Chromium. Install Debian's: apt-get install chromium-headless-shell")
    failed = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        for size, theme in looks:
            width, height = SIZES[size]
            context = browser.new_context(
                base_url=base, viewport={"width": width, "height": height}, color_scheme=theme,
                reduced_motion="reduce", locale=language,
            )  # fmt: skip
            if cookie:
                context.add_cookies([{"name": cookie[0], "value": cookie[1], "url": base}])
            page = context.new_page()
            for name, path in pages.items():
                answer = page.goto(path, wait_until="load")
                if answer is None or answer.status >= 400:
                    failed.append(f"{path} answered {answer.status if answer else 'nothing'} ({size}, {theme})")
                page.screenshot(path=folder / f"{name}-{size}-{theme}.png", full_page=True)
            context.close()
        browser.close()
    return failed


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("base", help="address of a running workbench")
    parser.add_argument("folder", type=Path, help="where the pictures go")
    parser.add_argument("pages", nargs="+", type=_pair, metavar="NAME=PATH")
    parser.add_argument("--cookie", type=_pair, metavar="NAME=VALUE", help="of a session that is logged in")
    parser.add_argument("--language", default="en-GB")
    return parser


def _pair(word: str) -> tuple[str, str]:
    name, equals, value = word.partition("=")
    if not (name and equals and value):
        raise argparse.ArgumentTypeError(f"{word!r} has no NAME=VALUE")
    return name, value


if __name__ == "__main__":
    sys.exit(main())
