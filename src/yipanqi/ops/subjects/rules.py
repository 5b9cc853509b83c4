"""Normal forms of personal values, so that one person or account has one index. Pure functions.

Nothing is guessed: a value that is not clearly a phone, ID or account number raises with its reason.
"""

import re
import unicodedata
from functools import lru_cache

from yipanqi import catalog
from yipanqi.kernel.errors import YipanqiError

_SEPARATORS = re.compile(r"[\s\-‐‑–—()]+")
_MOBILE = re.compile(r"1[3-9]\d{9}", re.ASCII)
_LANDLINE = re.compile(r"0\d{9,11}", re.ASCII)
_FOREIGN = re.compile(r"\+\d{7,15}", re.ASCII)
_ACCOUNT = re.compile(r"\d{8,32}|[A-Za-z0-9._@+-]{4,64}", re.ASCII)
_MANGLED = re.compile(
    r"\d+\.\d*|\d+(\.\d+)?[eE][+-]?\d+", re.ASCII
)  # what a spreadsheet makes of long numbers
LINK_CHARS = 300
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10X98765432"


class SubjectError(YipanqiError):
    """A personal value is not in a form this system can be sure of."""

    code = "subject_invalid"


def _compact(text: str) -> str:
    return _SEPARATORS.sub("", unicodedata.normalize("NFKC", text)).lstrip("\t|")


def normal_phone(text: str) -> str:
    """A phone number as digits: Chinese mobile or landline bare, any other with + and its country code."""
    value = _compact(text)
    for prefix in ("+86", "0086"):
        if value.startswith(prefix):
            value = value[len(prefix) :]
            break
    if value.startswith("00"):
        value = "+" + value[2:]
    if _MOBILE.fullmatch(value) or _LANDLINE.fullmatch(value) or _FOREIGN.fullmatch(value):
        return value
    raise SubjectError("not a phone number", code="phone_invalid")


def normal_id_number(text: str) -> str:
    """An 18-character resident ID number with a right check character (GB 11643), upper case."""
    value = _compact(text).upper()
    if not re.fullmatch(r"\d{17}[\dX]", value, re.ASCII):
        raise SubjectError("not an 18-character ID number", code="id_number_invalid")
    total = sum(int(digit) * weight for digit, weight in zip(value, _ID_WEIGHTS, strict=False))
    if _ID_CHECKS[total % 11] != value[-1]:
        raise SubjectError("the ID number's check character does not fit", code="id_number_invalid")
    return value


def normal_account(text: str) -> str:
    """An account or wallet number without blanks; what a spreadsheet has mangled is refused."""
    value = _compact(text)
    if _MANGLED.fullmatch(value) or not _ACCOUNT.fullmatch(value):
        raise SubjectError("not an account number", code="account_invalid")
    return value


def normal_link(text: str) -> str:
    """A web address or an app's name without blanks; scheme and host in lower case, the rest as it came."""
    value = unicodedata.normalize("NFKC", text).strip()
    if not 3 <= len(value) <= LINK_CHARS or any(sign.isspace() for sign in value) or not value.isprintable():
        raise SubjectError("not an address", code="link_invalid", limit=LINK_CHARS)
    scheme, mark, rest = value.partition("://")
    if not mark:
        scheme, rest = "", value
    host, slash, path = rest.partition("/")
    return f"{scheme.lower()}{mark}{host.lower()}{slash}{path}"


@lru_cache(maxsize=4096)
def bank_of(text: str) -> str:
    """The catalog code of a bank as people name it (code, full or short name in either language); "" when unsure."""
    wanted = _compact(text).casefold()
    if not wanted:
        return ""
    for bank in catalog.banks().values():
        names = (bank.code, bank.name.zh, bank.name.en, bank.short_name.zh, bank.short_name.en)
        spoken = {_compact(name).casefold() for name in names}
        spoken |= {name.removeprefix("中国").removesuffix("股份有限公司") for name in spoken}
        if wanted.removeprefix("中国").removesuffix("股份有限公司") in spoken:
            return bank.code
    return ""
