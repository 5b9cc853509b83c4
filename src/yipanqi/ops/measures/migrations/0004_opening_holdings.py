"""What suspects' stops held before there were books: one posting for each that runs, at the instant it was confirmed.

No freeze is older than the books. Postings are never taken off again, so there is no way back, and a second way forth
posts nothing twice. Legs are taken in the transaction that made their entry, which is this one.
"""

from django.db import migrations

OPENING = """
INSERT INTO moneybook_moneyentry (id, act, case_id, ref_kind, ref_id, once, actor_kind, actor_id, recorded_at,
    place_code, province_code, city_code, county_code, station_code)
SELECT stop.id, 'stop_confirm', stop.case_id, 'payment_stop', stop.id, 'opening:' || stop.id, 'system', 'opening',
    coalesce(stop.confirmed_at, stop.proposed_at),
    stop.place_code, stop.province_code, stop.city_code, stop.county_code, stop.station_code
FROM measures_paymentstop AS stop
WHERE stop.target = 'suspect' AND stop.status IN ('stopped', 'lifting') AND stop.case_id IS NOT NULL
    AND stop.stopped_minor > 0
ON CONFLICT (once) DO NOTHING;

INSERT INTO moneybook_moneyleg (entry_id, book, kind, part, case_id, account_id, amount_minor,
    place_code, province_code, city_code, county_code, station_code)
SELECT entry.id, 'H', side.kind, 'P', entry.case_id, stop.account_id, side.sign * stop.stopped_minor,
    entry.place_code, entry.province_code, entry.city_code, entry.county_code, entry.station_code
FROM moneybook_moneyentry AS entry
JOIN measures_paymentstop AS stop ON stop.id = entry.id
CROSS JOIN (VALUES ('bank', -1), ('stopped', 1)) AS side (kind, sign)
WHERE entry.xid = pg_current_xact_id()::text::bigint;
"""


class Migration(migrations.Migration):
    dependencies = [("measures", "0003_freeze"), ("moneybook", "0002_balanced")]

    operations = [migrations.RunSQL(OPENING, migrations.RunSQL.noop)]
