"""What dev.py says, in English and Russian. gettext is not there yet when it speaks first."""

import os
import sys
import time
from collections.abc import Mapping

TEXTS: dict[str, tuple[str, str]] = {
    # packages
    "venv": ("Making the Python environment in .venv", "Создаю окружение Python в .venv"),
    "venv_broken": (
        "The Python environment in .venv no longer runs here; making it anew",
        "Окружение Python в .venv здесь больше не работает, создаю заново",
    ),
    "pip_fetch": ("Fetching pip from {index}", "Загружаю pip из {index}"),
    "packages": ("Installing packages from {file}", "Устанавливаю пакеты из {file}"),
    "packages_busy": ("… {count} packages so far", "… пакетов: {count}"),
    "packages_done": ("Packages are ready", "Пакеты установлены"),
    "uv_failed": ("uv could not install the packages, trying pip", "uv не смог установить пакеты, пробую pip"),
    "no_embedded_wheel": (
        "There is no ready PostgreSQL package for this system; installing the rest without it",
        "Для этой системы нет готового пакета PostgreSQL, устанавливаю остальное без него",
    ),
    "no_index": (
        "The package index {index} can't be reached: {why}. Check the network, or name a reachable index in "
        "PIP_INDEX_URL and its certificate in PIP_CERT. Nothing was changed.",
        "Хранилище пакетов {index} недоступно: {why}. Проверьте сеть или укажите доступное хранилище в PIP_INDEX_URL, "
        "а его сертификат в PIP_CERT. Ничего не изменено.",
    ),
    "no_pip_listed": (
        "The package index {index} lists no pip that this Python ({python}) can use. Name another index in "
        "PIP_INDEX_URL, or install the python3-venv package.",
        "В хранилище пакетов {index} нет pip для этого Python ({python}). Укажите другое хранилище в PIP_INDEX_URL "
        "или установите пакет python3-venv.",
    ),
    "bad_checksum": (
        "{name} from {index} does not have the SHA-256 sum that the index gives for it, so it was not used. Try again; "
        "if it stays so, name another index in PIP_INDEX_URL.",
        "Сумма SHA-256 файла {name} из {index} не совпала с указанной в хранилище, файл не использован. Повторите "
        "попытку; если не поможет, укажите другое хранилище в PIP_INDEX_URL.",
    ),
    "pip_failed": (
        "The packages could not be installed, see the lines above. Without a network: connect, or name a reachable "
        "index in PIP_INDEX_URL and its certificate in PIP_CERT. Then run the same command again.",
        "Не удалось установить пакеты, причина в строках выше. Если нет сети: подключитесь или укажите доступное "
        "хранилище в PIP_INDEX_URL, а его сертификат в PIP_CERT. Затем повторите ту же команду.",
    ),
    # database
    "db_start": ("Starting PostgreSQL {version}", "Запускаю PostgreSQL {version}"),
    "db_init": ("Making a new database cluster in {folder}", "Создаю новый кластер базы данных в {folder}"),
    "db_copy": (
        "Copying PostgreSQL to {folder}, where the account {account} can read it",
        "Копирую PostgreSQL в {folder}, где его может прочитать учётная запись {account}",
    ),
    "db_ready": ("The database answers on 127.0.0.1:{port}", "База данных отвечает на 127.0.0.1:{port}"),
    "db_attached": ("The database is already running", "База данных уже запущена"),
    "db_external": ("Using the database from DATABASE_URL", "Использую базу данных из DATABASE_URL"),
    "db_created": ("Created the database {name}", "Создана база данных {name}"),
    "no_postgres": (
        "No PostgreSQL was found: this system has no ready package for it and no server of version 15 or newer is "
        "installed. Set DATABASE_URL (postgres://user:password@host:5432/name) or install PostgreSQL, then run the "
        "same command again.",
        "PostgreSQL не найден: для этой системы нет готового пакета, а сервер версии 15 или новее не установлен. "
        "Задайте DATABASE_URL (postgres://user:password@host:5432/name) или установите PostgreSQL и повторите команду.",
    ),
    "postgres_unusable": (
        "PostgreSQL in {folder} does not start as the account {account}: {why}. Set DATABASE_URL or install PostgreSQL.",
        "PostgreSQL в {folder} не запускается от имени {account}: {why}. Задайте DATABASE_URL или установите "
        "PostgreSQL.",
    ),
    "no_account": (
        "PostgreSQL refuses to run as root, and this system has neither an account `postgres` nor `nobody`. Create one "
        "(useradd --system postgres), work as an ordinary user, or set DATABASE_URL.",
        "PostgreSQL не запускается от root, а учётных записей `postgres` и `nobody` в системе нет. Создайте одну "
        "(useradd --system postgres), работайте от обычного пользователя или задайте DATABASE_URL.",
    ),
    "other_major": (
        "The data in {folder} was made by PostgreSQL {found}, the server here is {wanted}. Nothing was changed. Dump it "
        "with PostgreSQL {found} (pg_dumpall) and restore the dump after this start, or move the folder away to begin "
        "with an empty database.",
        "Данные в {folder} созданы PostgreSQL {found}, а здесь сервер {wanted}. Ничего не изменено. Выгрузите их через "
        "PostgreSQL {found} (pg_dumpall) и загрузите после запуска новой версии или уберите папку, чтобы начать с "
        "пустой базы.",
    ),
    "db_port_lost": (
        "The database went down, and another program has taken its port {port}. Start anew: python3 dev.py run",
        "База данных остановилась, а её порт {port} заняла другая программа. Запустите заново: python3 dev.py run",
    ),
    "db_failed": (
        "PostgreSQL did not start. Its last words:\n{log}\nThe whole log: {file}",
        "PostgreSQL не запустился. Его последние сообщения:\n{log}\nВесь журнал: {file}",
    ),
    "db_url_bad": (
        "DATABASE_URL can't be read: {why}. It looks like postgres://user:password@host:5432/name. Nothing was changed.",
        "DATABASE_URL не удаётся прочитать: {why}. Он выглядит так: postgres://user:password@host:5432/name. Ничего не "
        "изменено.",
    ),
    "db_unreachable": (
        "The database does not answer: {why}. Check that the server runs and that DATABASE_URL names the right "
        "address, account and database; or unset DATABASE_URL to use the embedded one. Nothing was changed.",
        "База данных не отвечает: {why}. Проверьте, что сервер запущен и что в DATABASE_URL верны адрес, учётная запись "
        "и имя базы; или уберите DATABASE_URL, чтобы использовать встроенную. Ничего не изменено.",
    ),
    "db_old": (
        "The database server is PostgreSQL {version}, but 15 or newer is needed. Upgrade it, or unset DATABASE_URL to "
        "use the embedded one. Nothing was changed.",
        "Сервер базы данных — PostgreSQL {version}, а нужен 15 или новее. Обновите его или уберите DATABASE_URL, чтобы "
        "использовать встроенный. Ничего не изменено.",
    ),
    "db_locale": (
        "The database {name} does not know Cyrillic: lower('РОЗА') gives {found}, so searching for names would fail. "
        "Create it anew with a UTF-8 locale (CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' "
        "LOCALE 'C.UTF-8'). Nothing was changed.",
        "База данных {name} не знает кириллицы: lower('РОЗА') даёт {found}, поиск по названиям не работал бы. Создайте "
        "её заново с локалью UTF-8 (CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'). "
        "Ничего не изменено.",
    ),
    # run
    "translations": ("Compiled translations: {count}", "Собраны переводы: {count}"),
    "migrate": ("Bringing the tables up to date", "Обновляю таблицы"),
    "migrate_none": ("The tables are up to date", "Таблицы в порядке"),
    "demo": ("Making the first demo shop", "Создаю первый демонстрационный магазин"),
    "demo_rest": (
        "The second demo shop and the pictures are being made meanwhile",
        "Тем временем создаются второй демонстрационный магазин и картинки",
    ),
    "demo_shop": ("The shop “{name}” is ready", "Магазин «{name}» готов"),
    "demo_pictures": ("“{name}”: {done} of {every} pictures", "«{name}»: картинок {done} из {every}"),
    "demo_done": ("The demo is complete", "Демонстрация готова целиком"),
    "demo_failed": (
        "The rest of the demo could not be made, the reason is in {file}. The program runs without it; the next start "
        "tries again.",
        "Остальную часть демонстрации создать не удалось, причина в {file}. Программа работает и без неё; при следующем "
        "запуске попытка повторится.",
    ),
    "step_failed": (
        "`manage.py {command}` failed, its words stand above. Nothing was started.",
        "Команда `manage.py {command}` завершилась с ошибкой, её сообщения выше. Ничего не запущено.",
    ),
    "web_start": ("Starting the web server and the worker", "Запускаю веб-сервер и обработчик заданий"),
    "ready": ("Ready", "Готово"),
    "open": ("Open in the browser:", "Откройте в браузере:"),
    "platform": ("platform", "платформа"),
    "no_logins": (
        "Without the demo there are no log-ins to show. To make an administrator of the platform: "
        "python3 dev.py manage ensure_platform --superuser=NAME --password=…",
        "Без демонстрации показать некого. Создать администратора платформы: "
        "python3 dev.py manage ensure_platform --superuser=ИМЯ --password=…",
    ),
    "login": ("log-in", "логин"),
    "password": ("password", "пароль"),
    "logs": (
        "Logs, and the letters the program would send: {folder}",
        "Журналы и письма, которые отправила бы программа: {folder}",
    ),
    "how_to_stop": (
        "Stop: Ctrl-C here, or `python3 dev.py stop`.",
        "Остановить: Ctrl-C здесь или `python3 dev.py stop`.",
    ),
    "running": (
        "It is already running at {address} (process {pid}). Stop it with `python3 dev.py stop`.",
        "Программа уже запущена: {address} (процесс {pid}). Остановить: `python3 dev.py stop`.",
    ),
    "starting": (
        "Another `python3 dev.py run` of this project is just starting. Wait a moment and open the address it prints.",
        "Другой `python3 dev.py run` этого проекта как раз запускается. Подождите и откройте адрес, который он покажет.",
    ),
    "port_taken": (
        "Port {port} is taken by another program. Give another one: python3 dev.py run --port {next}",
        "Порт {port} занят другой программой. Укажите другой: python3 dev.py run --port {next}",
    ),
    "no_port": (
        "No free port between {first} and {last}. Give one: python3 dev.py run --port N",
        "Нет свободного порта от {first} до {last}. Укажите его: python3 dev.py run --port N",
    ),
    "web_silent": (
        "The web server does not answer. Its last words:\n{log}\nThe whole log: {file}",
        "Веб-сервер не отвечает. Его последние сообщения:\n{log}\nВесь журнал: {file}",
    ),
    "child_died": (
        "{name} ended unexpectedly (code {code}), starting it again. Its log: {file}",
        "{name} неожиданно завершился (код {code}), запускаю снова. Журнал: {file}",
    ),
    "child_hopeless": (
        "{name} keeps failing, so everything is stopped. Its last words:\n{log}\nThe whole log: {file}",
        "{name} постоянно завершается с ошибкой, поэтому всё остановлено. Последние сообщения:\n{log}\n"
        "Весь журнал: {file}",
    ),
    "leftovers": (
        "Ending {count} processes of a run that was killed",
        "Завершаю процессы прерванного запуска: {count}",
    ),
    "stopping": ("Stopping …", "Останавливаю …"),
    "stopped": ("Stopped.", "Остановлено."),
    "not_running": ("Nothing is running here.", "Здесь ничего не запущено."),
    "stop_slow": (
        "Process {pid} is still stopping after {seconds} s. Look at its terminal, or try again.",
        "Процесс {pid} за {seconds} с не остановился. Посмотрите в его окно или повторите команду.",
    ),
    # reset
    "reset_question": (
        "This deletes all data of this installation for ever: {folders}. Type yes to go on: ",
        "Будут навсегда удалены все данные этой установки: {folders}. Чтобы продолжить, напишите да: ",
    ),
    "reset_no_terminal": (
        "There is no terminal to ask on. To delete all data without a question: python3 dev.py reset --yes. "
        "Nothing was deleted.",
        "Нет терминала, чтобы спросить. Удалить все данные без вопроса: python3 dev.py reset --yes. Ничего не удалено.",
    ),
    "reset_kept": ("Nothing was deleted.", "Ничего не удалено."),
    "reset_done": ("Deleted. The next run starts with an empty database.", "Удалено. Следующий запуск начнёт с нуля."),
    "reset_running": (
        "The program or one of its commands is running on this data. Stop it first: python3 dev.py stop. "
        "Nothing was deleted.",
        "С этими данными сейчас работает программа или её команда. Сначала остановите: python3 dev.py stop. "
        "Ничего не удалено.",
    ),
    "reset_external": (
        "DATABASE_URL is set, and dev.py deletes only the database it made itself. Drop that database on its own "
        "server, or unset DATABASE_URL. Nothing was deleted.",
        "Задан DATABASE_URL, а dev.py удаляет только базу, которую создал сам. Удалите ту базу на её сервере или "
        "уберите DATABASE_URL. Ничего не удалено.",
    ),
    # test, manage, bench
    "tests": ("Running the tests", "Запускаю тесты"),
    "no_script": ("There is no {file}. Look into the folder for its names.", "Файла {file} нет. Посмотрите имена в этой папке."),
    "manage_what": (
        "Say which management command: python3 dev.py manage help",
        "Укажите команду: python3 dev.py manage help",
    ),
    # any command
    "foreign_state": (
        "{folder} belongs to another account or is open to others, so it can't hold this project's data. Remove it or "
        "correct its owner, then run the same command again.",
        "Папка {folder} принадлежит другой учётной записи или открыта другим, хранить в ней данные проекта нельзя. "
        "Удалите её или исправьте владельца и повторите команду.",
    ),
    "not_writable": (
        "{path} can't be written by this account ({why}). Use the account that owns the project, or correct the "
        "owner of that path.",
        "Эта учётная запись не может писать в {path} ({why}). Работайте от владельца проекта или исправьте владельца "
        "этого пути.",
    ),
    "no_space": ("There is no space left on the disk: {why}. Free some and repeat.", "На диске нет места: {why}. "
                 "Освободите его и повторите команду."),
}  # fmt: skip


