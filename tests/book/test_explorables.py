"""The explorables in a browser: their mathematics against the package, and the reader's hands on them."""

from pathlib import Path

import numpy as np
import pytest
import torch

import lossguide.numpy as ln
import lossguide.torch as lt
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
        "field => document.querySelector('box-playground, robust-fit')[field]", field
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


def test_colors_are_those_of_the_figures(explore):
    colors = explore("box-playground").evaluate("explorables.COLORS")
    assert colors == {
        "target": TARGET,
        "prediction": PREDICTION,
        **{name: LOSS_COLORS[name] for name in colors if name in LOSS_COLORS},
    }


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
        assert (ln.iou(walk["path"][-1], target) >= 0.95) == (walk["end"] == "fits")
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


def test_playground_fits_a_phone(explore):
    tab = explore("box-playground", 'dare="Make IoU notice the box."')
    assert tab.get_by_text("Make IoU notice the box.").is_visible()
    assert tab.evaluate("document.documentElement.scrollWidth") == 390
    assert (
        tab.evaluate(
            """() => [...document.querySelector("box-playground").shadowRoot.querySelectorAll("*")]
            .filter((e) => e.checkVisibility() && e.textContent.trim() && e.children.length === 0)
            .filter((e) => e.tagName !== "STYLE" && parseFloat(getComputedStyle(e).fontSize)
                * (e.ownerSVGElement ? e.getScreenCTM().a : 1) < 9)
            .map((e) => e.outerHTML)"""
        )
        == []
    )


def test_touch_targets_are_large_enough(explore):
    tab = explore("box-playground")
    sizes = tab.locator("box-playground :is(button, label, .grip)").evaluate_all(
        "all => all.map((e) => e.getBoundingClientRect()).map((b) => Math.min(b.width, b.height))"
    )
    assert len(sizes) == 3 + 7 + 5
    assert min(sizes) >= 24


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
    assert ln.iou(get(tab, "pred"), [62, 28, 94, 56]) >= 0.95

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
    by_corners = steps.all_inner_texts()
    assert by_corners[0] == "stuck"
    assert all(int(count) > 300 for count in by_corners[1:])
    assert get(tab, "pred") == [14, 14, 38, 30]
    tab.get_by_label("center and size").check()
    assert steps.all_inner_texts() == ["–"] * 5
    tab.get_by_role("button", name="Race").click()
    assert steps.all_inner_texts() != by_corners


def test_the_address_keeps_the_state(explore):
    tab = explore("box-playground")
    tab.get_by_label("GIoU").check()
    tab.get_by_label("center and size").check()
    tab.locator(PRED).focus()
    tab.keyboard.press("Shift+ArrowDown")
    tab.wait_for_timeout(500)
    fragment = "#" + tab.url.split("#")[1]
    other = explore("box-playground", fragment=fragment, tab=tab.context.new_page())
    assert get(other, "pred") == [14, 14, 38, 31]
    assert get(other, "loss") == "GIoU"
    assert get(other, "by") == "size"
    assert other.evaluate("scrollY") > 0


@pytest.mark.parametrize("box", ["1+2+3", "a+b+c+d", "0+0+900+9", "20+20+10+10"])
def test_nonsense_in_the_address_is_passed_over(box, explore):
    tab = explore(
        "box-playground", fragment=f"#box-playground=&box={box}&loss=Best&by=luck"
    )
    assert get(tab, "pred") == [14, 14, 38, 30]
    assert get(tab, "loss") == "IoU"
    assert get(tab, "by") == "corners"


def test_the_still_picture_stands_in_print_and_without_scripts(explore, browser):
    tab = explore("box-playground")
    still = "document.querySelector('box-playground').shadowRoot.querySelector"
    shown = (
        f"['.live', 'slot'].map(s => getComputedStyle({still}(s)).display !== 'none')"
    )
    assert tab.evaluate(shown) == [True, False]
    tab.emulate_media(media="print")
    assert tab.evaluate(shown) == [False, True]
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(tab.url)
    assert page.get_by_text("Still").is_visible()
    context.close()
