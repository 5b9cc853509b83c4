"""`python tools/pictures.py [ADDRESS]`: take the pictures of docs/pictures from a running demo (`make demo`).

Uses Debian's Chromium through Playwright; the demo's own logins. The demo should have played for a while.
"""

import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from yipanqi.web.demo import DEMO_PASSWORD

PICTURES = Path(__file__).resolve().parents[1] / "docs" / "pictures"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
]


def sign_in(page: Page, address: str, username: str) -> None:
    """Sign a demo officer in."""
    page.goto(f"{address}/login")
    page.fill("[name=username]", username)
    page.fill("[name=password]", DEMO_PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/login" not in url)


def main(address: str) -> None:
    """Save wall.png and seat.png."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        wall = browser.new_page(viewport={"width": 1920, "height": 1080})
        sign_in(wall, address, "commander")
        wall.goto(f"{address}/wall")
        wall.wait_for_timeout(3000)
        wall.screenshot(path=PICTURES / "wall.png")
        seat = browser.new_page(viewport={"width": 1366, "height": 768})
        sign_in(seat, address, "operator")
        seat.goto(f"{address}/seat")
        seat.keyboard.press("n")
        seat.wait_for_selector("#field-phone")
        seat.wait_for_timeout(500)
        seat.screenshot(path=PICTURES / "seat.png")
        seat.keyboard.press("b")
        seat.wait_for_timeout(500)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8080")
