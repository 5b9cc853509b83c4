"""Looking places up. The tree is small and changes once a year: it is kept in memory per process."""

from functools import lru_cache

from yipanqi.ops.jurisdictions.models import Jurisdiction


@lru_cache(maxsize=1)
def _tree() -> dict[str, Jurisdiction]:
    return {place.code: place for place in Jurisdiction.objects.all()}


def forget_tree() -> None:
    """Read the table anew at the next look-up (after loading)."""
    _tree.cache_clear()


def find_place(code: str) -> Jurisdiction | None:
    """The place with this code, or None."""
    return _tree().get(code)


def place_name(code: str, language: str) -> str:
    """A place's name in the viewer's language; the code itself when it is not in the tree."""
    place = find_place(code)
    return place.name(language) if place else code


def full_name(code: str, language: str) -> str:
    """County and station as an operator says them: 仓山区·上渡派出所."""
    place = find_place(code)
    if place is None:
        return code
    if place.tier == "station" and place.parent_id:
        return f"{place_name(place.parent_id, language)}·{place.name(language)}"
    return place.name(language)


def list_children(code: str) -> list[Jurisdiction]:
    """The places directly below, in code order."""
    return sorted((p for p in _tree().values() if p.parent_id == code), key=lambda place: place.code)


def list_below(code: str) -> list[Jurisdiction]:
    """The place itself and all below it, in code order: each county is followed by its stations."""
    top = find_place(code)
    if top is None:
        return []
    below = (p for p in _tree().values() if p.code == code or p.path.startswith(f"{top.path}/"))
    return sorted(below, key=lambda place: place.code)


def root_code() -> str:
    """The province's code: the place of rows whose own place is not known."""
    return next((p.code for p in _tree().values() if p.parent_id is None), "350000")
