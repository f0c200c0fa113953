#!/usr/bin/env python3
"""Prints the polynomial coefficients of compiler/math/ExpandMath.cpp.

Remez exchange with a weight: finds c that minimises max |w(x) * (f(x) - sum c[i] x^i)| over [low, high],
in exact rational arithmetic for the linear systems and 50-digit decimals for the functions. Coefficients
are rounded to f32 one after the other, lowest first, and the rest fitted again around them.
Needs nothing but Python's own library.
"""
from decimal import Decimal as D, getcontext
from fractions import Fraction
import math
import struct

getcontext().prec = 50


def f32(x):
    return D(struct.unpack("f", struct.pack("f", float(x)))[0])


def solve(matrix, right):
    """Gaussian elimination with pivoting, in decimals."""
    n = len(right)
    rows = [list(m) + [r] for m, r in zip(matrix, right)]
    for i in range(n):
        pivot = max(range(i, n), key=lambda r: abs(rows[r][i]))
        rows[i], rows[pivot] = rows[pivot], rows[i]
        for r in range(i + 1, n):
            factor = rows[r][i] / rows[i][i]
            if factor:
                rows[r] = [a - factor * b for a, b in zip(rows[r], rows[i])]
    result = [D(0)] * n
    for i in reversed(range(n)):
        result[i] = (rows[i][n] - sum(rows[i][j] * result[j] for j in range(i + 1, n))) / rows[i][i]
    return result


def remez(function, weight, low, high, powers, points=600):
    """Coefficients of x^p for p in powers, and the largest weighted error."""
    n = len(powers) + 1
    grid = [(low + high) / 2 - (high - low) / 2 * D(math.cos(math.pi * i / points))
            for i in range(points + 1)]
    grid = [x for x in grid if weight(x) != 0]
    values = [function(x) for x in grid]
    weights = [weight(x) for x in grid]
    basis = [[x ** p if p else D(1) for p in powers] for x in grid]
    chosen = [round(i * (len(grid) - 1) / (n - 1)) for i in range(n)]
    for _ in range(30):
        system = [basis[g] + [(-1) ** i / weights[g]] for i, g in enumerate(chosen)]
        *coefficients, level = solve(system, [values[g] for g in chosen])
        errors = [w * (v - sum(c * b for c, b in zip(coefficients, bs)))
                  for w, v, bs in zip(weights, values, basis)]
        # One extremum for each run of one sign, the largest n neighbours of them.
        extrema = []
        for i, e in enumerate(errors):
            if extrema and (errors[extrema[-1]] > 0) == (e > 0):
                if abs(e) > abs(errors[extrema[-1]]):
                    extrema[-1] = i
            else:
                extrema.append(i)
        while len(extrema) > n:
            extrema.pop(0 if abs(errors[extrema[0]]) < abs(errors[extrema[-1]]) else -1)
        worst = max(abs(e) for e in errors)
        if len(extrema) < n or worst - abs(level) <= worst / 1000:
            break
        chosen = extrema
    return coefficients, worst


def fit(name, function, weight, low, high, powers, round_to=f32):
    fixed, left, worst = [], list(powers), D(0)
    while left:
        known = lambda x: sum((c * x ** p if p else c for p, c in fixed), D(0))
        coefficients, worst = remez(lambda x: function(x) - known(x), weight, low, high, left)
        # The remaining function must have a unique best fit: odd powers alone do not around zero.
        at_once = low < 0 < high and low == -high or len(left) <= 3
        for coefficient in coefficients if at_once else coefficients[:1]:
            fixed.append((left.pop(0), round_to(coefficient)))
    print(f"{name}: weighted error {float(worst):.2e}")
    for p, c in fixed:
        print(f"  x^{p}: {float(c):.9g}" if round_to is f32 else f"  x^{p}: {float(c):.17g}")


def atanh(x):
    total, power, k = D(0), x, 1
    while abs(power) > D(10) ** -48:
        total += power / k
        power *= x * x
        k += 2
    return total


def log1p(x):
    return (1 + x).ln()


def pi():
    total, k = D(0), 0
    while k < 40:
        total += (D(4) / (8 * k + 1) - D(2) / (8 * k + 4) - D(1) / (8 * k + 5) - D(1) / (8 * k + 6)) \
            / D(16) ** k
        k += 1
    return total


