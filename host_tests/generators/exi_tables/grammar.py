# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""From the content of a complex type to its EXI grammar (EXI 1.0, 8.5.4): which events may follow which.

A state is what may still come: the attributes left, and the content left as an expression of

    ("element", name)    ("sequence", (expression, ...))    ("choice", (expression, ...))
    ("repeat", expression, least, most)        most None: without end

An event takes one element off its front. Events of a state stand in the order of their codes: attributes, elements
in the order of the schema, wildcard, end of the element, characters of mixed content. Attributes are called ``@name``,
the wildcard ``*``, the end ``/``, characters ``#``.
"""

EMPTY = ("sequence", ())
UNBOUNDED = -1
# EXIficient and libcbv2g do not count the items of longer lists; the facts mark the shorter ones they do not count.
LEAST_LOOP = 1024


def states_of(complex_type, members_of):
    """States of a type as lists of ``(event, next state or None)``, the first one at 0, none twice.

    ``members_of(name)``: the elements that may stand where the schema refers to a global element.
    """
    attributes = tuple(
        (fact["name"], fact["use"] != "required") for fact in complex_type.get("attributes", ())
    )
    if "simple_content" in complex_type:
        content = ("element", "#")
    else:
        content = _sequence(_expression(part, members_of) for part in complex_type.get("particles", ()))
    known = [(attributes, content)]
    states = []
    for state in known:
        events = _events(*state, complex_type.get("mixed", 0))
        known += [then for _, then in events if then is not None and then not in known]
        states.append([(name, None if then is None else known.index(then)) for name, then in events])
    return _merged(states)


def is_loop(particle):
    """Whether the items of a list are not counted."""
    most = particle.get("max", 1)
    return most == UNBOUNDED or most >= LEAST_LOOP or particle.get("loop", 0) == 1


def _expression(particle, members_of):
    if "el" in particle:
        found = ("element", particle["el"])
    elif "any" in particle:
        found = ("element", "*")
    elif "ref" in particle:
        found = ("choice", tuple(("element", name) for name in members_of(particle["ref"])))
    elif "choice" in particle:
        found = ("choice", tuple(_expression(part, members_of) for part in particle["choice"]))
    else:
        found = _sequence(_expression(part, members_of) for part in particle["seq"])
    return _repeat(found, particle.get("min", 1), None if is_loop(particle) else particle.get("max", 1))


def _sequence(parts):
    flat = []
    for part in parts:
        flat += part[1] if part[0] == "sequence" else [part]
    return flat[0] if len(flat) == 1 else ("sequence", tuple(flat))


def _repeat(inner, least, most):
    if most == 0:
        return EMPTY
    return inner if least == most == 1 else ("repeat", inner, least, most)


def _events(attributes, content, mixed):
    events = []
    for place, (name, optional) in enumerate(attributes):
        events.append(("@" + name, (attributes[place + 1 :], content)))
        if not optional:
            return events
    steps, may_end = _steps(content)
    steps = [step for step in steps if step[0] != "*"] + [step for step in steps if step[0] == "*"]
    events += [(name, ((), rest)) for name, rest in steps]
    if may_end:
        events.append(("/", None))
    if mixed:
        events.append(("#", ((), content)))
    return events


def _steps(expression):
    """``([(element, expression of the rest), ...], True if all may be left out)``."""
    kind, inner = expression[:2]
    if kind == "element":
        return [(inner, EMPTY)], False
    if kind == "choice":
        found = [_steps(part) for part in inner]
        return [step for steps, _ in found for step in steps], any(optional for _, optional in found)
    if kind == "repeat":
        least, most = expression[2:]
        again = _repeat(inner, max(least - 1, 0), None if most is None else most - 1)
        steps, optional = _steps(inner)
        return [(name, _sequence((rest, again))) for name, rest in steps], optional or least == 0
    steps = []
    for place, part in enumerate(inner):
        found, optional = _steps(part)
        steps += [(name, _sequence((rest, *inner[place + 1 :]))) for name, rest in found]
        if not optional:
            return steps, False
    return steps, True


def representatives(rows):
    """``{state: the first one that accepts the same}`` of ``{state: [(event, next state or None), ...]}``."""
    found = dict.fromkeys(rows, next(iter(rows)))
    while True:
        known = {}
        refined = {}
        for state, events in rows.items():
            row = tuple((event, found.get(then)) for event, then in events)
            refined[state] = known.setdefault(row, state)
        if refined == found:
            return found
        found = refined


def _merged(states):
    """The same grammar without states that accept the same, numbered as they are reached.

    Turns a list of choices into one loop and makes the tables a seventh smaller.
    """
    found = representatives(dict(enumerate(states)))
    order = [0]
    for state in order:
        for _, then in states[state]:
            if then is not None and found[then] not in order:
                order.append(found[then])
    return [
        [(event, None if then is None else order.index(found[then])) for event, then in states[state]]
        for state in order
    ]
