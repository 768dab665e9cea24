# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""`circup install -r requirements.txt` installs the libraries the device imports: circup's own reading of the file and
its own mapping of names, without a network. The list of the bundle comes from the wheels that the tests run with: a
wheel of a library is made from the same release as the bundle's folder or file, so its name and version are those.
"""

import ast
import functools
import importlib.metadata
import re
from pathlib import Path

from host_tests.tools import bundle

ROOT = Path(__file__).parents[2]
REQUIREMENTS = (ROOT / "requirements.txt").read_text()
# Of the owner's list, for the computer: circup does not know them, says so, and installs the rest.
FOR_THE_COMPUTER = ("circup", "pytest")
OWNERS_LIST = {
    "adafruit-circuitpython-busdevice",
    "adafruit-circuitpython-httpserver",
    "adafruit-circuitpython-requests",
    "adafruit-circuitpython-display-text",
    "circup",
    "pytest",
}
# Their insides are relied on, so that pip may bring no other main version; circup cannot be told.
PINNED = {
    "adafruit-circuitpython-httpserver",
    "adafruit-circuitpython-requests",
    "adafruit-circuitpython-connectionmanager",
    "adafruit-circuitpython-minimqtt",
}


# circup brings much with it: loaded by the process that has these tests, not by each that looks for tests.
def clean_library_name(name):
    from circup.command_utils import clean_library_name

    return clean_library_name(name)


def get_dependencies(names, mod_names):
    from circup.command_utils import get_dependencies

    return get_dependencies(names, mod_names=mod_names)


@functools.cache
def asked():
    from circup.command_utils import libraries_from_requirements

    return libraries_from_requirements(REQUIREMENTS)


def libraries_asked():
    return tuple(name for name in asked() if name not in FOR_THE_COMPUTER)


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


@functools.cache
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


class InTheBundle:
    """A library as circup knows it from a bundle: it reads what the library itself requires."""

    def __init__(self, package):
        self.package = package

    def requirements_for(self, library_name, toml_file=False):
        return None if toml_file else "\n".join(self.package.requires or ())


def installed_by_circup():
    names = {name: {"bundle": InTheBundle(package)} for name, package in libraries().items()}
    return set(get_dependencies(asked(), mod_names=names))


def imported_by_the_device():
    names = set()
    for path in (ROOT / "CIRCUITPY").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.split(".")[0])
    return {name for name in names if name.startswith("adafruit_")}


def test_circup_maps_each_name_to_the_folder_or_file_of_the_library():
    for name in libraries_asked():
        mapped = clean_library_name(name)
        assert mapped in libraries(), mapped
        assert normal(libraries()[mapped].name) == normal(name)


def test_a_wrong_name_would_be_noticed(capsys):
    assert clean_library_name("adafruit-circuitpython-no-such-thing") not in libraries()
    assert get_dependencies(("adafruit-circuitpython-no-such-thing",), mod_names={}) == ()
    assert "not a known CircuitPython library" in capsys.readouterr().out


def test_what_the_device_imports_is_installed():
    imported = imported_by_the_device()
    assert {"adafruit_httpserver", "adafruit_displayio_ssd1306", "adafruit_st7789"} <= imported
    assert imported - installed_by_circup() == set()


def test_what_an_update_asks_for_is_what_the_device_imports_and_the_firmware_has_not():
    asked = bundle.libraries(bundle.drive_files())
    assert set(asked) == imported_by_the_device() - {"adafruit_bus_device"} - bundle.ON_DEMAND


def test_the_owners_list_stands_in_the_file():
    assert set(asked()) >= OWNERS_LIST


def test_the_lines_for_the_computer_are_named_by_circup_and_nothing_else_is_lost(capsys):
    names = {name: {"bundle": InTheBundle(package)} for name, package in libraries().items()}
    installed = set(get_dependencies(asked(), mod_names=names))
    unknown = re.findall(r"WARNING:\n\t(\S+) is not a known", capsys.readouterr().out)
    assert {name for name in unknown if name in asked()} == set(FOR_THE_COMPUTER)
    assert installed == set(get_dependencies(libraries_asked(), mod_names=names))


def test_the_page_for_owners_says_which_lines_circup_does_not_know():
    page = (ROOT / "docs" / "quick-start.md").read_text()
    told = page[page.index("circup install -r requirements.txt") :].split("\n## ")[0]
    assert all(f"`{name}`" in told for name in FOR_THE_COMPUTER)


def test_every_line_is_a_name_or_a_name_with_the_main_version_that_pip_may_bring():
    """circup takes the name of such a line and ignores the version."""
    lines = [line for line in REQUIREMENTS.splitlines() if line and not line.startswith("#")]
    parts = [re.fullmatch(r"([a-z0-9-]+)(~=\d+\.\d+)?", line) for line in lines]
    assert all(parts) and tuple(part[1] for part in parts) == asked()
    assert {part[1] for part in parts if part[2]} == PINNED


def test_each_version_tested_is_a_release_of_the_bundle():
    """A bundle holds released versions only, three numbers; the library's own text agrees where it says one."""
    installed = installed_by_circup()
    assert len(installed) > 5
    for name in sorted(installed):
        is_a_release(name)


def is_a_release(name):
    version = libraries()[name].version
    assert re.fullmatch(r"\d+\.\d+\.\d+", version), (name, version)
    files = [file for file in libraries()[name].files if file.suffix == ".py" and file.parts[0].split(".")[0] == name]
    told = {
        found[1]
        for file in files
        for found in re.finditer(r'^__version__ = "([^"]*)"', file.locate().read_text(), re.M)
    }
    assert told <= {version}, (name, told)


def test_circup_is_the_version_looked_at():
    """Its mapping is not an interface: another main version is to be looked at again."""
    assert importlib.metadata.version("circup").split(".")[0] == "3"
