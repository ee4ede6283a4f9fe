"""Translations compile without the gettext tools, and none is missing."""

import gettext
import os
from collections import defaultdict
from io import StringIO

import polib
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils import translation

from core.translations import compile_translations

CATALOGUE = """\
msgid ""
msgstr "Content-Type: text/plain; charset=UTF-8\\n"

msgid "Rose"
msgstr "Роза"

#, fuzzy
msgid "Tulip"
msgstr "Похоже на тюльпан"
"""


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "orders" / "locale" / "ru" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.po").write_text(CATALOGUE, "utf-8")
    return folder / "django.po"


def shown(file, sentence):
    return gettext.GNUTranslations(file).gettext(sentence)


def test_a_catalogue_is_compiled_once_and_again_when_it_changes(tmp_path, source):
    target = source.with_suffix(".mo")
    assert compile_translations(tmp_path) == [target]
    assert compile_translations(tmp_path) == []
    later = source.stat().st_mtime + 5
    os.utime(source, (later, later))
    assert compile_translations(tmp_path) == [target]
    with target.open("rb") as file:
        assert shown(file, "Rose") == "Роза"


def test_a_fuzzy_entry_is_not_shown_to_anybody(tmp_path, source):
    (target,) = compile_translations(tmp_path)
    with target.open("rb") as file:
        assert shown(file, "Tulip") == "Tulip"


def test_a_catalogue_that_cannot_be_read_is_named_and_the_old_one_stays(tmp_path, source, settings):
    (target,) = compile_translations(tmp_path)
    before = target.read_bytes()
    source.write_text(CATALOGUE, "cp1251")
    later = source.stat().st_mtime + 5
    os.utime(source, (later, later))
    settings.BASE_DIR = tmp_path
    for language, said in (("en", "can't be read"), ("ru", "не читается")):
        with translation.override(language), pytest.raises(CommandError, match=said) as refusal:
            call_command("compile_translations")
        assert str(source) in str(refusal.value)
    assert target.read_bytes() == before


@pytest.mark.parametrize(
    ("language", "said"), [("en", "Compiled translations: 1."), ("ru", "Скомпилировано переводов: 1.")]
)
def test_the_command_says_how_many_it_made(tmp_path, source, settings, language, said):
    settings.BASE_DIR = tmp_path
    out = StringIO()
    with translation.override(language):
        call_command("compile_translations", stdout=out)
    assert out.getvalue().strip() == said


def test_every_sentence_of_every_app_has_a_russian_translation():
    catalogues = sorted(settings.BASE_DIR.glob("*/locale/ru/LC_MESSAGES/*.po"))
    assert catalogues
    missing = {
        f"{path.relative_to(settings.BASE_DIR)}: {entry.msgid}"
        for path in catalogues
        for entry in polib.pofile(str(path))
        if not entry.obsolete and (not entry.translated() or entry.fuzzy)
    }
    assert missing == set()


def test_a_text_means_the_same_in_every_app():
    """Django throws the catalogues of all apps together: of two translations one would win everywhere. A text that means
    two things says which by its context."""
    said = defaultdict(set)
    for path in settings.BASE_DIR.glob("*/locale/ru/LC_MESSAGES/django.po"):
        for entry in polib.pofile(str(path)):
            if not entry.obsolete:
                # Some catalogues have a fourth form, for fractions, which none of the counts here is.
                said[entry.msgctxt, entry.msgid].add(entry.msgstr or tuple(entry.msgstr_plural.values())[:3])
    assert len(said) > 1000
    assert {text: words for text, words in said.items() if len(words) > 1} == {}
