"""Entries and legs are only ever inserted, and an entry whose legs do not sum to zero is refused at commit.

The sum is asked once an entry, not once a leg; so that nothing is added afterwards, legs are taken only by the
transaction that made their entry. TRUNCATE stays open to the tables' owner, as with the journal.
"""

from django.db import migrations

CLOSE = """
CREATE FUNCTION moneybook_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the money ledger is insert-only: % on % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation', HINT = 'Correct a posting by a new entry.';
END
$$;
CREATE TRIGGER moneybook_entry_insert_only BEFORE UPDATE OR DELETE ON moneybook_moneyentry
    FOR EACH STATEMENT EXECUTE FUNCTION moneybook_refuse_change();
CREATE TRIGGER moneybook_leg_insert_only BEFORE UPDATE OR DELETE ON moneybook_moneyleg
    FOR EACH STATEMENT EXECUTE FUNCTION moneybook_refuse_change();

CREATE FUNCTION moneybook_refuse_late_leg() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM added JOIN moneybook_moneyentry entry ON entry.id = added.entry_id
        WHERE entry.xid <> pg_current_xact_id()::text::bigint
    ) THEN
        RAISE EXCEPTION 'the money ledger is insert-only: an entry takes no more legs'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER moneybook_leg_in_time AFTER INSERT ON moneybook_moneyleg REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION moneybook_refuse_late_leg();

CREATE FUNCTION moneybook_refuse_unbalanced() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM moneybook_moneyleg WHERE entry_id = NEW.id) OR EXISTS (
        SELECT FROM moneybook_moneyleg WHERE entry_id = NEW.id
        GROUP BY book, part, case_id, place_code HAVING sum(amount_minor) <> 0
    ) THEN
        RAISE EXCEPTION 'unbalanced: the legs of entry % do not sum to zero', NEW.id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER moneybook_entry_balanced AFTER INSERT ON moneybook_moneyentry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION moneybook_refuse_unbalanced();
"""
OPEN = """
DROP TRIGGER moneybook_entry_balanced ON moneybook_moneyentry;
DROP TRIGGER moneybook_leg_in_time ON moneybook_moneyleg;
DROP TRIGGER moneybook_leg_insert_only ON moneybook_moneyleg;
DROP TRIGGER moneybook_entry_insert_only ON moneybook_moneyentry;
DROP FUNCTION moneybook_refuse_unbalanced();
DROP FUNCTION moneybook_refuse_late_leg();
DROP FUNCTION moneybook_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("moneybook", "0001_initial")]

    operations = [migrations.RunSQL(CLOSE, OPEN)]
