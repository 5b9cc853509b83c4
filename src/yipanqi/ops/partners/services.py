"""Acts on partners: entering one, connecting its door, issuing and revoking keys. Checking a key is in `admission`."""

import re
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from yipanqi import catalog
from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.journal.services import Actor, Draft, write_entry
from yipanqi.ops.jurisdictions.models import Jurisdiction
from yipanqi.ops.partners.enums import PartnerAct
from yipanqi.ops.partners.keys import new_key
from yipanqi.ops.partners.models import Partner, PartnerKey

_ENDPOINT = re.compile(r"https?://([\w.-]+|\[[0-9a-f:]+\])(:[1-9][0-9]{0,4})?(/[\w.~-]+)*", re.ASCII)
_PUBLIC_KEY = re.compile(r"[0-9a-f]{64}", re.ASCII)


class PartnerRefused(YipanqiError):
    """A partner or key cannot be entered as given.

    Codes: partner_taken, source_unknown, jurisdiction_unknown, rate_invalid, not_found, act_unknown, expiry_past,
    endpoint_invalid, public_key_invalid, bank_unknown, bank_taken.
    """

    code = "partner_refused"


@transaction.atomic
def register_partner(
    *,
    code: str,
    name_zh: str,
    name_en: str,
    source: str,
    scope_code: str,
    rate_per_minute: int,
    acting: Actor,
    now: datetime,
) -> Partner:
    """Enter a sender of warnings; `rate_per_minute` counts rows. Raises PartnerRefused."""
    if source not in catalog.sources():
        raise PartnerRefused(f"There is no source {source!r}.", code="source_unknown", value=source)
    if not Jurisdiction.objects.filter(code=scope_code).exists():
        raise PartnerRefused(
            f"There is no place {scope_code!r}.", code="jurisdiction_unknown", value=scope_code
        )
    if rate_per_minute < 1:
        raise PartnerRefused("A rate is at least one row a minute.", code="rate_invalid")
    if Partner.objects.filter(code=code).exists():
        raise PartnerRefused(f"There is a partner {code!r} already.", code="partner_taken", partner=code)
    partner = Partner.objects.create(
        code=code,
        name_zh=name_zh,
        name_en=name_en,
        source=source,
        scope_id=scope_code,
        rate_per_minute=rate_per_minute,
    )
    _write(
        "partner.registered",
        partner,
        acting,
        now,
        {"source": source, "place": scope_code},
    )
    return partner


@transaction.atomic
def connect_partner(
    *, code: str, endpoint: str, public_key: str, bank: str, acting: Actor, now: datetime
) -> Partner:
    """Note where the partner takes orders and which key it signs with; again with other values changes them.

    `endpoint` is an http(s) address without query (`/orders` is put behind it), `public_key` an Ed25519 key as 64 hex
    digits, `bank` a catalog bank or "" for a telecom. Raises PartnerRefused.
    """
    partner = Partner.objects.select_for_update(no_key=True).filter(code=code).first()
    if partner is None:
        raise PartnerRefused(f"There is no partner {code!r}.", code="not_found", partner=code)
    given = {"endpoint": endpoint.rstrip("/"), "public_key": public_key.lower(), "bank": bank}
    if not _ENDPOINT.fullmatch(given["endpoint"]) or len(given["endpoint"]) > 200:
        raise PartnerRefused("The endpoint is not an http or https address.", code="endpoint_invalid")
    if not _PUBLIC_KEY.fullmatch(given["public_key"]):
        raise PartnerRefused("The public key is not 64 hex digits.", code="public_key_invalid")
    if bank and bank not in catalog.banks():
        raise PartnerRefused(f"There is no bank {bank!r}.", code="bank_unknown", value=bank)
    if bank and Partner.objects.filter(bank=bank).exclude(pk=partner.pk).exists():
        raise PartnerRefused(f"Another partner is the bank {bank!r}.", code="bank_taken", value=bank)
    if given != {name: getattr(partner, name) for name in given}:
        for name, value in given.items():
            setattr(partner, name, value)
        partner.save(update_fields=list(given))
        _write("partner.connected", partner, acting, now, {"bank": bank or None, "place": partner.scope_id})
    return partner


@transaction.atomic
def issue_key(
    *,
    partner_code: str,
    acts: Sequence[str],
    acting: Actor,
    now: datetime,
    expires_at: datetime | None = None,
) -> str:
    """A new key of the partner, good for `acts`. The returned text is the only copy there will ever be.

    Raises PartnerRefused (not_found, act_unknown, expiry_past).
    """
    partner = Partner.objects.filter(code=partner_code).first()
    if partner is None:
        raise PartnerRefused(
            f"There is no partner {partner_code!r}.",
            code="not_found",
            partner=partner_code,
        )
    for act in acts:
        if act not in set(PartnerAct):
            raise PartnerRefused(f"No key can be good for {act!r}.", code="act_unknown", act=act)
    if expires_at is not None and expires_at <= now:
        raise PartnerRefused("The key would have expired already.", code="expiry_past")
    key = new_key()
    PartnerKey.objects.create(
        partner=partner,
        prefix=key.prefix,
        digest=key.digest,
        acts=list(acts),
        issued_at=now,
        expires_at=expires_at,
    )
    payload = {
        "key_id": key.prefix,
        "source": partner.source,
        "place": partner.scope_id,
    }
    _write("partner.key_issued", partner, acting, now, payload)
    return key.text


@transaction.atomic
def revoke_key(*, prefix: str, acting: Actor, now: datetime) -> None:
    """End a key at once and for ever. Revoking twice changes nothing. Raises PartnerRefused `not_found`."""
    key = (
        PartnerKey.objects.select_related("partner")
        .select_for_update(of=("self",))
        .filter(prefix=prefix)
        .first()
    )
    if key is None:
        raise PartnerRefused("There is no such key.", code="not_found")
    if key.revoked_at is None:
        key.revoked_at = now
        key.save(update_fields=["revoked_at"])
        _write("partner.key_revoked", key.partner, acting, now, {"key_id": prefix})


def _write(
    event: str,
    partner: Partner,
    acting: Actor,
    now: datetime,
    payload: dict[str, object],
) -> None:
    payload = {"partner_id": partner.pk, **payload}
    write_entry(
        Draft(
            event,
            acting,
            "partner",
            partner.code,
            now,
            partner.scope_id,
            payload=payload,
        )
    )
