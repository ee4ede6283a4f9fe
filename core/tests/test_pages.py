import gzip
import json
import re
from pathlib import Path
from types import SimpleNamespace

import polib
import pytest
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.template import Context, Template
from django.template.loader import render_to_string
from django.utils import translation

from core import context, styleguide, views
from core.access import Role
from core.tests.faces import Person, request

CORE = Path(__file__).parent.parent
PROJECT = CORE.parent
APPS = ["core", "accounts", "customers", "products", "inventory", "orders"]
TEMPLATES = [path for app in APPS for path in (PROJECT / app).glob("templates/**/*.html")]
CSS = (CORE / "static/core/css/app.css").read_text()
SPRITE = (CORE / "static/core/icons.svg").read_text()
# Pages sent before any middleware can serve a stylesheet carry their own style, and no content policy stands over them.
SELF_CONTAINED = {"core/every_language.html"}


@pytest.fixture
def sections(monkeypatch):
    """Every section leads somewhere, whichever apps are installed."""
    monkeypatch.setattr(context, "reverse", lambda name: f"/{name}/")


def base(user=None, language="en"):
    with translation.override(language):
        return render(request("/orders:order_list/", user=user), "core/base.html").content.decode()


@pytest.mark.parametrize(
    ("role", "seen", "hidden"),
    [
        (Role.OWNER, ["Orders", "Stock", "Catalogue", "Settings", "Receipt"], []),
        (Role.SELLER, ["Orders", "Stock", "Write-off"], ["Settings", "Receipt"]),
        (Role.COURIER, ["Orders"], ["Stock", "Catalogue", "Settings", "Create"]),
    ],
)
def test_the_navigation_shows_what_the_role_may_open(sections, role, seen, hidden):
    page = base(Person(role))
    for label in seen:
        assert f" {label}<" in page or f"<span>{label}</span>" in page
    for label in hidden:
        assert f" {label}<" not in page
        assert f"<span>{label}</span>" not in page


def test_a_section_of_an_app_that_is_not_there_is_left_out(monkeypatch):
    monkeypatch.setattr(context, "SECTIONS", [context.Section("nowhere:at_all", "Nowhere", "today", "orders.view")])
    assert "Nowhere" not in base(Person())


def test_the_shell_has_its_landmarks_and_exactly_two_live_regions(sections):
    page = base(Person())
    for mark in ('href="#main"', 'id="main"', "<header", "<nav", 'aria-current="page"', 'id="undo_slot"'):
        assert mark in page
    assert page.count('role="status"') == page.count('role="alert"') == 1


def test_the_shell_speaks_both_languages(sections):
    assert 'lang="ru"' in base(Person(), "ru")
    assert "К содержанию" in base(Person(), "ru")
    assert "Skip to content" in base(Person(), "en")


def test_the_theme_of_the_person_wins_over_the_cookie():
    made = request(user=Person(theme="dark"))
    made.COOKIES["theme"] = "light"
    assert context.theme_of(made) == "dark"
    made = request()
    made.COOKIES["theme"] = "light"
    assert context.theme_of(made) == "light"
    made.COOKIES["theme"] = '"><script>'
    assert context.theme_of(made) == "auto"


def test_htmx_is_told_to_swap_refused_forms_and_nothing_that_breaks_the_content_policy():
    config = json.loads(context.HTMX_CONFIG)
    assert (config["allowEval"], config["includeIndicatorStyles"], config["historyCacheSize"]) == (False, False, 0)
    handling = {rule["code"]: rule["swap"] for rule in config["responseHandling"]}
    assert handling["409|422"] is True
    assert handling["[45].."] is False


@pytest.mark.parametrize(("template", "words"), [("404.html", "Такой страницы нет"), ("403.html", "не для вашей роли")])
@pytest.mark.parametrize("user", [None, Person()])
def test_error_pages_work_for_everybody(template, words, user):
    with translation.override("ru"):
        page = render(request(user=user), template).content.decode()
    assert words in page
    assert ("sidebar" in page) is (user is not None)


@pytest.mark.parametrize("code", ["500", "503"])
def test_the_worst_pages_need_no_request_and_stand_there_in_both_languages(code):
    page = render_to_string(f"{code}.html")
    assert "<html" in page
    assert 'lang="en"' in page
    assert re.search("[а-я]", page)
    assert "{% load i18n" not in (CORE / f"templates/{code}.html").read_text()


@pytest.mark.parametrize(("language", "words"), [("ru", "Подождите 15 минут "), ("en", "Wait 15 minutes ")])
def test_a_locked_log_in_says_how_long(language, words):
    template, values = styleguide.page_context("locked")
    with translation.override(language):
        assert words in render(request("/login/"), template, values).content.decode()


