"""The losses that stood in cases before there were books: one posting for each payment, at the instant it was entered.

The journal has them already, as payments entered. Postings are never taken off again, so there is no way back, and
a second way forth posts nothing twice. Legs are taken in the transaction that made their entry, which is this one.
"""

from django.db import migrations

OPENING = """
INSERT INTO moneybook_moneyentry (id, act, case_id, ref_kind, ref_id, once, actor_kind, actor_id, recorded_at,
    place_code, province_code, city_code, county_code, station_code)
SELECT payment.id, 'payment', stood.id, 'payment', payment.id, 'payment:' || payment.id, 'system', 'opening',
    payment.entered_at, stood.place_code, stood.province_code, stood.city_code, stood.county_code, stood.station_code
FROM cases_payment AS payment JOIN cases_case AS stood ON stood.id = payment.case_id
WHERE payment.replaced_at IS NULL AND stood.status NOT IN ('withdrawn', 'refused')
ON CONFLICT (once) DO NOTHING;

INSERT INTO moneybook_moneyleg (entry_id, book, kind, part, case_id, victim_id, amount_minor,
    place_code, province_code, city_code, county_code, station_code)
SELECT entry.id, 'C', side.kind, 'P', entry.case_id, payment.victim_id, side.sign * payment.amount_minor,
    entry.place_code, entry.province_code, entry.city_code, entry.county_code, entry.station_code
FROM moneybook_moneyentry AS entry
JOIN cases_payment AS payment ON payment.id = entry.id
CROSS JOIN (VALUES ('loss', -1), ('outstanding', 1)) AS side (kind, sign)
WHERE entry.xid = pg_current_xact_id()::text::bigint;
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0002_replaced_payments"), ("moneybook", "0002_balanced")]

    operations = [migrations.RunSQL(OPENING, migrations.RunSQL.noop)]
