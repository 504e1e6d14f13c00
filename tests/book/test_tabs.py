"""The code that tabs show, which no build runs: here it trains a model in its framework.

The tabs that train nothing by themselves are left out: how to get logits, and the loop of the detector in PyTorch,
which its lab runs.
"""

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from scipy.special import softmax

BOOK = Path(__file__).resolve().parents[2] / "book"
TAB = re.compile(r":::\{tab-item\} (PyTorch|Keras)\n.*?python\n(.*?)```", re.DOTALL)
TABS = [
    pytest.param(framework, code, id=f"{page.stem}-{number}-{framework}")
    for page in sorted(BOOK.rglob("*.md"))
    for number, (framework, code) in enumerate(TAB.findall(page.read_text()))
    if "for x, y in loader" in code or "model.fit(x, y)" in code
]

X = np.linspace(-1, 1, 64, dtype="float32")[:, None]
# What a model of the page gets and predicts: numbers, classes, boxes, turned boxes. It starts as the identity.
THREE = np.eye(3, dtype="float32")[np.arange(64) % 3]
BOXES = np.hstack([X, X, X + 1, X + 1.5])
TURNED = np.hstack([X, X, X + 2, X + 1.5, X])
OFF = np.array([0.2, 0.1, 0.3, 0.2, 0.1], "float32")
PICTURES = np.random.default_rng(0).uniform(size=(2, 16, 16, 3)).astype("float32")
# A line in small masks, from logits that are too high beside it and too low on it.
MASKS = np.zeros((8, 16, 16), "float32")
MASKS[:, :, 7:9] = 1
TASKS = {
    "what_a_loss_does": (X, np.ones_like(X)),  # a score, to be raised
    "regression": (X, 2 * X + 1),
    "classification_losses": (THREE, (np.arange(64) + 1) % 3),
    "imbalance": (X, np.ones_like(X)),  # positives, from logits on either side
    "iou_family": (BOXES + OFF[:4], BOXES),
    "beyond_overlap": (BOXES + OFF[:4], BOXES),
    # A box and the logit of its score.
    "scores": (np.hstack([BOXES + OFF[:4], X]), BOXES),
    "regions": (np.full_like(MASKS, 0.5), MASKS),
    "topology": (np.full_like(MASKS, 0.5), MASKS),
    "field": (np.full_like(MASKS, 0.5), MASKS),
    "fast": (X, np.ones_like(X)),
    "turned": (TURNED + OFF, TURNED),
    # Pictures, which are to become darker.
    "perceptual": (PICTURES, PICTURES / 2),
    "style": (PICTURES, PICTURES / 2),
}


def outputs(x, y):
    """How many numbers a model predicts."""
    return x.shape[-1] if y.ndim > 1 else int(y.max()) + 1


def off(pred, y):
    """How far off predictions are; scores of classes by what the right one lacks of probability 1."""
    if y.dtype.kind == "i":
        return 1 - softmax(pred, axis=-1)[np.arange(len(y)), y].mean()
    return np.abs(pred[:, : y.shape[1]] - y).mean()


def pytorch(code, x, y):
    """Run a training loop on a model of PyTorch; return its errors before and after."""
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    if x.ndim == 4:  # pictures
        x, y = (np.moveaxis(one, -1, 1).copy() for one in (x, y))
        model = torch.nn.Conv2d(x.shape[1], y.shape[1], 1)
        torch.nn.init.dirac_(model.weight)
        optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
    else:
        model = torch.nn.Linear(x.shape[1], outputs(x, y))
        torch.nn.init.eye_(model.weight)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    inputs, targets = torch.tensor(x), torch.tensor(y)
    torch.nn.init.zeros_(model.bias)
    before = off(model(inputs).detach().numpy(), y)
    loader = [(inputs, targets)] * 50
    exec(code, {"model": model, "optimizer": optimizer, "loader": loader})
    return before, off(model(inputs).detach().numpy(), y)


def tensorflow(code, x, y):
    """Fit a model of Keras; return its errors before and after."""
    keras = pytest.importorskip("keras")
    keras.utils.set_random_seed(0)
    layer = keras.layers.Dense(outputs(x, y), kernel_initializer="identity")
    model = keras.Sequential([keras.Input(x.shape[1:]), layer])
    before = off(model.predict(x, verbose=0), y)
    exec(
        code,
        {"model": model, "x": np.concatenate([x] * 50), "y": np.concatenate([y] * 50)},
    )
    return before, off(model.predict(x, verbose=0), y)


def test_every_task_is_trained_in_both_frameworks():
    found = {tuple(tab.id.split("-")[::2]) for tab in TABS}
    pages = TASKS.keys() - {"turned"}
    assert found == {(page, one) for page in pages for one in ("PyTorch", "Keras")}


@pytest.mark.parametrize(("framework", "code"), TABS)
def test_the_code_in_a_tab_trains(framework, code, request):
    if "torch.compile" in code and not shutil.which("g++"):
        pytest.skip("no C++ compiler")
    page = request.node.callspec.id.split("-")[0]
    task = "turned" if "kld_loss" in code else page
    train = {"PyTorch": pytorch, "Keras": tensorflow}[framework]
    before, after = train(code, *TASKS[task])
    assert after < before


def test_the_loss_of_the_detector_in_keras_is_that_of_the_page_and_trains():
    torch = pytest.importorskip("torch")
    keras = pytest.importorskip("keras")
    import lossguide.torch as lt

    page = (BOOK / "detection" / "detector.md").read_text()
    (cell,) = re.findall(r"(def detector_loss.*?)```", page, re.DOTALL)
    (tab,) = (code for name, code in TAB.findall(page) if name == "Keras")
    anchors = BOXES[:12] * 10
    theirs, ours = {"anchors": keras.ops.array(anchors)}, {"lt": lt}
    exec(tab, theirs)
    exec(cell, ours)

    rng = np.random.default_rng(0)
    x = rng.normal(size=(8, 6)).astype("float32")
    matched = rng.integers(-2, 3, (8, 12))
    on = (matched >= 0)[..., None]
    classes = (on & (np.arange(10) == 3)).astype("float32")
    y = (classes, np.where(on, anchors + 1, 0).astype("float32"), matched)

    keras.utils.set_random_seed(0)
    start = keras.Input((6,))
    ends = [
        keras.layers.Reshape((12, size))(keras.layers.Dense(12 * size)(start))
        for size in (10, 4)
    ]
    model = theirs["Detector"](start, ends)
    model.compile("adam")
    losses = model.fit(x, y, epochs=5, verbose=0).history["loss"]
    assert losses[-1] < losses[0]

    logits, offsets = model(x)
    found = float(model.compute_loss(None, y, (logits, offsets)))
    logits, offsets = (torch.tensor(np.array(one)) for one in (logits, offsets))
    pred = lt.decode_boxes(offsets, torch.tensor(anchors).expand_as(offsets))
    expected = ours["detector_loss"](logits, pred, *map(torch.tensor, y))
    assert found == pytest.approx(expected.item(), rel=1e-5)
