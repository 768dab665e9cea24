# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The owner of a box on the twin, who knows the password of its pages."""

import base64
import json

PASSWORD = "correct horse"
LOGIN = {"Authorization": "Basic " + base64.b64encode(f":{PASSWORD}".encode()).decode()}


def request(world, method, path, content=None):
    """The box's answer; `content` goes as JSON."""
    head = dict(LOGIN, **{"Content-Type": "application/json"})
    body = b"" if content is None else json.dumps(content).encode()
    return world.network.http(method, path, head, body, timeout_s=30)


def ask(world, method, path, content=None):
    """The document of an answer, which must be 200."""
    answer = request(world, method, path, content)
    assert answer.status == 200, answer.body
    return json.loads(answer.body)
