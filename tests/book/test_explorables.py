"""The explorables in a browser: their mathematics against the package, and the reader's hands on them."""

from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.optimize import linprog, minimize, minimize_scalar
from scipy.stats import norm, wasserstein_distance

import lossguide.numpy as ln
import lossguide.torch as lt
from lossguide.lab.connectivity import betti
from lossguide.lab.plots import LOSS_COLORS, PREDICTION, TARGET

EXPLORABLES = Path(__file__).resolve().parents[2] / "book" / "_static" / "explorables"
BOX_LOSSES = ["IoU", "GIoU", "DIoU", "CIoU", "EIoU"]


@pytest.fixture
def phone(browser):
    """A tab of a phone, touched with fingers."""
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, offline=True
    )
    yield context.new_page()
    context.close()


@pytest.fixture
def explore(tmp_path, phone):
    """Open a page with nothing but an explorable between two screens of ground; it must not fail."""

    def open_page(name, attributes="", fragment="", tab=phone):
        page = tmp_path / "page.html"
        scripts = "".join(
            f'<script defer src="{(EXPLORABLES / f"{part}.js").as_uri()}"></script>'
            for part in ("common", name)
        )
        page.write_text(
            '<!doctype html><html lang="en"><meta charset="utf-8"><style>body { margin: 20px }</style>'
            f"{scripts}<p style='height: 400px'>Before</p><{name} {attributes}>Still</{name}>"
            "<p style='height: 1600px'>After</p></html>"
        )
        tab.on("pageerror", lambda error: failures.append(error))
        tab.goto(page.as_uri() + fragment)
        return tab

    failures = []
    yield open_page
    assert failures == []


def shape(tab, selector):
    """The middle of a shape on the screen."""
    box = tab.locator(selector).bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def get(tab, field):
    """A field of the page's explorable."""
    return tab.evaluate(
        "field => [...document.body.children].find((e) => e.shadowRoot)[field]", field
    )


class Finger:
    """A finger, as the browser itself sees it: it scrolls the page unless the page takes it."""

    def __init__(self, tab):
        self.session = tab.context.new_cdp_session(tab)
        self.tab = tab

    def drag(self, start, end, steps=10):
        self.touch("touchStart", start)
        for share in np.linspace(0, 1, steps + 1)[1:]:
            self.touch("touchMove", np.add(start, share * np.subtract(end, start)))
            self.tab.wait_for_timeout(20)
        self.session.send(
            "Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []}
        )

    def touch(self, kind, at):
        points = [{"x": float(at[0]), "y": float(at[1])}]
        self.session.send(
            "Input.dispatchTouchEvent", {"type": kind, "touchPoints": points}
        )


def drag(tab, *places):
    """Press the mouse at the first place, go to all others and let go."""
    tab.mouse.move(*places[0])
    tab.mouse.down()
    for place in places[1:]:
        tab.mouse.move(*place, steps=5)
    tab.mouse.up()


# ---- What all explorables do ----

ALL = [
    "box-playground",
    "class-scores",
    "drag-triplets",
    "focal-focus",
    "gan-line",
    "nms-scores",
    "paint-mask",
    "robust-fit",
    "shuffle-patches",
]


def test_colors_are_those_of_the_figures(explore):
    colors = explore("box-playground").evaluate("explorables.COLORS")
    assert colors == {
        "target": TARGET,
        "prediction": PREDICTION,
        **{name: LOSS_COLORS[name] for name in colors if name in LOSS_COLORS},
    }


@pytest.mark.parametrize("name", ALL)
def test_all_of_it_fits_a_phone_and_can_be_read_there(name, explore):
    tab = explore(name, 'dare="Make it move."')
    assert tab.get_by_text("Make it move.").is_visible()
    assert tab.evaluate("document.documentElement.scrollWidth") == 390
    sizes = tab.locator(f"{name} :is(text, p, td, th, label, button)").evaluate_all(
        """all => all.filter((e) => e.checkVisibility()).map((e) =>
            parseFloat(getComputedStyle(e).fontSize) * (e.ownerSVGElement ? e.getScreenCTM().a : 1))"""
    )
    assert min(sizes) >= 9


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("box-playground", 15),
        ("class-scores", 11),
        ("drag-triplets", 10),
        ("focal-focus", 8),
        ("gan-line", 8),
        ("nms-scores", 19),
        ("paint-mask", 10),
        ("robust-fit", 13),
        ("shuffle-patches", 21),
    ],
)
def test_touch_targets_are_large_enough(name, count, explore):
    sizes = (
        explore(name)
        .locator(f"{name} :is(button, label, .grip)")
        .evaluate_all(
            "all => all.map((e) => e.getBoundingClientRect()).map((b) => Math.min(b.width, b.height))"
        )
    )
    assert len(sizes) == count
    assert min(sizes) >= 24


@pytest.mark.parametrize("name", ALL)
def test_the_still_picture_stands_in_print_and_without_scripts(name, explore, browser):
    tab = explore(name)
    shown = """name => [".live", "slot"].map((part) => getComputedStyle(
        document.querySelector(name).shadowRoot.querySelector(part)).display !== "none")"""
    assert tab.evaluate(shown, name) == [True, False]
    tab.emulate_media(media="print")
    assert tab.evaluate(shown, name) == [False, True]
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(tab.url)
    assert page.get_by_text("Still").is_visible()
    context.close()


@pytest.mark.parametrize("name", ALL)
def test_the_dark_theme_inverts_what_is_drawn(name, explore):
    tab = explore(name)
    tab.add_style_tag(path=EXPLORABLES.parent / "lossguide.css")
    drawn = tab.locator(f"{name} svg > *").first
    for theme, inverted in (("light", False), ("dark", True)):
        tab.evaluate(
            "theme => { document.documentElement.dataset.theme = theme }", theme
        )
        assert (
            "invert" in drawn.evaluate("e => getComputedStyle(e).filter")
        ) == inverted


# ---- The mathematics of the boxes ----


def pairs():
    """Boxes apart, overlapping, nested, touching along an edge, at a corner and within, and equal."""
    rng = np.random.default_rng(0)
    corner, size = rng.uniform(0, 40, (2, 2, 200, 2))
    pred, target = np.concatenate([corner, corner + 0.5 + size], axis=-1)
    special = [
        ([0, 0, 4, 4], [0, 0, 4, 4]),
        ([1, 1, 3, 2], [0, 0, 4, 4]),
        ([0, 0, 4, 4], [1, 1, 3, 2]),
        ([0, 0, 2, 4], [2, 0, 5, 4]),
        ([0, 0, 2, 4], [2, 1, 5, 7]),
        ([0, 0, 2, 2], [2, 2, 5, 4]),
        ([0, 0, 2, 2], [0, 0, 5, 4]),
        ([0, 0, 2, 2], [9, 0, 12, 2]),
        ([70, 20, 82, 60], [62, 28, 94, 56]),
    ]
    more_pred, more_target = np.array(special, dtype=float).transpose(1, 0, 2)
    return np.concatenate([pred, more_pred]), np.concatenate([target, more_target])


@pytest.mark.parametrize("name", BOX_LOSSES)
def test_box_losses_and_gradients_are_those_of_the_package(name, explore):
    pred, target = pairs()
    computed = explore("box-playground").evaluate(
        """([name, pred, target]) => {
            const { loss } = customElements.get("box-playground");
            return pred.map((box, i) => loss(name, box, target[i]));
        }""",
        [name, pred.tolist(), target.tolist()],
    )
    expected = getattr(ln, f"{name.lower()}_loss")(pred, target, reduction="none")
    np.testing.assert_allclose([c["value"] for c in computed], expected, atol=1e-9)

    leaf = torch.tensor(pred, requires_grad=True)
    loss = getattr(lt, f"{name.lower()}_loss")
    loss(leaf, torch.tensor(target), reduction="sum").backward()
    slopes = [c["slopes"] for c in computed]
    np.testing.assert_allclose(slopes, leaf.grad.numpy(), atol=1e-9)


STARTS = {
    "disjoint": [14, 14, 38, 30],
    "far and flat": [4, 60, 20, 66],
    "nested": [66, 32, 80, 44],
    "around": [50, 20, 110, 70],
}


@pytest.mark.parametrize("by", ["corners", "size"])
@pytest.mark.parametrize("start", STARTS)
def test_descent_ends_where_it_says(start, by, explore):
    target = [62, 28, 94, 56]
    walks = explore("box-playground").evaluate(
        """([by, start, target]) => {
            const { losses, descend } = customElements.get("box-playground");
            return Object.fromEntries(losses.map((name) => [name, descend(name, by, start, target)]));
        }""",
        [by, STARTS[start], target],
    )
    apart = start in ("disjoint", "far and flat")
    for name, walk in walks.items():
        assert walk["end"] == ("flat" if apart and name == "IoU" else "fits")
        assert (ln.iou(walk["path"][-1], target) >= 0.9) == (walk["end"] == "fits")
    assert len(walks["IoU"]["path"]) == 1 or not apart


@pytest.mark.parametrize("by", ["corners", "size"])
def test_a_step_is_that_of_gradient_descent(by, explore):
    start, target = [14.0, 14.0, 38.0, 30.0], [62.0, 28.0, 94.0, 56.0]
    path = explore("box-playground").evaluate(
        "args => customElements.get('box-playground').descend(...args).path.slice(0, 2)",
        ["GIoU", by, start, target],
    )
    formats = ("xyxy", "xyxy") if by == "corners" else ("xyxy", "cxcywh")
    leaf = lt.box_convert(torch.tensor(start), *formats).double().requires_grad_()
    box = lt.box_convert(leaf, *formats[::-1])
    lt.giou_loss(box, torch.tensor(target).double()).backward()
    stepped = leaf.detach() - 0.01 * 32 * 28 * leaf.grad
    np.testing.assert_allclose(path[0], start)
    np.testing.assert_allclose(
        path[1], lt.box_convert(stepped, *formats[::-1]), atol=1e-9
    )


# ---- The playground under the reader's hands ----

SVG = "box-playground svg"
PRED = "box-playground .pred"


def test_a_finger_on_the_prediction_moves_it_and_not_the_page(explore):
    tab = explore("box-playground")
    tab.evaluate("scrollTo(0, 100)")
    x, y = shape(tab, PRED)
    before = get(tab, "pred")
    Finger(tab).drag((x, y), (x + 60, y + 90))
    scale = 390 - 2 * 20 - 2
    moved = np.subtract(get(tab, "pred"), before)
    np.testing.assert_allclose(
        moved, np.array([60, 90, 60, 90]) * 130 / scale, rtol=0.02
    )
    assert tab.evaluate("scrollY") == 100


