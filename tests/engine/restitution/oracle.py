"""The slow obvious oracle of splits: dictionaries and fractions, one transfer after the other.

It reads a case document as it stands in a file, follows the words of `docs/restitution.md`, and shares no code with
the engine. The timestamp test is the definition itself: the most that can be left of every source, at every debit.
"""

from collections import defaultdict
from datetime import datetime
from fractions import Fraction

STAYS = {"transfer", "fee", "reversal"}
ROUNDED = ("traced_share", "loss_ratio")


def cents(text):
    return int(Fraction(text) * 100)


class World:
    """The transfers in order, openings, claims, and everything that is found in one walk."""

    def __init__(self, document, claims, settled):
        self.rows = without_pairs(sorted(document.get("transfers", []), key=order))
        self.claims, self.settled = claims, settled
        self.own = set(document.get("own", []))
        self.tag = {row["id"]: claim for claim in {**settled, **claims} for row in self.rows_of(claim)}
        self.opening = openings(self.rows, document.get("opening", {}))
        self.reached = set()
        for row in self.rows:
            if stays(row) and (row["id"] in self.tag or row["payer"] in self.reached):
                self.reached.add(row["payee"])
        self.tied = ties(self.rows)
        self.books()
        self.stamps()
        self.haircut()

    def rows_of(self, claim):
        given = {**self.settled, **self.claims}[claim].get("transfers")
        if given is None:
            return [row for row in self.rows if row["payer"] == claim]
        return [row for row in self.rows if row["id"] in given]

    def first_loss(self, claim):
        rows = self.rows_of(claim)
        return (0, instant(rows[0])) if rows else (1, None)

    def books(self):
        """Balances at the end, and all money in since the balance was last zero."""
        self.balance, self.inflow = defaultdict(int, self.opening), defaultdict(int, self.opening)
        self.emptied = {}
        for number, row in enumerate(self.rows):
            payer, payee, amount = row["payer"], row["payee"], cents(row["amount"])
            self.balance[payer] = max(0, self.balance[payer] - amount)
            if self.balance[payer] == 0:
                self.emptied[payer], self.inflow[payer] = number, 0
            if stays(row):
                self.balance[payee] += amount
                self.inflow[payee] += amount

    def stamps(self):
        """u by account and source; accounts and mixed transfers of which nothing certain can be said."""
        self.u = defaultdict(lambda: defaultdict(int))
        for account, minor in self.opening.items():
            self.u[account]["opening:" + account] = minor
        self.then, self.open_tie = defaultdict(int, self.opening), {}
        self.unsure, self.touched, self.murky = set(), set(), set()

        for row in self.rows:
            payer, payee, amount, at = row["payer"], row["payee"], cents(row["amount"]), instant(row)
            for account in (payer, payee) if stays(row) else (payer,):
                self.settle(account, at)
                if (account, at) in self.tied:
                    self.open_tie[account] = at
                    self.unsure.add(account)
            u = self.u[payer]
            if amount > self.then[payer]:
                u["opening:" + payer] += amount - self.then[payer]
                self.then[payer] = amount
            before, sure = dict(u), payer not in self.unsure and sum(u.values()) == self.then[payer]
            self.then[payer] -= amount
            for source in u:
                u[source] = min(u[source], self.then[payer])
            if row["id"] in self.tag:
                parts, tainted = {self.tag[row["id"]]: amount}, True
            elif payer not in self.reached:
                parts, tainted = {"payer:" + payer: amount}, False
            elif sure and sum(u.values()) == self.then[payer]:
                parts = {
                    source: before[source] - u[source] for source in before if before[source] > u[source]
                }
                tainted = any(source in self.murky or source in self.tag.values() for source in parts)
            else:
                parts, tainted = {"mixed:" + row["id"]: amount}, payer in self.touched
                tainted = tainted or (payer, at) in self.tied
                if tainted:
                    self.murky.add("mixed:" + row["id"])
            if self.then[payer] == 0 and payer not in self.open_tie:
                self.clear(payer)
            if stays(row):
                self.then[payee] += amount
                for source, minor in parts.items():
                    self.u[payee][source] += minor
                if tainted:
                    self.touched.add(payee)
        for account in list(self.open_tie):
            self.settle(account, None)

    def settle(self, account, at):
        """A tie is over: an account that it left empty starts anew."""
        if account in self.open_tie and self.open_tie[account] != at:
            del self.open_tie[account]
            if self.then[account] == 0:
                self.clear(account)

    def clear(self, account):
        """Nothing lies in an account any more."""
        self.unsure.discard(account)
        self.touched.discard(account)
        self.u[account].clear()

    def direct(self, account):
        """Whether the test holds at an account and at every hop that brought money that lies there."""
        u = self.u[account]
        if account in self.unsure or sum(u.values()) != self.balance[account]:
            return False
        return not any(source in self.murky and minor for source, minor in u.items())

    def haircut(self):
        """Sources by account; money in by claim since the account was last empty; levels; and libr's u."""
        pots = {account: {None: minor} for account, minor in self.opening.items() if minor}
        self.came = defaultdict(lambda: defaultdict(int))
        self.level, self.lowest = {}, defaultdict(lambda: defaultdict(int))
        for account, minor in self.opening.items():
            self.lowest[account]["payer:" + account] = minor
        for number, row in enumerate(self.rows):
            payer, payee, amount = row["payer"], row["payee"], cents(row["amount"])
            pot = pots.setdefault(payer, {})
            parts = taken(pot, amount)
            left = sum(pot.values())
            for source in self.lowest[payer]:
                self.lowest[payer][source] = min(self.lowest[payer][source], left)
            if row["id"] in self.tag:
                parts = {self.tag[row["id"]]: amount}
            if not stays(row):
                continue
            hops = 1 if row["id"] in self.tag else self.level.get(payer, 0) + 1
            for source, minor in parts.items():
                into = pots.setdefault(payee, {})
                if minor:
                    into[source] = into.get(source, 0) + minor
                    self.lowest[payee]["payer:" + payer if source is None else source] += minor
                if source is not None and minor:
                    self.level[payee] = min(self.level.get(payee, hops), hops)
                    if number > self.emptied.get(payee, -1):
                        self.came[payee][source] += minor
        self.held = {
            account: {s: m for s, m in pot.items() if s is not None} for account, pot in pots.items()
        }

    def lots(self, newest):
        """Claims' money by account under fifo or lifo."""
        pots = {account: [[None, minor]] for account, minor in self.opening.items() if minor}
        for row in self.rows:
            pot, amount, moved = pots.setdefault(row["payer"], []), cents(row["amount"]), []
            while amount and pot:
                lot = pot.pop() if newest else pot.pop(0)
                part = min(amount, lot[1])
                amount -= part
                moved.append([lot[0], part])
                if lot[1] > part:
                    pot.insert(len(pot) if newest else 0, [lot[0], lot[1] - part])
            moved = moved[::-1] if newest else moved
            moved += [[None, amount]] if amount else []
            if row["id"] in self.tag:
                moved = [[self.tag[row["id"]], cents(row["amount"])]]
            if stays(row):
                pots.setdefault(row["payee"], []).extend(moved)
        held = {account: defaultdict(int) for account in pots}
        for account, pot in pots.items():
            for source, minor in pot:
                if source is not None:
                    held[account][source] += minor
        return held


