"""How a personal value looks on screen before somebody asks for it: 王*明, 138****2207, 6222 **** 8123.

Masks keep the width of a field steady and never show enough to call, pay or look up by. Pure functions.
"""


def mask_name(text: str) -> str:
    """First and last character stay: 王小明 -> 王*明, 李四 -> 李*; one character -> *."""
    if len(text) <= 1:
        return "*"
    return text[0] + "*" if len(text) == 2 else text[0] + "*" * (len(text) - 2) + text[-1]


def mask_phone(text: str) -> str:
    """Three and four digits stay: 138****2207."""
    return f"{text[:3]}****{text[-4:]}" if len(text) >= 9 else "****" + text[-2:]


def mask_account(text: str) -> str:
    """Four and four digits stay: 6222 **** 8123."""
    return f"{text[:4]} **** {text[-4:]}" if len(text) >= 12 else "**** " + text[-2:]


def mask_id_number(text: str) -> str:
    """The place stays, the person goes: 350104**********2X -> 350104****2X."""
    return f"{text[:6]}****{text[-2:]}" if len(text) >= 15 else "****"


def mask_link(text: str) -> str:
    """Enough to tell two addresses apart, not enough to open one: pay-safe.example/x -> pay****le/x."""
    return f"{text[:3]}****{text[-4:]}" if len(text) >= 10 else "****" + text[-2:]


def mask_address(text: str) -> str:
    """The district stays, street and number go: 福州市仓山区上渡路18号 -> 福州市仓山区****."""
    return f"{text[:6]}****" if len(text) >= 10 else "****"


def mask_text(text: str) -> str:
    """Free text says only how long it is."""
    return f"••• ({len(text)})" if text else ""


MASKS = {
    "name": mask_name,
    "phone": mask_phone,
    "account": mask_account,
    "id_number": mask_id_number,
    "link": mask_link,
    "address": mask_address,
    "text": mask_text,
    "row": mask_text,
}
