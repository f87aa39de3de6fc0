"""The pages for people, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from chromium import Browser
from gateway_process import Server

START = "document.querySelectorAll('tbody tr').length > 10"
DOCS = "document.querySelectorAll('.opblock-tag').length > 3"
FITS = "document.documentElement.scrollWidth <= window.innerWidth"

pytestmark = [pytest.mark.server, pytest.mark.timeout(900)]  # a browser may have to be installed first


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    with Browser(tmp_path) as opened:
        yield opened


def test_pages_work_alone(browser: Browser, demo_server: Server) -> None:
    """The start page and the documentation show what they are for, complain of nothing, ask no other
    host, and fit a wide screen and a narrow one."""
    host = urlsplit(demo_server.url).netloc
    for width, height in ((1280, 800), (390, 844)):
        for path, ready in (("/", START), ("/docs", DOCS)):
            browser.open(f"{demo_server.url}{path}", width, height, ready)
            assert browser.ask(FITS), f"{path} is wider than {width} pixels"
    asked = browser.requests()
    assert f"{demo_server.url}/openapi.json" in asked
    assert [url for url in asked if urlsplit(url).netloc not in (host, "") or url.startswith("file")] == []
    assert browser.complaints() == []


def test_complaints_would_be_heard(browser: Browser, demo_server: Server) -> None:
    """An error in a page, a file that is not there and a request to another host all leave a trace."""
    browser.open(f"{demo_server.url}/", 1280, 800, START)
    browser.ask("setTimeout(() => { throw new Error('thrown') })")
    browser.ask("console.error('told')")
    browser.ask("globalThis.ended = 0")
    for place in ("/nothing-here", "http://elsewhere.invalid/"):
        browser.ask(f"fetch('{place}').catch(() => 0).finally(() => {{ globalThis.ended += 1 }})")
    browser.wait("globalThis.ended === 2")
    browser.open(f"{demo_server.url}/", 1280, 800, START)
    heard = " ".join(browser.complaints())
    assert [word for word in ("thrown", "told", "404", "elsewhere.invalid") if word not in heard] == []


def test_an_endpoint_leads_to_its_documentation(browser: Browser, demo_server: Server) -> None:
    """The link behind an endpoint of the start page opens its operation in the documentation."""
    browser.open(f"{demo_server.url}/", 1280, 800, START)
    link = browser.ask("document.querySelector('td a[href^=\"/docs#\"]').href")
    opened = "document.querySelectorAll('.opblock.is-open').length === 1"
    browser.open(link, 1280, 800, opened)
    assert browser.ask("document.querySelector('.opblock.is-open .opblock-summary-path').textContent") != ""
