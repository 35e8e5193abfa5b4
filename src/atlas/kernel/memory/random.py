"""Random draws that depend on what they are for, not on what was drawn before.

A draw is a function of a key and a sequence number, and the key of (seed, model, instrument, strategy): so adding an
instrument or a strategy changes no other draw, and nothing has to be kept but the count of draws. Words are mixed as
in SplitMix64 (Steele, Lea and Flood, 2014), twice, with the key brought in again between.
"""

from __future__ import annotations

import hashlib
import math

from atlas.kernel.memory.compilation import kernel_function
from atlas.kernel.memory.intrinsics import add_wrap, multiply_high, multiply_low, shift_right
from atlas.kernel.memory.mathematics import log

GOLDEN = -7046029254386353131  # 0x9E3779B97F4A7C15
MIX_1 = -4658895280553007687  # 0xBF58476D1CE4E5B9
MIX_2 = -7723592293110705685  # 0x94D049BB133111EB
STEP_53 = 1.1102230246251565e-16  # 2**-53
STEP_52 = 2.220446049250313e-16  # 2**-52


def name_hash(name: str) -> int:
    """Number of a name, the same in every process: int64, never 0."""
    digest = hashlib.blake2b(name.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little", signed=True) or 1


@kernel_function
def mix(word: int) -> int:
    """Spread every bit of a word over all of it; a bijection."""
    word = multiply_low(word ^ shift_right(word, 30), MIX_1)
    word = multiply_low(word ^ shift_right(word, 27), MIX_2)
    return word ^ shift_right(word, 31)


@kernel_function
def random_key(seed: int, model: int, instrument_hash: int, strategy: int) -> int:
    """Key of all draws of a model for an instrument and a strategy.

    Parameters
    ----------
    seed : int
        Of the run; any int64.
    model : int
        What the draws are for (latency, slippage, a strategy's own).
    instrument_hash : int
        `name_hash` of the instrument's name, 0 where there is none; not its number, which depends on the others.
    strategy : int
        Number or name hash of the strategy, 0 where there is none.
    """
    key = mix(add_wrap(seed, GOLDEN))
    key = mix(add_wrap(key ^ model, GOLDEN))
    key = mix(add_wrap(key ^ instrument_hash, GOLDEN))
    return mix(add_wrap(key ^ strategy, GOLDEN))


@kernel_function
def random_word(key: int, sequence: int) -> int:
    """Draw number `sequence` of a key: 64 random bits as an int64."""
    word = mix(add_wrap(key, multiply_low(sequence, GOLDEN)))
    return mix(add_wrap(word ^ key, GOLDEN))


@kernel_function
def random_uniform(key: int, sequence: int) -> float:
    """Draw from 0 up to, not including, 1: a multiple of 2⁻⁵³."""
    return float(shift_right(random_word(key, sequence), 11)) * STEP_53


@kernel_function
def random_below(key: int, sequence: int, bound: int) -> int:
    """Draw a whole number from 0 to bound − 1; `bound` from 1 to 2⁶³ − 1, bias below bound · 2⁻⁶⁴."""
    return multiply_high(random_word(key, sequence), bound)


@kernel_function
def random_normal(key: int, sequence: int) -> float:
    """Draw from the standard normal distribution, within ±8.2, by inversion of one uniform draw."""
    return normal_quantile((float(shift_right(random_word(key, sequence), 12)) + 0.5) * STEP_52)


@kernel_function
def quantile_centre(q: float) -> float:
    """Normal quantile of ½ + q, for q within ±0.425."""
    r = 0.180625 - q * q
    over = 3.3430575583588128105e4 + r * 2.5090809287301226727e3
    over = 4.5921953931549871457e4 + r * (6.7265770927008700853e4 + r * over)
    over = 1.9715909503065514427e3 + r * (1.3731693765509461125e4 + r * over)
    over = 3.3871328727963666080e0 + r * (1.3314166789178437745e2 + r * over)
    under = 2.8729085735721942674e4 + r * 5.2264952788528545610e3
    under = 2.1213794301586595867e4 + r * (3.9307895800092710610e4 + r * under)
    under = 6.8718700749205790830e2 + r * (5.3941960214247511077e3 + r * under)
    return q * over / (1.0 + r * (4.2313330701600911252e1 + r * under))


@kernel_function
def quantile_flank(r: float) -> float:
    """Size of the normal quantile where r = √(−log p) is at most 5."""
    r -= 1.6
    over = 2.27238449892691845833e-2 + r * 7.74545014278341407640e-4
    over = 1.27045825245236838258e0 + r * (2.41780725177450611770e-1 + r * over)
    over = 5.76949722146069140550e0 + r * (3.64784832476320460504e0 + r * over)
    over = 1.42343711074968357734e0 + r * (4.63033784615654529590e0 + r * over)
    under = 5.47593808499534494600e-4 + r * 1.05075007164441684324e-9
    under = 1.48103976427480074590e-1 + r * (1.51986665636164571966e-2 + r * under)
    under = 1.67638483018380384940e0 + r * (6.89767334985100004550e-1 + r * under)
    return over / (1.0 + r * (2.05319162663775882187e0 + r * under))


@kernel_function
def quantile_tail(r: float) -> float:
    """Size of the normal quantile where r = √(−log p) is above 5."""
    r -= 5.0
    over = 2.71155556874348757815e-5 + r * 2.01033439929228813265e-7
    over = 2.65321895265761230930e-2 + r * (1.24266094738807843860e-3 + r * over)
    over = 1.78482653991729133580e0 + r * (2.96560571828504891230e-1 + r * over)
    over = 6.65790464350110377720e0 + r * (5.46378491116411436990e0 + r * over)
    under = 1.42151175831644588870e-7 + r * 2.04426310338993978564e-15
    under = 7.86869131145613259100e-4 + r * (1.84631831751005468180e-5 + r * under)
    under = 1.36929880922735805310e-1 + r * (1.48753612908506148525e-2 + r * under)
    return over / (1.0 + r * (5.99832206555887937690e-1 + r * under))


@kernel_function
def normal_quantile(p: float) -> float:
    """Inverse of the standard normal distribution function, to about 10⁻¹⁵ relative.

    Rational approximations of Wichura, Algorithm AS 241 (PPND16), Applied Statistics 37 (1988) 477.

    Parameters
    ----------
    p : float
        Within 0 to 1; outside, and for NaN, the result is NaN, at 0 and 1 ∓∞.
    """
    if not 0.0 < p < 1.0:
        if p == 0.0 or p == 1.0:
            return math.inf if p == 1.0 else -math.inf
        return math.nan
    q = p - 0.5
    if -0.425 <= q <= 0.425:
        return quantile_centre(q)
    r = math.sqrt(-log(p if q < 0.0 else 1.0 - p))
    size = quantile_flank(r) if r <= 5.0 else quantile_tail(r)
    return size if q > 0.0 else -size
