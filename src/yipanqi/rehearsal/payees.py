"""The names of payees in a rehearsal: one account has one holder, whoever speaks of it. All are invented."""

from zlib import crc32

_NAMES = (
    "周国良",
    "吴小燕",
    "郑志勇",
    "冯晓东",
    "蒋文斌",
    "沈玉兰",
    "韩冬生",
    "杨丽娜",
    "朱建国",
    "秦海燕",
    "许文强",
    "何翠萍",
)


def payee_name(account: str) -> str:
    """The holder of an account."""
    return _NAMES[crc32(account.encode()) % len(_NAMES)]