def series(x, term, ratio):
    """sum of term * ratio(1) * ratio(2) ..."""
    total, k = D(0), 1
    while abs(term) > D(10) ** -45:
        total += term
        term *= ratio(k)
        k += 1
    return total


def sin(x):
    return series(x, x, lambda k: -x * x / (2 * k * (2 * k + 1)))


def cos(x):
    return series(x, D(1), lambda k: -x * x / (2 * k * (2 * k - 1)))


def erf(x):
    factor = 2 / pi().sqrt() * (-x * x).exp()
    return factor * series(x, x, lambda k: 2 * x * x / (2 * k + 1))


def tanh(x):
    e = (2 * x).exp()
    return (e - 1) / (e + 1)


def atan(x):
    halvings = 0
    while abs(x) > D("0.1"):
        x /= 1 + (1 + x * x).sqrt()
        halvings += 1
    total, power, k = D(0), x, 1
    while abs(power) > D(10) ** -45:
        total += power / k
        power *= -x * x
        k += 2
    return total * 2 ** halvings


HALF_LN2 = D(2).ln() / 2 + D("0.0001")
QUARTER_PI = pi() / 4 + D("0.0001")
TINY = D("1e-6")


def even(function):
    """g(s) with s = x^2 in place of x."""
    return lambda s: function(s.sqrt())


if __name__ == "__main__":
    # exp(r) = 1 + r + r^2 p(r)
    fit("exp p(r)", lambda r: (r.exp() - 1 - r) / r ** 2 if r else D("0.5"), lambda r: r * r,
        -HALF_LN2, HALF_LN2, range(6), f32)
    # log(1 + f) = f - f^2 / 2 + f^3 p(f)
    low, high = D("0.5").sqrt() - 1 - D("0.0001"), D(2).sqrt() - 1 + D("0.0001")
    fit("log p(f)", lambda f: (log1p(f) - f + f * f / 2) / f ** 3 if f else D(1) / 3,
        lambda f: f * f, low, high, range(9))
    # tanh(x) = x + x^3 p(x^2)
    fit("tanh p(s)", even(lambda x: (tanh(x) / x - 1) / x ** 2), lambda s: s, TINY, D("0.3969"),
        range(5))
    # erf(x) = x + x p(x^2)
    fit("erf small p(s)", even(lambda x: erf(x) / x - 1), lambda s: D(1), TINY, D("0.8650"), range(7))
    # erf(x) = 1 - exp(-(x + x p(x)))
    fit("erf large p(x)", lambda x: -(1 - erf(x)).ln() / x - 1, lambda x: x * (1 - erf(x)),
        D("0.92"), D("4.0"), range(8))
    # 1 - erf(x) = exp(-x^2) (1 + p(x))
    fit("erfc p(x)", lambda x: (1 - erf(x)) * (x * x).exp() - 1, lambda x: (-(x * x)).exp(), D("0.0001"), D("3.9"),
        range(1, 12))
    # sin(x) = x + x^3 p(x^2), cos(x) = 1 - x^2 / 2 + x^4 p(x^2)
    fit("sin p(s)", even(lambda x: (sin(x) / x - 1) / x ** 2), lambda s: s, TINY, QUARTER_PI ** 2,
        range(4))
    fit("cos p(s)", even(lambda x: (cos(x) - 1 + x * x / 2) / x ** 4), lambda s: s * s, TINY * 100,
        QUARTER_PI ** 2, range(3))
    # atan(t) = t + t^3 p(t^2)
    fit("atan p(s)", even(lambda x: (atan(x) / x - 1) / x ** 2), lambda s: s, TINY, D("1.0001"), range(8))
    # In f64, for pow: log(m) = 2 s + s^3 p(s^2) with s = (m - 1) / (m + 1), and exp(r) = p(r)
    top = (D(2).sqrt() - 1) / (D(2).sqrt() + 1) + D("0.0001")
    fit("pow log p(t)", even(lambda s: (2 * atanh(s) - 2 * s) / s ** 3), lambda t: t, TINY, top ** 2,
        range(5), lambda c: c)
    fit("pow exp p(r)", lambda r: r.exp(), lambda r: D(1), -HALF_LN2, HALF_LN2, range(9), lambda c: c)
