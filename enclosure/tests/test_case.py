# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The geometry itself: closed bodies, boards that fit, walls, bed, overhangs."""

import math
from functools import cache

import pytest
from build123d import Axis, GeomType, Line, Vector

from enclosure import case

BED = 220
BRIDGE = 3.0
tray, lid = cache(case.tray), cache(case.lid)
KINDS = tuple(case.BOARDS)
PARTS = [(kind, name) for kind in KINDS for name in ("tray", "lid")]


def part(kind, name):
    return tray(kind) if name == "tray" else lid(kind)


def shared(one, two):
    """Volume that two bodies share."""
    both = one & two
    return 0.0 if both is None else sum(solid.volume for solid in both.solids())


@pytest.mark.parametrize(("kind", "name"), PARTS)
def test_one_closed_body_that_fits_the_bed(kind, name):
    made = part(kind, name)
    assert made.is_valid and made.is_manifold and len(made.solids()) == 1
    size = made.bounding_box().size
    assert size.X < BED and size.Y < BED
    assert 10_000 < made.volume < 70_000


@pytest.mark.parametrize("mount", case.MOUNTS)
def test_both_mounts(mount):
    made = tray("devkitc", mount)
    assert made.is_valid and len(made.solids()) == 1
    assert (made.bounding_box().size.X > case.LENGTH + 2 * case.WALL + 20) == (mount == "wall")


@pytest.mark.parametrize("kind", KINDS)
def test_boards_and_plug_fit(kind):
    bodies = [case.board_body(kind), case.modem_body(), case.usb_plug(kind)]
    for number, body in enumerate(bodies):
        assert shared(tray(kind), body) < 1e-3, ("tray", number)
        assert shared(lid(kind), body) < 1e-3, ("lid", number)
    assert shared(bodies[0], bodies[1]) < 1e-3
    assert shared(tray(kind), lid(kind)) < 1e-3


def test_a_board_too_long_would_be_noticed():
    x, y, z = case.modem_place()
    assert shared(tray("devkitc"), case.block(x, y, z, 80, 30, 1.6)) > 1


@pytest.mark.parametrize(
    ("start", "end", "thick"),
    [
        ((-9, 5, 6), (3.9, 5, 6), None),
        ((50, -9, 6), (50, 2, 6), case.WALL),
        ((88, 30, -9), (88, 30, 9), case.FLOOR),
    ],
)
def test_walls_are_as_thick_as_said(start, end, thick):
    inside = tray("devkitc") & Line(start, end)
    length = sum(edge.length for edge in inside.edges())
    assert length >= case.WALL - 1e-6 if thick is None else math.isclose(length, thick, abs_tol=1e-6)


@pytest.mark.parametrize(("kind", "name"), PARTS)
def test_prints_without_supports(kind, name):
    """A face that looks down more than 45 degrees lies on the bed or is a bridge of at most 3 mm."""
    made = part(kind, name)
    down = Vector(0, 0, -1) if name == "tray" else Vector(0, 0, 1)
    bed = made.bounding_box().min.Z if name == "tray" else made.bounding_box().max.Z
    for face in made.faces():
        if face.geom_type != GeomType.PLANE or face.normal_at().dot(down) <= math.cos(math.radians(45)) + 1e-6:
            continue
        width = 2 * face.area / sum(edge.length for edge in face.edges())
        assert abs(face.center().Z - bed) < 1e-6 or width <= BRIDGE, (face.center(), width)


def test_the_lid_seats():
    """The lid's plate lies on the tray's rim."""
    top = tray("devkitc").faces().sort_by(Axis.Z)[-1].center().Z
    assert math.isclose(top, case.TOP, abs_tol=1e-6)
    assert math.isclose(lid("devkitc").bounding_box().min.Z, case.TOP - case.LIP, abs_tol=1e-6)
