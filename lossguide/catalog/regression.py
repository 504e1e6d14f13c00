"""Cards of the losses on real numbers."""

from lossguide.catalog.card import INFINITY, LOSS, Card, Default, Input

NUMBERS = {
    "pred": Input("N", more=True),
    "target": Input("N", gradient=False, more=True),
}
ERROR = frozenset({"symmetric", "translation invariant", "zero at target"})

CARDS = (
    Card(
        family="regression",
        name="mse_loss",
        summary="Squared error (L2 loss).",
        formulas=(r"\ell = (\hat y - y)^2",),
        returns=LOSS,
        inputs=NUMBERS,
        properties=ERROR,
        bounds=(0, INFINITY),
    ),
    Card(
        family="regression",
        name="l1_loss",
        summary="Absolute error (L1 loss).",
        formulas=(r"\ell = |\hat y - y|",),
        returns=LOSS,
        inputs=NUMBERS,
        properties=ERROR,
        bounds=(0, INFINITY),
        against=(
            "outliers or wrong labels",
            "pictures come out blurred",
        ),
    ),
    Card(
        family="regression",
        name="huber_loss",
        summary="Squared for small errors, linear for large ones.",
        formulas=(
            (
                r"\ell = \begin{cases} \tfrac12 d^2 & |d| \le \delta \\ \delta(|d| - \tfrac12\delta) & "
                r"\text{otherwise} \end{cases}"
            ),
            r"d = \hat y - y",
        ),
        about="It equals ``delta`` times ``smooth_l1_loss`` with ``beta = delta``.",
        arguments={
            "delta": "where the square gives way to the line, in the unit of the target; above 0."
        },
        raises="delta is not above 0",
        defaults={"delta": Default(1.0, "PyTorch")},
        returns=LOSS,
        papers=("huber1964",),
        inputs=NUMBERS,
        properties=ERROR,
        bounds=(0, INFINITY),
        options=({}, {"delta": 0.6}),
        against=("outliers or wrong labels",),
    ),
    Card(
        family="regression",
        name="smooth_l1_loss",
        summary="L1 with a rounded tip.",
        formulas=(
            (
                r"\ell = \begin{cases} \tfrac12 d^2 / \beta & |d| < \beta \\ |d| - \tfrac12\beta & "
                r"\text{otherwise} \end{cases}"
            ),
            r"d = \hat y - y",
        ),
        about="Fast R-CNN's form has ``beta = 1``. The slope far from the target is 1 for every ``beta``.",
        arguments={
            "beta": "half width of the rounded tip, in the unit of the target; above 0."
        },
        raises="beta is not above 0",
        defaults={"beta": Default(1.0, "girshick2015", "eq. 3")},
        returns=LOSS,
        papers=("girshick2015",),
        inputs=NUMBERS,
        properties=ERROR,
        bounds=(0, INFINITY),
        options=({}, {"beta": 0.3}),
        against=("outliers or wrong labels",),
    ),
    Card(
        family="regression",
        name="charbonnier_loss",
        summary="A smooth L1 without a seam: the square root of a shifted square.",
        formulas=(r"\ell = \sqrt{(\hat y - y)^2 + \varepsilon^2}",),
        about="Its least value is ``eps``, not 0.",
        arguments={
            "eps": "width of the rounded tip, in the unit of the target; above 0, and in float32 above 1e-19, or its"
            " square is 0."
        },
        raises="eps is not above 0",
        defaults={"eps": Default(1e-3, "lai2017", "section 3.2")},
        returns=LOSS,
        papers=("charbonnier1994", "lai2017"),
        inputs=NUMBERS,
        properties=ERROR - {"zero at target"},
        bounds=("eps", INFINITY),
        options=({}, {"eps": 0.5}),
        against=("pictures come out blurred",),
    ),
    Card(
        family="regression",
        name="log_cosh_loss",
        summary="Half the square near 0, L1 less a constant far away, with no parameter.",
        formulas=(r"\ell = \log\cosh(\hat y - y)",),
        about="Computed as ``|d| + log1p(expm1(-2|d|) / 2)``, which does not overflow.",
        returns=LOSS,
        inputs=NUMBERS,
        properties=ERROR,
        bounds=(0, INFINITY),
    ),
    Card(
        family="regression",
        name="general_robust_loss",
        summary="One family from the square to losses that ignore outliers.",
        formulas=(
            (
                r"\ell = \frac{|\alpha - 2|}{\alpha}\left[\left(\frac{(d/c)^2}{|\alpha - 2|} + "
                r"1\right)^{\alpha/2} - 1\right]"
            ),
            r"d = \hat y - y",
        ),
        about="The limits are taken exactly: ``alpha`` 2 is half the square, 1 a Charbonnier loss, 0 the Cauchy"
        " (Lorentzian) loss, -2 Geman-McClure, ``-inf`` Welsch.",
        arguments={
            "alpha": "shape; the smaller, the less an outlier counts. ``-math.inf`` is allowed.",
            "scale": "the c of the formula: width of the quadratic bowl, in the unit of the target; above 0.",
        },
        raises="scale is not above 0, or alpha is not below infinity",
        defaults={
            "alpha": Default(
                1.0,
                "ours",
                "Charbonnier's loss, between the square and what ignores outliers",
            ),
            "scale": Default(1.0, "ours", "the unit of the errors"),
        },
        returns=LOSS,
        papers=("barron2019",),
        inputs=NUMBERS,
        properties=ERROR,
        bounds=(0, INFINITY),
        options=(
            {},
            *(
                {"alpha": alpha, "scale": 0.7}
                for alpha in (2.5, 2.0, 1.99, 0.5, 0.0, 1e-6, -2.0, -INFINITY)
            ),
        ),
        against=("outliers or wrong labels",),
    ),
)
