"""One environment and one Chromium for the suite; each person of a test has a browser context of their own."""

import json
import os
import re
import shutil
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, BrowserType, async_playwright

from bootstrap.prerequisites import browser as chromium_path
from tests.browser.firewall import Findings
from tests.browser.visitor import DESKTOP, Visitor
from tests.system.project import UP_TIMEOUT_S
from tests.system.reach import chromium_flags
from tests.system.running import Running
from tests.system.target import environment_of, on_cluster
from tests.system.tools import ARTIFACTS

SHOTS = ARTIFACTS / "browser"
TIMEOUT_S = 3600 if on_cluster() else 3 * UP_TIMEOUT_S
FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_REPORT = pytest.StashKey[pytest.TestReport]()

Visit = Callable[..., Awaitable[Visitor]]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if call.when == "call":
        item.stash[_REPORT] = report
    return report


@pytest.fixture(scope="session")
def environment(request: pytest.FixtureRequest) -> Generator[Running]:
    """Up and healthy. Where it has a web application firewall, that may not have found anything in what people did."""
    with environment_of(request, prefix="browser") as environment:
        yield environment
        findings = Findings.of(environment)
        SHOTS.mkdir(parents=True, exist_ok=True)
        (SHOTS / "firewall.json").write_text(json.dumps({"inspected": findings.inspected, "hits": findings.hits}))
        findings.check()


@dataclass(frozen=True, slots=True)
class Chromium:
    """The browser that runs, and the way to start another on a profile of its own."""

    browser: Browser
    kind: BrowserType
    launch: Mapping[str, Any]

    async def context(self, profile: Path | None, **options: Any) -> BrowserContext:
        """A fresh context, as on another machine; with ``profile`` a browser that remembers what it finds there."""
        if profile is None:
            return await self.browser.new_context(**options)
        return await self.kind.launch_persistent_context(profile, **self.launch, **options)


@pytest_asyncio.fixture(scope="session")
async def chromium(environment: Running) -> AsyncGenerator[Chromium]:
    """Started when there is something to reach: it must be told how."""
    assert environment.url
    shutil.rmtree(SHOTS, ignore_errors=True)
    launch: dict[str, Any] = {
        "executable_path": chromium_path(),
        "args": [*FLAGS, *chromium_flags(), *(["--no-sandbox"] if os.geteuid() == 0 else [])],
    }
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(**launch)
        yield Chromium(browser, playwright.chromium, launch)
        await browser.close()


@pytest_asyncio.fixture
async def visit(chromium: Chromium, environment: Running, request: pytest.FixtureRequest) -> AsyncGenerator[Visit]:
    """Makes visitors; afterwards none of their browsers may have complained."""
    visitors: list[Visitor] = []

    async def arrive(name: str, *, profile: Path | None = None, **options: Any) -> Visitor:
        defaults = {"viewport": DESKTOP, "base_url": environment.url, "reduced_motion": "reduce"}
        context = await chromium.context(profile, **{**defaults, **options})
        visitor = await Visitor.arrive(context, name=name, url=environment.url, artifacts=_folder(request))
        visitors.append(visitor)
        return visitor

    yield arrive
    report = request.node.stash.get(_REPORT, None)
    for visitor in visitors:
        await visitor.leave(failed=report is None or report.failed)
    complaints = {visitor.name: visitor.complaints for visitor in visitors if visitor.complaints}
    assert not complaints


def _folder(request: pytest.FixtureRequest) -> Path:
    name = re.sub(r"[^a-z0-9]+", "-", request.node.name.removeprefix("test_").lower()).strip("-")
    return SHOTS / name


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whichever test comes first also waits for the environment, and on a fresh checkout for the editor's build."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.timeout(TIMEOUT_S))