def test_a_finger_on_the_corner_resizes(explore):
    tab = explore("box-playground")
    tab.evaluate("scrollTo(0, 100)")
    x, y = shape(tab, "box-playground .grip.se")
    before = get(tab, "pred")
    Finger(tab).drag((x, y), (x + 30, y + 60))
    moved = np.subtract(get(tab, "pred"), before)
    assert moved[:2].tolist() == [0, 0]
    assert moved[2] > 8
    assert moved[3] > 16
    assert tab.evaluate("scrollY") == 100


def test_a_finger_on_the_ground_scrolls_the_page(explore):
    tab = explore("box-playground")
    before = get(tab, "pred")
    box = tab.locator(SVG).bounding_box()
    x, y = box["x"] + 0.7 * box["width"], box["y"] + 0.9 * box["height"]
    Finger(tab).drag((x, y), (x, y - 150))
    tab.wait_for_function("scrollY > 50")
    assert get(tab, "pred") == before


@pytest.mark.parametrize("grip", ["pred", "grip.nw", "grip.se"])
def test_past_the_border_and_back_leaves_the_box_where_it_was(grip, explore):
    tab = explore("box-playground")
    before = get(tab, "pred")
    x, y = shape(tab, f"box-playground .{grip}")
    tab.mouse.move(x, y)
    tab.mouse.down()
    for place in ((x - 300, y - 200), (x + 900, y + 900)):
        tab.mouse.move(*place, steps=5)
        x1, y1, x2, y2 = get(tab, "pred")
        assert x1 >= 0
        assert y1 >= 0
        assert x2 <= 120
        assert y2 <= 76
        assert min(x2 - x1, y2 - y1) >= 6
    tab.mouse.move(x, y, steps=5)
    tab.mouse.up()
    np.testing.assert_allclose(get(tab, "pred"), before)


def test_keys_move_and_resize(explore):
    tab = explore("box-playground")
    tab.locator(PRED).focus()
    for key in (
        "ArrowRight",
        "ArrowRight",
        "ArrowDown",
        "Shift+ArrowLeft",
        "Shift+ArrowDown",
    ):
        tab.keyboard.press(key)
    assert get(tab, "pred") == [16, 15, 39, 32]
    ring = tab.locator("box-playground .ring")
    assert ring.evaluate("e => getComputedStyle(e).stroke") != "none"


def test_what_is_shown_is_said(explore):
    tab = explore("box-playground")
    said = tab.locator("box-playground [role=status]")
    assert said.inner_text() == ""
    tab.locator(PRED).focus()
    tab.keyboard.press("ArrowRight")
    tab.wait_for_timeout(500)
    text = said.text_content()
    assert "Prediction from 15, 14 to 39, 30" in text
    assert "IoU loss 1.000" in text
    assert "No gradient" in text


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_descend_counts_its_steps_and_says_how_it_ends(motion, explore):
    tab = explore("box-playground", 'loss="DIoU"')
    tab.emulate_media(reduced_motion=motion)
    descend = tab.get_by_role("button", name="Descend")
    note = tab.locator("box-playground .note")
    descend.click()
    if motion == "no-preference":
        tab.wait_for_timeout(200)
        assert note.inner_text().startswith("Step ")
        tab.wait_for_function("document.querySelector('box-playground').frame === null")
    steps = tab.locator("box-playground .steps td").nth(2).inner_text()
    assert int(steps) > 300
    assert note.inner_text().startswith(f"It fits after {steps} steps: IoU 0.9")
    assert ln.iou(get(tab, "pred"), [62, 28, 94, 56]) >= 0.9

    tab.get_by_role("button", name="Reset").click()
    tab.get_by_label("IoU", exact=True).check()
    descend.click()
    assert "No gradient" in note.inner_text()
    assert get(tab, "pred") == [14, 14, 38, 30]


def test_race_shows_the_steps_of_all(explore):
    tab = explore("box-playground")
    tab.emulate_media(reduced_motion="reduce")
    steps = tab.locator("box-playground .steps td")
    tab.get_by_role("button", name="Race").click()
    by_size = steps.all_inner_texts()
    assert by_size[0] == "stuck"
    assert all(int(count) > 300 for count in by_size[1:])
    assert get(tab, "pred") == [14, 14, 38, 30]
    tab.get_by_label("corners").check()
    assert steps.all_inner_texts() == ["–"] * 5
    tab.get_by_role("button", name="Race").click()
    assert steps.all_inner_texts() != by_size


def test_the_race_of_the_chapter_is_won_by_another_on_the_corners(explore):
    tab = explore("box-playground", 'box="10 31 26 53"')
    tab.emulate_media(reduced_motion="reduce")
    steps = tab.locator("box-playground .steps td")
    order = {}
    for by in ("center and size", "corners"):
        tab.get_by_label(by).check()
        tab.get_by_role("button", name="Race").click()
        counts = [int(count) for count in steps.all_inner_texts()[1:]]
        order[by] = [("GIoU", "DIoU", "CIoU", "EIoU")[i] for i in np.argsort(counts)]
    assert order["center and size"][0] == "GIoU"
    assert order["corners"][0] == "EIoU"
    assert order["corners"][-1] == "GIoU"


def test_the_address_keeps_the_state(explore):
    tab = explore("box-playground")
    tab.get_by_label("GIoU").check()
    tab.get_by_label("corners").check()
    tab.locator(PRED).focus()
    tab.keyboard.press("Shift+ArrowDown")
    tab.wait_for_timeout(500)
    fragment = "#" + tab.url.split("#")[1]
    other = explore("box-playground", fragment=fragment, tab=tab.context.new_page())
    assert get(other, "pred") == [14, 14, 38, 31]
    assert get(other, "loss") == "GIoU"
    assert get(other, "by") == "corners"
    assert other.evaluate("scrollY") > 0


@pytest.mark.parametrize("box", ["1+2+3", "a+b+c+d", "0+0+900+9", "20+20+10+10"])
def test_nonsense_in_the_address_is_passed_over(box, explore):
    tab = explore(
        "box-playground", fragment=f"#box-playground=&box={box}&loss=Best&by=luck"
    )
    assert get(tab, "pred") == [14, 14, 38, 30]
    assert get(tab, "loss") == "IoU"
    assert get(tab, "by") == "size"


# ---- The mathematics of the lines ----

FIT_LOSSES = {
    "L2": ("mse_loss", {}),
    "L1": ("l1_loss", {}),
    "Huber": ("huber_loss", {"delta": 0.7}),
    "Geman-McClure": ("general_robust_loss", {"alpha": -2.0, "scale": 0.7}),
}
LAST = 6


def clouds():
    """Points near a line, the last two of them anywhere."""
    rng = np.random.default_rng(1)
    x = np.sort(rng.uniform(0, 10, (20, 12)))
    y = 1 + 0.4 * x + rng.normal(0, 0.2, x.shape)
    y[:, -2:] = rng.uniform(0, 6, (20, 2))
    return np.stack([x, y], axis=-1)


def total(name, line, points):
    function, options = FIT_LOSSES[name]
    x, y = points.T
    predicted = line[0] + line[1] * x
    return float(getattr(ln, function)(predicted, y, reduction="sum", **options))


@pytest.mark.parametrize("name", FIT_LOSSES)
def test_losses_of_errors_and_their_pulls_are_those_of_the_package(name, explore):
    errors = np.r_[np.random.default_rng(0).normal(0, 2, 300), 0.0, 0.7, -0.7, 40.0]
    values, slopes = explore("robust-fit").evaluate(
        """([name, errors]) => {
            const { value, slope } = customElements.get("robust-fit");
            return [value, slope].map((of) => errors.map((error) => of[name](error, 0.7)));
        }""",
        [name, errors.tolist()],
    )
    function, options = FIT_LOSSES[name]
    expected = getattr(ln, function)(errors, 0 * errors, reduction="none", **options)
    np.testing.assert_allclose(values, expected, atol=1e-9)
    leaf = torch.tensor(errors, requires_grad=True)
    getattr(lt, function)(leaf, 0 * leaf, reduction="sum", **options).backward()
    np.testing.assert_allclose(slopes, leaf.grad.numpy(), atol=1e-9)


def fits(tab, name, points):
    return np.array(
        tab.evaluate(
            "([name, clouds]) => clouds.map((points) => customElements.get('robust-fit').fit(name, points, 0.7))",
            [name, points.tolist()],
        )
    )


def test_the_l2_line_is_that_of_least_squares(explore):
    lines = fits(explore("robust-fit"), "L2", clouds())
    expected = [np.polyfit(*points.T, 1)[::-1] for points in clouds()]
    np.testing.assert_allclose(lines, expected, atol=1e-6)


def test_the_l1_line_is_that_of_a_linear_program(explore):
    """Minimize the sum of bounds on the errors: -bound <= a + b x - y <= bound."""
    for line, points in zip(
        fits(explore("robust-fit"), "L1", clouds()), clouds(), strict=True
    ):
        x, y = points.T
        ones, bounds = np.ones((len(x), 1)), np.eye(len(x))
        program = linprog(
            np.r_[0, 0, np.ones(len(x))],
            A_ub=np.block([[ones, x[:, None], -bounds], [-ones, -x[:, None], -bounds]]),
            b_ub=np.r_[y, -y],
            bounds=[(None, None)] * 2 + [(0, None)] * len(x),
        )
        np.testing.assert_allclose(total("L1", line, points), program.fun, atol=1e-6)


@pytest.mark.parametrize("name", ["Huber", "Geman-McClure"])
def test_nothing_near_a_robust_line_is_better(name, explore):
    for line, points in zip(
        fits(explore("robust-fit"), name, clouds()), clouds(), strict=True
    ):
        found = minimize(
            lambda line: total(name, line, points),  # noqa: B023
            line,
            method="Nelder-Mead",
            options={"xatol": 1e-9, "fatol": 1e-12},
        )
        np.testing.assert_allclose(total(name, line, points), found.fun, atol=1e-9)


