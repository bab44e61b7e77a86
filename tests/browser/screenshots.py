"""``make screenshots``: pictures of the demo's dashboard for docs/images."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import sync_playwright

from tests.browser.conftest import CHROMIUM
from tests.streams.processes import started

IMAGES = Path(__file__).parents[2] / "docs" / "images"
#: Bytes: a picture that is larger is refused.
MAX_BYTES = 150_000
#: Of each picture: its page, language, appearance, width and height.
PICTURES = {
    "overview": ("/", "en", "light", 1200, 780),
    "overview-dark": ("/", "en", "dark", 1200, 780),
    "partners": ("/partners", "de", "light", 1280, 780),
    "partner-arabic": ("/partners/partner-002", "ar", "light", 1200, 780),
    "key-days": ("/key-days", "fr", "light", 1200, 780),
    "narrow": ("/budgets", "uk", "dark", 390, 780),
}


def main() -> int:
    """Take all of them; 1 if one is too large."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        sys.stderr.write("screenshots: there is no chromium; Debian and Ubuntu have it as a package\n")
        return 1
    IMAGES.mkdir(exist_ok=True)
    status = 0
    with (
        TemporaryDirectory() as data,
        started(["demo", "--data", data, "--port", "0"]) as (_, url),
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium, args=list(CHROMIUM))
        for name, (path, language, scheme, width, height) in PICTURES.items():
            page = browser.new_page(
                viewport={"width": width, "height": height}, color_scheme=scheme, locale=language
            )
            page.goto(url + path)
            file = IMAGES / f"{name}.png"
            page.screenshot(path=file)
            page.close()
            size = file.stat().st_size
            status = max(status, int(size > MAX_BYTES))
            sys.stdout.write(f"{file.relative_to(IMAGES.parents[1])}: {size:,} bytes\n")
        browser.close()
    return status


if __name__ == "__main__":
    sys.exit(main())
