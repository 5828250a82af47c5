"""HTML pages that need no script."""

from service.pages import (
    board,
    canary,
    confirming,
    explaining,
    health,
    manage_address,
    manage_alerts,
    manage_data,
    manage_destinations,
    manage_door,
    manage_reader,
    public,
    sent,
    staff_door,
    stopping,
    subscribing,
)

ROUTERS = (
    public.router,
    explaining.router,
    subscribing.router,
    sent.router,
    confirming.router,
    stopping.router,
    manage_door.router,
    manage_alerts.router,
    manage_reader.router,
    manage_address.router,
    manage_destinations.router,
    manage_data.router,
    staff_door.router,
    board.router,
    canary.router,
    health.router,
)