def test_dares_can_be_won(explore):
    """Straight down, a point lays the L2 line flat and L1 stays; from far away it takes all lines along."""
    tab = explore("robust-fit")
    points = np.array(get(tab, "points"))
    below, away = points.copy(), points.copy()
    below[LAST, 1] = 0
    away[LAST] = 10, 0
    slopes = {
        name: fits(tab, name, np.stack([points, below, away]))[:, 1]
        for name in FIT_LOSSES
    }
    assert slopes["L2"][1] < 0 < slopes["L2"][0]
    assert slopes["L1"][1] == slopes["L1"][0] > 0.3
    assert max(slope[2] for slope in slopes.values()) < -0.1


def test_a_dare_that_is_won_is_said(explore):
    tab = explore("robust-fit")
    note = tab.locator("robust-fit .note")
    assert "follows" not in note.text_content()
    tab.locator("robust-fit .grip").nth(LAST).focus()
    for key in ["Shift+ArrowDown"] * 10 + ["Shift+ArrowRight"] * 20:
        tab.keyboard.press(key)
    assert get(tab, "points")[LAST] == [10, 0]
    assert "Every line follows" in note.text_content()
    assert tab.locator("robust-fit .shares td").nth(1).text_content() == "on it"

    tab.get_by_label("L1").check()
    assert note.text_content().startswith("The L1 line runs through the marked point.")
    tab.get_by_text("Reset").click()
    tab.wait_for_timeout(500)
    said = tab.locator("robust-fit [role=status]").text_content()
    assert said.startswith("Point 7 at 5.2, 1.6.")
    assert "follows" not in said


def test_geman_mcclure_lets_go_of_a_point_far_above(explore):
    """What the chapter says of the marked point, lifted straight up."""
    tab = explore("robust-fit")
    tab.locator("robust-fit .grip").nth(LAST).focus()
    for _ in range(20):
        tab.keyboard.press("Shift+ArrowUp")
    share = {name: abs(pulls[LAST]) for name, pulls in get(tab, "shares").items()}
    assert share["Geman-McClure"] < 0.03 < 0.15 < min(share["L1"], share["Huber"])


# ---- The lines under the reader's hands ----


def test_a_point_is_dragged_and_only_some_lines_follow(explore):
    tab = explore("robust-fit")
    slopes = tab.locator("robust-fit .slopes td")
    before = slopes.all_inner_texts()
    points = get(tab, "points")
    tab.evaluate("scrollTo(0, 100)")
    x, y = shape(tab, f"robust-fit .grip >> nth={LAST}")
    Finger(tab).drag((x, y), (x, y + 40))
    after = slopes.all_inner_texts()
    assert float(after[0]) < float(before[0])
    assert after[1] == before[1]
    moved = get(tab, "points")
    assert moved[:LAST] == points[:LAST]
    assert moved[LAST][1] < points[LAST][1]
    assert tab.evaluate("scrollY") == 100


def test_a_point_past_the_border_and_back_is_where_it_was(explore):
    tab = explore("robust-fit")
    before = get(tab, "points")
    x, y = shape(tab, "robust-fit .grip >> nth=2")
    drag(tab, (x, y), (x - 600, y - 600), (x, y))
    np.testing.assert_allclose(get(tab, "points"), before)
    drag(tab, (x, y), (x - 600, y - 600))
    assert get(tab, "points")[2] == [0, 6]


def test_keys_move_a_point_and_what_is_shown_is_said_and_kept(explore):
    tab = explore("robust-fit")
    tab.locator("robust-fit .grip").nth(3).focus()
    tab.keyboard.press("Shift+ArrowUp")
    tab.keyboard.press("ArrowRight")
    np.testing.assert_allclose(
        get(tab, "points")[3], [2.8 + 1 / 11, 2.53 + 5 / 11], atol=1e-9
    )
    tab.get_by_label("L1").check()
    tab.locator("robust-fit [type=range]").fill("1.5")
    tab.wait_for_timeout(500)
    said = tab.locator("robust-fit [role=status]").text_content()
    assert said.startswith("Point 4 at 2.9, 3.0. Slopes: L2 ")
    assert "Under L1 the marked point does" in said

    other = explore(
        "robust-fit", fragment="#" + tab.url.split("#")[1], tab=tab.context.new_page()
    )
    np.testing.assert_allclose(get(other, "points"), get(tab, "points"), atol=0.01)
    assert get(other, "loss") == "L1"
    assert get(other, "delta") == "1.5"


@pytest.mark.parametrize(
    "points", ["1+2", "a", "0+0" + "+0+1" * 6, "0+0" + "+9+99" * 6]
)
def test_nonsense_points_in_the_address_are_passed_over(points, explore):
    tab = explore(
        "robust-fit", fragment=f"#robust-fit=&points={points}&delta=-1&loss=no"
    )
    assert len(get(tab, "points")) == 7
    assert get(tab, "points")[0] == [0.4, 1.72]
    assert get(tab, "delta") == "0.3"


def test_pulls_add_up_and_l1_counts_points(explore):
    shares = explore("robust-fit").evaluate(
        "document.querySelector('robust-fit').shares"
    )
    for share in shares.values():
        np.testing.assert_allclose(np.abs(share).sum(), 1)
    for name in ("L2", "Huber", "Geman-McClure"):
        np.testing.assert_allclose(np.sum(shares[name]), 0, atol=1e-6)
    np.testing.assert_allclose(np.sort(np.abs(shares["L1"]))[2:], 1 / 5)
    pull = {name: abs(share[LAST]) for name, share in shares.items()}
    assert pull["Geman-McClure"] < pull["L1"] < pull["Huber"] < pull["L2"]


# ---- The mathematics of the class scores ----

CLASS_LOSSES = {
    "cross-entropy": lt.cross_entropy_loss,
    "Crammer-Singer": lt.crammer_singer_loss,
    "Weston-Watkins": lt.weston_watkins_loss,
    "MSE": lambda scores, target, **options: lt.mse_loss(
        scores.softmax(-1), torch.eye(4).double()[target], **options
    ),
}


def class_scores():
    """Random scores, ties, a margin just won, and scores so far apart that one probability is all."""
    rng = np.random.default_rng(0)
    special = [[0, 0, 0, 0], [2, 1, 1, 0], [1, 2, 2, -1], [40, 0, 0, 0], [0, 40, 0, 0]]
    return np.r_[rng.normal(0, 3, (200, 4)), np.array(special, dtype=float)]


def of_classes(tab, expression, *arguments):
    """What a function of the class scores says for each row of scores; the first class is the right one."""
    return tab.evaluate(
        f"""([rows, args]) => {{
            const {{ losses, softmax, descend }} = customElements.get("class-scores");
            return rows.map((scores) => {expression});
        }}""",
        [class_scores().tolist(), arguments],
    )


@pytest.mark.parametrize("name", CLASS_LOSSES)
def test_class_losses_and_gradients_are_those_of_the_package(name, explore):
    computed = of_classes(explore("class-scores"), "losses[args[0]](scores, 0)", name)
    leaf = torch.tensor(class_scores(), requires_grad=True)
    target = torch.zeros(len(leaf), dtype=torch.long)
    CLASS_LOSSES[name](leaf, target, reduction="sum").backward()
    slopes = [c["slopes"] for c in computed]
    np.testing.assert_allclose(slopes, leaf.grad.numpy(), atol=1e-9)

    scores, target = class_scores(), target.numpy()
    if name == "MSE":
        p = np.exp(
            -ln.cross_entropy_loss(
                np.repeat(scores[:, None], 4, axis=1),
                np.tile(np.arange(4), (len(scores), 1)),
                reduction="none",
            )
        )
        expected = ln.mse_loss(p, np.eye(4)[target], reduction="none").sum(axis=-1)
    else:
        function = getattr(ln, CLASS_LOSSES[name].__name__)
        expected = function(scores, target, reduction="none")
    np.testing.assert_allclose([c["value"] for c in computed], expected, atol=1e-9)


def test_softmax_is_that_of_torch(explore):
    computed = of_classes(explore("class-scores"), "softmax(scores)")
    expected = torch.tensor(class_scores()).softmax(-1).numpy()
    np.testing.assert_allclose(computed, expected, atol=1e-12)


@pytest.mark.parametrize("name", CLASS_LOSSES)
def test_descent_on_class_scores_takes_steps_and_rests_where_nothing_is_lost(
    name, explore
):
    paths = of_classes(explore("class-scores"), "descend(args[0], scores, 0)", name)
    for path in paths:
        for before, after in [path[:2], path[-2:]] if len(path) > 1 else []:
            leaf = torch.tensor(before, requires_grad=True, dtype=torch.float64)
            target = torch.zeros(1, dtype=torch.long)
            CLASS_LOSSES[name](leaf[None], target, reduction="sum").backward()
            stepped = (leaf - 0.1 * leaf.grad).detach().numpy()
            np.testing.assert_allclose(after, stepped.clip(-6, 6), atol=1e-9)
        lead = path[-1][0] - max(path[-1][1:])
        assert len(path) <= 201
        if name in ("Crammer-Singer", "Weston-Watkins") and len(path) < 201:
            assert lead >= 1 - 1e-9
        if name == "cross-entropy" and max(path[0]) < 30:
            assert len(path) == 201


# ---- The class scores under the reader's hands ----

BARS = "class-scores .grip"
NOTE = "class-scores .note"


def pull(tab):
    return dict(
        zip(
            CLASS_LOSSES,
            tab.locator("class-scores .pulls td").all_inner_texts(),
            strict=True,
        )
    )


def test_the_dare_of_the_class_scores_can_be_won(explore):
    """Once the right class leads by the margin the hinges are silent, and cross-entropy goes on."""
    tab = explore("class-scores")
    tab.evaluate("scrollTo(0, 100)")
    x, y = shape(tab, f"{BARS} >> nth=0")
    Finger(tab).drag((x, y), (x, y - 40))
    assert tab.evaluate("scrollY") == 100
    before, after = [-0.5, 1.0, 0.25], get(tab, "scores")
    np.testing.assert_allclose(after[0] - before[0], 40 * 123.5 / 348 / 4, rtol=0.02)
    assert after[1:] == before[1:]
    assert after[0] - after[1] > 1
    assert pull(tab)["Crammer-Singer"] == pull(tab)["Weston-Watkins"] == "0"
    expected = 1 - torch.tensor(after).softmax(0)[0].item()
    assert float(pull(tab)["cross-entropy"]) == pytest.approx(expected, abs=1e-3)
    note = tab.locator(NOTE).text_content()
    assert note.startswith("✓")
    assert "Both hinges are satisfied and silent" in note


