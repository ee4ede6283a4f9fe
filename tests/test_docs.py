"""Documents that stand in both languages have the same commands in the same order, and links that lead somewhere."""

import re

import pytest
from django.conf import settings

DOCS = settings.BASE_DIR / "docs"
IN_BOTH = ["deploy", "moving-models", "scaling"]
LINK = re.compile(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)")


def text(name):
    return (DOCS / name).read_text(encoding="utf-8")


def commands(name):
    """What stands in blocks of code, without the remarks behind it."""
    found, fenced = [], False
    for line in text(name).splitlines():
        if line.startswith("```"):
            fenced = not fenced
        elif fenced or line.startswith("    "):
            command = re.split(r"(?:^|\s)(?:#|--) ", line)[0].strip()
            found += [command] if command else []
    return found


def anchors(page):
    """What a heading is called in an address: lower case, without signs, blanks as hyphens."""
    headings = re.findall(r"^#+ (.*)$", page, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def shape(name):
    """How many headings, rows of tables, list items and blocks there are."""
    lines = text(name).splitlines()
    return [sum(line.startswith(mark) for line in lines) for mark in ("#", "|", "- ", "```", "1. ", "2. ", "3. ")]


@pytest.mark.parametrize("name", IN_BOTH)
def test_both_languages_have_the_same_commands_and_parts(name):
    assert len(commands(f"{name}.md")) > 5
    assert commands(f"{name}.md") == commands(f"{name}.ru.md")
    assert shape(f"{name}.md") == shape(f"{name}.ru.md")


@pytest.mark.parametrize("name", IN_BOTH)
def test_both_languages_name_the_same_things(name):
    """Everything in backquotes: settings, commands, files. Words for a shop's name differ."""

    def named(file):
        prose = re.sub(r"```.*?```", "", text(file), flags=re.DOTALL)
        return {each for each in re.findall(r"`([^`\n]+)`", prose) if not re.search(r"[А-Яа-я]|SHOP|DOMAIN/", each)}

    assert named(f"{name}.md") == named(f"{name}.ru.md")


def test_the_commands_of_the_life_of_shops_are_the_same_ones():
    """Their answers are examples, and the Russian page has some more of them; the commands are asked for."""

    def asked(name):
        return {line.split()[3] for line in commands(name) if line.startswith("$ python manage.py ")}

    assert len(asked("tenants.md")) > 10
    assert asked("tenants.md") == asked("tenants.ru.md")


@pytest.mark.parametrize("file", sorted(path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")))
def test_links_lead_somewhere(file):
    here = DOCS / file
    for target, anchor in LINK.findall(text(file)):
        leads_to = (here.parent / target) if target else here
        assert leads_to.exists(), target
        if anchor and leads_to.suffix == ".md":
            assert anchor in anchors(leads_to.read_text(encoding="utf-8")), f"{target}#{anchor}"
