"""Simulated banks and telecoms: processes with books of their own that take signed orders and answer, with faults.

For: demonstrations, rehearsals and tests of everything between an order and its answer. They know nothing of the
centre but its address, its public key and the messages. `python -m yipanqi.gateways.simulators --config FILE` runs
them.
"""
