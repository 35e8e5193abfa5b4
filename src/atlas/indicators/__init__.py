"""Indicators over whole series, as functions: ``atlas.indicators.rsi(closes, 14)``.

What may live here: the functions, how series of other libraries are read and made, the page about indicators, and the
names that an indicator of one's own is built with. What may not: arithmetic of indicators, which has its one home in
the kernel, and imports of pandas or polars before a series of theirs arrives.
"""

from atlas.indicators.functions import vectorised_function
from atlas.kernel.indicators import (
    ADX,
    ADXR,
    ATR,
    CCI,
    CMO,
    DEMA,
    EMA,
    HMA,
    KAMA,
    MACD,
    MFI,
    NATR,
    OBV,
    PPO,
    RMA,
    ROC,
    RSI,
    SMA,
    TEMA,
    TRIMA,
    TRIX,
    VWAP,
    VWMA,
    WMA,
    AccumulationDistribution,
    Aroon,
    Beta,
    Bollinger,
    ChaikinMoneyFlow,
    ChaikinOscillator,
    Choppiness,
    Correlation,
    DirectionalMovement,
    Donchian,
    HeikinAshi,
    HistoricalVolatility,
    Ichimoku,
    Indicator,
    Keltner,
    LinearRegression,
    Momentum,
    ParabolicSAR,
    PercentRank,
    RollingMaximum,
    RollingMedian,
    RollingMinimum,
    RollingSum,
    RollingVWAP,
    StandardDeviation,
    Stochastic,
    StochasticRSI,
    Supertrend,
    TrueRange,
    UltimateOscillator,
    Variance,
    WilliamsR,
    ZScore,
)
from atlas.kernel.indicators.declaration import method, state
from atlas.kernel.memory.compilation import kernel_function
from atlas.kernel.memory.intrinsics import address_of, load_float, record_at, store_float

accumulation_distribution = vectorised_function(AccumulationDistribution)
adx = vectorised_function(ADX)
adxr = vectorised_function(ADXR)
aroon = vectorised_function(Aroon)
atr = vectorised_function(ATR)
beta = vectorised_function(Beta)
bollinger = vectorised_function(Bollinger)
cci = vectorised_function(CCI)
chaikin_money_flow = vectorised_function(ChaikinMoneyFlow)
chaikin_oscillator = vectorised_function(ChaikinOscillator)
choppiness = vectorised_function(Choppiness)
cmo = vectorised_function(CMO)
correlation = vectorised_function(Correlation)
dema = vectorised_function(DEMA)
directional_movement = vectorised_function(DirectionalMovement)
donchian = vectorised_function(Donchian)
ema = vectorised_function(EMA)
heikin_ashi = vectorised_function(HeikinAshi)
historical_volatility = vectorised_function(HistoricalVolatility)
hma = vectorised_function(HMA)
ichimoku = vectorised_function(Ichimoku)
kama = vectorised_function(KAMA)
keltner = vectorised_function(Keltner)
linear_regression = vectorised_function(LinearRegression)
macd = vectorised_function(MACD)
mfi = vectorised_function(MFI)
momentum = vectorised_function(Momentum)
natr = vectorised_function(NATR)
obv = vectorised_function(OBV)
parabolic_sar = vectorised_function(ParabolicSAR)
percent_rank = vectorised_function(PercentRank)
ppo = vectorised_function(PPO)
rma = vectorised_function(RMA)
roc = vectorised_function(ROC)
rolling_maximum = vectorised_function(RollingMaximum)
rolling_median = vectorised_function(RollingMedian)
rolling_minimum = vectorised_function(RollingMinimum)
rolling_sum = vectorised_function(RollingSum)
rolling_vwap = vectorised_function(RollingVWAP)
rsi = vectorised_function(RSI)
sma = vectorised_function(SMA)
standard_deviation = vectorised_function(StandardDeviation)
stochastic = vectorised_function(Stochastic)
stochastic_rsi = vectorised_function(StochasticRSI)
supertrend = vectorised_function(Supertrend)
tema = vectorised_function(TEMA)
trima = vectorised_function(TRIMA)
trix = vectorised_function(TRIX)
true_range = vectorised_function(TrueRange)
ultimate_oscillator = vectorised_function(UltimateOscillator)
variance = vectorised_function(Variance)
vwap = vectorised_function(VWAP)
vwma = vectorised_function(VWMA)
williams_r = vectorised_function(WilliamsR)
wma = vectorised_function(WMA)
zscore = vectorised_function(ZScore)

__all__ = [
    "Indicator",
    "address_of",
    "kernel_function",
    "load_float",
    "method",
    "record_at",
    "state",
    "store_float",
    "vectorised_function",
    "accumulation_distribution",
    "adx",
    "adxr",
    "aroon",
    "atr",
    "beta",
    "bollinger",
    "cci",
    "chaikin_money_flow",
    "chaikin_oscillator",
    "choppiness",
    "cmo",
    "correlation",
    "dema",
    "directional_movement",
    "donchian",
    "ema",
    "heikin_ashi",
    "historical_volatility",
    "hma",
    "ichimoku",
    "kama",
    "keltner",
    "linear_regression",
    "macd",
    "mfi",
    "momentum",
    "natr",
    "obv",
    "parabolic_sar",
    "percent_rank",
    "ppo",
    "rma",
    "roc",
    "rolling_maximum",
    "rolling_median",
    "rolling_minimum",
    "rolling_sum",
    "rolling_vwap",
    "rsi",
    "sma",
    "standard_deviation",
    "stochastic",
    "stochastic_rsi",
    "supertrend",
    "tema",
    "trima",
    "trix",
    "true_range",
    "ultimate_oscillator",
    "variance",
    "vwap",
    "vwma",
    "williams_r",
    "wma",
    "zscore",
]