def instant(row):
    return datetime.fromisoformat(row["booked_at"])


def order(row):
    return instant(row), -1 if row.get("serial") is None else row["serial"], row["id"].encode()


def stays(row):
    return row.get("kind", "transfer") in STAYS


def without_pairs(rows):
    """Rows that move money: not to oneself, and not a transfer with the reversal that takes it back."""
    rows, gone = [row for row in rows if row["payer"] != row["payee"]], set()
    for place, back in enumerate(rows):
        for first, one in enumerate(rows[:place]):
            if back.get("kind") != "reversal" or back.get("reverses") != one["id"] or one["id"] in gone:
                continue
            same = (one["payer"], one["payee"], cents(one["amount"])) == (
                back["payee"], back["payer"], cents(back["amount"]),
            )  # fmt: skip
            if same and not any(row["payer"] == one["payee"] for row in rows[first + 1 : place]):
                gone |= {one["id"], back["id"]}
    return [row for row in rows if row["id"] not in gone]


def openings(rows, given):
    balance, least = defaultdict(int), defaultdict(int)
    for row in rows:
        balance[row["payer"]] -= cents(row["amount"])
        least[row["payer"]] = max(least[row["payer"]], -balance[row["payer"]])
        balance[row["payee"]] += cents(row["amount"]) if stays(row) else 0
    known = {name for row in rows for name in (row["payer"], row["payee"])}
    return {**least, **{account: cents(text) for account, text in given.items() if account in known}}


