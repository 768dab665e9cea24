# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""`make enclosure`: STL in enclosure/files, STEP in build/enclosure, drawings and shaded pictures in docs/images."""

import hashlib
from pathlib import Path

import numpy
from build123d import Axis, ExportSVG, LineType, Pos, Unit, export_step, export_stl
from PIL import Image

from enclosure import case

ROOT = Path(__file__).parents[1]
BUILT = ROOT / "build" / "enclosure"
IMAGES = ROOT / "docs" / "images"
FILES = ROOT / "enclosure" / "files"
SOURCES = ("boards.py", "case.py")
EYE = numpy.array((-0.5, -0.72, 0.62))
LIGHT = numpy.array((-0.2, -0.55, 0.81))
COLOURS = {
    "tray": (205, 214, 217),
    "lid": (38, 148, 136),
    "board": (34, 92, 60),
    "modem": (226, 176, 40),
    "oled": (46, 74, 140),
}
PICTURE = (1400, 900)
PAPER = (252, 252, 250)


def draw_lines(path, part):
    """Visible edges from obliquely above, as SVG."""
    visible, _ = part.project_to_viewport((-300, -430, 380))
    out = ExportSVG(unit=Unit.MM, scale=1, margin=5, line_weight=0.35)
    out.add_layer("visible", line_type=LineType.CONTINUOUS)
    out.add_shape(visible, layer="visible")
    out.write(str(path))
    text = path.read_text()
    opening = text.index("<svg")
    end = text.index(">", opening) + 1
    paper = '<rect x="-1000" y="-1000" width="3000" height="3000" fill="#fcfcfa"/>'
    path.write_text(text[:end] + paper + text[end:])


def _triangles(parts):
    for colour, part in parts:
        points, faces = part.tessellate(0.1, 0.4)
        corners = numpy.array([tuple(point) for point in points])
        for face in faces:
            yield numpy.array(COLOURS[colour]), corners[list(face)]


def shade(path, parts):
    """A picture with a depth buffer: what is nearer covers what is behind."""
    ahead = EYE / numpy.linalg.norm(EYE)
    right = numpy.cross((0, 0, 1), ahead)
    right /= numpy.linalg.norm(right)
    view = numpy.array((right, numpy.cross(ahead, right), ahead))
    triangles = [(colour, corners @ view.T, corners) for colour, corners in _triangles(parts)]
    every = numpy.concatenate([seen for _, seen, _ in triangles])
    low, high = every.min(0), every.max(0)
    wide, tall = PICTURE[0] * 2, PICTURE[1] * 2
    scale = 0.9 * min(wide / (high[0] - low[0]), tall / (high[1] - low[1]))
    middle = (low + high) / 2
    picture = numpy.full((tall, wide, 3), PAPER, numpy.float32)
    depth = numpy.full((tall, wide), -1e9)
    light = LIGHT / numpy.linalg.norm(LIGHT)
    for colour, seen, corners in triangles:
        normal = numpy.cross(corners[1] - corners[0], corners[2] - corners[0])
        size = numpy.linalg.norm(normal)
        if size < 1e-9 or normal @ ahead <= 0:
            continue
        bright = 0.45 + 0.55 * max(0.0, float(normal @ light / size))
        x = (seen[:, 0] - middle[0]) * scale + wide / 2
        y = tall / 2 - (seen[:, 1] - middle[1]) * scale
        left, top = int(max(0, x.min())), int(max(0, y.min()))
        columns, rows = numpy.meshgrid(
            numpy.arange(left, min(wide, int(x.max()) + 2)), numpy.arange(top, min(tall, int(y.max()) + 2))
        )
        area = (x[1] - x[0]) * (y[2] - y[0]) - (x[2] - x[0]) * (y[1] - y[0])
        if abs(area) < 1e-9:
            continue
        second = ((columns - x[0]) * (y[2] - y[0]) - (x[2] - x[0]) * (rows - y[0])) / area
        third = ((x[1] - x[0]) * (rows - y[0]) - (columns - x[0]) * (y[1] - y[0])) / area
        near = seen[0, 2] + second * (seen[1, 2] - seen[0, 2]) + third * (seen[2, 2] - seen[0, 2])
        inside = (
            (second >= -1e-6)
            & (third >= -1e-6)
            & (second + third <= 1 + 1e-6)
            & (near > depth[rows, columns])
        )
        depth[rows[inside], columns[inside]] = near[inside]
        picture[rows[inside], columns[inside]] = colour * bright
    Image.fromarray(picture.astype(numpy.uint8)).resize(PICTURE, Image.LANCZOS).quantize(64).save(
        path, optimize=True
    )


def sources_hash():
    """Of the files that decide the geometry; stands beside the STL files, so that a test sees stale ones."""
    return hashlib.sha256(b"".join((ROOT / "enclosure" / name).read_bytes() for name in SOURCES)).hexdigest()


def write(name, part, printed):
    """``part`` as it sits, as STEP; ``printed`` as it is printed, as STL on the height 0."""
    export_step(part, str(BUILT / f"{name}.step"))
    box = printed.bounding_box()
    on_bed = printed.moved(Pos(-box.min.X, -box.min.Y, -box.min.Z))
    export_stl(on_bed, str(FILES / f"{name}.stl"), tolerance=0.1, angular_tolerance=0.4)


def main():
    BUILT.mkdir(parents=True, exist_ok=True)
    FILES.mkdir(exist_ok=True)
    for kind, board in case.BOARDS.items():
        trays = {mount: case.tray(kind, mount) for mount in case.MOUNTS}
        lid = case.lid(kind)
        inside = [("board", case.board_body(kind)), ("modem", case.modem_body())]
        if not board["window"]:
            inside.append(("oled", Pos(0, 0, 45) * case.oled_body()))
        shade(
            IMAGES / f"enclosure-{kind}.png", [("tray", trays["wall"]), ("lid", Pos(0, 0, 45) * lid), *inside]
        )
        for mount, tray in trays.items():
            write(f"tray-{kind}-{mount}", tray, tray)
        write(f"lid-{kind}", lid, lid.rotate(Axis.X, 180))
        draw_lines(IMAGES / f"enclosure-{kind}-tray.svg", trays["wall"])
        draw_lines(IMAGES / f"enclosure-{kind}-lid.svg", lid)
        print(f"{kind}: tray {trays['wall'].volume / 1000:.1f} cm3, lid {lid.volume / 1000:.1f} cm3")
    shown = case.lid("devkitc").rotate(Axis.X, 180)
    shade(IMAGES / "enclosure-lid-inside.png", [("lid", shown)])
    (FILES / "sources.sha256").write_text(sources_hash() + "\n")
    print("built: enclosure/files (STL), build/enclosure (STEP)")


if __name__ == "__main__":
    main()
