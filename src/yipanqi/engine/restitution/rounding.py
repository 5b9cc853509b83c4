"""Shares in whole minor units: floors first, then what is left by largest remainder.

Exact on integers of any size. Leaves what the shares are of to `splitting`.
"""

from collections.abc import Sequence


def apportion(total: int, weights: Sequence[int], whole: int, *, hold_remainder: bool = False) -> list[int]:
    """What each weight gets of `total`: total · weight / whole, in whole units.

    `weights` come in the order in which ties are settled, and sum up to `whole` at most; the rest of `whole` is
    held, takes part in the rounding as the last of all, and is not listed. With `hold_remainder` every share is
    rounded down and the odd units are held too.
    """
    if not whole:
        return [0] * len(weights)
    parts = [divmod(total * weight, whole) for weight in weights]
    shares = [floor for floor, _ in parts]
    if hold_remainder:
        return shares
    held = divmod(total * (whole - sum(weights)), whole)
    left = total - sum(shares) - held[0]
    rests = [rest for _, rest in parts] + [held[1]]
    for place in sorted(range(len(rests)), key=lambda place: -rests[place])[:left]:
        if place < len(shares):
            shares[place] += 1
    return shares
