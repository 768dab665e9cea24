# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The geometry itself: closed bodies, boards that fit, walls, bed, overhangs; and that wrong geometry is noticed."""

import math
from functools import cache

import pytest
from build123d import Axis, GeomType, Line, Pos, Vector

from enclosure import boards, case

BED, BED_HEIGHT = 220, 250
BRIDGE = 3.0
tray, lid = cache(case.tray), cache(case.lid)
KINDS = tuple(case.BOARDS)
TRAYS = [(kind, mount) for kind in KINDS for mount in case.MOUNTS]
PARTS = [(kind, name) for kind in KINDS for name in (*case.MOUNTS, "lid")]
# Clearance that is demanded is a hair less than the one designed, for surfaces that would touch exactly.
CLEAR = case.GAP - 0.01


def part(kind, name):
    return lid(kind) if name == "lid" else tray(kind, name)


def shared(one, two):
    """Volume that two bodies share."""
    both = one & two
    return 0.0 if both is None else sum(solid.volume for solid in both.solids())


def contents(kind, grown=0.0):
    """Everything that is put into the case, with free space around it."""
    bodies = {"board": case.board_body(kind, grown), "modem": case.modem_body(grown)}
    if not case.BOARDS[kind]["window"]:
        bodies["oled"] = case.oled_body(grown)
    return bodies


def collisions(bodies, *parts):
    return [name for name, body in bodies.items() for made in parts if shared(made, body) > 1e-3]


def overhangs(made, down, bed):
    """Places of faces that look down more than 45 degrees and neither lie on the bed nor are a bridge."""
    found = []
    for face in made.faces():
        if (
            face.geom_type != GeomType.PLANE
            or face.normal_at().dot(down) <= math.cos(math.radians(45)) + 1e-6
        ):
            continue
        width = 2 * face.area / sum(edge.length for edge in face.edges())
        if abs(face.center().Z - bed) > 1e-6 and width > BRIDGE:
            found.append((face.center(), width))
    return found


def print_overhangs(made, name):
    box = made.bounding_box()
    if name == "lid":
        return overhangs(made, Vector(0, 0, 1), box.max.Z)
    return overhangs(made, Vector(0, 0, -1), box.min.Z)


def open_edges(made):
    """Edges of the printed mesh that do not belong to exactly two triangles, once in each direction."""
    points, faces = made.tessellate(0.1, 0.4)
    where = [tuple(round(value, 5) for value in point) for point in points]
    seen = {}
    for face in faces:
        for one, two in zip(face, (*face[1:], face[0]), strict=True):
            key = where[one], where[two]
            seen[key] = seen.get(key, 0) + 1
    return [key for key, count in seen.items() if count != seen.get(key[::-1], 0)]


def sees(kind, made):
    """The lid leaves the whole display free."""
    x, y, long, wide = case.window(kind)
    return shared(made, case.block(x, y, case.TOP - 1, long, wide, 10)) < 1e-3


@pytest.mark.parametrize(("kind", "name"), PARTS)
def test_one_closed_body_that_fits_the_bed(kind, name):
    made = part(kind, name)
    assert made.is_valid and made.is_manifold and len(made.solids()) == 1
    size = made.bounding_box().size
    assert size.X < BED and size.Y < BED and size.Z < BED_HEIGHT
    assert (18_000 < made.volume < 30_000) if name == "lid" else (45_000 < made.volume < 60_000)


@pytest.mark.parametrize(("kind", "name"), PARTS)
def test_the_mesh_is_closed(kind, name):
    assert open_edges(part(kind, name)) == []


def test_a_mesh_with_a_hole_would_be_noticed():
    assert open_edges(lid("devkitc").faces()[0])


@pytest.mark.parametrize("mount", case.MOUNTS)
def test_both_mounts(mount):
    made = tray("devkitc", mount)
    assert (made.bounding_box().size.X > case.LENGTH + 2 * case.WALL + 20) == (mount == "wall")


