"""JSON under /api/v1."""

from __future__ import annotations

from fastapi import APIRouter

from service.api import (
    alerts,
    assertions,
    bundles,
    care_events,
    case_texts,
    cases,
    clock_pauses,
    corrections,
    deliveries,
    demands,
    description,
    destinations,
    detention_episodes,
    documents,
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
    sources,
    statements,
    subscriptions,
    suppressions,
    tables,
    target_officials,
    timetables,
    urgent_actions,
)
from service.api.documents import DOCUMENTS
from service.api.problems import PREFIX, install_problem_handlers
from service.api.uploads import LARGEST_FILES

__all__ = ["DOCUMENTS", "LARGEST_FILES", "explaining_router", "install_problem_handlers", "router"]

router = APIRouter(prefix=PREFIX)
for family in (
    cases, case_texts, persons, fates, health_conditions, care_events, detention_episodes, isolation_placements, proceedings, sentences,
    parole_reviews, petitions, clock_pauses, sources, assertions, statements, corrections, follow_ups, follow_up_steps, subscriptions, destinations, timetables, suppressions, alerts, deliveries,
    demands, rules, urgent_actions, target_officials, documents, exports, bundles, tables, description,
):  # fmt: skip
    router.include_router(family.router)

# Outside /api/v1, and open to everybody.
explaining_router = problem_pages.router
