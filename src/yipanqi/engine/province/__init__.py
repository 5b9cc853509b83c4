"""The synthetic province: people, money, frauds, mules, warnings, and what is true about them, from one seed.

Everything is invented; phones, ID numbers and cards lie in ranges never issued. Leaves playing it against a
centre to the rehearsal.
"""

from yipanqi.engine.province.making import generate
from yipanqi.engine.province.records import (
    Account,
    Fraud,
    Payment,
    Province,
    Resident,
    Ring,
    TaintedTransfer,
    Transfer,
    Truth,
    Warning,
    WarningTruth,
)
from yipanqi.engine.province.scenario import Scenario, ScenarioError
from yipanqi.engine.province.writing import OutputError

__all__ = [
    "Account",
    "Fraud",
    "OutputError",
    "Payment",
    "Province",
    "Resident",
    "Ring",
    "Scenario",
    "ScenarioError",
    "TaintedTransfer",
    "Transfer",
    "Truth",
    "Warning",
    "WarningTruth",
    "generate",
]
