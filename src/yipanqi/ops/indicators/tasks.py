"""The clock's work on indicators: every night the money ledger is proved as a whole."""

from procrastinate.contrib.django import app

from yipanqi.kernel.errors import YipanqiError
from yipanqi.ops.indicators.proving import prove_all
from yipanqi.ops.journal.queries import now
from yipanqi.ops.journal.services import correlated


class MoneyProofFailed(YipanqiError):
    """The books do not say what the tables say; a worker's matter, the queue keeps the failed job."""

    code = "money_proof_failed"


@app.periodic(cron="47 2 * * *")
@app.task(name="indicators.prove_all", queue="clock", queueing_lock="indicators.prove_all")
def prove(timestamp: int) -> None:
    """Every night: look at every law of the money ledger. What is broken is journaled, and the job fails by it."""
    with correlated():
        broken = prove_all(now=now())
    if broken:
        raise MoneyProofFailed(f"broken laws: {', '.join(check.name for check in broken)}")
