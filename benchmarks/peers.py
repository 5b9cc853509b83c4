"""Reach as others can say it: DuckDB's and SQLite's recursive SQL, and rustworkx on a graph of debits.

Each is given the form that suits it best, found by trying; making its tables, index or graph is timed apart.
Amounts by fifo or pro-rata are not here: each row's shares depend on the balances that all rows before it have
left, and recursive SQL and graph walks know sets, not balances. Leaves the clock to `timing`.
"""

import sqlite3
from itertools import islice
from typing import Any

import duckdb
import numpy as np
import rustworkx
from numpy.typing import NDArray

from benchmarks.ledgers import Book

MEMORY = "12GB"
NOT_SAID = "cannot say it"


class DuckDB:
    """One row an account in the recursion (`USING KEY`), with its first arrival, lowered in rounds."""

    QUERY = """
        WITH RECURSIVE reached(account, first) USING KEY (account) AS (
            SELECT payee, min(row) FROM t SEMI JOIN seed USING (row) WHERE NOT cash GROUP BY payee
            UNION
            SELECT t.payee, min(t.row)
            FROM reached JOIN t ON t.payer = reached.account AND t.row > reached.first
                LEFT JOIN recurring.reached AS known ON known.account = t.payee
            WHERE NOT t.cash AND t.row < $rows AND (known.account IS NULL OR t.row < known.first)
            GROUP BY t.payee
        )
        SELECT t.row FROM t JOIN reached ON t.payer = reached.account AND t.row > reached.first AND t.row < $rows
        UNION
        SELECT row FROM seed
    """

    def __init__(self, book: Book) -> None:
        """Load the table, in memory; all cores."""
        self._base = duckdb.connect(config={"memory_limit": MEMORY})
        columns = {"row": np.arange(len(book), dtype=np.int32), "payer": book.payer, "payee": book.payee}
        columns["cash"] = book.cash
        self._base.register("columns", columns)
        self._base.execute("CREATE TABLE t AS SELECT * FROM columns")
        self._base.unregister("columns")

    def reach(self, seeds: list[int], rows: int) -> NDArray[np.int64]:
        """The reached rows, in no order."""
        self._base.execute(
            "CREATE OR REPLACE TEMP TABLE seed AS SELECT unnest($1::INTEGER[]) AS row", [seeds]
        )
        found: Any = self._base.execute(self.QUERY, {"rows": rows}).fetchnumpy()["row"]
        return np.asarray(found, np.int64)

    def interrupt(self) -> None:
        """Stop what runs; from another thread."""
        self._base.interrupt()

    def close(self) -> None:
        """Give the memory back."""
        self._base.close()


class SQLite:
    """From a reached transfer to the next debits of both its accounts, each found in the index (payer, row)."""

    QUERY = """
        WITH RECURSIVE reached(row) AS (
            SELECT (SELECT min(n.row) FROM t AS n WHERE n.payer = t.payee AND n.row > t.row)
            FROM seed JOIN t USING (row) WHERE NOT t.cash
            UNION
            SELECT (SELECT min(n.row) FROM t AS n WHERE n.payer = t.payer AND n.row > t.row)
            FROM reached JOIN t USING (row) WHERE t.row < :rows
            UNION
            SELECT (SELECT min(n.row) FROM t AS n WHERE n.payer = t.payee AND n.row > t.row)
            FROM reached JOIN t USING (row) WHERE t.row < :rows AND NOT t.cash
        )
        SELECT row FROM reached WHERE row < :rows UNION SELECT row FROM seed
    """

    def __init__(self, book: Book) -> None:
        """Load the table and its index, in memory."""
        self._base = sqlite3.connect(":memory:", check_same_thread=False)
        self._base.execute(
            "CREATE TABLE t(row INTEGER PRIMARY KEY, payer INTEGER, payee INTEGER, cash INTEGER)"
        )
        columns = (np.arange(len(book)), book.payer, book.payee, book.cash.astype(np.int8))
        for start in range(0, len(book), 1_000_000):
            lists = (column[start : start + 1_000_000].tolist() for column in columns)
            self._base.executemany("INSERT INTO t VALUES (?, ?, ?, ?)", zip(*lists, strict=True))
        self._base.execute("CREATE INDEX debits ON t(payer, row)")
        self._base.execute("ANALYZE")
        self._base.execute("CREATE TABLE seed(row INTEGER PRIMARY KEY)")

    def reach(self, seeds: list[int], rows: int) -> NDArray[np.int64]:
        """The reached rows, in no order."""
        self._base.execute("DELETE FROM seed")
        self._base.executemany("INSERT INTO seed VALUES (?)", [(row,) for row in seeds])
        found = self._base.execute(self.QUERY, {"rows": rows})
        return np.fromiter((row for (row,) in found), np.int64)

    def interrupt(self) -> None:
        """Stop what runs; from another thread."""
        self._base.interrupt()

    def close(self) -> None:
        """Give the memory back."""
        self._base.close()


class Rustworkx:
    """A graph of transfers, each with an edge to the next debit of its payer and of its payee; `descendants` finds
    all.

    A graph knows no horizon, so it is made up to one and then made larger; horizons are asked in rising order.
    """

    def __init__(self, book: Book) -> None:
        """Note the edges; `extend` puts them into the graph."""
        self._graph = rustworkx.PyDiGraph()
        self._book = book
        self._rows = 0

    def extend(self, rows: int) -> None:
        """Make the graph reach to a horizon."""
        of_payer, of_payee = self._book.next_debit
        self._graph.add_nodes_from(range(self._rows, rows))
        for debits, wanted in ((of_payer, None), (of_payee, ~self._book.cash)):
            fits = (debits >= self._rows) & (debits < rows)
            if wanted is not None:
                fits &= wanted
            sources = np.flatnonzero(fits)
            pairs = zip(sources.tolist(), debits[sources].tolist(), strict=True)
            while piece := list(islice(pairs, 500_000)):
                self._graph.add_edges_from_no_data(piece)
        self._rows = rows

    def reach(self, seeds: list[int], rows: int) -> NDArray[np.int64]:
        """The reached rows, in no order."""
        if rows != self._rows:
            raise AssertionError("the graph ends at another horizon")
        start = self._graph.add_node(None)
        of_payee = self._book.next_debit[1]
        ways = [int(of_payee[row]) for row in seeds if not self._book.cash[row] and of_payee[row] < rows]
        self._graph.add_edges_from_no_data([(start, row) for row in ways])
        found = rustworkx.descendants(self._graph, start)
        self._graph.remove_node(start)
        found.update(seeds)
        return np.fromiter(found, np.int64, len(found))
