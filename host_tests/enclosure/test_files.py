# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The STL files of the case as they lie in the repository, without the CAD library: closed, printable in size, fresh."""

import hashlib
import struct
from collections import Counter
from pathlib import Path

import pytest

CASE = Path(__file__).parents[2] / "enclosure"
FILES = CASE / "files"
BED = (220, 220, 250)
HEAD, TRIANGLE = 84, struct.Struct("<12fH")
# cm3 of plastic when solid.
VOLUMES = {"lid": (18, 30), "tray": (45, 60)}
NAMES = [
    "lid-devkitc",
    "lid-tdisplay",
    *(f"tray-{b}-{m}" for b in ("devkitc", "tdisplay") for m in ("wall", "din")),
]


def triangles(data):
    """Corners of each triangle of a binary STL."""
    (count,) = struct.unpack_from("<I", data, 80)
    assert len(data) == HEAD + count * TRIANGLE.size
    return [(row[3:6], row[6:9], row[9:12]) for row in TRIANGLE.iter_unpack(data[HEAD:])]


def open_edges(mesh):
    """How many edges have not exactly one triangle on each side."""
    edges = Counter()
    for corners in mesh:
        for one, two in zip(corners, (*corners[1:], corners[0]), strict=True):
            edges[one, two] += 1
    return sum(edges[two, one] != count for (one, two), count in edges.copy().items())


def volume(mesh):
    """In cm3, by the signed tetrahedra to the origin."""
    return (
        sum(
            a[0] * (b[1] * c[2] - b[2] * c[1])
            - a[1] * (b[0] * c[2] - b[2] * c[0])
            + a[2] * (b[0] * c[1] - b[1] * c[0])
            for a, b, c in mesh
        )
        / 6000
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_closed_mesh_that_fits_the_bed(name):
    mesh = triangles((FILES / f"{name}.stl").read_bytes())
    assert open_edges(mesh) == 0
    low, high = VOLUMES[name.split("-")[0]]
    assert low < volume(mesh) < high
    for axis, bed in enumerate(BED):
        values = [corner[axis] for corners in mesh for corner in corners]
        assert min(values) == pytest.approx(0, abs=1e-3) and max(values) < bed


def test_a_missing_triangle_would_be_noticed():
    mesh = triangles((FILES / "lid-devkitc.stl").read_bytes())
    assert open_edges(mesh[:-1]) == 3


def test_the_files_are_all_there_and_made_from_these_sources():
    assert sorted(path.stem for path in FILES.glob("*.stl")) == sorted(NAMES)
    sources = b"".join((CASE / name).read_bytes() for name in ("boards.py", "case.py"))
    assert (FILES / "sources.sha256").read_text().strip() == hashlib.sha256(sources).hexdigest(), (
        "run make enclosure"
    )
