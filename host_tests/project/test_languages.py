# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Every language has every text of the sources, and the box has what the translations say."""

import pytest

from host_tests.tools import languages, sentences


@pytest.fixture
def all_of_them():
    return [languages.Language(name) for name in languages.LANGUAGES]


def test_every_text_is_there_in_every_language_with_the_same_places(all_of_them):
    assert languages.complaints(all_of_them) == []


@pytest.mark.parametrize(("text", "hole"), (("{0}, CircuitPython {1}, started by: {2}", "{t2}"),))
def test_words_that_are_filled_in_are_translated_as_well(all_of_them, text, hole):
    assert [one.name for one in all_of_them if hole not in one.pages[text]] == []


def test_the_files_of_the_box_are_made_from_the_translations(all_of_them):
    stale = [str(path) for path, _ in languages.stale(all_of_them)]
    assert stale == [], "python -m host_tests.tools.languages"


def test_a_text_that_is_missing_is_told_with_what_to_add(all_of_them):
    del all_of_them[1].pages["Quick links"]
    del all_of_them[2].display["Ready for a car"]
    found = "\n".join(languages.complaints(all_of_them))
    assert 'host_tests/languages/nl.po: add\n\nmsgid "Quick links"\nmsgstr "..."' in found
    assert 'host_tests/languages/fr.po: add\n\nmsgctxt "display"\nmsgid "Ready for a car"' in found


def test_a_place_that_is_left_out_is_told(all_of_them):
    all_of_them[0].pages["{0} minutes ago"] = "vor Minuten"
    all_of_them[0].display["%d h ago"] = "vor %s h"
    assert len(languages.complaints(all_of_them)) == 2


def test_a_translation_of_what_nothing_shows_any_more_is_told(all_of_them):
    for language in all_of_them:
        language.pages["Feed the meter with coins"] = "x"
    assert len(languages.complaints(all_of_them)) == len(all_of_them)


def test_a_sentence_of_a_script_or_a_module_without_a_translation_is_told(all_of_them):
    pages = all_of_them[0].pages
    for key in ("The box is back.", "There is no address to try.", "{0} must be between {1} and {2}"):
        del pages[key]
    found = sentences.not_covered(pages)
    assert all("add msgid" in text for text in found)
    for place in ("www/restart.js: 'The box is back.'", "web/trials.py: 'There is no", "checks.py: 'must be between"):
        assert place in "".join(found)


def test_no_two_texts_have_the_same_hash_and_a_translation_is_not_translated_again(all_of_them):
    for language in all_of_them:
        texts = languages.keys_of(language.pages)[0]
        assert len({languages.hash_of(text) for text in texts}) == len(texts)


def test_the_texts_of_a_page_are_found_and_what_stays_as_it_is_is_not():
    page = '''<title>A title</title><p title="Tip">One <em>two</em> <code>CODE</code> <b translate="no">name</b></p>
        <img alt=""><input placeholder="type here"><script>const a = "words in it";</script>'''
    assert sentences.html_texts(page) == ["A title", "Tip", "One", "two", "type here"]


def test_documentation_of_a_module_is_no_text_of_a_page_that_of_an_attribute_neither():
    module = '"""A module."""\nx = 1\n"""What x is."""\ndef f():\n    """A function."""\n    return "a text"\n'
    assert sentences.py_literals(module) == ["a text"]
