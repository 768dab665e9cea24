# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The costs of a line belong to the modules that are there, and what makes them counts right."""

import ast
import json
import shutil

import pytest

from host_tests.bench import counted_instructions, counted_lines, measure_costs
from host_tests.interpreter import micropython
from host_tests.twin.cost import COSTS_PATH, LineCosts, module_name

DRIVE = micropython.LIBRARY.parent
# Runs without a figure of its own, and why that is no matter.
NOT_MEASURED = {
    "boot": "runs before the program, for a moment",
    "safemode": "decides after a crash whether to start again, before the program",
    "recovery": "the page when no version starts: no car is answered then",
    "appliance.refusal": "one picture, where the program refuses to start",
    "appliance.network.join_errors": "a few lines for each join that failed; no join while a car is there",
    "appliance.settings.typos": "only for a mistyped key in settings.toml, at a start",
    "appliance.display.button_views": "one picture, while the button is held",
    "appliance.storage.forgetful": "the same calls as appliance.storage.records, without a drive that can be written",
    "appliance.update.health": "only where a start had something to pick; few lines every two seconds, and no car is there",
    "appliance.update.files": "only where an update brought a list of its files; one file a piece, while no car is there",
    "plc.spi_search": "only where the modem's bits arrive shifted, before any car can be answered",
}


@pytest.fixture(scope="module")
def table():
    return json.loads(COSTS_PATH.read_text(encoding="utf-8"))


def runs(path):
    """False for a file that only says what its folder is."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    return not all(isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant) for one in body)


def without_figure(table, files):
    """Names of those modules in ``files`` that have neither a figure nor a reason."""
    return [name for name in files if name not in table["modules"] and name not in NOT_MEASURED]


def test_every_module_of_the_drive_has_a_cost_that_was_measured(table):
    files = [module_name(str(path.relative_to(DRIVE))) for path in sorted(DRIVE.rglob("*.py")) if runs(path)]
    assert without_figure(table, files) == []
    assert without_figure(table, [*files, "appliance.new_one"]) == ["appliance.new_one"]


def test_no_exception_is_one_that_was_measured_or_is_gone(table):
    files = measure_costs.lines_of_files()
    assert [name for name in NOT_MEASURED if name in table["modules"] or name not in files] == []


def test_every_figure_is_that_of_the_module_as_it_is(table):
    assert measure_costs.stale(table, measure_costs.lines_of_files()) == []


@pytest.mark.parametrize("change", [lambda lines: lines * 5 // 4 + 20, lambda lines: lines // 2, lambda lines: None])
def test_a_module_that_has_become_another_one_is_noticed(table, change):
    files = measure_costs.lines_of_files()
    files["plc.slac"] = change(files["plc.slac"])
    assert measure_costs.stale(table, files) == ["plc.slac"]


def test_the_table_is_plausible(table):
    costs = LineCosts(table)
    assert costs.device_factor == 150
    for name in ("plc.framing", "plc.slac", "plc.ticks", "plc.tcp", "plc.qca7005", "v2g.exi", "v2g.secc", "appliance.loop"):
        assert 20 <= costs.modules[name] <= 200, name
    # A line of this one multiplies numbers of 2048 bits.
    assert costs.modules["appliance.update.rsa"] > 5000
    assert min(costs.modules.values()) >= 20


CALLER = """
import called
total = 0
for number in range(2000):
    total += called.twice(number)
"""
CALLED = """
def twice(number):
    number += number
    number -= 1
    number += 1
    return number
"""


@pytest.fixture
def scripts(tmp_path):
    (tmp_path / "caller.py").write_text(CALLER)
    (tmp_path / "called.py").write_text(CALLED)
    return tmp_path


def test_lines_are_counted_by_file_as_the_twin_counts_them(scripts):
    lines, _ = counted_lines.run(scripts, scripts / "caller.py", paths=(scripts,))
    # The import, two assignments' lines of the loop a round, the loop's last look, and the def below.
    assert lines == {str(scripts / "caller.py"): 2 + 2 * 2000 + 1, str(scripts / "called.py"): 1 + 4 * 2000}


def test_what_the_counted_appliances_ask_of_their_interpreter_is_there_on_cpython_too(scripts):
    asked = set()
    for name, *_ in measure_costs.APPLIANCES:
        tree = ast.parse((measure_costs.INTERPRETER / name).read_text())
        asked |= {
            (node.value.id, node.attr)
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") in ("gc", "micropython")
        }
    assert ("gc", "mem_alloc") in asked and ("micropython", "qstr_info") in asked
    lines = ["import gc, micropython", *(".".join(name) for name in sorted(asked)), "import called"]
    (scripts / "caller.py").write_text("\n".join(lines))
    counted_lines.run(scripts, scripts / "caller.py", paths=(scripts,))


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("valgrind") is None, reason="no valgrind: instructions cannot be counted")
def test_instructions_are_counted_by_file_and_are_the_same_in_every_run(scripts):
    found = [counted_instructions.run(scripts / "caller.py", paths=(scripts,))[0] for _ in range(2)]
    first, second = (one[str(scripts / "called.py")][0] for one in found)
    assert first == pytest.approx(second, rel=0.001)
    caller, called = (found[0][str(scripts / name)][0] / 2000 for name in ("caller.py", "called.py"))
    # A line of arithmetic takes hundreds of instructions; a call is booked with the caller but for what is called.
    assert 300 < called < 3000 and 300 < caller < 3000


def test_of_a_profile_only_what_a_function_takes_itself_is_read():
    profile = """events: Ir
fn=(1) zz_file_0012
12 30
cfn=(2) zz_gc_collect
calls=4 20
+1 900
+3 5
fn=(2)
7 900
fn=(3) zz_file_0012'2
9 7
fn=(1)
* 1
"""
    assert counted_instructions.of_functions(profile) == {"zz_file_0012": 36, "zz_gc_collect": 900, "zz_file_0012'2": 7}
    profile += "fn=(5) zz_name_0012\n3 11\n"
    names = "6 0 0 /lib/plc/slac.py\n"
    assert counted_instructions.of_files(profile, names) == {"/lib/plc/slac.py": [43, 11]}


def test_whoever_asks_for_memory_after_a_collection_does_not_pay_for_it_alone():
    profile = "fn=(1) zz_file_0012\n12 30\nfn=(2) zz_file_0013\n12 30\n"
    profile += "fn=(3) zz_take_one\n1 40\nfn=(4) zz_take_more\n1 900\n"
    names = "6 3 1 /lib/plc/slac.py\n7 1 2 /lib/plc/mme.py\n"
    found = counted_instructions.of_files(profile, names)
    assert found == {"/lib/plc/slac.py": [30 + 30 + 300, 0], "/lib/plc/mme.py": [30 + 10 + 600, 0]}
