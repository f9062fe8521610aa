"""The site as a reader meets it, in Chromium, on a screen and on a phone: `make docs-check`."""

import re
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin

import pytest

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "build" / "site"
PHONE, SCREEN = 375, 1280  # pixels
LEAVES_OUT = ("https://", "http://", "mailto:", "data:")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (SITE / "index.html").exists(), reason="`make docs` has not built the site"),
]
playwright = pytest.importorskip("playwright.sync_api", reason="`make docs-check` installs it")


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@dataclass
class Crawl:
    """What was found on all pages that can be reached from the first."""

    links: dict[str, set[str]] = field(default_factory=dict)  # of a page
    anchors: dict[str, set[str]] = field(default_factory=dict)
    wide: dict[str, float] = field(default_factory=dict)  # pixels on a phone, where more than it has
    complaints: list[str] = field(default_factory=list)  # of the console, and requests that failed
    elsewhere: set[str] = field(default_factory=set)  # what was fetched from other machines
    raw: dict[str, list[str]] = field(default_factory=dict)  # TeX or Markdown that was not made into anything


@pytest.fixture(scope="module")
def crawl() -> Iterator[Crawl]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=SITE))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_port}/"
    with playwright.sync_playwright() as drivers:
        browser = drivers.chromium.launch(executable_path=shutil.which("chromium"))
        yield visited(browser.new_page(viewport={"width": SCREEN, "height": 900}), base)
        browser.close()
    server.shutdown()


WORDS = """it => {
    const copy = it.cloneNode(true);
    copy.querySelectorAll("pre, code").forEach(one => one.remove());
    return copy.innerText;
}"""


def visited(page, base: str) -> Crawl:
    found, ahead = Crawl(), ["index.html"]
    listen(page, base, found)
    while ahead:
        name = ahead.pop()
        if name in found.links:
            continue
        look(page, base, name, found)
        pages = {urldefrag(link).url for link in found.links[name]}
        ahead += [link for link in pages if link.endswith(".html") and (SITE / link).exists()]
    return found


def listen(page, base: str, found: Crawl) -> None:
    def said(message) -> None:
        if message.type in ("error", "warning"):
            found.complaints.append(message.text)

    def asked(request) -> None:
        if not request.url.startswith((base, "data:", "blob:")):
            found.elsewhere.add(request.url)

    def answered(response) -> None:
        if response.status >= 400:
            found.complaints.append(f"{response.status} {response.url}")

    page.on("console", said)
    page.on("pageerror", lambda error: found.complaints.append(str(error)))
    page.on("request", asked)
    page.on("response", answered)


def look(page, base: str, name: str, found: Crawl) -> None:
    """One page, wide and then narrow."""
    page.set_viewport_size({"width": SCREEN, "height": 900})
    page.goto(base + name)
    hrefs = page.eval_on_selector_all("a[href]", "all => all.map(a => a.getAttribute('href'))")
    inside = [href for href in hrefs if not href.startswith(LEAVES_OUT)]
    found.links[name] = {urljoin(base + name, href).removeprefix(base) for href in inside}
    found.anchors[name] = set(page.eval_on_selector_all("[id]", "all => all.map(one => one.id)"))
    found.raw[name] = re.findall(r"\$\$|\\\(|\\begin|\*\*\w|:::|```", page.eval_on_selector("article", WORDS))
    page.set_viewport_size({"width": PHONE, "height": 800})
    width = page.evaluate("document.documentElement.scrollWidth")
    if width > PHONE:
        found.wide[name] = width


def test_no_link_is_broken(crawl: Crawl) -> None:
    broken = []
    for page, links in crawl.links.items():
        for link in links:
            url, anchor = urldefrag(link)
            there = (SITE / unquote(url or "index.html")).is_file()
            told = not anchor or url not in crawl.anchors or unquote(anchor) in crawl.anchors[url]
            broken += [] if there and told else [f"{page}: {link}"]
    assert not broken


def test_every_page_is_reached(crawl: Crawl) -> None:
    built = {path.relative_to(SITE).as_posix() for path in SITE.rglob("*.html")} - {"404.html"}
    assert built == set(crawl.links)


def test_nothing_complains(crawl: Crawl) -> None:
    assert not crawl.complaints


def test_nothing_comes_from_elsewhere(crawl: Crawl) -> None:
    assert not crawl.elsewhere


def test_nothing_is_wider_than_a_phone(crawl: Crawl) -> None:
    assert not crawl.wide


def test_mathematics_and_markdown_are_made(crawl: Crawl) -> None:
    assert not {page: left for page, left in crawl.raw.items() if left}