def ties(rows):
    """(account, instant) where a debit and another row are at one instant and a serial is missing."""
    seen = defaultdict(list)
    for row in rows:
        seen[row["payer"], instant(row)].append(("debit", row.get("serial")))
        if stays(row):
            seen[row["payee"], instant(row)].append(("credit", row.get("serial")))
    return {
        key for key, found in seen.items()
        if len(found) > 1 and any(kind == "debit" for kind, _ in found) and any(serial is None for _, serial in found)
    }  # fmt: skip


def taken(pot, amount):
    """What leaves a pot by haircut, in whole cents by largest remainder, ties to the lower rank."""
    total = sum(pot.values())
    if amount > total:
        pot[None] = pot.get(None, 0) + amount - total
        total = amount
    exact = {source: Fraction(amount * money, total) for source, money in pot.items()}
    parts = rounded(exact, amount)
    for source, minor in parts.items():
        pot[source] -= minor
    return parts


def rounded(exact, total):
    """Whole cents that sum to `total`: floors, then the largest remainders, ties in the order given."""
    whole = {key: int(share) for key, share in exact.items()}
    for key in sorted(exact, key=lambda key: whole[key] - exact[key])[: total - sum(whole.values())]:
        whole[key] += 1
    return whole


def splits(document):
    """The runs of a case document, then its second round: (basis, paid by account and claim, held, unrecovered)."""
    found = [split(document, run["policy"])[0] for run in document["runs"]]
    second = document.get("second_round")
    if second:
        _, left, paid = split(document, second["after"]["policy"])
        frozen = second.get("frozen", left)
        claims = {
            claim: {
                **given,
                "recovered": str(Fraction(cents(given.get("recovered", "0")) + paid.get(claim, 0), 100)),
            }
            for claim, given in second["claims"].items()
        }
        settled = {claim: given for claim, given in document["claims"].items() if claim not in claims}
        again = {**document, "claims": claims, "frozen": frozen}
        found.append(split(again, second["after"]["policy"], settled)[0])
    return found


def split(document, policy, settled=None):
    """((basis, paid, held, unrecovered), what is left frozen, principal paid by claim)."""
    given = document.get("shares")
    world = World(document, document["claims"], settled or {})
    claims = document["claims"]
    lost = {claim: max(0, cents(c["loss"]) - cents(c.get("recovered", "0"))) for claim, c in claims.items()}
    back = {claim: cents(c.get("recovered", "0")) for claim, c in claims.items()}
    first = {claim: world.first_loss(claim) for claim in claims}
    in_order = sorted(claims, key=lambda claim: (first[claim][0], first[claim][1] or 0, claim))

    def level(account):
        if given is not None:
            return document.get("levels", {}).get(account, 1 if account in given else 99)
        return world.level.get(account, 99)

    paid, held, rules, left, total = {}, {}, [], {}, defaultdict(int)
    for account in sorted(document["frozen"], key=lambda account: (level(account), account)):
        fund = document["frozen"][account]
        principal, interest = cents(fund["principal"]), cents(fund.get("interest", "0"))
        if given is not None:
            rule, shares = (
                "given_shares",
                pooled({c: cents(m) for c, m in given.get(account, {}).items()}, principal),
            )
        elif account not in world.reached:
            rule, shares = "untouched", {}
        else:
            rule, shares = measure(world, document, account, principal, lost, back, policy)
        rules.append(rule)
        weights = {claim: min(lost[claim], shares.get(claim, 0)) for claim in in_order}
        own = round_all(weights, principal, principal, policy)
        follows = policy.get("interest", "follow_principal") == "follow_principal"
        both = round_all(weights, principal, principal + interest, policy) if follows else own
        paid[account] = both
        held[account] = principal + interest - sum(both.values())
        for claim in own:
            minor = min(own[claim], both[claim])
            lost[claim], back[claim], total[claim] = (
                lost[claim] - minor,
                back[claim] + minor,
                total[claim] + minor,
            )
        kept = principal - sum(min(own[claim], both[claim]) for claim in own)
        left[account] = {
            "principal": str(Fraction(kept, 100)),
            "interest": str(Fraction(held[account] - kept, 100)),
        }
    return (named(document, policy, rules), paid, held, lost), left, total


