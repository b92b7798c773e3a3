"""The WebSocket between a page and the gateway, in the hands of a test."""

from __future__ import annotations

from playwright.async_api import Page, WebSocketRoute


class Wire:
    """Passes everything on until told otherwise: then it keeps what the server says to itself, or is cut through.

    Chromium's own offline mode leaves WebSockets alone, so whoever goes offline needs both.
    """

    def __init__(self) -> None:
        self._holding = False
        self._is_cut = False
        self._open: list[WebSocketRoute] = []
        self._held: list[tuple[WebSocketRoute, str | bytes]] = []

    async def tap(self, page: Page) -> None:
        """Sit on every WebSocket that the page opens from now on."""
        await page.route_web_socket("**/collaboration/**", self._connect)

    def hold(self) -> None:
        """The server's messages wait here."""
        self._holding = True

    def release(self) -> None:
        """What waited arrives, in its order, and so does what follows."""
        self._holding = False
        for route, message in self._held:
            route.send(message)
        self._held.clear()

    async def cut(self) -> None:
        """Every connection breaks, and no new one comes about."""
        self._is_cut = True
        for route in self._open:
            await route.close()
        self._open.clear()

    def mend(self) -> None:
        """New connections come about again."""
        self._is_cut = False

    async def _connect(self, route: WebSocketRoute) -> None:
        if self._is_cut:
            await route.close()
            return
        self._open.append(route)
        server = route.connect_to_server()

        def from_server(message: str | bytes) -> None:
            if self._holding:
                self._held.append((route, message))
            else:
                route.send(message)

        server.on_message(from_server)