def test_a_confident_mistake_silences_mse(explore):
    tab = explore("class-scores", 'scores="-5 5 0"')
    assert float(pull(tab)["cross-entropy"]) > 0.99
    assert pull(tab)["MSE"] == "< 0.001"
    assert tab.locator(NOTE).text_content().startswith("A confident mistake")
    tab.emulate_media(reduced_motion="reduce")
    descend = tab.get_by_role("button", name="Descend")
    tab.get_by_label("MSE").check()
    descend.click()
    assert (
        "is behind by 9.6, and MSE still pulls with < 0.001"
        in tab.locator(NOTE).text_content()
    )
    tab.get_by_label("cross-entropy").check()
    descend.click()
    assert "leads by" in tab.locator(NOTE).text_content()
    tab.get_by_text("Reset").click()
    tab.get_by_label("Crammer-Singer").check()
    descend.click()
    assert tab.locator(NOTE).text_content().endswith("Crammer-Singer is silent.")


def test_a_constant_on_all_scores_changes_nothing(explore):
    tab = explore("class-scores")
    table = tab.locator("class-scores tbody")
    before, scores = table.inner_text(), np.array(get(tab, "scores"))
    tab.get_by_text("All +1").click()
    assert get(tab, "scores") == (scores + 1).tolist()
    assert table.inner_text() == before
    assert "has changed" in tab.locator(NOTE).text_content()
    for _ in range(20):
        tab.get_by_text("All −1").click()
    assert min(get(tab, "scores")) == -6
    np.testing.assert_allclose(get(tab, "scores"), scores - scores.min() - 6)
    assert table.inner_text() == before


def test_a_bar_past_the_border_and_back_is_where_it_was(explore):
    tab = explore("class-scores")
    x, y = shape(tab, f"{BARS} >> nth=1")
    drag(tab, (x, y), (x, y - 600), (x, y))
    np.testing.assert_allclose(get(tab, "scores"), [-0.5, 1, 0.25])
    drag(tab, (x, y), (x, y + 600))
    assert get(tab, "scores") == [-0.5, -6, 0.25]


def test_keys_move_a_bar_and_what_is_shown_is_said_and_kept(explore):
    tab = explore("class-scores", 'names="cat, dog, bird, fish" scores="1 2 3 4"')
    tab.locator(BARS).nth(3).focus()
    tab.keyboard.press("Shift+ArrowUp")
    tab.keyboard.press("ArrowDown")
    assert get(tab, "scores") == [1, 2, 3, 4.75]
    assert tab.locator(BARS).nth(3).get_attribute("aria-valuenow") == "4.75"
    tab.get_by_label("MSE").check()
    tab.wait_for_timeout(500)
    said = tab.locator("class-scores [role=status]").text_content()
    assert said.startswith("cat 1.00, p 0.02; dog 2.00")
    assert "MSE 1." in said

    other = explore(
        "class-scores",
        'names="cat, dog, bird, fish" scores="1 2 3 4"',
        fragment="#" + tab.url.split("#")[1],
        tab=tab.context.new_page(),
    )
    assert get(other, "scores") == [1, 2, 3, 4.75]
    assert get(other, "loss") == "MSE"


@pytest.mark.parametrize("scores", ["1+2", "a+b+c", "0+0+99", ""])
def test_nonsense_scores_in_the_address_are_passed_over(scores, explore):
    tab = explore("class-scores", fragment=f"#class-scores=&scores={scores}&loss=Best")
    assert get(tab, "scores") == [-0.5, 1, 0.25]
    assert get(tab, "loss") == "cross-entropy"


# ---- The mathematics of focal loss ----

FOCI = [(0.0, None), (2.0, None), (0.0, 0.25), (2.0, 0.25), (0.5, 0.9), (5.0, 0.75)]


def of_focal(tab, expression, values):
    return tab.evaluate(
        f"""(rows) => {{
            const {{ value, slope, answer, negativeShare }} = customElements.get("focal-focus");
            return rows.map((row) => {expression});
        }}""",
        values,
    )


def focal_slope(p, target, gamma, alpha):
    """How hard an example pulls to which this probability of the truth is given."""
    logit = (1 if target else -1) * np.log(p / (1 - p))
    leaf = torch.tensor(logit, requires_grad=True)
    truth = torch.tensor(target, dtype=torch.float64)
    lt.sigmoid_focal_loss(leaf, truth, alpha=alpha, gamma=gamma).backward()
    return abs(leaf.grad.item())


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0, 5.0])
def test_focal_loss_and_its_slope_are_those_of_the_package(gamma, explore):
    p = np.random.default_rng(0).uniform(0.001, 0.999, 200)
    rows = [[share, gamma] for share in p]
    computed = of_focal(explore("focal-focus"), "[value(...row), slope(...row)]", rows)
    for target in (0.0, 1.0):
        logits = (2 * target - 1) * np.log(p / (1 - p))
        loss = ln.sigmoid_focal_loss(
            logits, target + 0 * p, alpha=None, gamma=gamma, reduction="none"
        )
        slopes = [focal_slope(share, target, gamma, None) for share in p]
        np.testing.assert_allclose(computed, np.c_[loss, slopes], atol=1e-9)


@pytest.mark.parametrize(("gamma", "alpha"), FOCI)
def test_the_answer_minimizes_the_expected_focal_loss(gamma, alpha, explore):
    shares = [0.01, 0.1, 0.3, 0.5, 0.8, 0.99]
    rows = [[share, gamma, alpha] for share in shares]
    computed = of_focal(explore("focal-focus"), "answer(...row)", rows)

    def expected(logit, share):
        loss = ln.sigmoid_focal_loss(
            [logit, logit], [1, 0], alpha=alpha, gamma=gamma, reduction="none"
        )
        return share * loss[0] + (1 - share) * loss[1]

    for share, said in zip(shares, computed, strict=True):
        found = minimize_scalar(
            expected, (-1, 1), args=(share,), options={"xtol": 1e-12}
        )
        np.testing.assert_allclose(said, 1 / (1 + np.exp(-found.x)), atol=1e-6)
        if (gamma, alpha) == (0, None):
            np.testing.assert_allclose(said, share, atol=1e-9)


@pytest.mark.parametrize(("gamma", "alpha"), FOCI)
def test_the_share_of_the_negatives_is_that_of_the_package(gamma, alpha, explore):
    places = np.random.default_rng(1).uniform(0.01, 0.99, (20, 2)).tolist()
    rows = [[*pair, gamma, alpha] for pair in places]
    computed = of_focal(explore("focal-focus"), "negativeShare(...row)", rows)
    for (positive, negative), share in zip(places, computed, strict=True):
        of_negatives = 100 * focal_slope(negative, 0, gamma, alpha)
        both = of_negatives + focal_slope(positive, 1, gamma, alpha)
        np.testing.assert_allclose(share, of_negatives / both, atol=1e-9)


# ---- Focal loss under the reader's hands ----

FOCAL_NOTE = "focal-focus .note"


def focal_table(tab):
    return tab.locator("focal-focus tbody td").all_inner_texts()


def test_the_dare_of_the_focal_loss_can_be_won(explore):
    """Alpha 0.25 turns the positives down: the negatives gain some of what gamma took from them."""
    tab = explore("focal-focus")
    assert focal_table(tab) == ["88%", "5%", "10%", "31%"]
    assert "turned down" not in tab.locator(FOCAL_NOTE).text_content()
    tab.locator("focal-focus [name=alpha]").fill("0.25")
    assert get(tab, "weighted") is True
    assert "positives are turned down" in tab.locator(FOCAL_NOTE).text_content()
    assert focal_table(tab)[:2] == ["88%", "14%"]
    tab.locator("focal-focus [name=alpha]").fill("0.75")
    assert "negatives are turned down" in tab.locator(FOCAL_NOTE).text_content()
    tab.get_by_label("alpha").first.uncheck()
    assert focal_table(tab)[:2] == ["88%", "5%"]
    tab.locator("focal-focus [name=gamma]").fill("0")
    assert focal_table(tab) == ["88%", "88%", "10%", "10%"]
    assert tab.locator(FOCAL_NOTE).text_content().endswith("says so.")


def test_a_rare_class_is_said_to_be_less_rare(explore):
    tab = explore("focal-focus", 'share="0.01"')
    assert focal_table(tab)[2:] == ["1%", "15%"]
    tab.locator("focal-focus [name=gamma]").fill("1")
    assert focal_table(tab)[2:] == ["1%", "7.3%"]


@pytest.mark.parametrize("name", ["positive", "negative", "share"])
def test_a_dot_is_dragged_along_its_curve(name, explore):
    tab = explore("focal-focus")
    before = get(tab, "shares")
    tab.evaluate("scrollTo(0, 100)")
    x, y = shape(tab, f"focal-focus [data-name={name}]")
    Finger(tab).drag((x, y), (x - 20, y + 30))
    assert tab.evaluate("scrollY") == 100
    after = get(tab, "shares")
    far = max(before[name] - 20 * 128 / 348 / 50, 0.01)
    np.testing.assert_allclose(after[name], far, atol=0.005)
    assert {**after, name: 0} == {**before, name: 0}
    drag(tab, shape(tab, f"focal-focus [data-name={name}]"), (x + 900, y))
    assert get(tab, "shares")[name] == 0.99


def test_slopes_are_drawn_too(explore):
    tab = explore("focal-focus")
    curve = tab.locator("focal-focus .focal.positive")
    before = curve.get_attribute("d")
    tab.get_by_label("slope").check()
    assert curve.get_attribute("d") != before
    assert tab.locator("focal-focus .highest").text_content() == "1.5"


def test_keys_move_a_dot_and_what_is_shown_is_said_and_kept(explore):
    tab = explore("focal-focus")
    tab.locator("focal-focus [data-name=share]").focus()
    tab.keyboard.press("Shift+ArrowRight")
    tab.keyboard.press("ArrowRight")
    assert get(tab, "shares")["share"] == pytest.approx(0.22)
    tab.locator("focal-focus [name=gamma]").fill("3.5")
    tab.locator("focal-focus [name=alpha]").fill("0.3")
    tab.get_by_label("slope").check()
    tab.wait_for_timeout(500)
    said = tab.locator("focal-focus [role=status]").text_content()
    assert said.startswith("Gamma 3.5. One positive at 0.30; 100 negatives at")
    assert "positives are turned down" in said

    other = explore(
        "focal-focus", fragment="#" + tab.url.split("#")[1], tab=tab.context.new_page()
    )
    for field in ("gamma", "alpha", "weighted", "show"):
        assert get(other, field) == get(tab, field)
    assert get(other, "shares") == {"positive": 0.3, "negative": 0.95, "share": 0.22}
    tab.get_by_text("Reset").click()
    assert get(tab, "shares")["share"] == 0.1
    assert get(tab, "weighted") is False


