"""The colours of fraud types stay apart for every eye: normal sight and three kinds of colour blindness.

Simulation: Machado, Oliveira, Fernandes 2009, severity 1.0; difference: CIE 1976 in L*a*b*.
"""

import itertools

from yipanqi import catalog

LEAST_DIFFERENCE = 12.0
SIGHTS = {
    "normal": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}


def linear(color: str) -> list[float]:
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def lab(color: str, sight: str) -> tuple[float, float, float]:
    light = linear(color)
    r, g, b = (
        min(1.0, max(0.0, sum(m * c for m, c in zip(row, light, strict=True)))) for row in SIGHTS[sight]
    )
    x = (0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047
    y = 0.2126729 * r + 0.7151522 * g + 0.0721750 * b
    z = (0.0193339 * r + 0.1191920 * g + 0.9503041 * b) / 1.08883
    fx, fy, fz = (t ** (1 / 3) if t > 216 / 24389 else (24389 / 27 * t + 16) / 116 for t in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def difference(one: str, other: str, sight: str) -> float:
    return sum((a - b) ** 2 for a, b in zip(lab(one, sight), lab(other, sight), strict=True)) ** 0.5


def test_the_measure_knows_what_red_green_blindness_hides() -> None:
    assert difference("#DD4444", "#778822", "normal") > 60
    assert difference("#DD4444", "#778822", "deuteranopia") < 30


def test_any_two_types_differ_for_every_eye() -> None:
    for one, other in itertools.combinations(catalog.fraud_types().values(), 2):
        for sight in SIGHTS:
            assert difference(one.color, other.color, sight) >= LEAST_DIFFERENCE, (
                one.code,
                other.code,
                sight,
            )


def test_icon_and_word_tell_types_apart_without_colour() -> None:
    found = catalog.fraud_types().values()
    assert len({item.icon for item in found}) == len(found)
    assert len({item.name.zh for item in found}) == len(found)
