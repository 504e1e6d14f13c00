// <drag-triplets>: an anchor, a positive and three negatives in the plane. Drag them and see which triplets each way of
// mining takes, what the triplet loss is, and where its gradient moves the points.
//
// Attributes, none of them needed: dare (a sentence above), mining ("all", "semi-hard" or "hard", the one whose pull is
// shown at first), margin and points (as "x y x y ..." on a ground of 4 by 2.5: anchor, positive, negatives). What stands
// within the element is shown in print and where there is no JavaScript.
"use strict";

(() => {
  const { Explorable, arrow, clamp, pairs, set } = explorables;

  // ---- Mathematics: which negatives are taken, the loss of the anchor, and its gradient ----

  const distance = ([x1, y1], [x2, y2]) => Math.hypot(x1 - x2, y1 - y2);

  // What each negative lacks to be farther from the anchor than the positive is, by the margin.
  function lacks([anchor, positive, ...negatives], margin) {
    const far = distance(anchor, positive);
    return negatives.map((negative) => far - distance(anchor, negative) + margin);
  }

  // "hard": nearer than the positive, or as near; "semi-hard": farther, by less than the margin; "easy": farther.
  function kinds([anchor, positive, ...negatives], margin) {
    const far = distance(anchor, positive);
    return negatives.map((negative) => {
      const near = distance(anchor, negative);
      return near <= far ? "hard" : near < far + margin ? "semi-hard" : "easy";
    });
  }

  // Which negatives a way of mining takes, by number; of equally near ones the first.
  function mine(points, mining, margin) {
    const [anchor, , ...negatives] = points;
    const near = negatives.map((negative) => distance(anchor, negative));
    const is = kinds(points, margin);
    if (mining === "all") return [...near.keys()].filter((i) => is[i] !== "easy");
    const among = [...near.keys()].filter((i) => mining === "hard" || is[i] === "semi-hard");
    const least = Math.min(...among.map((i) => near[i]));
    return among.filter((i) => near[i] === least).slice(0, 1);
  }

  // The sum of the anchor's triplet losses, and its gradient by every point.
  function loss(points, mining, margin) {
    const short = lacks(points, margin);
    return mine(points, mining, margin).reduce((sum, i) => sum + Math.max(short[i], 0), 0);
  }

  function gradient(points, mining, margin) {
    const [anchor, positive, ...negatives] = points;
    const short = lacks(points, margin);
    const slopes = points.map(() => [0, 0]);
    const add = (to, [x, y]) => {
      slopes[to][0] += x;
      slopes[to][1] += y;
    };
    // The unit vector from a point to the anchor; none where they coincide.
    const toAnchor = ([x, y], sign) => {
      const length = distance(anchor, [x, y]);
      return length ? [(sign * (anchor[0] - x)) / length, (sign * (anchor[1] - y)) / length] : [0, 0];
    };
    for (const i of mine(points, mining, margin)) {
      if (short[i] <= 0) continue;
      add(0, toAnchor(positive, 1));
      add(0, toAnchor(negatives[i], -1));
      add(1, toAnchor(positive, -1));
      add(2 + i, toAnchor(negatives[i], 1));
    }
    return slopes;
  }

  // ---- The element ----

  // The ground is 4 by 2.5, each one UNIT of the drawing; an arrow is this much of the gradient.
  const [SPAN, RISE, UNIT, STEP] = [4, 2.5, 30, 0.5];
  const POINTS = "1.6 1.3 2.5 1.6 1.9 0.7 2.85 0.9 0.4 2.2";
  const NAMES = ["A", "P", "1", "2", "3"];
  const TITLES = ["Anchor", "Positive", "Negative 1", "Negative 2", "Negative 3"];
  const ROLES = ["anchor", "positive", "negative", "negative", "negative"];
  const MINING = ["all", "semi-hard", "hard"];
  const across = (x) => x * UNIT;
  const down = (y) => (RISE - y) * UNIT;

  const isOnGround = ([x, y]) => x >= 0 && x <= SPAN && y >= 0 && y <= RISE;
  const listed = (names) =>
    names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names[names.length - 1]}`;

  class DragTriplets extends Explorable {
    start() {
      this.points = pairs(this.getAttribute("points") ?? POINTS);
      this.margin = this.getAttribute("margin") ?? "0.5";
      this.mining = this.getAttribute("mining") ?? "semi-hard";
    }

    setup() {
      for (const [i, grip] of this.findAll(".grip").entries()) {
        this.draggable(grip, () => this.points[i], ([x, y], dx, dy, shift) => {
          const far = (shift ? 5 : 1) / UNIT;
          const to = [clamp(x + dx * far, 0, SPAN), clamp(y - dy * far, 0, RISE)];
          this.change({ points: this.points.with(i, to) });
        });
      }
    }

    state() {
      const points = this.points.flat().map((value) => Number(value.toFixed(2))).join(" ");
      return { mining: this.mining, margin: this.margin, points };
    }

    restore({ mining, margin, points }) {
      if (MINING.includes(mining)) this.mining = mining;
      if (margin >= 0 && margin <= 1.5) this.margin = margin;
      const found = pairs(points ?? "");
      if (found.length === NAMES.length && found.every(isOnGround)) this.points = found;
    }

    draw() {
      super.draw();
      const { pixel, points } = this;
      const margin = Number(this.margin);
      const far = distance(points[0], points[1]);
      this.kinds = kinds(points, margin);
      this.taken = Object.fromEntries(MINING.map((name) => [name, mine(points, name, margin)]));
      const [cx, cy] = [across(points[0][0]), down(points[0][1])];
      set(this.find(".as-far"), { cx, cy, r: far * UNIT });
      set(this.find(".by-margin"), { cx, cy, r: (far + margin) * UNIT });
      const chosen = this.taken[this.mining];
      for (const [i, [x, y]] of points.entries()) {
        const at = (selector) => this.findAll(selector)[i];
        set(at(".dot"), { cx: across(x), cy: down(y), r: 9 * pixel });
        set(at(".name"), { x: across(x), y: down(y) + 4.5 * pixel });
        set(at(".grip"), { cx: across(x), cy: down(y), r: 14 * pixel });
        at(".dot").classList.toggle("taken", i < 2 ? chosen.length > 0 : chosen.includes(i - 2));
      }
      this.find(".arrows").innerHTML = this.arrows(chosen.length);
      this.find(".margin").textContent = margin.toFixed(2);
      this.fill(".takes", "takes", (name) => this.taken[name].map((i) => i + 1).join(", ") || "none");
      this.fill(".losses", "loss", (name) => this.mean(name).toFixed(2));
      this.fill(".pulls", "pull on A", (name) => this.pull(name).toFixed(2));
      this.find(".note").textContent = this.note();
    }

    // The mean over the triplets that are taken.
    mean(mining) {
      return loss(this.points, mining, Number(this.margin)) / Math.max(this.taken[mining].length, 1);
    }

    pull(mining) {
      const [slope] = gradient(this.points, mining, Number(this.margin));
      return Math.hypot(...slope) / Math.max(this.taken[mining].length, 1);
    }

    // Where a step of gradient descent moves the points.
    arrows(count) {
      const slopes = gradient(this.points, this.mining, Number(this.margin));
      const far = (-STEP * UNIT) / Math.max(count, 1);
      return slopes.map(([gx, gy], i) => {
        const [x, y] = this.points[i];
        return arrow(across(x), down(y), far * gx, -far * gy, 7 * this.pixel);
      }).join("");
    }

    note() {
      const of = (kind) => this.kinds.flatMap((is, i) => (is === kind ? [String(i + 1)] : []));
      const said = ["hard", "semi-hard", "easy"].flatMap((kind) => {
        const names = of(kind);
        return names.length ? [`${listed(names)} ${names.length > 1 ? "are" : "is"} ${kind}`] : [];
      });
      const [semi, hard] = [this.taken["semi-hard"], this.taken.hard];
      const parts = semi.length && semi[0] !== hard[0];
      const end = parts
        ? "✓ Semi-hard and hard mining take different ones."
        : !semi.length && this.mean("hard") > 0
          ? "Semi-hard mining finds none, and learns nothing here."
          : this.mean("hard") === 0
            ? "Nothing is left to learn."
            : "";
      return `${listed(said)}. ${end}`;
    }

    told() {
      const all = MINING.map((name) => `${name} takes ${listed(this.taken[name].map((i) => i + 1)) || "none"}, loss
        ${this.mean(name).toFixed(2)}`);
      return `Margin ${this.margin}. ${this.note()} Mining ${all.join("; ")}.`;
    }
  }

  DragTriplets.columns = MINING;
  DragTriplets.choice = "mining";
  DragTriplets.style = `
    .circle { fill: none; stroke: #0072B2; stroke-width: 1.5px; pointer-events: none; }
    .by-margin { stroke-dasharray: 4 4; }
    .dot { fill: #fff; stroke-width: 2px; pointer-events: none; }
    .name { text-anchor: middle; font-weight: 700; pointer-events: none; }
    .anchor { stroke: #444; }
    .positive { stroke: #0072B2; }
    .negative { stroke: #B37B00; }
    .anchor.taken { fill: #bbb; }
    .positive.taken { fill: #9fd0ee; }
    .negative.taken { fill: #f5cf7a; }
    .grip { fill: transparent; }
    .grip:focus-visible { stroke: #222; stroke-width: 2px; }
    .arrows { pointer-events: none; }
    .arrows path { fill: #222; stroke: #222; stroke-width: 1.5px; stroke-linejoin: round; }
    th label { min-width: 1.75rem; min-height: 1.75rem; justify-content: center; }`;
  DragTriplets.view = `
    <svg viewBox="0 0 ${SPAN * UNIT} ${RISE * UNIT}" role="application" aria-label="An anchor, a positive and three negatives to move">
      <circle class="circle as-far"/><circle class="circle by-margin"/>
      <g class="arrows"></g>
      <g class="points">${ROLES.map((role, i) => `<circle class="dot ${role}"/><text class="name">${NAMES[i]}</text>
        <circle class="grip" tabindex="0" role="img" aria-describedby="hint" aria-label="${TITLES[i]}"/>`).join("")}</g>
    </svg>
    <p class="note"></p>
    <table><thead><tr class="columns"></tr></thead><tbody><tr class="takes"></tr><tr class="losses"></tr>
      <tr class="pulls"></tr></tbody></table>
    <div class="row"><label>margin <input type="range" name="margin" min="0" max="1.5" step="0.05"><output
      class="margin"></output></label><button class="reset">Reset</button></div>
    <p class="hint"><span id="hint">Drag a point; arrow keys move it, with Shift faster.</span> The circle is as far from
      the anchor (A) as the positive (P), the dashed one by the margin farther. Filled points are in a triplet of the chosen
      mining; arrows lead where descent moves them.</p>`;
  Object.assign(DragTriplets, { kinds, mine, loss, gradient });
  customElements.define("drag-triplets", DragTriplets);
})();
