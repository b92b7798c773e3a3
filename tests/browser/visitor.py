"""Somebody at a browser of their own: what they do, what they see, and what the browser complained about meanwhile."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.async_api import BrowserContext, ConsoleMessage, Locator, Page, ViewportSize, expect

from tests.browser.wire import Wire
from tests.system.tools import CLIENTS, npm_install

DESKTOP = ViewportSize(width=1280, height=800)
PHONE = ViewportSize(width=390, height=844)
WAIT_MS = 30_000
"""For whatever has to happen, on a machine that is busy with other things too: Playwright's 5 s are few there."""
expect.set_options(timeout=WAIT_MS)

_REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) =>
  window.reportViolation(`${event.violatedDirective} blocked ${event.blockedURI || event.sample}`));
"""
# The editor asks for a session at its start; without a cookie the answer is 401, which Chromium always logs.
_EXPECTED_AT_START = re.compile(r"status of 401 .*/api/auth/refresh$")
# This machine's network has got a device or lost one, as when a container starts beside this run: the page asks again.
_OF_THE_MACHINE = re.compile(r"ERR_NETWORK_CHANGED")


@dataclass(kw_only=True)  # no slots: Playwright keeps its own notes on whose method it calls back
class Visitor:
    """One browser context with one page. ``complaints`` must be empty when a test ends."""

    name: str
    context: BrowserContext
    page: Page
    url: str
    artifacts: Path
    wire: Wire = field(default_factory=Wire)
    complaints: list[str] = field(default_factory=list[str])
    _tolerated: list[re.Pattern[str]] = field(default_factory=lambda: [_EXPECTED_AT_START, _OF_THE_MACHINE])
    _shots: int = 0
    _left: bool = False

    @classmethod
    async def arrive(cls, context: BrowserContext, *, name: str, url: str, artifacts: Path) -> Visitor:
        """Sit down at a browser. The page is still empty."""
        context.set_default_timeout(WAIT_MS)
        await context.tracing.start(snapshots=True)
        page = context.pages[0] if context.pages else await context.new_page()
        visitor = cls(name=name, context=context, page=page, url=url, artifacts=artifacts)
        # The library's own annotation leaves a type parameter out
        await context.expose_binding("reportViolation", visitor._violated)  # pyright: ignore[reportUnknownMemberType]
        await context.add_init_script(_REPORT_VIOLATIONS)
        await visitor.wire.tap(page)
        visitor.listen_to(page)
        return visitor

    def listen_to(self, page: Page) -> None:
        """Hear what a page complains about."""
        page.on("console", self._said)
        page.on("pageerror", lambda error: self._complain(f"uncaught: {error}"))

    def tolerate(self, pattern: str) -> None:
        """Complaints that this test brings about on purpose."""
        self._tolerated.append(re.compile(pattern))

    async def go(self, path: str = "/") -> None:
        await self.page.goto(path)

    def see(self, test_id: str) -> Locator:
        """What the editor marks with this ``data-testid``."""
        return self.page.get_by_test_id(test_id)

    async def go_offline(self) -> None:
        """Lose the network."""
        self.tolerate(r"ERR_INTERNET_DISCONNECTED|WebSocket connection to .* failed")
        await self.context.set_offline(offline=True)
        await self.wire.cut()

    async def go_online(self) -> None:
        """Have it back."""
        self.wire.mend()
        await self.context.set_offline(offline=False)

    async def shot(self, stage: str) -> None:
        """Keep a picture of this stage."""
        self._shots += 1
        self.artifacts.mkdir(parents=True, exist_ok=True)
        await self.page.screenshot(path=self.artifacts / f"{self.name}-{self._shots:02}-{stage}.png")

    async def accessibility_faults(self) -> list[str]:
        """What axe finds against WCAG 2.1 A and AA on the page as it is."""
        npm_install(CLIENTS)
        await self.page.evaluate((CLIENTS / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8"))
        found: Sequence[dict[str, Any]] = await self.page.evaluate(
            """async () => (await axe.run(document, {
                runOnly: { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] },
            })).violations"""
        )
        return [
            f"{fault['id']} ({fault['impact']}): {fault['help']}: {[node['target'] for node in fault['nodes']][:5]}"
            for fault in found
        ]

    async def leave(self, *, failed: bool) -> None:
        """Close the browser, once; after a failure keep what helps to understand it."""
        if self._left:
            return
        self._left = True
        if failed:
            await self.shot("at-the-failure")
            (self.artifacts / f"{self.name}-console.txt").write_text("\n".join(self.complaints), encoding="utf-8")
            await self.context.tracing.stop(path=self.artifacts / f"{self.name}-trace.zip")
        else:
            await self.context.tracing.stop()  # what is still being traced leaves its folder behind
        await self.context.close()

    def _violated(self, _source: Mapping[str, Any], what: str) -> None:
        self._complain(f"content security policy: {what}")

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self._complain(f"{message.type}: {message.text} {message.location.get('url', '')}".strip())

    def _complain(self, complaint: str) -> None:
        if not any(pattern.search(complaint) for pattern in self._tolerated):
            self.complaints.append(complaint)


__all__ = ["DESKTOP", "PHONE", "WAIT_MS", "Visitor", "expect"]
