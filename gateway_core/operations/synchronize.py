"""Objects of a source, brought into the register: new ones created, changed ones changed, vanished ones
removed where that is wanted.

The id of an object follows from the synchronization and from its id at the source: whoever brings it in,
also at the same moment on another machine, writes the same object. Of each object a hash of what the source
said is kept: what says the same is not looked at again, so that a change that was made here stays until the
source has another one. A run that was broken off goes on with the page that it had not finished.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from gateway_core.errors import Conflict, UpstreamError
from gateway_core.mapping.mapping import Services
from gateway_core.operations.call import Context
from gateway_core.operations.dotted import at
from gateway_core.operations.incoming import Place, Run, Synchronization, Tally
from gateway_core.types import Json, JsonObject, Principal

PAGES: Final = 10_000
LEASE_SECONDS: Final = 120.0

Report = Callable[[Tally], None]


def synchronize(
    context: Context,
    sync: Synchronization,
    principal: Principal,
    services: Services,
    holder: str,
    *,
    report: Report = lambda _: None,
    first: int | None = None,
) -> Tally:
    """Bring in all pages, those that an earlier run had not finished, or those from ``first`` on. Only a run
    of all pages removes what vanished.

    One run at a time: raises ``Conflict`` while another has it. Raises ``UpstreamError`` when the source
    fails, and then a further run does what is left.
    """
    lease, outbox = f"synchronize {sync.reference}", context.store.outbox
    if not outbox.lease(lease, holder, LEASE_SECONDS):
        raise Conflict("this synchronization runs at this moment already", hint="Try again later.")
    try:
        run = Run(context, sync, principal, services)
        start = Place(first, "") if first is not None else run.left_at()
        run.tally.resumed = first is None and start is not None
        try:
            for page, following in _pages(run, start or Place(sync.first, "")):
                run.bring_in(page)
                run.finish(following)
                report(run.tally)
                if not outbox.lease(lease, holder, LEASE_SECONDS):
                    raise Conflict("another run of this synchronization took over")
        except UpstreamError:
            if run.tally.resumed and not run.tally.pages:
                run.finish(None)  # the place may be gone: the next run begins anew
            raise
        run.finish(None)
        if sync.remove and start is None and not run.tally.failed:
            run.remove_vanished()
            report(run.tally)
        return run.tally
    finally:
        outbox.release(lease, holder)


def bring_one_in(
    context: Context, sync: Synchronization, principal: Principal, services: Services, element: JsonObject
) -> Tally:
    """Bring in one element alone; the tally has its fault when it cannot be kept."""
    run = Run(context, sync, principal, services)
    run.bring_in([element])
    run.keep()
    return run.tally


def _pages(run: Run, start: Place) -> Iterator[tuple[list[Json], Place | None]]:
    """The objects of each page with the place of the next one, until a page is empty, the same as that before
    it, or the last."""
    sync = run.sync
    path, query = start.path or sync.path, {} if start.path else dict(sync.query)
    before: list[Json] | None = None
    for number in range(start.number, start.number + PAGES):
        if sync.paging == "page":
            query[sync.parameter] = number
        answer = run.ask(path, query)
        items = _items(answer, sync.results)
        total = answer.get("count", answer.get("total")) if isinstance(answer, dict) else None
        if isinstance(total, int) and not isinstance(total, bool) and sync.paging != "none":
            run.tally.total = total
        if not items or items == before:
            return
        if sync.paging == "none":
            yield items, None
            return
        following = at(answer, sync.next) if sync.paging == "next" else ""
        if sync.paging == "next" and not (isinstance(following, str) and following):
            yield items, None
            return
        yield items, Place(number + 1, following)
        if following:
            path, query = following, {}
        before = items


def _items(answer: Json, where: str) -> list[Json]:
    found = at(answer, where)
    if isinstance(found, list):
        return found
    if found is None and isinstance(answer, list):
        return answer
    return [found] if isinstance(found, dict) else []
