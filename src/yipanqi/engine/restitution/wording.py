"""The lines of an explanation as sentences in Chinese or English, with their transfers and the law they rest on.

Words stand in the catalog (`split_words.yaml`, `citations.yaml`). Leaves what is said to `explaining`.
"""

from collections.abc import Mapping
from fractions import Fraction

from yipanqi import catalog
from yipanqi.engine.ledger.currencies import exponent_of
from yipanqi.engine.restitution.explaining import Line
from yipanqi.engine.tracing.result import decimal_text

_DIGITS = 4  # shown beyond the minor unit of what is not rounded yet


def sentence(line: Line, lang: str, currency: str = "CNY") -> str:
    """The line in a language ("zh", "en"): what was reckoned, on which transfers, by which law."""
    words = catalog.split_words()
    parts = [words[line.code].fill(**_shown(line.facts, lang, currency)).get(lang)]
    if line.transfers:
        listed = ", ".join(line.transfers) + (", …" if line.more else "")
        parts.append(words["transfers"].fill(transfers=listed).get(lang))
    if line.law:
        laws = "; ".join(_law(key, lang) for key in line.law)
        parts.append(words["law"].fill(law=laws).get(lang))
    return "".join(parts) if lang.startswith("zh") else " ".join(parts)


def rule_name(rule: str, lang: str) -> str:
    """The name of a rule or a basis."""
    return catalog.split_words()[f"name.{rule}"].name.get(lang)


def _shown(facts: Mapping[str, int | str | Fraction], lang: str, currency: str) -> dict[str, str]:
    """Money as decimals under its short name; kinds of sources as words."""
    shown: dict[str, str] = {}
    for name, value in facts.items():
        if isinstance(value, Fraction):
            shown[name] = exact_text(value, currency)
        elif name.endswith("_minor") and isinstance(value, int):
            shown[name.removesuffix("_minor")] = decimal_text(value, currency) or ""
        elif name.endswith("_kind"):
            shown[name] = catalog.split_words()[f"source.{value}"].name.get(lang)
        else:
            shown[name] = str(value)
    return shown


def exact_text(minor: Fraction, currency: str) -> str:
    """Money that is not rounded yet: 3333 1/3 gives "33.333333…"; whole minor units are written as usual."""
    if minor.denominator == 1:
        return decimal_text(int(minor), currency) or ""
    digits = exponent_of(currency) + _DIGITS
    shifted = minor * 10**_DIGITS
    text = f"{int(shifted):0{digits + 1}d}"
    return f"{text[:-digits]}.{text[-digits:]}" + ("" if shifted.denominator == 1 else "…")


def _law(key: str, lang: str) -> str:
    words = catalog.split_words()
    if key == "D":
        return words["law.house"].name.get(lang)
    source, _, article = key.partition(" ")
    name = catalog.citations()[source].name.get(lang)
    return words["law.article"].fill(source=name, article=article).get(lang) if article else name
