"""The clock's work on partners: counts of minutes long past are forgotten, and nonces that no signature can repeat."""

from datetime import timedelta

from procrastinate.contrib.django import app

from yipanqi import catalog
from yipanqi.kernel.clock import RealClock
from yipanqi.ops.journal.queries import now
from yipanqi.ops.partners.admission import forget_usage
from yipanqi.ops.partners.nonces import forget_nonces

KEPT = timedelta(days=7)


@app.periodic(cron="23 3 * * *")
@app.task(name="partners.forget_usage", queue="clock", queueing_lock="partners.forget_usage")
def forget(timestamp: int) -> None:
    """Every night: drop the usage counts of more than a week ago, and nonces whose signatures are too old to pass.

    Signatures go by the machine's clock, also where a rehearsal moves the centre's.
    """
    forget_usage(before=now() - KEPT)
    forget_nonces(before=RealClock().now() - 2 * catalog.windows()["signature_window"].duration)
