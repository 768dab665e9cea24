# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Hostile bytes for everything that takes some: the stored corpus and its neighbours, and libFuzzer for hours."""

import pytest

from host_tests.endurance import fuzz
from host_tests.endurance.targets import TARGETS

SHARE = 400
# A microcontroller is 150 times slower: what takes longer than this would hold up its loop for many seconds.
# Of processor time: a bound against what does not end, not a measurement.
SLOWEST_S = 5
SOAK_RUNS = 700_000
SOAK_SECONDS = 600


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
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", TARGETS)
def test_coverage_guided(name, figures):
    runs, each_second = fuzz.campaign(name, SOAK_RUNS, SOAK_SECONDS)
    figures(f"fuzzing {name}: {runs} executions, {each_second} each second, no find")
