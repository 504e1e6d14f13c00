// <gan-line>: real numbers, N(0, 1), and generated ones, N(at, 1), to drag along the line. The discriminator of each GAN
// loss is the best there is; what its score leaves of the generator's loss, and how hard that pulls the generated
// numbers.
//
// Attributes, none of them needed: dare (a sentence above), at (the mean of the generated numbers) and loss (the one
// whose score is shown at first). What stands within the element is shown in print and where there is no JavaScript.
"use strict";

(() => {
  const { COLORS, Explorable, arrow, clamp, set } = explorables;

  // ---- Mathematics: the best scores of numbers, and what they leave to the generator ----

  const sigmoid = (z) => 1 / (1 + Math.exp(-z));
  const softplus = (z) => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));
  const density = (x) => Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);

  // The generator's loss of a score, and its derivative.
  const LOSSES = {
    minimax: [(s) => -softplus(s), (s) => -sigmoid(s)],
    "non-saturating": [(s) => softplus(-s), (s) => -sigmoid(-s)],
    "least squares": [(s) => (s - 1) ** 2 / 2, (s) => s - 1],
    hinge: [(s) => -s, () => -1],
    Wasserstein: [(s) => -s, () => -1],
  };

  // What the best discriminator says of x, and how that rises with x. The logit of "real" is the logarithm of the ratio
  // of the two densities; a critic may rise by 1 a unit, and does so towards the real numbers.
  function score(name, x, at) {
    const logit = at * (at / 2 - x);
    if (name === "Wasserstein") return [-Math.sign(at) * x, -Math.sign(at)];
    if (name === "hinge") return [Math.sign(logit), 0];
    if (name === "least squares") return [sigmoid(logit), -at * sigmoid(logit) * sigmoid(-logit)];
    return [logit, -at];
  }

  // The mean over generated numbers, by Gauss's rule of two points in cells of the line. They meet halfway to the real
  // numbers, where the score of hinge jumps.
  function mean(of, at) {
    const cell = 0.05;
    let sum = 0;
    for (let i = -240; i < 240; i++) {
      for (const part of [0.5 - Math.sqrt(1 / 12), 0.5 + Math.sqrt(1 / 12)]) {
        const x = at / 2 + (i + part) * cell;
        sum += (cell / 2) * density(x - at) * of(x);
      }
    }
    return sum;
  }

  const value = (name, at) => mean((x) => LOSSES[name][0](score(name, x, at)[0]), at);

  // How fast the loss falls as all generated numbers move to the right, and the discriminator stays.
  function pull(name, at) {
    const slope = (x) => {
      const [s, rise] = score(name, x, at);
      return LOSSES[name][1](s) * rise;
    };
    return 0 - mean(slope, at);
  }

  const [RATE, STEPS, NEAR] = [0.1, 300, 0.1];

  // Where the mean comes by gradient descent, the discriminator at its best before each step.
  function learn(name, from) {
    const path = [from];
    while (path.length <= STEPS) {
      const at = path.at(-1);
      const step = RATE * pull(name, at);
      if (Math.abs(at) < NEAR || step === 0) break;
      path.push(at + step);
    }
    return path;
  }

  // ---- The element ----

  // The line from FIRST to LAST, a number each UNIT. From above: the densities, as high as BELL; scores and losses, from
  // TOP to FOOT; and a ROW for each loss.
  const [FIRST, LAST, UNIT] = [-10.5, 5, 10];
  const [BELL, TOP, FOOT, ROWS, ROW] = [32, 44, 82, 98, 7];
  const END = ROWS + 4.5 * ROW;
  const [LEAST, MOST] = [-7, 1];
  const NAMES = Object.keys(LOSSES);
  const LINE = Array.from({ length: 311 }, (_, i) => FIRST + i / 20);
  const AROUND = Array.from({ length: 71 }, (_, i) => (i - 35) / 10);
  // Quantiles of a normal distribution: 1/14, 3/14, ..., 13/14.
  const QUANTILES = [-1.465, -0.792, -0.366, 0, 0.366, 0.792, 1.465];

  const across = (x) => (x * UNIT).toFixed(2);
  const path = (places, down) => `M${places.map((x) => `${across(x)} ${down(x).toFixed(2)}`).join("L")}`;
  const bell = (at) => `${path(AROUND.map((x) => at + x), (x) => BELL - 75 * density(x - at))}z`;
  // A line through all that is drawn but the titles.
  const upright = (x) => `M${across(x)} ${TOP}V${FOOT}M${across(x)} ${ROWS - 4}V${END}`;
  const shown = (number) => {
    if (number === 0) return "0";
    return (Math.abs(number) < 1 ? number.toPrecision(2) : number.toFixed(1)).replace("-", "−");
  };

  // From where to where scores and losses are drawn, so that those of the generated numbers fit.
  function range(name, at) {
    if (name === "least squares") return [-0.2, 1.2];
    const far = Math.abs(at);
    const high = { hinge: 1.2, Wasserstein: far + 2 }[name] ?? Math.max(far ** 2 / 2 + 2 * far, 1.5);
    return [-high, high];
  }

  // Why a loss pulls as it does; `sure` where the discriminator is, of nearly all.
  const WHY = {
    minimax: (sure) => (sure ? "where D is sure of a fake the loss is flat" : "D is in doubt, and the loss falls"),
    "non-saturating": () => "the surer D is of a fake, the steeper the loss",
    "least squares": (sure) => (sure ? "where D is sure of a fake the score is flat" : "D is in doubt, and its score rises"),
    hinge: () => "the best score is a step, and flat on both sides of it",
    Wasserstein: () => "the best critic rises by 1 a unit, near and far",
  };

  class GanLine extends Explorable {
    start() {
      this.at = Number(this.getAttribute("at") ?? -2);
      this.loss = this.getAttribute("loss") ?? "minimax";
      this.steps = null;
    }

    setup() {
      this.draggable(this.find(".grip"), () => this.at, (from, dx, dy, shift) => {
        const at = clamp(from + (dx / UNIT) * (shift ? 5 : 1), LEAST, MOST);
        this.change({ at: Math.round(100 * at) / 100 });
      });
      this.find(".learn").onclick = () => this.walk();
    }

    // How long a walk was is said until the reader does something else.
    change(values = {}) {
      super.change({ ...values, steps: null });
    }

    state() {
      return { at: this.at.toFixed(2), loss: this.loss };
    }

    restore({ at, loss }) {
      if (at && at >= LEAST && at <= MOST) this.at = Number(at);
      if (NAMES.includes(loss)) this.loss = loss;
    }

    walk() {
      const places = learn(this.loss, this.at);
      this.play(places.length - 1, (steps) => {
        Object.assign(this, { at: places[steps], steps });
        this.draw();
      });
    }

    draw() {
      super.draw();
      const { at, loss, pixel } = this;
      set(this.find(".generated"), { d: bell(at) });
      set(this.find(".handle"), { cx: across(at), cy: BELL - 30, r: 5 * pixel });
      set(this.find(".grip"), { d: bell(at), "aria-valuenow": at.toFixed(2) });
      set(this.find(".mean"), { d: upright(at) });
      // The two names part where the bells meet.
      const right = at > 0;
      const x = across(right ? 0.3 : Math.min(at + 1.2, -0.3));
      set(this.find(".generated-name"), { x, "text-anchor": right ? "start" : "end" });
      set(this.find(".real-name"), { "text-anchor": right ? "end" : "start" });
      this.score(loss, at, pixel);
      this.pulls = Object.fromEntries(NAMES.map((name) => [name, pull(name, at)]));
      this.find(".arrows").innerHTML = NAMES.map((name, row) => this.arrow(name, ROWS + row * ROW)).join("");
      for (const label of this.findAll("[data-y]")) set(label, { y: Number(label.dataset.y) + 4.5 * pixel });
      for (const label of this.findAll("[data-lower]")) set(label, { y: END + 14 * pixel });
      for (const label of this.findAll("[data-row]")) label.classList.toggle("chosen", label.dataset.row === loss);
      this.fill(".pulls", "pull", (name) => shown(this.pulls[name]));
      this.fill(".losses", "loss", (name) => shown(value(name, at)));
      this.find(".note").textContent = this.note();
    }

    // The score of the best discriminator, and the loss that it leaves, on which generated numbers roll down.
    score(name, at, pixel) {
      const [low, high] = range(name, at);
      const down = (number) => FOOT - ((number - low) / (high - low)) * (FOOT - TOP);
      const fall = (x) => down(LOSSES[name][0](score(name, x, at)[0]));
      set(this.find(".score"), { d: path(LINE, (x) => down(score(name, x, at)[0])) });
      set(this.find(".fall"), { d: path(LINE, fall), stroke: COLORS[name] });
      this.find(".numbers").innerHTML = QUANTILES.map((x) => at + x)
        .map((x) => `<circle cx="${across(x)}" cy="${fall(x)}" r="${3.5 * pixel}"/>`)
        .join("");
      const tick = [20, 10, 5, 2, 1].find((number) => number <= high);
      this.find(".levels").innerHTML = [tick, 0, -tick].filter((number) => number > low)
        .map((number) => `<path d="M${across(FIRST)} ${down(number)}H${across(LAST)}"/>
          <text x="${FIRST * UNIT - 1.5}" y="${down(number) + 4.5 * pixel}">${String(number).replace("-", "−")}</text>`)
        .join("");
    }

    // From the mean of the generated numbers to where a step of rate 1 would put it.
    arrow(name, y) {
      const [from, length] = [this.at * UNIT, this.pulls[name] * UNIT];
      const head = Math.min(9 * this.pixel, Math.abs(length));
      const seen = Math.abs(length) > this.pixel ? arrow(from, y, length, 0, head) : "";
      return `<g fill="${COLORS[name]}" stroke="${COLORS[name]}">
        <circle cx="${from}" cy="${y}" r="${2.5 * this.pixel}"/>${seen}</g>`;
    }

    note() {
      const { at, loss, steps } = this;
      const far = Math.abs(at).toFixed(1);
      const pulls = `${loss} pulls with ${shown(Math.abs(this.pulls[loss]))}`;
      if (at === 0) return "The two agree: the best D says the same of every number, and nothing pulls.";
      if (steps === null) return `${far} apart, ${pulls}: ${WHY[loss](Math.abs(at) >= 4)}.`;
      if (steps === 0) return `${far} apart, ${pulls}: no step.`;
      return Math.abs(at) < NEAR ? `There after ${steps} steps.` : `After ${steps} steps ${far} apart; ${pulls}.`;
    }

    told() {
      const pulls = NAMES.map((name) => `${name} ${shown(this.pulls[name])}`).join(", ");
      return `Generated numbers around ${this.at.toFixed(1)}. Pulls: ${pulls}. ${this.note()}`;
    }
  }

  GanLine.columns = NAMES;
  GanLine.style = `
    .grid path, .levels path { stroke: #ddd; stroke-width: 1px; }
    .grid { text-anchor: middle; }
    .levels { text-anchor: end; }
    .grid .title { text-anchor: start; }
    .real, .generated { stroke-width: 2px; stroke: ${COLORS.target}; fill: ${COLORS.target}14; }
    .generated { stroke: ${COLORS.prediction}; fill: ${COLORS.prediction}26; }
    .handle, .numbers { fill: ${COLORS.prediction}; }
    .real-name { fill: ${COLORS.target}; }
    .generated-name { fill: ${COLORS.prediction}; }
    .means path { stroke: ${COLORS.target}; stroke-width: 1px; stroke-dasharray: 2 3; }
    .means .mean { stroke: ${COLORS.prediction}; }
    .score, .fall { fill: none; stroke-width: 3px; }
    .score { stroke: #666; stroke-width: 1.5px; stroke-dasharray: 6 4; }
    .arrows { stroke-width: 2.5px; }
    .rows { text-anchor: end; }
    .rows .chosen { font-weight: 700; fill: #000; }
    .grip { fill: transparent; cursor: ew-resize; }
    .grip:focus-visible { stroke: #222; stroke-width: 3px; }
    table { font-size: 0.85em; }
    thead th { vertical-align: top; white-space: nowrap; }
    th label { flex-direction: column; gap: 0; }
    @media (max-width: 480px) {
      table { font-size: 0.75em; }
      thead th { white-space: normal; }
      .swatch { display: block; margin: 0.2em auto; }
      .note { min-height: 4.5em; }
    }`;
  GanLine.view = `
    <svg viewBox="${FIRST * UNIT - 11} -9 ${(LAST - FIRST) * UNIT + 13} ${END + 17}" role="application"
      aria-label="Real and generated numbers, the score of the best discriminator, and the pull of five losses">
      <clipPath id="hill"><path d="M${across(FIRST)} ${TOP}H${across(LAST)}V${FOOT}H${across(FIRST)}z"/></clipPath>
      <g class="grid">
        <path d="M${across(FIRST)} ${BELL}H${across(LAST)}"/>
        ${[-10, -8, -6, -4, -2, 0, 2, 4].map((x) => `<text x="${across(x)}" data-lower>${String(x).replace("-", "−")}</text>`).join("")}
        <text class="title" x="${across(FIRST)}" y="${TOP - 3}">best D’s score (dashed), generator’s loss</text>
        <text class="title" x="${across(FIRST)}" y="${ROWS - 7}">pull on the generated numbers</text>
      </g>
      <g class="levels"></g>
      <g class="means"><path d="${upright(0)}"/><path class="mean"/></g>
      <g clip-path="url(#hill)"><path class="score"/><path class="fall"/><g class="numbers"></g></g>
      <g class="rows">
        ${NAMES.map((name, row) => `<text x="${across(LAST)}" data-row="${name}" data-y="${ROWS + row * ROW}">${name}</text>`).join("")}
      </g>
      <g class="arrows"></g>
      <path class="real" d="${bell(0)}"/><path class="generated"/>
      <text class="real-name" x="0" y="-2">real</text><text class="generated-name" y="-2">generated</text>
      <circle class="handle"/>
      <path class="grip" tabindex="0" role="slider" aria-valuemin="${LEAST}" aria-valuemax="${MOST}"
        aria-describedby="hint" aria-label="Mean of the generated numbers"/>
    </svg>
    <p class="note"></p>
    <table><thead><tr class="columns"></tr></thead><tbody><tr class="pulls"></tr><tr class="losses"></tr></tbody></table>
    <div class="row"><button class="learn">Let it learn</button><button class="reset">Reset</button></div>
    <p class="hint"><span id="hint">Drag the orange bell; arrow keys move it, with Shift faster.</span> An arrow ends where a
      step of rate 1 would put the bell; learning takes up to ${STEPS} steps of rate ${RATE}, with D at its best before each.</p>`;
  Object.assign(GanLine, { score, value, pull, learn });
  customElements.define("gan-line", GanLine);
})();
