"""HTML pages that need no script."""

from service.pages import board, canary, documents, health, ledger, public, staff_door, stopping, subscribing

ROUTERS = (
    public.router,
    subscribing.router,
    stopping.router,
    staff_door.router,
    board.router,
    documents.router,
    ledger.router,
    canary.router,
    health.router,
)