@pytest.mark.parametrize("nonsense", ["-1", "a", "99", ""])
def test_nonsense_about_focal_loss_in_the_address_is_passed_over(nonsense, explore):
    names = ("gamma", "alpha", "positive", "negative", "share", "show")
    state = "&".join(f"{name}={nonsense}" for name in names)
    tab = explore("focal-focus", fragment=f"#focal-focus=&{state}")
    assert get(tab, "gamma") == "2"
    assert get(tab, "weighted") is False
    assert get(tab, "shares") == {"positive": 0.3, "negative": 0.95, "share": 0.1}
    assert get(tab, "show") == "loss"


# ---- The mathematics of suppression ----


def crowds():
    """Crowds of boxes with scores, some of them equal."""
    rng = np.random.default_rng(0)
    corner, size = rng.uniform(0, 20, (2, 30, 12, 2))
    boxes = np.concatenate([corner, corner + 5 + size], axis=-1)
    return boxes, rng.uniform(0, 1, (30, 12)).round(1)


@pytest.mark.parametrize("threshold", [0.0, 0.25, 0.5, 0.9])
def test_suppression_is_that_of_the_package(threshold, explore):
    boxes, scores = crowds()
    computed = explore("nms-scores").evaluate(
        """([boxes, scores, threshold]) => {
            const { nms } = customElements.get("nms-scores");
            return boxes.map((crowd, i) => nms(crowd, scores[i], threshold));
        }""",
        [boxes.tolist(), scores.tolist(), threshold],
    )
    for crowd, score, found in zip(boxes, scores, computed, strict=True):
        keep = ln.nms(crowd, score, threshold)
        assert found["keep"] == keep.tolist()
        overlap = ln.box_iou(crowd, crowd)
        for box, by in enumerate(found["by"]):
            over = [i for i in keep if overlap[i, box] > threshold and i != box]
            assert by == (None if box in keep else over[0])


def test_overlaps_and_fused_scores_are_those_of_the_package(explore):
    boxes, scores = crowds()
    overlaps, fused = explore("nms-scores").evaluate(
        """([boxes, scores]) => {
            const { iou, fuse } = customElements.get("nms-scores");
            const overlaps = boxes.map((crowd) => crowd.map((a) => crowd.map((b) => iou(a, b))));
            return [overlaps, scores.map((row, i) => row.map((score, k) => fuse(score, overlaps[i][0][k], 0.3)))];
        }""",
        [boxes.tolist(), scores.tolist()],
    )
    expected = np.stack([ln.box_iou(crowd, crowd) for crowd in boxes])
    np.testing.assert_allclose(overlaps, expected, atol=1e-9)
    expected = ln.fuse_scores(scores, expected[:, 0], alpha=0.3)
    np.testing.assert_allclose(fused, expected, atol=1e-9)


# ---- Suppression under the reader's hands ----

NUMBER = "nms-scores .grip.number"
OBJECT = "nms-scores .grip.object"
NMS_NOTE = "nms-scores .note"


def fates(tab):
    return tab.locator("nms-scores .fates td").all_inner_texts()


def thresholds_that_work(tab):
    """The thresholds at which one box is left for each object."""
    working = []
    for threshold in np.arange(0.05, 0.96, 0.05).round(2):
        tab.locator("nms-scores [name=threshold]").fill(str(threshold))
        if tab.locator(NMS_NOTE).text_content().startswith("✓"):
            working.append(float(threshold))
    return working


def test_the_dare_of_suppression_can_be_won_until_the_objects_close_in(explore):
    """What the chapter says: ranked by score, badly placed boxes leave no threshold; ranked by fused scores some, until
    the boxes that fit best overlap too much themselves."""
    tab = explore("nms-scores")
    assert fates(tab) == ["kept", "by 1", "kept", "kept", "by 4", "kept"]
    assert tab.locator(NMS_NOTE).text_content() == "Too many: boxes 3 and 6 could go."
    assert max(thresholds_that_work(tab)) == 0.25

    tab.locator(OBJECT).nth(1).focus()
    for _ in range(7):
        tab.keyboard.press("Shift+ArrowLeft")
    assert 0.2 < ln.iou(*get(tab, "targets")) < 0.35
    assert thresholds_that_work(tab) == []
    tab.get_by_label("fused").check()
    working = thresholds_that_work(tab)
    assert (min(working), max(working)) == (0.2, 0.5)
    tab.locator("nms-scores [name=threshold]").fill("0.5")
    note = tab.locator(NMS_NOTE).text_content()
    assert "each is the one that fits best" in note

    tab.locator(OBJECT).nth(1).focus()
    for _ in range(2):
        tab.keyboard.press("Shift+ArrowLeft")
    assert thresholds_that_work(tab) == []
    tab.locator("nms-scores [name=threshold]").fill("0.4")
    assert "of the other object" in tab.locator(NMS_NOTE).text_content()


def test_a_better_score_suppresses_the_box_that_fits_best(explore):
    tab = explore("nms-scores", 'threshold="0.25"')
    fits = np.array(get(tab, "fits"))
    assert (fits[:3].argmax(), fits[3:].argmax()) == (1, 1)
    assert "box 2, which fits the 7 best, lost" in " ".join(
        tab.locator(NMS_NOTE).text_content().split()
    )
    tab.locator("nms-scores [name=box]").nth(1).check()
    tab.locator("nms-scores [name=score]").fill("0.95")
    assert get(tab, "scores") == [0.93, 0.95, 0.62, 0.9, 0.86, 0.55]
    assert fates(tab)[:3] == ["by 2", "kept", "by 2"]
    tab.get_by_text("Reset").click()
    assert get(tab, "scores")[1] == 0.84


def test_a_finger_moves_a_box_by_its_number(explore):
    tab = explore("nms-scores")
    before = np.array(get(tab, "boxes"))
    tab.evaluate("scrollTo(0, 100)")
    x, y = shape(tab, f"{NUMBER} >> nth=2")
    Finger(tab).drag((x, y), (x + 30, y - 20))
    assert tab.evaluate("scrollY") == 100
    after = np.array(get(tab, "boxes"))
    far = np.array([30, -20, 30, -20]) * 130 / 348
    np.testing.assert_allclose(after[2] - before[2], far, rtol=0.02)
    assert np.delete(after, 2, 0).tolist() == np.delete(before, 2, 0).tolist()
    assert get(tab, "box") == "3"


def test_an_object_takes_its_boxes_along_as_far_as_the_ground_reaches(explore):
    tab = explore("nms-scores")
    boxes, targets = np.array(get(tab, "boxes")), np.array(get(tab, "targets"))
    x, y = shape(tab, f"{OBJECT} >> nth=0")
    Finger(tab).drag((x, y), (x + 10, y + 5))
    moved = np.array(get(tab, "boxes")) - boxes
    np.testing.assert_allclose(moved[:3], np.tile(moved[0], (3, 1)))
    np.testing.assert_allclose(get(tab, "targets")[0] - targets[0], moved[0])
    assert moved[0, 0] > 3
    assert not moved[3:].any()
    drag(tab, shape(tab, f"{OBJECT} >> nth=0"), (-600, -600))
    after = np.array(get(tab, "boxes"))[:3]
    np.testing.assert_allclose(after.min(axis=0)[:2], 0, atol=1e-9)
    np.testing.assert_allclose(np.diff(after, axis=0), np.diff(boxes[:3], axis=0))


def test_an_object_without_a_box_is_lost(explore):
    tab = explore("nms-scores", 'threshold="0.05"')
    tab.locator(OBJECT).nth(1).focus()
    for _ in range(10):
        tab.keyboard.press("Shift+ArrowLeft")
    assert tab.locator(NMS_NOTE).text_content().startswith("Lost: the ")


def test_keys_move_a_box_and_what_is_shown_is_said_and_kept(explore):
    tab = explore("nms-scores")
    tab.locator(NUMBER).nth(4).focus()
    tab.keyboard.press("Shift+ArrowDown")
    tab.keyboard.press("ArrowRight")
    assert get(tab, "boxes")[4] == [75, 17, 102, 61]
    tab.get_by_label("fused").check()
    tab.locator("nms-scores [name=threshold]").fill("0.35")
    tab.locator("nms-scores [name=score]").fill("0.5")
    tab.wait_for_timeout(500)
    said = tab.locator("nms-scores [role=status]").text_content()
    assert said.startswith(
        "Threshold 0.35, ranked by fused score. Box 1 suppressed by 2"
    )

    other = explore(
        "nms-scores", fragment="#" + tab.url.split("#")[1], tab=tab.context.new_page()
    )
    for field in ("threshold", "rank", "scores", "boxes", "targets"):
        assert get(other, field) == get(tab, field)
    assert get(other, "scores")[4] == 0.5


@pytest.mark.parametrize("nonsense", ["1+2", "a", "", "0+0+9+999" * 6])
def test_nonsense_about_suppression_in_the_address_is_passed_over(nonsense, explore):
    tab = explore("nms-scores")
    before = {f: get(tab, f) for f in ("threshold", "rank", "scores", "boxes")}
    state = "&".join(f"{field}={nonsense}" for field in before)
    other = explore("nms-scores", fragment=f"#nms-scores=&{state}&targets=1")
    assert {field: get(other, field) for field in before} == before


# ---- The mathematics of masks ----

WIDTH, HEIGHT = 24, 14
REGION_LOSSES = {
    "cross-entropy": lt.pixel_cross_entropy_loss,
    "Dice": lt.dice_loss,
    "Jaccard": lt.jaccard_loss,
    "Lovász": lt.lovasz_softmax_loss,
}
MASK_LOSSES = {
    "cross-entropy": lambda z, y, **options: lt.dice_ce_loss(
        z, y, dice_weight=0, **options
    ),
    "Dice": lt.dice_loss,
    "clDice": lt.cldice_loss,
}


