"""Loading the tree of places from the catalog."""

from django.db import transaction

from yipanqi import catalog
from yipanqi.kernel.places import ancestor_codes
from yipanqi.ops.jurisdictions.models import Jurisdiction
from yipanqi.ops.jurisdictions.queries import forget_tree


@transaction.atomic
def load_jurisdictions() -> int:
    """Bring the table in line with the catalog; places no longer listed stay (history points at them)."""
    rows = [
        Jurisdiction(
            code=place.code,
            tier=place.tier,
            parent_id=place.parent or None,
            path="/".join(ancestor_codes(place.code)),
            name_zh=place.name.zh,
            name_en=place.name.en,
        )
        for place in catalog.jurisdictions().values()
    ]
    Jurisdiction.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["code"],
        update_fields=["tier", "parent", "path", "name_zh", "name_en"],
    )
    forget_tree()
    return len(rows)
