# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What the processes of a run (`-n 4`) tell the one that began them.

xdist sends six events for a test, each with all that pytest knows of it, whether anybody reads it or not. For thousands of
tests that take a millisecond that was more work than the tests themselves.
"""


def is_read(name, told):
    """Whether anybody shows or counts the event. What passed is counted once; figures come with the report of the end."""
    if name != "testreport":
        return name not in ("logstart", "logfinish")
    report = told["data"]
    return report["outcome"] != "passed" or report["when"] == "call" or bool(report["user_properties"])


def asks_for_more(option):
    """Whether the run is to tell names, durations or what passing tests wrote, or to write a file about each test."""
    shows_passed = set(option.reportchars) & set("pPA")
    return option.verbose >= 0 or option.durations is not None or getattr(option, "xmlpath", None) or bool(shows_passed)


def be_brief(config):
    """In a process of a run: send what is read, and no more."""
    if asks_for_more(config.option):
        return
    for plugin in config.pluginmanager.get_plugins():
        if type(plugin).__name__ == "WorkerInteractor":
            plugin.sendevent = _briefly(plugin.sendevent)


def _briefly(send):
    def sendevent(name, **told):
        if is_read(name, told):
            if name == "testreport":
                told["data"]["keywords"] = {}
            send(name, **told)

    return sendevent