def class_maps():
    """Random logits and classes, and such as a reader paints, where many errors are equal."""
    rng = np.random.default_rng(0)
    for painted in (False, True):
        target = rng.integers(0, 3, (5, HEIGHT, WIDTH))
        target[0] = np.minimum(target[0], 1)  # a class that is absent
        if painted:
            given = np.where(rng.random(target.shape) < 0.9, target, 0)
            yield 6.0 * np.eye(3)[given], target
        else:
            yield rng.normal(0, 3, (*target.shape, 3)), target


@pytest.mark.parametrize("name", REGION_LOSSES)
def test_losses_of_classes_and_gradients_are_those_of_the_package(name, explore):
    tab = explore("paint-mask")
    for logits, target in class_maps():
        rows = np.moveaxis(logits, -1, 1)
        computed = tab.evaluate(
            """([name, logits, target, width]) => {
                const { loss } = customElements.get("paint-mask");
                return logits.map((rows, i) => loss(name, rows, target[i], width));
            }""",
            [
                name,
                rows.reshape(5, 3, -1).tolist(),
                target.reshape(5, -1).tolist(),
                WIDTH,
            ],
        )
        numpy_loss = getattr(ln, REGION_LOSSES[name].__name__)
        expected = [
            numpy_loss(one[None], y[None])
            for one, y in zip(logits, target, strict=True)
        ]
        np.testing.assert_allclose([c["value"] for c in computed], expected, atol=1e-9)
        leaf = torch.tensor(rows, requires_grad=True)
        for one, y in zip(leaf, torch.tensor(target), strict=True):
            REGION_LOSSES[name](one[None], y[None]).backward()
        slopes = np.reshape([c["slopes"] for c in computed], rows.shape)
        np.testing.assert_allclose(slopes, leaf.grad.numpy(), atol=1e-9)


@pytest.mark.parametrize("name", MASK_LOSSES)
def test_losses_of_one_mask_and_gradients_are_those_of_the_package(name, explore):
    rng = np.random.default_rng(1)
    target = (rng.random((6, HEIGHT, WIDTH)) < 0.4).astype(float)
    target[0] = 0
    logits = rng.normal(0, 3, target.shape)
    logits[3:] = np.where(rng.random(target[3:].shape) < 0.9, 1, -1) * (
        12 * target[3:] - 6
    )
    computed = explore("paint-mask", 'mode="topology"').evaluate(
        """([name, logits, target, width]) => {
            const { loss } = customElements.get("paint-mask");
            return logits.map((row, i) => loss(name, [row], target[i], width));
        }""",
        [name, logits.reshape(6, -1).tolist(), target.reshape(6, -1).tolist(), WIDTH],
    )
    leaf = torch.tensor(logits, requires_grad=True)
    loss = MASK_LOSSES[name](leaf, torch.tensor(target), reduction="none")
    np.testing.assert_allclose(
        [c["value"] for c in computed], loss.detach().numpy(), atol=1e-9
    )
    if name == "clDice":
        expected = ln.cldice_loss(logits, target, reduction="none")
        np.testing.assert_allclose([c["value"] for c in computed], expected, atol=1e-9)
    else:
        loss.sum().backward()
        slopes = np.reshape([c["slopes"] for c in computed], logits.shape)
        np.testing.assert_allclose(slopes, leaf.grad.numpy(), atol=1e-9)


def test_components_and_holes_are_those_of_scikit_image(explore):
    rng = np.random.default_rng(2)
    masks = rng.random((40, HEIGHT, WIDTH)) < np.linspace(0, 1, 40)[:, None, None]
    computed = explore("paint-mask").evaluate(
        "([masks, width]) => masks.map((mask) => customElements.get('paint-mask').betti(mask, width))",
        [masks.reshape(40, -1).astype(int).tolist(), WIDTH],
    )
    for mask, found in zip(masks, computed, strict=True):
        expected = betti(mask)
        assert found == {"components": expected.components, "holes": expected.holes}


# ---- The mask under the reader's hands ----

GROUND = "paint-mask .grip"
MASK_NOTE = "paint-mask .note"


def mask_losses(tab):
    texts = tab.locator("paint-mask .losses td").all_inner_texts()
    return dict(zip(get(tab, "columns"), map(float, texts), strict=True))


def cell(tab, column, row):
    box = tab.locator(GROUND).bounding_box()
    return (
        box["x"] + (column + 0.5) * box["width"] / WIDTH,
        box["y"] + (row + 0.5) * box["height"] / HEIGHT,
    )


def test_the_dare_of_regions(explore):
    """What the chapter says: equal to cross-entropy, and not to the losses of regions."""
    tab = explore("paint-mask")
    right = mask_losses(tab)
    assert max(right.values()) < 0.05
    tab.get_by_text("Miss the dot").click()
    missed, note = mask_losses(tab), tab.locator(MASK_NOTE).inner_text()
    assert note == "5 wrong pixels. IoU of the disc 1.00, of the dot 0.00."
    tab.get_by_text("Fray the disc").click()
    frayed, note = mask_losses(tab), tab.locator(MASK_NOTE).inner_text()
    assert note.startswith("5 wrong pixels. IoU of the disc 0.9")
    assert note.endswith("of the dot 1.00.")
    assert missed["cross-entropy"] == frayed["cross-entropy"]
    for name in ("Dice", "Jaccard", "Lovász"):
        assert missed[name] > 3 * frayed[name]


def test_the_dare_of_topology(explore):
    tab = explore("paint-mask", 'mode="topology"')
    assert (
        tab.locator(MASK_NOTE).inner_text().endswith("1 component, 0 holes; IoU 1.00.")
    )
    tab.get_by_text("Cut the line").click()
    cut, note = mask_losses(tab), tab.locator(MASK_NOTE).inner_text()
    assert "2 components" in note
    tab.get_by_text("Thicken it").click()
    thick, other = mask_losses(tab), tab.locator(MASK_NOTE).inner_text()
    assert "1 component," in other
    assert note.split(" ")[0] == other.split(" ")[0] == "6"
    assert cut["cross-entropy"] == thick["cross-entropy"]
    assert cut["Dice"] < 1.2 * thick["Dice"]
    assert cut["clDice"] > 10 * thick["clDice"]
    tab.get_by_text("Reset").click()
    drag(tab, cell(tab, 5, 7), cell(tab, 5, 5))
    note = tab.locator(MASK_NOTE).inner_text()
    assert note.startswith("3 wrong pixels. 1 component, 0 holes")
    assert mask_losses(tab)["clDice"] > cut["clDice"]
    assert tab.get_by_role("radio").count() == 0


def test_a_finger_paints_and_does_not_move_the_page(explore):
    tab = explore("paint-mask")
    tab.evaluate("scrollTo(0, 100)")
    Finger(tab).drag(cell(tab, 15, 10), cell(tab, 19, 10), steps=20)
    assert tab.evaluate("scrollY") == 100
    painted = np.reshape(get(tab, "painted"), (HEIGHT, WIDTH))
    assert painted[10, 15:20].tolist() == [2] * 5
    tab.get_by_label("disc", exact=True).check()
    drag(tab, cell(tab, 15, 10), cell(tab, 16, 10))
    painted = np.reshape(get(tab, "painted"), (HEIGHT, WIDTH))
    assert painted[10, 15:20].tolist() == [1, 1, 2, 2, 2]
    drag(
        tab, cell(tab, 16, 10), cell(tab, 19, 10)
    )  # a stroke that begins on paint erases
    painted = np.reshape(get(tab, "painted"), (HEIGHT, WIDTH))
    assert painted[10, 15:20].tolist() == [1, 0, 0, 0, 0]


def test_keys_paint_and_what_is_shown_is_said_and_kept(explore):
    tab = explore("paint-mask")
    tab.locator(GROUND).focus()
    for key in ("ArrowRight", "ArrowDown", "Space", "ArrowLeft", "Enter"):
        tab.keyboard.press(key)
    painted = np.reshape(get(tab, "painted"), (HEIGHT, WIDTH))
    assert painted[8, 12:14].tolist() == [2, 2]
    tab.get_by_label("Lovász").check()
    tab.wait_for_timeout(500)
    said = tab.locator("paint-mask [role=status]").text_content()
    assert said.startswith("Column 13, row 9: dot. 2 wrong pixels.")
    other = explore(
        "paint-mask", fragment="#" + tab.url.split("#")[1], tab=tab.context.new_page()
    )
    assert get(other, "painted") == get(tab, "painted")
    assert get(other, "loss") == "Lovász"
    tab.get_by_text("Reset").click()
    assert tab.locator(MASK_NOTE).inner_text().startswith("0 wrong pixels.")


def test_discs_show_the_slopes_of_the_chosen_loss(explore):
    """Equal under cross-entropy; under Dice a wrong pixel of the small dot is pulled harder."""
    tab = explore("paint-mask")
    pulls = tab.locator("paint-mask .pulls")
    assert pulls.get_attribute("d") == ""
    drag(tab, cell(tab, 18, 4), cell(tab, 18, 4))  # the middle of the dot, erased
    tab.get_by_label("disc", exact=True).check()
    drag(tab, cell(tab, 7, 6), cell(tab, 7, 6))  # the middle of the disc
    radii = {}
    for name in ("cross-entropy", "Dice"):
        tab.get_by_label(name).check()
        discs = pulls.get_attribute("d").split("z")[:-1]
        radii[name] = [float(disc.split("a")[1].split(" ")[0]) for disc in discs]
    assert radii["cross-entropy"] == pytest.approx([0.45, 0.45])
    dot, disc = radii["Dice"]
    assert dot == pytest.approx(0.45)
    assert disc < 0.4


@pytest.mark.parametrize("nonsense", ["1.9", "a", "", "999.1 -1.1 3.x"])
def test_nonsense_about_masks_in_the_address_is_passed_over(nonsense, explore):
    tab = explore(
        "paint-mask",
        fragment=f"#paint-mask=&cells={nonsense}&loss={nonsense}&brush={nonsense}",
    )
    assert tab.locator(MASK_NOTE).inner_text().startswith("0 wrong pixels.")
    assert (get(tab, "loss"), get(tab, "brush")) == ("Dice", "dot")


# ---- The mathematics of styles ----


