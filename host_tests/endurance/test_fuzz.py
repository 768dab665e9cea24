# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Hostile bytes for everything that takes some: the stored corpus and its neighbours, and libFuzzer for minutes each."""

import os

import pytest

from host_tests.endurance import fuzz
from host_tests.endurance.targets import TARGETS

SHARE = 400
# A microcontroller is 150 times slower: what takes longer than this would hold up its loop for many seconds.
# Of processor time: a bound against what does not end, not a measurement.
SLOWEST_S = 5
SOAK_RUNS = 700_000
# All targets together: `make soak FUZZ_MINUTES=600` for a night.
SOAK_MINUTES = float(os.environ.get("FUZZ_MINUTES") or 50)
# The whole station has the most to get through; small parsers have had their SOAK_RUNS long before.
SHARES = dict.fromkeys(TARGETS, 1) | {"station": 3, "discovery": 0.2, "stream": 0.2, "name_query": 0.2}
SOAK_SECONDS = {name: round(share * SOAK_MINUTES * 60 / sum(SHARES.values())) for name, share in SHARES.items()}


@pytest.mark.parametrize("name", TARGETS)
def test_the_corpus_and_its_neighbours(name):
    assert len(fuzz.corpus(name)) >= 1
    assert fuzz.share(name, SHARE) < SLOWEST_S


def test_a_defect_is_found(monkeypatch):
    """A parser that lets an IndexError out."""
    from plc.errors import PeerError
    from v2g import sdp, v2gtp

    def careless(datagram):
        if v2gtp.header(datagram)[0] != v2gtp.SDP_REQUEST:
            raise PeerError("not an SDP request")
        return datagram[8] != sdp.NO_TLS

    monkeypatch.setattr(sdp, "wants_tls", careless)
    with pytest.raises(AssertionError, match="discovery"):
        fuzz.share("discovery", SHARE)


@pytest.mark.soak
@pytest.mark.timeout(1200 + max(SOAK_SECONDS.values()))
@pytest.mark.parametrize("name", TARGETS)
def test_coverage_guided(name, figures):
    runs, seconds = fuzz.campaign(name, SOAK_RUNS, SOAK_SECONDS[name])
    assert runs >= len(fuzz.corpus(name))
    figures(f"fuzzing {name}: {runs} executions in {seconds} s, no find")
