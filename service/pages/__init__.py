"""HTML pages that need no script."""

from service.pages import board, canary, feeds, health, keys, public, staff_door, stopping, subscribing

ROUTERS = (
    public.router,
    subscribing.router,
    stopping.router,
    staff_door.router,
    board.router,
    canary.router,
    keys.router,
    feeds.router,
    health.router,
)
