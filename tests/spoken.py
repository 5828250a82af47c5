"""The languages that tests walk: every one that has a catalogue, or a few where each costs seconds."""

from __future__ import annotations

import pytest

from alerts.languages import Languages
from service.paths import TEMPLATES

CATALOGUES = TEMPLATES / "locale"
# What this installation promises; a catalogue that gets lost must not go unnoticed.
PROMISED = ("en", "ar", "de", "fr", "kk", "ru", "uk")
SPOKEN = Languages(CATALOGUES).available
# English needs no catalogue.
TRANSLATED = SPOKEN[1:]
# One without a catalogue, one with hard plurals, one from right to left: they stand for the rest.
FEW = ("en", "ru", "ar")

every_language = pytest.mark.parametrize("language", SPOKEN)
every_translation = pytest.mark.parametrize("language", TRANSLATED)
few_languages = pytest.mark.parametrize("language", FEW)