def russian(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the person reads Russian: what LC_ALL, LC_MESSAGES or LANG says, the first that is set wins."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if environment.get(name):
            return environment[name].lower().startswith("ru")
    return False


def text(key: str, /, **values: object) -> str:
    """The sentence `key` in the person's language, its placeholders filled."""
    return TEXTS[key][1 if russian() else 0].format(**values)


class Stop(Exception):
    """Ends the command with a sentence; `code` becomes the exit code."""

    def __init__(self, key: str, /, *, code: int = 1, **values: object) -> None:
        super().__init__(text(key, **values))
        self.key = key
        self.code = code


# dev.py replaces itself once by the environment's Python: the clock goes on.
CLOCK = "FLORIST_STARTED"
# Set while the output belongs to another program, as in `dev.py manage dumpdata > file`: then we speak on stderr.
ASIDE = "FLORIST_ASIDE"


def start_clock() -> None:
    """Remember when the command began, for the times before every line."""
    os.environ.setdefault(CLOCK, str(time.time()))


def write(line: str) -> None:
    """One line to the person. A terminal without Cyrillic gets question marks, never a traceback."""
    stream = sys.stderr if os.environ.get(ASIDE) else sys.stdout
    encoding = stream.encoding or "utf-8"
    stream.write(line.encode(encoding, "replace").decode(encoding) + "\n")
    stream.flush()


def say(key: str, /, **values: object) -> None:
    """A line of progress with the seconds since the command began."""
    now = time.time()
    elapsed = now - float(os.environ.get(CLOCK, now))
    write(f"[{elapsed:6.1f} s] {text(key, **values)}")
