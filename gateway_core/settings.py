"""What an administrator sets, from the environment (``GATEWAY_…``) or the command line."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from gateway_core.outgoing.addresses import Allowed

ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?|https?://\[[0-9a-f:]+\](:[0-9]{1,5})?")


class Settings(BaseSettings):
    """Every setting with its default; the environment variable is its name with ``GATEWAY_`` before it."""

    model_config = SettingsConfigDict(env_prefix="GATEWAY_", frozen=True, extra="ignore")

    store: str = Field(
        default="sqlite:///gateway.db",
        description="Where objects and configuration are kept: a URL with sqlite:, postgresql: or tinydb:.",
    )
    durability: Literal["full", "fast"] = Field(
        default="full",
        description="'full': an acknowledged write survives a power cut. 'fast': it survives a kill of "
        "the process, and the last writes before a power cut may be lost; writes are several times faster.",
    )
    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(default=8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    workers: int = Field(default=1, ge=1, le=64, description="Processes that serve requests.")
    demo: bool = Field(default=False, description="Serve without credentials, on the loopback address only.")
    bundles: str = Field(
        default="CustomerInteraction",
        description="Bundles to install at the start: names of shipped ones or folders, comma-separated.",
    )
    locked: bool = Field(
        default=False,
        description="Serve only what the lock file holds, by content: nothing else, nothing less, no edits.",
    )
    lock: str = Field(
        default="gateway.lock", description="The lock file, which `gateway bundle lock` writes."
    )
    public_url: str = Field(
        default="",
        description="The origin that clients use (https://host), when it is not the one they send.",
    )
    title: str = Field(
        default="Gateway",
        description="The title of the start page, and of the OpenAPI document (else: the bundles' titles).",
    )
    max_body: int = Field(default=1_048_576, ge=1_024, description="Largest request body, in bytes.")
    max_nesting: int = Field(default=32, ge=4, le=200, description="Deepest nesting of a request body.")
    default_limit: int = Field(
        default=30, ge=1, description="Objects on a page when the client asks for no number."
    )
    max_limit: int = Field(default=500, ge=1, description="Most objects on a page.")
    token_max_age: int = Field(
        default=3600, ge=1, description="Oldest signed token accepted, in seconds since its iat."
    )
    clock_leeway: int = Field(
        default=60, ge=0, description="How far the clocks of clients may differ, in seconds."
    )
    history_days: int = Field(
        default=365,
        ge=0,
        le=36_500,
        description="Days for which earlier versions of objects, and removed objects, are kept; they are "
        "forgotten at most an hour later. 0 keeps nothing but what is there.",
    )
    deliver_events: Literal["process", "thread", "none"] = Field(
        default="process",
        description="Who tells others of events: a 'process' beside those that serve (a 'thread' where the "
        "store is for one process), a 'thread' in each of them, or 'none' of them. Of all that share a "
        "store, one at a time does.",
    )
    events_days: int = Field(
        default=30,
        ge=0,
        le=36_500,
        description="Days for which events, and dead letters with them, are kept. What is still to be "
        "delivered is kept longer.",
    )
    events_attempts: int = Field(
        default=16,
        ge=1,
        le=100,
        description="Attempts after which what could not be delivered is a dead letter. With the defaults "
        "that is some five hours after the event.",
    )
    events_retry: float = Field(
        default=2.0,
        gt=0,
        le=3600,
        description="Seconds before the second attempt; each further one comes after twice as long, up to "
        "an hour.",
    )
    read_timeout: int = Field(
        default=30, ge=1, description="Seconds within which a request body must have arrived."
    )
    header_timeout: int = Field(
        default=10,
        ge=1,
        description="Seconds within which the headers of a request must have arrived, and what is left of a "
        "body when the answer was given before its end.",
    )
    send_timeout: int = Field(
        default=30, ge=1, description="Seconds after which a client that does not read its answer is cut off."
    )
    keep_alive: int = Field(
        default=15, ge=1, description="Seconds that a connection without requests stays open."
    )
    max_header: int = Field(
        default=32_768,
        ge=1_024,
        description="Largest request line and headers together, in bytes.",
    )
    max_headers: int = Field(default=100, ge=10, description="Most headers of a request.")
    max_connections: int = Field(
        default=500,
        ge=1,
        description="Connections that a worker process holds open; further ones are answered 503. The "
        "process needs twice as many open files (ulimit -n).",
    )
    cors_origins: str = Field(
        default="",
        description="Origins of web pages that may call with credentials (https://host), comma-separated.",
    )
    mapping_steps: int = Field(
        default=200_000, ge=1_000, description="Most steps of one run of a mapping, maps within it included."
    )
    mapping_text: int = Field(
        default=1_000_000, ge=1_000, description="Longest text that a mapping may build, in characters."
    )
    mapping_items: int = Field(
        default=100_000, ge=100, description="Most items of a list or object that a mapping may build."
    )
    mapping_depth: int = Field(
        default=100,
        ge=10,
        le=100,
        description="Deepest nesting of expressions, blocks, macros, targets and values in a mapping.",
    )
    mapping_map_depth: int = Field(default=16, ge=1, le=32, description="Mappings within mappings, at most.")
    mapping_seconds: float = Field(
        default=0.25, gt=0, le=60, description="Longest time of one run of a mapping, in seconds."
    )
    mapping_calls: int = Field(
        default=10,
        ge=0,
        le=1_000,
        description="Calls of sources that the mappings of one request may make, all together.",
    )
    secrets: str = Field(
        default="",
        description="A file of NAME=value lines, or a folder with a file for each, that holds the secrets "
        "which sources name (${NAME}). Variables GATEWAY_SECRET_NAME count before it.",
    )
    outgoing_allow: str = Field(
        default="",
        description="Places inside the own network that may be called, comma-separated: host:port, host, "
        "address or network (10.1.0.0/16). Beside them only addresses of the open internet are called.",
    )
    threads: int = Field(
        default=8, ge=1, le=64, description="Requests that a worker process works on at one time."
    )

    @field_validator("cors_origins")
    @classmethod
    def _are_origins(cls, listed: str) -> str:
        """An origin is compared as it is: one with a path would never be met, and ``*`` with
        credentials would let every page on the web call."""
        for each in filter(None, map(str.strip, listed.split(","))):
            if ORIGIN.fullmatch(each) is None:
                raise ValueError("an origin is written https://host or https://host:port, without a path")
        return listed

    @field_validator("outgoing_allow")
    @classmethod
    def _are_places(cls, listed: str) -> str:
        Allowed.parse(listed)
        return listed

    def bundle_names(self) -> tuple[str, ...]:
        """The bundles to install, in order."""
        return tuple(filter(None, (name.strip() for name in self.bundles.split(","))))

    def origins(self) -> tuple[str, ...]:
        """The CORS origins."""
        return tuple(filter(None, (name.strip() for name in self.cors_origins.split(","))))
