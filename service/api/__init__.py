"""JSON under /api/v1."""

from __future__ import annotations

from fastapi import APIRouter

from service.api import (
    alerts,
    care_events,
    cases,
    deliveries,
    description,
    destinations,
    exports,
    follow_ups,
    health_conditions,
    persons,
    problem_pages,
    subscriptions,
)
from service.api.problems import PREFIX, install_problem_handlers

__all__ = ["explaining_router", "install_problem_handlers", "router"]

router = APIRouter(prefix=PREFIX)
for family in (
    cases, persons, health_conditions, care_events, follow_ups, subscriptions, destinations, alerts, deliveries,
    exports, description,
):  # fmt: skip
    router.include_router(family.router)

# Outside /api/v1, and open to everybody.
explaining_router = problem_pages.router
