"""The work of the process beside those that serve."""

from __future__ import annotations

import threading

from gateway_core import app as gateway
from gateway_core.cli.output import explain, tell
from gateway_core.errors import GatewayError
from gateway_core.settings import Settings
from gateway_core.store.open import open_store


def deliver(settings: Settings, stopping: threading.Event) -> None:
    """Tell others of events until ``stopping``.

    It acknowledges nothing to anybody, so that it needs no durability: what a power cut takes is
    delivered once more.
    """
    store = open_store(settings.store, durability="fast")
    live, outgoing = gateway.live_of(settings, store), gateway.outgoing_of(settings)
    performer, sources = gateway.performer_of(settings, outgoing), gateway.sources_of(settings, outgoing)
    dispatcher = gateway.dispatcher_of(settings, performer, live, sources)
    timer = gateway.timer_of(live)
    dispatcher.start()
    timer.start()
    while not stopping.wait(gateway.REFRESH_SECONDS):
        try:
            live.refresh()
        except GatewayError as error:
            tell(f"events are told by the configuration before: {explain(error)}")
    timer.stop()
    dispatcher.stop()
    outgoing.close()
    store.close()
