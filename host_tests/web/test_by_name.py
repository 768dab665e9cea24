# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The login under the box's name. The other pages are looked at there in test_box_pages.py and test_languages.py."""

import pytest

from host_tests.web.box import CHROMIUM, NAME, PASSWORD, by_name, running_box, running_browser

pytestmark = [
    pytest.mark.slow,
    pytest.mark.real_time,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine (apt-get install chromium-headless-shell)"),
]


@pytest.fixture(scope="module")
def browser():
    with running_box(WEB_PASSWORD=PASSWORD) as box, running_browser(by_name(box)) as browser:
        yield browser


@pytest.fixture
def page(browser):
    context = browser.new_context()
    yield context.new_page()
    context.close()


def test_login_works_before_its_script_is_there(browser):
    """An owner, or what keeps his passwords, is quicker than a script whose segment was lost."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(NAME + "/login")
    page.fill("#password", PASSWORD)
    page.click("button.main")
    assert page.url == NAME + "/"
    context.close()


def test_a_wrong_password_opens_no_window_of_the_browsers_own(page):
    answers = []

    def seen(answer):
        answers.append(answer)

    page.on("response", seen)
    page.goto(NAME + "/config")
    assert page.url == NAME + "/login?next=/config"
    page.fill("#password", "wrong")
    page.press("#password", "Enter")
    page.locator("#said", has_text="not the password").wait_for(timeout=30_000)
    page.evaluate("fetch('/api/settings')")
    page.wait_for_timeout(1000)
    refused = [answer for answer in answers if answer.status == 401]
    assert len(refused) >= 2
    assert not [answer for answer in refused if "sec-fetch-mode" in answer.request.headers], "it learns nothing here"
    assert {answer.headers["www-authenticate"].split(" ")[0] for answer in refused} == {"Bearer"}
    page.fill("#password", PASSWORD)
    page.press("#password", "Enter")
    page.wait_for_url(NAME + "/config")