def named(document, policy, rules):
    if document.get("shares") is not None:
        return "given_shares"
    if policy.get("method", "none") != "none":
        return "method"
    return "direct" if set(rules) <= {"direct", "untouched"} else "proportional"


def round_all(weights, principal, pool, policy):
    """`pool` shared in the proportion in which `weights` share the principal; the rest is held."""
    if not principal:
        return dict.fromkeys(weights, 0)
    exact = {claim: Fraction(pool * minor) / principal for claim, minor in weights.items()}
    if policy.get("remainder", "largest_remainder") == "hold":
        return {claim: int(share) for claim, share in exact.items()}
    exact["held"] = pool - sum(exact.values())
    whole = rounded(exact, pool)
    del whole["held"]
    return whole


def pooled(parts, principal):
    """Parts as they are, or what is frozen in proportion to them if they are more."""
    total = sum(parts.values())
    return {
        claim: Fraction(m) if total <= principal else Fraction(principal) * m / total
        for claim, m in parts.items()
    }


def measure(world, document, account, principal, lost, back, policy):
    """(rule, exact shares of the principal before caps) of one account."""
    method, claims = policy.get("method", "none"), document["claims"]

    def only(found):
        return {claim: found[claim] for claim in claims if found.get(claim)}

    if method == "none" and world.direct(account):
        return "direct", pooled(only(world.u[account]), principal)
    if method == "haircut":
        return "method", pooled(only(world.held.get(account, {})), principal)
    if method in ("fifo", "lifo"):
        return "method", pooled(only(world.lots(method == "lifo").get(account, {})), principal)
    if method == "libr_cap":
        u = world.lowest[account]
        own = {"payer:" + payer for payer in (*world.own, account)}
        whole, balance = sum(m for source, m in u.items() if source not in own), world.balance[account]
        scale = Fraction(balance, whole) if whole > balance else 1
        return "method", pooled({claim: m * scale for claim, m in only(u).items()}, principal)
    came = only(world.came[account])
    if method == "pari_passu" or policy.get("proportional", "traced_share") == "traced_share":
        other = world.inflow[account] - sum(world.came[account].values())
        other += max(0, principal - world.balance[account])
        if method != "pari_passu" and policy.get("unidentified", "hold") == "redistribute":
            other = 0
        base = sum(came.values()) + other
        return "traced", {claim: Fraction(principal * minor, base) for claim, minor in came.items()}
    single = len(document["frozen"]) == 1
    due = {claim: lost[claim] if single else min(lost[claim], minor) for claim, minor in came.items()}
    if policy.get("prior_recovery", "net_claim") == "net_claim":
        return "loss", pooled(due, principal)
    inside = {claim for claim in due if due[claim]}
    while inside:
        ratio = Fraction(principal + sum(back[c] for c in inside), sum(due[c] + back[c] for c in inside))
        over = {claim for claim in inside if ratio * (due[claim] + back[claim]) < back[claim]}
        if not over:
            break
        inside -= over
    ratio = min(ratio, 1) if inside else 0
    return "loss", {claim: ratio * (due[claim] + back[claim]) - back[claim] for claim in inside}
