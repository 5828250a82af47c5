"""JSON under /api/v1."""

from __future__ import annotations

from fastapi import APIRouter

from service.api import (
    alerts,
    care_events,
    cases,
    clock_pauses,
    deliveries,
    demands,
    description,
    destinations,
    detention_episodes,
    exports,
    fates,
    follow_up_steps,
    follow_ups,
    health_conditions,
    isolation_placements,
    parole_reviews,
    persons,
    petitions,
    problem_pages,
    proceedings,
    rules,
    sentences,
    subscriptions,
    suppressions,
    target_officials,
    urgent_actions,
)
from service.api.problems import PREFIX, install_problem_handlers

__all__ = ["explaining_router", "install_problem_handlers", "router"]

router = APIRouter(prefix=PREFIX)
for family in (
    cases, persons, fates, health_conditions, care_events, detention_episodes, isolation_placements, proceedings, sentences,
    parole_reviews, petitions, clock_pauses, follow_ups, follow_up_steps, subscriptions, destinations, suppressions, alerts, deliveries,
    demands, rules, urgent_actions, target_officials, exports, description,
):  # fmt: skip
    router.include_router(family.router)

# Outside /api/v1, and open to everybody.
explaining_router = problem_pages.router