@pytest.mark.parametrize("name", ["entrance", "refused", "busy", "locked", "csrf"])
def test_every_example_page_renders(settings, name):
    settings.DEBUG = True
    assert isinstance(views.styleguide_page(request(), name), HttpResponse)


def test_the_style_sheet_shows_every_component_and_exists_only_where_debug_is_on(settings):
    with pytest.raises(Http404):
        views.styleguide(request())
    settings.DEBUG = True
    assert views.styleguide(request(user=Person())).status_code == 200
    assert set(re.findall(r'id="i-(\w+)"', SPRITE)) == set(styleguide.ICONS)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_template_has_nothing_inline_and_names_only_icons_that_exist(path):
    source = path.read_text()
    for name in re.findall(r'{% icon "(\w+)"', source):
        assert f'id="i-{name}"' in SPRITE, name
    for name in re.findall(r'{% motif "(\w+)"', source):
        assert f'id="f-{name}"' in SPRITE, name
    if str(path).endswith(tuple(SELF_CONTAINED)):
        return
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|hx-on|javascript:", source), "the content policy forbids it"
    for script in re.findall(r"<script[^>]*>", source):
        assert "src=" in script, "the content policy forbids scripts in pages"


@pytest.mark.parametrize("path", sorted((CORE / "templates/components").glob("*.html")), ids=lambda path: path.name)
def test_a_component_begins_with_what_it_expects(path):
    assert re.match(r"{% comment %}\s*.*?Expects:? .*?{% endcomment %}", path.read_text(), re.DOTALL)


@pytest.mark.parametrize(("given", "wide"), [("", False), (" block=True", True)])
def test_a_button_is_as_wide_as_asked_even_inside_a_template_block(given, wide):
    source = '{% block content %}{% include "components/button.html" with label="Save"' + given + " %}{% endblock %}"
    page = Template(source).render(Context())
    assert 'type="submit"' in page
    assert (" block" in page) is wide


def test_the_stylesheet_stays_small_in_layers_and_within_what_old_tablets_know():
    assert len(gzip.compress(CSS.encode())) < 20_000
    rules = re.sub(r"/\*.*?\*/", "", CSS, flags=re.DOTALL)
    assert "light-dark(" not in rules
    assert "&" not in rules
    depth, outside = 0, ""
    for character in rules:
        depth += {"{": 1, "}": -1}.get(character, 0)
        outside += character if depth == 0 and character != "}" else ""
    assert depth == 0
    assert all(part.strip().startswith("@layer") for part in re.split(r"\n\n+|;", outside) if part.strip())


def test_the_two_dark_themes_are_the_same_word_for_word():
    dark = re.findall(r"color-scheme: dark;(.*?)\n\s*}", CSS, re.DOTALL)
    assert len(dark) == 2
    assert " ".join(dark[0].split()) == " ".join(dark[1].split())


def test_every_colour_of_the_light_theme_has_its_dark_twin():
    light = re.search(r"color-scheme: light;(.*?)\n\s*}", CSS, re.DOTALL)[1]
    dark = re.search(r"color-scheme: dark;(.*?)\n\s*}", CSS, re.DOTALL)[1]
    names = re.compile(r"(--[\w-]+):")
    assert names.findall(light) == names.findall(dark)


@pytest.mark.parametrize("path", [CORE / "locale/ru", PROJECT / "myproject/locale/ru"], ids=["core", "myproject"])
def test_every_sentence_is_translated(path):
    catalogue = polib.pofile(str(path / "LC_MESSAGES/django.po"))
    assert catalogue.untranslated_entries() == []
    assert catalogue.fuzzy_entries() == []


def test_what_is_kept_of_the_shell_is_kept_for_one_role_one_language_and_one_place(sections, settings):
    settings.CACHES = settings.CACHES | {"template_fragments": settings.CACHES["default"] | {"LOCATION": "kept shell"}}
    bar = re.compile(r'<nav class="bottom-bar".*?</nav>', re.DOTALL)

    def seen(role, language="en", at="home"):
        made = request("/home/" if at == "home" else "/inventory:stock_list/", user=Person(role))
        made.resolver_match = SimpleNamespace(view_name=at)
        with translation.override(language):
            page = render(made, "core/base.html").content.decode()
        return bar.search(page).group(0), page[page.index('id="palette"') :]

    owner, courier, russian = seen(Role.OWNER), seen(Role.COURIER), seen(Role.OWNER, "ru")
    assert "Stock" in owner[0]
    assert "Stock" not in courier[0]
    assert "Склад" in russian[0]
    assert "Create: product" in owner[1]
    assert "Create: product" not in courier[1]
    assert "Склад" in russian[1]
    assert seen(Role.OWNER, at="inventory:stock_list")[0] != owner[0]  # another place is marked
    assert seen(Role.OWNER) == owner
