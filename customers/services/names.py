"""Which names a shop may have: rules on plain text, no database.

The name of a shop is its subdomain, its PostgreSQL schema and its media folder at once, so it is narrow: lower-case
latin letters and digits. Digits alone never, because a command could take them for a position in a list.
"""

import datetime
import re

SELF_SERVICE = re.compile(r"[a-z][a-z0-9]{2,29}")
OPERATOR = re.compile(r"[a-z][a-z0-9_]{2,29}")
# The same rule as the operators', in the dialect of PostgreSQL, for the CHECK constraint.
OPERATOR_SQL = r"^[a-z][a-z0-9_]{2,29}$"
# What a schema is called that was put aside; no shop can have such a name.
ARCHIVED = re.compile(r"_archived_[a-z][a-z0-9_]{2,29}_[0-9]{14}")
LONGEST = 30
SHORTEST = 3

_RESERVED = """
    public information schema pg postgres template pool test
    www web app api cdn static asset media file image img photo upload download backup
    admin administrator root system sys operator owner staff user account profile login logout register signup
    mail email smtp imap pop webmail postmaster hostmaster webmaster noreply mx dns ns ftp sftp ssh vpn proxy
    shop store tenant client customer platform florist erp demo sandbox stage staging dev prod production local localhost
    help support status blog docs doc documentation wiki forum news about legal privacy term contact info home
    billing payment pay invoice checkout order product inventory stock report till kit category warehouse supplier
    security abuse healthz readyz health metric monitor log error webhook callback oauth sso auth session token
    git svn ci registry
""".split()  # noqa: SIM905 - one word per thing, read as a paragraph
RESERVED = frozenset(_RESERVED) | frozenset(word + "s" for word in _RESERVED) | {
    "categories", "inventories", "deliveries", "delivery", "proxies", "statuses", "privacies", "informationschema",
    "information_schema",
}  # fmt: skip

_LATIN = {
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ё": "e", "ж": "zh", "з": "z", "и": "i", "й": "y",
    "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f",
    "х": "h", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "sch", "ъ": "", "ы": "y", "ь": "", "э": "e", "ю": "yu", "я": "ya",
    "ґ": "g", "є": "ye", "і": "i", "ї": "yi", "ў": "u",
}  # fmt: skip


def is_reserved(name: str) -> bool:
    """Whether the name is kept for the platform, in the singular or the plural."""
    return name in RESERVED or name.startswith("pg_")


def fits_self_service(name: str) -> bool:
    """Whether somebody may ask for this name on the public site."""
    return SELF_SERVICE.fullmatch(name) is not None and not is_reserved(name)


def fits_operator(name: str) -> bool:
    """Whether an operator may give this name: like self-service, and `_` inside."""
    return OPERATOR.fullmatch(name) is not None and not is_reserved(name)


def is_ours(schema: str) -> bool:
    """Whether a schema of this name can be a shop's, living or put aside."""
    if ARCHIVED.fullmatch(schema) is not None:
        return True
    of_the_server = schema.startswith("pg_") or schema in {"public", "information_schema"}
    return OPERATOR.fullmatch(schema) is not None and not of_the_server


def archived(name: str, moment: datetime.datetime) -> str:
    """What a shop's schema is called once it is put aside."""
    return f"_archived_{name}_{moment:%Y%m%d%H%M%S}"


def to_verify(name: str) -> str:
    """The scratch schema that a backup of this shop is restored into; with the longest name exactly 63 characters."""
    return f"_verify_{name}"


def host_label(name: str) -> str:
    """The subdomain for a schema: a host name has no underscore."""
    return name.replace("_", "-").strip("-")


def suggest(shop_name: str) -> str:
    """A name made from what the shop is called, "Пион на Садовой" gives "pionnasadovoy"; "" when nothing is left."""
    latin = "".join(_LATIN.get(letter, letter) for letter in shop_name.lower())
    name = re.sub(r"[^a-z0-9]", "", latin).lstrip("0123456789")[:LONGEST]
    if name and len(name) < SHORTEST:
        name = (name + "flowers")[:LONGEST]
    if is_reserved(name):
        name = ("flowers" + name)[:LONGEST]
    return name if fits_self_service(name) else ""