def test_gram_matrices_and_losses_are_those_of_the_package(explore):
    rng = np.random.default_rng(3)
    maps = rng.normal(size=(4, 2, 5, 6, 7))
    computed = explore("shuffle-patches").evaluate(
        """(pairs) => {
            const { gram, contentLoss, styleLoss } = customElements.get("shuffle-patches");
            return pairs.map(([one, other]) => [gram(one), contentLoss(one, other), styleLoss(one, other)]);
        }""",
        maps.reshape(4, 2, 5, -1).tolist(),
    )
    for (one, other), (gram, content, style) in zip(maps, computed, strict=True):
        last = {"layer": np.moveaxis(one, 0, -1)[None]}
        known = {"layer": np.moveaxis(other, 0, -1)[None]}
        np.testing.assert_allclose(gram, ln.gram_matrix(last["layer"])[0], atol=1e-9)
        assert content == pytest.approx(ln.content_loss(last, known), rel=1e-9)
        assert style == pytest.approx(ln.style_loss(last, known), rel=1e-9)


def test_features_are_edges_in_eight_directions(explore):
    """They answer to a step as it turns, never to an even picture, and move with the picture."""
    tab = explore("shuffle-patches")

    def features(picture):
        maps = tab.evaluate(
            "([p, w]) => customElements.get('shuffle-patches').features(p, w)",
            [np.ravel(picture).tolist(), np.shape(picture)[1]],
        )
        return np.reshape(maps, (8, *np.shape(picture)))

    np.testing.assert_allclose(features(np.full((8, 8), 0.7)), 0, atol=1e-12)
    step = np.zeros((12, 12))
    step[:, 6:] = 1
    strongest = [
        features(picture)[:, 6, 6].argmax() for picture in (step, step[:, ::-1])
    ]
    assert strongest == [0, 1]
    assert features(step.T)[:, 6, 6].argmax() == 4
    noise = np.random.default_rng(4).random((10, 12))
    np.testing.assert_allclose(
        features(np.roll(noise, (3, 5), (0, 1))),
        np.roll(features(noise), (3, 5), (1, 2)),
        atol=1e-12,
    )


# ---- Squares under the reader's hands ----

SQUARE = "shuffle-patches .grip"


def style_distances(tab):
    tab.wait_for_function("document.querySelector('shuffle-patches').distances")
    return get(tab, "distances")


def test_the_dare_of_styles(explore):
    """What the chapter says: Gram matrices see that bricks are turned, and not where they are."""
    tab = explore("shuffle-patches")
    assert set(style_distances(tab).values()) == {0}
    for texture in ("bricks", "pebbles"):
        tab.get_by_label(texture).check()
        for _ in range(5):
            tab.get_by_role("button", name="Shuffle").click()
            far = style_distances(tab)
            assert far["feature maps"] > 0.5
            assert far["feature maps"] > 10 * far["Gram matrices"]
    tab.get_by_text("Reset").click()
    turned = {}
    for texture in ("bricks", "pebbles"):
        tab.get_by_label(texture).check()
        tab.get_by_label("quarter turn").check()
        turned[texture] = style_distances(tab)["Gram matrices"]
    assert turned["bricks"] > 0.3
    assert turned["pebbles"] < 0.1


def test_a_finger_swaps_two_squares_and_does_not_move_the_page(explore):
    tab = explore("shuffle-patches")
    tab.evaluate("scrollTo(0, 100)")
    Finger(tab).drag(shape(tab, f"{SQUARE} >> nth=0"), shape(tab, f"{SQUARE} >> nth=6"))
    assert tab.evaluate("scrollY") == 100
    assert get(tab, "order") == [6, 1, 2, 3, 4, 5, 0, *range(7, 16)]
    drag(tab, shape(tab, f"{SQUARE} >> nth=15"), (2_000, 2_000))
    assert get(tab, "order")[15] == 15


def test_keys_swap_squares_and_what_is_shown_is_said_and_kept(explore):
    tab = explore("shuffle-patches")
    tab.locator(SQUARE).nth(5).focus()
    for key in ("ArrowRight", "ArrowDown"):
        tab.keyboard.press(key)
    order = get(tab, "order")
    assert (order[5], order[6], order[10]) == (6, 10, 5)
    tab.get_by_label("quarter turn").check()
    tab.wait_for_timeout(500)
    said = tab.locator("shuffle-patches [role=status]").text_content()
    assert said.startswith("3 squares are elsewhere, and the picture is turned.")
    other = explore(
        "shuffle-patches",
        fragment="#" + tab.url.split("#")[1],
        tab=tab.context.new_page(),
    )
    assert style_distances(other) == style_distances(tab)
    for field in ("order", "turned", "texture"):
        assert get(other, field) == get(tab, field)
    tab.get_by_text("Reset").click()
    assert set(style_distances(tab).values()) == {0}


@pytest.mark.parametrize("nonsense", ["1", "a", "", "+".join(["3"] * 16)])
def test_nonsense_about_squares_in_the_address_is_passed_over(nonsense, explore):
    tab = explore(
        "shuffle-patches",
        fragment=f"#shuffle-patches=&order={nonsense}&turned={nonsense}&texture={nonsense}",
    )
    assert get(tab, "order") == list(range(16))
    assert (get(tab, "turned"), get(tab, "texture")) == (False, "bricks")


# ---- The mathematics of a generator on a line ----

GAN_LOSSES = {
    "minimax": (lt.minimax_discriminator_loss, lt.minimax_generator_loss),
    "non-saturating": (lt.minimax_discriminator_loss, lt.non_saturating_generator_loss),
    "least squares": (
        lt.least_squares_discriminator_loss,
        lt.least_squares_generator_loss,
    ),
    "hinge": (lt.hinge_discriminator_loss, lt.hinge_generator_loss),
    "Wasserstein": (lt.wasserstein_critic_loss, lt.wasserstein_generator_loss),
}
MEANS = [*np.random.default_rng(5).uniform(-7, 1, 12), -7.0, -6.0, -0.01, 0.0, 1.0]


def best_score(name, x, at):
    """The best discriminator for N(0, 1) against N(at, 1)."""
    ratio = (x - at) ** 2 / 2 - x**2 / 2
    if name == "Wasserstein":
        return -np.sign(at) * x
    if name == "hinge":
        return ratio.sign() + 0 * x
    return ratio.sigmoid() if name == "least squares" else ratio


def generated(at):
    """Generated numbers and how much each counts; none lies where the two densities cross."""
    nodes, weights = np.polynomial.legendre.leggauss(300)
    ends = [(at / 2 - 12, at / 2), (at / 2, at / 2 + 12)]
    x = np.concatenate([low + (high - low) * (nodes + 1) / 2 for low, high in ends])
    count = np.tile(6 * weights, 2) * np.exp(-((x - at) ** 2) / 2) / np.sqrt(2 * np.pi)
    return x, torch.tensor(count)


def of_gan(tab, expression, *arguments):
    return tab.evaluate(
        f"""(args) => {{
            const {{ score, value, pull, learn }} = customElements.get("gan-line");
            return {expression};
        }}""",
        arguments,
    )


@pytest.mark.parametrize("name", GAN_LOSSES)
def test_generator_losses_and_their_pulls_are_those_of_the_package(name, explore):
    """The pull is what moving all generated numbers gives, the discriminator held."""
    computed = of_gan(
        explore("gan-line"),
        "args[1].map((at) => [value(args[0], at), pull(args[0], at)])",
        name,
        MEANS,
    )
    loss = GAN_LOSSES[name][1]
    expected = []
    for at in MEANS:
        x, count = generated(at)
        shift = torch.tensor(0.0, dtype=torch.float64, requires_grad=True)
        scores = best_score(name, torch.tensor(x) + shift, at)
        mean = (count * loss(scores, reduction="none")).sum()
        mean.backward()
        of_numpy = getattr(ln, loss.__name__)(scores.detach().numpy(), reduction="none")
        np.testing.assert_allclose(count.numpy() @ of_numpy, mean.item(), atol=1e-9)
        expected.append([mean.item(), -shift.grad.item()])
    np.testing.assert_allclose(computed, expected, atol=1e-7)


@pytest.mark.parametrize("name", GAN_LOSSES)
def test_scores_of_numbers_and_their_slopes(name, explore):
    x = np.random.default_rng(6).uniform(-10, 5, 40)
    computed = of_gan(
        explore("gan-line"),
        "args[2].map((at) => args[1].map((x) => score(args[0], x, at)))",
        name,
        x.tolist(),
        MEANS,
    )
    for at, rows in zip(MEANS, computed, strict=True):
        leaf = torch.tensor(x, requires_grad=True)
        scores = best_score(name, leaf, at)
        scores.sum().backward()
        expected = np.c_[scores.detach().numpy(), leaf.grad.numpy()]
        np.testing.assert_allclose(rows, expected, atol=1e-9)


@pytest.mark.parametrize("name", list(GAN_LOSSES)[:-1])
def test_no_other_score_is_better_than_that_of_the_best_discriminator(name, explore):
    """Tried at each number by itself: what real and generated numbers lose there, by their densities."""
    x, others = np.linspace(-6, 3, 60), torch.linspace(-12, 12, 4801).double()[:, None]
    for at in (-4.3, -1.7, 0.6):
        computed = of_gan(
            explore("gan-line"),
            "args[1].map((x) => score(args[0], x, args[2])[0])",
            name,
            x.tolist(),
            at,
        )
        real, fake = (np.exp(-((x - mean) ** 2) / 2) for mean in (0, at))

        def lost(scores, real=real, fake=fake):
            of_real = GAN_LOSSES[name][0](scores, 0 * scores, reduction="none")
            of_fake = GAN_LOSSES[name][0](0 * scores, scores, reduction="none")
            return torch.tensor(real) * of_real + torch.tensor(fake) * of_fake

        best = lost(torch.tensor(computed).double()[None])
        assert (best <= lost(others.expand(-1, 60)) + 1e-12).all()


def test_the_critic_attains_the_earth_movers_distance(explore):
    """As steep as it may be and not steeper, and what it finds is what must be carried."""
    quantiles = (np.arange(4001) + 0.5) / 4001
    standard = np.array(norm.ppf(quantiles))
    for at in (-5.5, -0.4, 0.8):
        scores = of_gan(
            explore("gan-line"),
            "args[0].map((xs) => xs.map((x) => score('Wasserstein', x, args[1])))",
            [standard.tolist(), (standard + at).tolist()],
            at,
        )
        real, fake = np.array(scores)[..., 0]
        assert np.abs(np.array(scores)[..., 1]).max() == 1
        carried = wasserstein_distance(standard, standard + at)
        np.testing.assert_allclose(-ln.wasserstein_critic_loss(real, fake), carried)
        np.testing.assert_allclose(carried, abs(at))


