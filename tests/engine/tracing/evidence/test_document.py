"""The evidence file: canonical, checked by following the money again, and never trusted."""

import json
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.tracing.evidence.sample import PROVENANCE, case, case_ledger
from tests.engine.tracing.ledgers import ledger_of, ledgers
from yipanqi.engine.tracing.evidence import EvidenceError, Provenance, evidence_json, verify_evidence
from yipanqi.engine.tracing.result import trace_json
from yipanqi.engine.tracing.tracing import TraceError, trace
from yipanqi.kernel.errors import YipanqiError

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)


def changed(data, path, value):
    """The evidence with one value replaced, in canonical form."""
    document = json.loads(data)
    *way, last = path
    place = document
    for step in way:
        place = place[step]
    place[last] = value
    return (
        json.dumps(document, ensure_ascii=False, sort_keys=True, indent=2).encode(errors="surrogatepass")
        + b"\n"
    )


def test_it_is_the_contract_with_its_provenance():
    data = evidence_json(case(), PROVENANCE)
    document = json.loads(data)
    contract = trace_json(case())
    assert {name: document[name] for name in contract} == contract
    assert set(document) - set(contract) == {"format", "owners", "provenance", "stops", "void"}
    assert document["provenance"]["ledger"] == {"sha256": case_ledger().digest, "rows": 5}
    assert document["provenance"]["policy_pack"] == {"id": "CN", "version": "1", "zone": "Asia/Shanghai"}
    assert document["stops"] == [
        {"account": "CASH", "kind": "cash_out", "tainted_in": "5000.00", "why": "sink"}
    ]
    assert (
        data.endswith(b"}\n")
        and data == json.dumps(document, ensure_ascii=False, sort_keys=True, indent=2).encode() + b"\n"
    )


@settings(max_examples=150, deadline=None)
@given(ledgers(), st.sampled_from(["fifo", "lifo", "haircut", "poison"]), st.data())
def test_what_was_traced_is_found_again(rows, method, data):
    ledger = ledger_of(rows)
    seeds = data.draw(
        st.lists(st.sampled_from([row.id for row in rows]), min_size=1, max_size=3, unique=True)
    )
    asked = {
        "opening": data.draw(st.none() | st.just({"A": 7})),
        "sinks": data.draw(st.just({}) | st.just({"B": "merchant"})),
        "hub_degree": data.draw(st.none() | st.integers(1, 9)),
    }
    try:
        answer = trace(ledger, seeds, method=method, **asked)
    except TraceError:  # seeds of two currencies, an opening for an account of two
        return
    made = evidence_json(answer, Provenance("CN", "1", PROVENANCE.zone, **asked))
    assert verify_evidence(made, ledger) == []


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("accounts", 0, "held"), "1.00", 'accounts[0].held: the evidence says "1.00", the ledger gives "38765.44"'),
        (("totals", "seeded"), "1.00", 'totals.seeded: the evidence says "1.00", the ledger gives "50000.00"'),
        (("transfers", 2, "payee"), "X", 'transfers[2].payee: the evidence says "X", the ledger gives "CASH"'),
        (("provenance", "ledger", "rows"), 4, "provenance.ledger.rows: the evidence says 4, the ledger gives 5"),
        (("ambiguous",), ["A"], "ambiguous: the evidence lists 1, the ledger gives 0"),
        (("more",), 1, "more: the evidence says 1, the ledger gives null"),
        (("seeds",), ["t9"], "the trace cannot be made again: there is no transfer 't9' in the ledger"),
    ],
)  # fmt: skip
def test_what_was_changed_is_named(path, value, said):
    assert verify_evidence(changed(evidence_json(case(), PROVENANCE), path, value), case_ledger()) == [said]


def test_another_ledger_is_named():
    found = verify_evidence(evidence_json(case(), PROVENANCE), case_ledger("other"))
    assert len(found) == 1 and found[0].startswith("ledger: the evidence is of ")


def test_the_same_content_in_other_bytes_is_told():
    data = json.dumps(json.loads(evidence_json(case(), PROVENANCE))).encode()
    assert verify_evidence(data, case_ledger()) == [
        "the content agrees, but the bytes differ: the file was written anew"
    ]


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b"{}", b"\xff\xfe", b'{"format": "yipanqi-trace-1"}', b"[" * 5000]
)
def test_what_is_no_evidence_is_refused(data):
    with pytest.raises(EvidenceError):
        verify_evidence(data, case_ledger())


def paths(value, way=()):
    """Every place in a document."""
    yield way
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in items:
        yield from paths(inner, (*way, name))


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_whatever_is_changed_is_named_or_refused(data):
    good = evidence_json(case(), PROVENANCE)
    path = data.draw(st.sampled_from([way for way in paths(json.loads(good)) if way]))
    bad = changed(good, path, data.draw(VALUES))
    with suppress(YipanqiError):
        assert verify_evidence(bad, case_ledger()) != [] or bad == good or path[0] == "provenance"
