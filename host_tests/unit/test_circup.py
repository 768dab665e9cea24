# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""`circup install -r requirements.txt` asks for the libraries the device imports: circup's own reading of the file and
its own mapping of names, without a network. The list of the bundle comes from the wheels that the tests run with: a
wheel of a library is made from the same release as the bundle's folder or file, so its name and version are those.
"""

import ast
import importlib.metadata
import re
from pathlib import Path

import pytest
from circup.command_utils import clean_library_name, get_dependencies, libraries_from_requirements

ROOT = Path(__file__).parents[2]
REQUIREMENTS = (ROOT / "requirements.txt").read_text()
ASKED = libraries_from_requirements(REQUIREMENTS)
# In the firmware of every board this project names (ESP32-S3).
BUILT_IN = {"adafruit_bus_device"}


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def libraries():
    """{name in the bundle: distribution} of every installed CircuitPython library."""
    found = {}
    for package in importlib.metadata.distributions():
        if "circuitpython" in normal(package.name) and package.files:
            for file in package.files:
                top = file.parts[0]
                if top.endswith(".py") and len(file.parts) == 1:
                    found[top[:-3]] = package
                elif len(file.parts) == 2 and file.parts[1].endswith(".py"):
                    found[top] = package
    return found


LIBRARIES = libraries()


class InTheBundle:
    """A library as circup knows it from a bundle: it reads what the library itself requires."""

    def __init__(self, package):
        self.package = package

    def requirements_for(self, library_name, toml_file=False):
        return None if toml_file else "\n".join(self.package.requires or ())


def installed_by_circup():
    names = {name: {"bundle": InTheBundle(package)} for name, package in LIBRARIES.items()}
    return set(get_dependencies(ASKED, mod_names=names))


def imported_by_the_device():
    names = set()
    for path in (ROOT / "CIRCUITPY").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.split(".")[0])
    return {name for name in names if name.startswith("adafruit_")}


@pytest.mark.parametrize("name", ASKED)
def test_circup_maps_the_name_to_the_folder_or_file_of_the_library(name):
    mapped = clean_library_name(name)
    assert mapped in LIBRARIES, mapped
    assert normal(LIBRARIES[mapped].name) == normal(name)


def test_a_wrong_name_would_be_noticed(capsys):
    assert clean_library_name("adafruit-circuitpython-no-such-thing") not in LIBRARIES
    assert get_dependencies(("adafruit-circuitpython-no-such-thing",), mod_names={}) == ()
    assert "not a known CircuitPython library" in capsys.readouterr().out


def test_what_the_device_imports_is_installed():
    imported = imported_by_the_device()
    assert {"adafruit_httpserver", "adafruit_displayio_ssd1306", "adafruit_st7789"} <= imported
    missing = imported - installed_by_circup() - BUILT_IN
    assert not missing, missing


def test_every_line_is_a_plain_name():
    """circup ignores versions, so a version in the file would promise what it does not keep."""
    assert ASKED and all(re.fullmatch(r"adafruit-circuitpython-[a-z0-9-]+", name) for name in ASKED)
    lines = [line for line in REQUIREMENTS.splitlines() if line and not line.startswith("#")]
    assert tuple(lines) == ASKED


@pytest.mark.parametrize("name", sorted(installed_by_circup()))
def test_the_version_tested_is_a_release_of_the_bundle(name):
    """A bundle holds released versions only, three numbers; the library's own text agrees where it says one."""
    version = LIBRARIES[name].version
    assert re.fullmatch(r"\d+\.\d+\.\d+", version), version
    files = [file for file in LIBRARIES[name].files if file.suffix == ".py" and file.parts[0].split(".")[0] == name]
    told = {
        found[1]
        for file in files
        for found in re.finditer(r'^__version__ = "([^"]*)"', file.locate().read_text(), re.M)
    }
    assert told <= {version}, told


def test_circup_is_the_version_looked_at():
    """Its mapping is not an interface: another main version is to be looked at again."""
    assert importlib.metadata.version("circup").split(".")[0] == "3"