@pytest.mark.parametrize("name", GAN_LOSSES)
def test_a_generator_learns_by_gradient_descent(name, explore):
    tab = explore("gan-line")
    for start in (-6.0, -2.0, 0.9):
        path = of_gan(tab, "learn(...args)", name, start)
        pulls = of_gan(tab, "args[1].map((at) => pull(args[0], at))", name, path)
        np.testing.assert_allclose(np.diff(path), 0.1 * np.array(pulls[:-1]))
        arrived = abs(path[-1]) < 0.1
        assert arrived or len(path) == (1 if name == "hinge" else 301)
        assert np.abs(path[:-1]).min(initial=9) >= 0.1


# ---- The generator under the reader's hands ----

BELL = "gan-line .grip"
GAN_NOTE = "gan-line .note"


def gan_pulls(tab):
    texts = tab.locator("gan-line .pulls td").all_inner_texts()
    return dict(zip(GAN_LOSSES, texts, strict=True))


def test_the_dare_of_the_generator(explore):
    """What the chapter says of two apart and of six."""
    tab = explore("gan-line")
    near = gan_pulls(tab)
    assert near.pop("hinge") == "0"
    assert min(map(float, near.values())) > 0.1
    tab.locator(BELL).focus()
    for _ in range(8):
        tab.keyboard.press("Shift+ArrowLeft")
    assert get(tab, "at") == -6
    assert gan_pulls(tab) == {
        "minimax": "0.012",
        "non-saturating": "6.0",
        "least squares": "0.0045",
        "hinge": "0",
        "Wasserstein": "1.0",
    }
    assert tab.locator(GAN_NOTE).inner_text() == (
        "6.0 apart, minimax pulls with 0.012: where D is sure of a fake the loss is flat."
    )


def test_an_arrow_ends_where_a_step_of_rate_one_would(explore):
    tab = explore("gan-line", 'at="-6"')
    ends = tab.locator("gan-line .arrows g").evaluate_all(
        """all => all.map((g) => {
            const box = g.getBBox();
            return [g.getAttribute("stroke"), (box.x + box.width) / 10];
        })"""
    )
    assert [color for color, _ in ends] == [LOSS_COLORS[name] for name in GAN_LOSSES]
    np.testing.assert_allclose([end for _, end in ends], [-6, 0, -6, -6, -5], atol=0.15)


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_a_generator_that_learns_says_how_long_it_took(motion, explore):
    tab = explore("gan-line", 'at="-6" loss="non-saturating"')
    tab.emulate_media(reduced_motion=motion)
    learn, note = tab.get_by_role("button", name="Let it learn"), tab.locator(GAN_NOTE)
    learn.click()
    tab.wait_for_function("document.querySelector('gan-line').frame === null")
    steps = int(note.inner_text().removeprefix("There after ").split(" ")[0])
    assert 55 < steps < 70
    assert -0.1 < get(tab, "at") < 0
    left = {}
    for name in ("minimax", "least squares", "hinge", "Wasserstein"):
        tab.get_by_text("Reset").click()
        tab.get_by_label(name).check()
        learn.click()
        tab.wait_for_function("document.querySelector('gan-line').frame === null")
        left[name] = note.inner_text()
    assert left["minimax"].startswith("After 300 steps 5.5 apart; minimax pulls with")
    assert left["least squares"].startswith("After 300 steps 5.8 apart")
    assert left["hinge"] == "6.0 apart, hinge pulls with 0: no step."
    assert left["Wasserstein"] == f"There after {get(tab, 'steps')} steps."
    assert 55 < get(tab, "steps") < 70


def test_a_finger_drags_the_bell_along_the_line_and_not_the_page(explore):
    tab = explore("gan-line")
    tab.evaluate("scrollTo(0, 100)")
    x, y = shape(tab, BELL)
    Finger(tab).drag((x, y), (x - 60, y + 40))
    assert tab.evaluate("scrollY") == 100
    np.testing.assert_allclose(get(tab, "at"), -2 - 60 * 16.8 / 348, atol=0.02)
    x, y = shape(tab, BELL)
    drag(tab, (x, y), (x - 900, y), (x + 900, y))
    assert get(tab, "at") == 1
    assert gan_pulls(tab)["Wasserstein"] == "−1.0"


def test_where_the_two_agree_nothing_pulls(explore):
    tab = explore("gan-line", 'at="0.05"')
    tab.locator(BELL).focus()
    for key in ("ArrowLeft", "ArrowLeft", "ArrowRight"):
        tab.keyboard.press(key)
    assert set(gan_pulls(tab).values()) != {"0"}
    other = explore("gan-line", 'at="-2"', tab=tab.context.new_page())
    other.locator(BELL).focus()
    for _ in range(4):
        other.keyboard.press("Shift+ArrowRight")
    assert set(gan_pulls(other).values()) == {"0"}
    assert "nothing pulls" in other.locator(GAN_NOTE).inner_text()


def test_keys_move_the_bell_and_what_is_shown_is_said_and_kept(explore):
    tab = explore("gan-line")
    tab.locator(BELL).focus()
    for key in ("Shift+ArrowLeft", "ArrowLeft", "ArrowLeft", "ArrowRight"):
        tab.keyboard.press(key)
    assert get(tab, "at") == -2.6
    assert tab.locator(BELL).get_attribute("aria-valuenow") == "-2.60"
    tab.get_by_label("least squares").check()
    tab.wait_for_timeout(500)
    said = tab.locator("gan-line [role=status]").text_content()
    assert said.startswith("Generated numbers around -2.6. Pulls: minimax 0.3")
    assert "2.6 apart, least squares pulls with 0.1" in said
    other = explore(
        "gan-line", fragment="#" + tab.url.split("#")[1], tab=tab.context.new_page()
    )
    assert (get(other, "at"), get(other, "loss")) == (-2.6, "least squares")
    tab.get_by_text("Reset").click()
    assert (get(tab, "at"), get(tab, "loss")) == (-2, "minimax")


@pytest.mark.parametrize("nonsense", ["a", "", "-99", "1+2"])
def test_nonsense_about_the_generator_in_the_address_is_passed_over(nonsense, explore):
    tab = explore("gan-line", fragment=f"#gan-line=&at={nonsense}&loss={nonsense}")
    assert (get(tab, "at"), get(tab, "loss")) == (-2, "minimax")


# ---- Triplets ----

MINING = ("all", "semi-hard", "hard")
LABELS = np.array([0, 0, 1, 1, 1])


def planes(count=60):
    """An anchor, a positive and three negatives; some of them coincide."""
    points = np.random.default_rng(5).uniform(0, 2.5, (count, 5, 2))
    points[0, 1] = points[0, 0]
    points[1, 2] = points[1, 0]
    points[2] = points[2, 0]
    return points


@pytest.mark.parametrize("mining", MINING)
@pytest.mark.parametrize("margin", [0.0, 0.5, 1.5])
def test_triplets_and_their_gradient_are_those_of_the_package(mining, margin, explore):
    points = planes()
    found = explore("drag-triplets").evaluate(
        """([planes, mining, margin]) => {
            const { mine, loss, gradient } = customElements.get("drag-triplets");
            return planes.map((points) => [mine(points, mining, margin), loss(points, mining, margin),
                gradient(points, mining, margin)]);
        }""",
        [points.tolist(), mining, margin],
    )
    for plane, (taken, value, slopes) in zip(points, found, strict=True):
        options = {"mining": mining, "margin": margin}
        expected = ln.batch_triplet_loss(plane, LABELS, reduction="none", **options)[0]
        assert value == pytest.approx(expected, abs=1e-9)
        x = torch.tensor(plane, requires_grad=True)
        labels = torch.tensor(LABELS)
        each = lt.batch_triplet_loss(x, labels, reduction="none", **options)
        (slope,) = torch.autograd.grad(each[0], x)
        np.testing.assert_allclose(slopes, slope, atol=1e-6)
        anchors, _, negatives = ln.mine_triplets(plane, LABELS, **options)
        of_anchor = [
            int(n) - 2 for a, n in zip(anchors, negatives, strict=True) if a == 0
        ]
        if mining == "all":  # those with a loss are what counts
            assert set(taken) <= set(of_anchor)
        else:
            assert taken == of_anchor


def triplet_note(tab):
    return tab.locator("drag-triplets .note").text_content()


def test_the_dare_of_the_triplets_can_be_won(explore):
    tab = explore("drag-triplets")
    assert "different ones" in triplet_note(tab)
    assert "1 is hard" in triplet_note(tab)
    grip = "drag-triplets .grip >> nth=3"
    Finger(tab).drag(shape(tab, grip), np.add(shape(tab, grip), (70, 20)))
    assert "Semi-hard mining finds none" in triplet_note(tab)
    takes = tab.locator("drag-triplets .takes td").all_inner_texts()
    assert takes == ["1", "none", "1"]
    losses = tab.locator("drag-triplets .losses td").all_inner_texts()
    assert losses[1] == "0.00" != losses[2]


def test_keys_move_a_triplet_and_what_is_shown_is_said_and_kept(explore):
    tab = explore("drag-triplets")
    before = get(tab, "points")
    tab.locator("drag-triplets .grip").nth(2).focus()
    tab.keyboard.press("Shift+ArrowRight")
    after = get(tab, "points")
    assert after[2][0] - before[2][0] == pytest.approx(5 / 30)
    assert after[:2] == before[:2]
    tab.locator("drag-triplets [value=hard]").check()
    tab.wait_for_timeout(400)
    said = tab.locator("drag-triplets [role=status]").text_content()
    assert "hard takes 1" in said
    again = explore("drag-triplets", fragment=tab.evaluate("location.hash"))
    np.testing.assert_allclose(get(again, "points"), after, atol=0.006)
    assert get(again, "mining") == "hard"
    again.locator("drag-triplets .reset").click()
    assert get(again, "points") == before


@pytest.mark.parametrize("points", ["1+2", "a+b", "9 9 " * 5, ""])
def test_nonsense_about_triplets_in_the_address_is_passed_over(points, explore):
    start = get(explore("drag-triplets"), "points")
    fragment = f"#drag-triplets=&points={points}&margin=-3&mining=lazy"
    tab = explore("drag-triplets", fragment=fragment)
    assert get(tab, "points") == start
    assert get(tab, "mining") == "semi-hard"
    assert get(tab, "margin") == "0.5"