@pytest.mark.parametrize(("kind", "mount"), TRAYS)
def test_what_goes_in_fits_with_clearance(kind, mount):
    assert collisions(contents(kind, CLEAR), tray(kind, mount), lid(kind)) == []
    plugs = {"usb": case.usb_plugs(kind, CLEAR), "cable": case.cable(), "tie": case.tie()}
    assert collisions(plugs, tray(kind, mount), lid(kind)) == []
    bodies = list(contents(kind).values())
    for number, body in enumerate(bodies):
        assert all(shared(body, other) < 1e-3 for other in bodies[number + 1 :])


@pytest.mark.parametrize("kind", KINDS)
def test_boards_are_carried(kind):
    """Sunk by a tenth, each plate meets its posts; the display module is held in four directions."""
    for body in (case.board_body(kind), case.modem_body()):
        assert shared(tray(kind), Pos(0, 0, -0.1) * body) > 1
    for x, y in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        if not case.BOARDS[kind]["window"]:
            assert shared(lid(kind), Pos(x, y, 0) * case.oled_body()) > 1


@pytest.mark.parametrize("kind", KINDS)
def test_the_antenna_looks_into_free_space(kind):
    bodies = contents(kind)
    del bodies["board"]
    assert collisions(bodies, case.antenna_space(kind)) == []


@pytest.mark.parametrize(("kind", "mount"), TRAYS)
def test_the_lid_seats(kind, mount):
    """The plate lies on the tray's edge, the rim reaches in, and between them is the gap, not more."""
    assert shared(tray(kind, mount), lid(kind)) < 1e-3
    top = tray(kind, mount).faces().sort_by(Axis.Z)[-1].center().Z
    assert math.isclose(top, case.TOP, abs_tol=1e-6)
    for x, y in ((case.GAP, 0), (-case.GAP, 0), (0, case.GAP), (0, -case.GAP)):
        assert shared(tray(kind, mount), Pos(x * 0.95, y * 0.95, 0) * lid(kind)) < 1e-3
        assert shared(tray(kind, mount), Pos(x * 1.5, y * 1.5, 0) * lid(kind)) > 0.1


@pytest.mark.parametrize("kind", KINDS)
def test_the_display_is_seen(kind):
    assert sees(kind, lid(kind))


@pytest.mark.parametrize(
    ("start", "end", "thick"),
    [
        ((-9, 5, 6), (3.9, 5, 6), None),
        ((50, -9, 6), (50, 2, 6), case.WALL),
        ((105, 30, 6), (130, 30, 6), case.WALL),
        ((88, 30, -9), (88, 30, 9), case.FLOOR),
    ],
)
def test_walls_are_as_thick_as_said(start, end, thick):
    inside = tray("devkitc", "din") & Line(start, end)
    length = sum(edge.length for edge in inside.edges())
    assert length >= case.WALL - 1e-6 if thick is None else math.isclose(length, thick, abs_tol=1e-6)


@pytest.mark.parametrize(("kind", "name"), PARTS)
def test_prints_without_supports(kind, name):
    assert print_overhangs(part(kind, name), name) == []


def test_another_modem_moves_its_posts():
    modem = {**boards.MODEM, "size": (52.0, 33.0)}
    made = case.tray("devkitc", "wall", modem)
    assert made.is_valid and len(made.solids()) == 1
    assert collisions({"modem": case.modem_body(CLEAR, modem)}, made, lid("devkitc")) == []
    assert collisions({"modem": case.modem_body(0, boards.MODEM)}, made) == ["modem"]


def test_wrong_geometry_is_noticed():
    x, y, z = case.board_place("devkitc")
    too_high = tray("devkitc") + case.block(x, y, z, 3, 3, 2)
    assert collisions(contents("devkitc", CLEAR), too_high) == ["board"]
    assert not sees("tdisplay", Pos(2, 0, 0) * lid("tdisplay"))
    shelf = tray("devkitc") + case.block(90, 0, 15, 8, 8, 2)
    assert len(print_overhangs(shelf, "wall")) == 1
    assert shared(tray("devkitc"), Pos(0, 0, -0.5) * lid("devkitc")) > 1
    assert collisions({"usb": Pos(0, 3, 0) * case.usb_plugs("devkitc")}, tray("devkitc")) == ["usb"]
