// <robust-fit>: points near a line, and the lines that four losses draw through them. Drag a point away and see which
// of the lines follow it, and how hard each point pulls.
//
// Attributes, none of them needed: dare (a sentence above), loss (the one whose pulls are shown at first), delta (the
// width of Huber and Geman-McClure, from which on they call an error large) and points (as "x y x y ..." on a ground of 10 by 6). What
// stands within the element is shown in print and where there is no JavaScript.
"use strict";

(() => {
  const { COLORS, Explorable, arrow, clamp, pairs, set } = explorables;

  // ---- Mathematics: losses of one error, and lines that minimize their sum ----

  const robust = (error, delta) => 1 + (error / delta) ** 2 / 4;
  const value = {
    L2: (error) => error ** 2,
    L1: (error) => Math.abs(error),
    Huber: (error, delta) =>
      Math.abs(error) <= delta ? error ** 2 / 2 : delta * (Math.abs(error) - delta / 2),
    "Geman-McClure": (error, delta) => 2 - 2 / robust(error, delta),
  };
  // Their derivatives: how hard a point with this error pulls.
  const slope = {
    L2: (error) => 2 * error,
    L1: (error) => Math.sign(error),
    Huber: (error, delta) => clamp(error, -delta, delta),
    "Geman-McClure": (error, delta) => error / delta ** 2 / robust(error, delta) ** 2,
  };
  const LOSSES = Object.keys(value);

  // A line is [intercept, slope]; an error is prediction less target, and rounding is no error.
  const errors = ([a, b], points) =>
    points.map(([x, y]) => a + b * x - y).map((error) => (Math.abs(error) < 1e-9 ? 0 : error));
  const sum = (values) => values.reduce((a, b) => a + b, 0);

  // The line of least squares, each point with its weight.
  function leastSquares(points, weights) {
    const mean = (of) => sum(weights.map((weight, i) => weight * of(points[i]))) / sum(weights);
    const [mx, my] = [mean(([x]) => x), mean(([, y]) => y)];
    const b = mean(([x, y]) => (x - mx) * (y - my)) / mean(([x]) => (x - mx) ** 2);
    return [my - b * mx, b];
  }

  // A line of least absolute errors runs through two of the points: try every pair.
  function leastAbsolute(points) {
    const lines = points.flatMap(([x, y], i) =>
      points.slice(0, i).filter(([other]) => Math.abs(other - x) > 1e-9).map((other) => {
        const b = (other[1] - y) / (other[0] - x);
        return [y - b * x, b];
      }),
    );
    const sums = lines.map((line) => sum(errors(line, points).map(Math.abs)));
    return lines[sums.indexOf(Math.min(...sums))];
  }

  // The other losses by least squares, reweighted until the line rests: a point weighs its pull over its error. They
  // begin at the L1 line, since Geman-McClure has more than one valley.
  function fit(name, points, delta) {
    let line = leastAbsolute(points);
    if (name === "L1") return line;
    for (let round = 0; round < 2000; round++) {
      const weights = errors(line, points).map((error) => slope[name](error || 1e-9, delta) / (error || 1e-9));
      const next = leastSquares(points, weights);
      const moved = Math.hypot(next[0] - line[0], next[1] - line[1]);
      line = next;
      if (moved < 1e-12) break;
    }
    return line;
  }

  // The share of each point in all the pulling, signed: below 0 it pulls the line down.
  function pulls(name, line, points, delta) {
    const forces = errors(line, points).map((error) => 0 - slope[name](error, delta));
    const all = sum(forces.map(Math.abs)) || 1;
    return forces.map((force) => force / all);
  }

  // ---- The element ----

  // The ground is 10 by 6, each one UNIT of the drawing.
  const [SPAN, RISE, UNIT] = [10, 6, 11];
  const POINTS = "0.4 1.72 1.2 1.9 2 2.41 2.8 2.53 3.6 3.02 4.4 3.18 5.2 1.6";
  const across = (x) => x * UNIT;
  const down = (y) => (RISE - y) * UNIT;

  const isWide = (points) => Math.max(...points.map(([x]) => x)) - Math.min(...points.map(([x]) => x)) >= 1;
  const isOnGround = ([x, y]) => x >= 0 && x <= SPAN && y >= 0 && y <= RISE;

  class RobustFit extends Explorable {
    start() {
      this.points = pairs(this.getAttribute("points") ?? POINTS);
      this.marked = this.points.length - 1;
      this.loss = this.getAttribute("loss") ?? "L2";
      this.delta = this.getAttribute("delta") ?? "0.3";
    }

    setup() {
      this.find(".points").innerHTML = this.points
        .map((_, i) => `<circle class="dot"/>
          <circle class="grip" tabindex="0" role="img" aria-describedby="hint" aria-label="Point ${i + 1}"/>`)
        .join("");
      for (const [i, grip] of this.findAll(".grip").entries()) {
        const mark = () => {
          this.marked = i;
          this.draw();
          return this.points[i];
        };
        grip.onfocus = mark;
        this.draggable(grip, mark, ([x, y], dx, dy, shift) => {
          const far = (shift ? 5 : 1) / UNIT;
          const points = [...this.points];
          points[i] = [clamp(x + dx * far, 0, SPAN), clamp(y - dy * far, 0, RISE)];
          if (isWide(points)) this.change({ points });
        });
      }
    }

    state() {
      const points = this.points.flat().map((value) => Number(value.toFixed(2)));
      return { loss: this.loss, delta: this.delta, points: points.join(" ") };
    }

    restore({ loss, delta, points }) {
      if (LOSSES.includes(loss)) this.loss = loss;
      if (delta >= 0.1 && delta <= 3) this.delta = delta;
      const found = pairs(points ?? "");
      if (found.length === this.points.length && found.every(isOnGround) && isWide(found)) this.points = found;
    }

    draw() {
      super.draw();
      const { points, marked, pixel } = this;
      const delta = Number(this.delta);
      this.find("output").textContent = delta.toFixed(1);
      this.lines = Object.fromEntries(LOSSES.map((name) => [name, fit(name, points, delta)]));
      this.shares = Object.fromEntries(LOSSES.map((name) => [name, pulls(name, this.lines[name], points, delta)]));
      for (const [name, [a, b]] of Object.entries(this.lines)) {
        const line = this.find(`[data-loss="${name}"]`);
        set(line, { x1: 0, y1: down(a), x2: across(SPAN), y2: down(a + b * SPAN) });
        line.classList.toggle("chosen", name === this.loss);
      }
      for (const [i, dot] of this.findAll(".dot").entries()) {
        const [x, y] = points[i];
        set(dot, { cx: across(x), cy: down(y), r: 5 * pixel });
        dot.classList.toggle("marked", i === marked);
        set(this.findAll(".grip")[i], { cx: across(x), cy: down(y), r: 13 * pixel });
      }
      this.find(".arrows").innerHTML = this.arrows();
      this.fill(".slopes", "slope", (name) => this.lines[name][1].toFixed(2));
      this.fill(".shares", "pull", (name) => (this.isOn(name) ? "on it" : `${this.percent(name)}%`));
      this.find(".note").textContent = this.note();
    }

    // From the chosen line toward each point, as long as the point's share in all the pulling.
    arrows() {
      const [a, b] = this.lines[this.loss];
      const heads = this.points.map(([x], i) => {
        const length = 150 * this.pixel * this.shares[this.loss][i];
        return arrow(across(x), down(a + b * x), 0, -length, 7 * this.pixel);
      });
      return `<g fill="${COLORS[this.loss]}" stroke="${COLORS[this.loss]}">${heads.join("")}</g>`;
    }

    percent(name) {
      return Math.round(100 * Math.abs(this.shares[name][this.marked]));
    }

    // Whether a line runs through the marked point. There L1 has its corner, and no share of the pulling says anything.
    isOn(name) {
      return errors(this.lines[name], [this.points[this.marked]])[0] === 0;
    }

    // Whether all lines are nearer to the marked point than to where the other points would put them.
    allFollow() {
      const marked = this.points[this.marked];
      const others = this.points.filter((point) => point !== marked);
      const miss = (line) => Math.abs(errors(line, [marked])[0]);
      const far = miss(leastSquares(others, others.map(() => 1)));
      return far > 1 && LOSSES.every((name) => miss(this.lines[name]) < far / 2);
    }

    note() {
      const share = this.isOn(this.loss)
        ? `The ${this.loss} line runs through the marked point.`
        : `Under ${this.loss} the marked point does ${this.percent(this.loss)}% of the pulling, which arrows show.`;
      return this.allFollow() ? `${share} ✓ Every line follows it.` : share;
    }

    told() {
      const [x, y] = this.points[this.marked].map((value) => value.toFixed(1));
      const slopes = LOSSES.map((name) => `${name} ${this.lines[name][1].toFixed(2)}`).join(", ");
      return `Point ${this.marked + 1} at ${x}, ${y}. Slopes: ${slopes}. ${this.note()}`;
    }
  }

  // Dashed lines lie above the others.
  const DRAWN = ["L2", "Geman-McClure", "Huber", "L1"];
  const ticks = (end, draw) => Array.from({ length: end / 2 + 1 }, (_, i) => draw(2 * i)).join("");

  RobustFit.columns = LOSSES;
  RobustFit.style = `
    .grid path { fill: none; stroke: #ddd; stroke-width: 1px; }
    .grid { text-anchor: middle; }
    .lines line { stroke-width: 2px; }
    .lines .chosen { stroke-width: 4.5px; }
    [data-loss="Huber"] { stroke-dasharray: 7 4; }
    [data-loss="L1"] { stroke-dasharray: 3 4; }
    .arrows { stroke-width: 2px; pointer-events: none; }
    .dot { fill: #222; }
    .dot.marked { stroke: #222; stroke-width: 2px; fill: ${COLORS.prediction}; }
    .grip { fill: transparent; }
    .grip:focus-visible { stroke: #222; stroke-width: 2px; }
    @media (max-width: 480px) { .note { min-height: 4.5em; } }`;
  RobustFit.view = `
    <svg viewBox="-8 -4 122 79" role="application" aria-label="Points to move, and the lines that four losses fit">
      <clipPath id="ground"><rect width="${across(SPAN)}" height="${down(0)}"/></clipPath>
      <g class="grid">
        ${ticks(SPAN, (x) => `<path d="M${across(x)} 0v${down(0)}"/><text x="${across(x)}" y="72">${x}</text>`)}
        ${ticks(RISE, (y) => `<path d="M0 ${down(y)}h${across(SPAN)}"/><text x="-4" y="${down(y) + 1.5}">${y}</text>`)}
        <text x="${across(9)}" y="72">x</text><text x="-4" y="${down(5) + 1.5}">y</text>
      </g>
      <g class="lines" clip-path="url(#ground)">
        ${DRAWN.map((name) => `<line data-loss="${name}" stroke="${COLORS[name]}"/>`).join("")}
      </g>
      <g class="arrows"></g>
      <g class="points"></g>
    </svg>
    <p class="note"></p>
    <table><thead><tr class="columns"></tr></thead>
      <tbody><tr class="slopes"></tr><tr class="shares"></tr></tbody></table>
    <div class="row"><button class="reset">Reset</button><label>width of Huber and Geman-McClure
      <input type="range" name="delta" min="0.1" max="3" step="0.1"><output></output></label></div>
    <p class="hint" id="hint">Drag a point. Arrow keys move it, with Shift faster.</p>`;
  Object.assign(RobustFit, { value, slope, fit });
  customElements.define("robust-fit", RobustFit);
})();
