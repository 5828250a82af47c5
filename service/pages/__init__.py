"""HTML pages that need no script."""

from service.pages import (
    board,
    canary,
    documents,
    health,
    ledger,
    public,
    staff_door,
    stopping,
    subscribing,
    urgent_action,
)

ROUTERS = (
    public.router,
    urgent_action.router,
    subscribing.router,
    stopping.router,
    staff_door.router,
    board.router,
    documents.router,
    ledger.router,
    canary.router,
    health.router,
)
