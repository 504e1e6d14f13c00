// <class-scores>: the scores of a few classes as bars to drag. Read the probabilities, and see how each loss would move
// each score.
//
// Attributes, none of them needed: dare (a sentence above), scores and names (of three to five classes, names with commas
// between), target (the place of the right class, from 0) and loss (the one chosen at first). What stands within the
// element is shown in print and where there is no JavaScript.
"use strict";

(() => {
  const { COLORS, Explorable, arrow, clamp, numbers, set } = explorables;

  // ---- Mathematics: losses of class scores, with their slopes on each score ----

  const sum = (values) => values.reduce((a, b) => a + b, 0);
  // How far the probabilities are above what they should be.
  const errors = (scores, right) => softmax(scores).map((p, k) => p - Number(k === right));

  function softmax(scores) {
    const top = Math.max(...scores);
    const powers = scores.map((score) => Math.exp(score - top));
    return powers.map((power) => power / sum(powers));
  }

  // How far each class is ahead of the right one with the margin of 1; 0 for the right one itself.
  const leads = (scores, right) => scores.map((score, k) => (k === right ? 0 : score + 1 - scores[right]));

  // A loss whose slopes on the leads are these: the right score is part of every lead.
  const onScores = (value, slopes, right) => ({
    value,
    slopes: slopes.map((slope, k) => (k === right ? slope - sum(slopes) : slope)),
  });

  const losses = {
    "cross-entropy": (scores, right) => {
      const top = Math.max(...scores);
      const value = top + Math.log(sum(scores.map((score) => Math.exp(score - top)))) - scores[right];
      return { value, slopes: errors(scores, right) };
    },
    "Crammer-Singer": (scores, right) => {
      const ahead = leads(scores, right);
      const value = Math.max(...ahead);
      const first = ahead.map((lead) => Number(lead === value));
      return onScores(value, first.map((is) => is / sum(first)), right);
    },
    "Weston-Watkins": (scores, right) => {
      const ahead = leads(scores, right);
      return onScores(sum(ahead.map((lead) => Math.max(0, lead))), ahead.map((lead) => Number(lead > 0)), right);
    },
    MSE: (scores, right) => {
      const p = softmax(scores);
      const off = errors(scores, right);
      const mean = sum(off.map((error, k) => error * p[k]));
      return {
        value: sum(off.map((error) => error ** 2)),
        slopes: off.map((error, k) => 2 * p[k] * (error - mean)),
      };
    },
  };
  const LOSSES = Object.keys(losses);

  // Where nothing is lost nothing pulls. (On its corner, where a hinge is just satisfied, it has a slope all the same.)
  function pulls(name, scores, right) {
    const { value, slopes } = losses[name](scores, right);
    return slopes.map((slope) => (value < 1e-9 ? 0 : 0 - slope));
  }

  const [LIMIT, RATE, STEPS] = [6, 0.1, 200];
  const lead = (scores, right) => scores[right] - Math.max(...scores.filter((_, k) => k !== right));
  const shown = (p) => (p < 0.001 ? "< 0.001" : p.toFixed(p < 0.01 ? 3 : 2));
  const within = (scores) => scores.map((score) => clamp(score, -LIMIT, LIMIT));

  // Plain gradient descent on the scores, until the loss pulls no more.
  function descend(name, scores, right) {
    const path = [scores];
    while (path.length <= STEPS) {
      const pull = pulls(name, path.at(-1), right);
      if (pull.every((force) => force === 0)) break;
      path.push(within(path.at(-1).map((score, k) => score + RATE * pull[k])));
    }
    return path;
  }

  // ---- The element ----

  // Scores above, UNIT of the drawing each, probabilities below.
  const [WIDTH, LEFT, UNIT, GAP, RISE, LONG] = [120, 13, 4, 6, 15, 12];
  const MIDDLE = LIMIT * UNIT;
  const FLOOR = 2 * MIDDLE + GAP + RISE;

  const down = (score) => (LIMIT - score) * UNIT;
  const line = (y) => `<path d="M${LEFT} ${y}H${WIDTH}"/>`;

  class ClassScores extends Explorable {
    start() {
      this.scores = numbers(this.getAttribute("scores") ?? "-0.5 1 0.25");
      this.names = (this.getAttribute("names") ?? "cat, dog, bird").split(",").map((name) => name.trim());
      this.right = Number(this.getAttribute("target") ?? 0);
      this.loss = this.getAttribute("loss") ?? "cross-entropy";
      this.forget();
    }

    setup() {
      this.find(".bars").innerHTML = this.scores
        .map((_, k) => `<g class="bar${k === this.right ? " right" : ""}"><rect class="score"/><rect class="share"/>
          <path class="edge"/><text class="name">${this.names[k]}${k === this.right ? " ✓" : ""}</text>
          <text class="p"/><rect class="grip" tabindex="0" role="slider" aria-orientation="vertical"
            aria-valuemin="${-LIMIT}" aria-valuemax="${LIMIT}" aria-describedby="hint"
            aria-label="Score of ${this.names[k]}${k === this.right ? ", the right class" : ""}"/></g>`)
        .join("");
      for (const [k, grip] of this.findAll(".grip").entries()) {
        this.draggable(grip, () => this.scores[k], (from, dx, dy, shift) => {
          const scores = [...this.scores];
          scores[k] = clamp(from - (dy / UNIT) * (shift ? 4 : 1), -LIMIT, LIMIT);
          this.change({ scores });
        });
      }
      this.find(".descend").onclick = () => this.walk();
      this.find(".up").onclick = () => this.shift(1);
      this.find(".down").onclick = () => this.shift(-1);
    }

    change(values = {}) {
      this.forget();
      super.change(values);
    }

    forget() {
      Object.assign(this, { path: null, walked: 0, shifted: 0 });
    }

    state() {
      return { loss: this.loss, scores: this.scores.map((score) => Number(score.toFixed(2))).join(" ") };
    }

    restore({ loss, scores }) {
      if (LOSSES.includes(loss)) this.loss = loss;
      const found = numbers(scores ?? "");
      if (found.length === this.scores.length && found.every((score) => Math.abs(score) <= LIMIT)) this.scores = found;
    }

    // The same for all scores, as far as there is room.
    shift(by) {
      const shifted = clamp(by, -LIMIT - Math.min(...this.scores), LIMIT - Math.max(...this.scores));
      this.change({ scores: this.scores.map((score) => score + shifted) });
      this.shifted = shifted;
      this.draw();
    }

    walk() {
      this.forget();
      this.path = descend(this.loss, this.scores, this.right);
      this.play(this.path.length - 1, (walked) => {
        this.walked = walked;
        this.scores = this.path[walked];
        this.draw();
      });
    }

    draw() {
      super.draw();
      const { scores, right, pixel } = this;
      const p = softmax(scores);
      const wide = (WIDTH - LEFT) / scores.length;
      for (const [k, bar] of this.findAll(".bar").entries()) {
        const [x, width, y] = [LEFT + (k + 0.2) * wide, 0.6 * wide, down(scores[k])];
        const part = (selector, attributes) => set(bar.querySelector(selector), attributes);
        part(".score", { x, width, y: Math.min(y, MIDDLE), height: Math.abs(y - MIDDLE) });
        part(".edge", { d: `M${x} ${y}h${width}` });
        part(".share", { x, width, y: FLOOR - p[k] * RISE, height: p[k] * RISE });
        part(".name", { x: x + width / 2, y: -8 * pixel });
        part(".p", { x: x + width / 2, y: FLOOR + 15 * pixel });
        bar.querySelector(".p").textContent = shown(p[k]);
        part(".grip", { x, width, y: y - 14 * pixel, height: 28 * pixel, "aria-valuenow": scores[k].toFixed(2) });
      }
      const margin = clamp(down(scores[right] - 1), 0, 2 * MIDDLE);
      const clear = margin > MIDDLE && margin < 1.9 * MIDDLE;
      set(this.find(".margin path"), { d: `M${LEFT} ${margin}H${WIDTH}` });
      set(this.find(".margin text"), { x: WIDTH, y: margin + (clear ? 13 : -3) * pixel });
      for (const label of this.findAll(".tick")) set(label, { y: Number(label.dataset.y) + 4 * pixel });
      this.find(".arrows").innerHTML = this.arrows(wide);
      this.fill(".values", "loss", (name) => losses[name](scores, right).value.toFixed(3));
      this.fill(".pulls", "pull", (name) => this.pull(name));
      this.find(".note").textContent = this.note();
    }

    // What a step of gradient descent by the chosen loss does to each score.
    arrows(wide) {
      const heads = pulls(this.loss, this.scores, this.right).map((force, k) => {
        const head = Math.min(8 * this.pixel, LONG * Math.abs(force));
        const x = LEFT + (k + 0.5) * wide;
        return head < this.pixel ? "" : arrow(x, down(this.scores[k]), 0, -LONG * force, head);
      });
      return `<g fill="${COLORS[this.loss]}" stroke="${COLORS[this.loss]}">${heads.join("")}</g>`;
    }

    // How hard a loss pulls the score of the right class up.
    pull(name) {
      const force = pulls(name, this.scores, this.right)[this.right];
      return force === 0 ? "0" : force < 0.001 ? "< 0.001" : force.toFixed(3);
    }

    note() {
      const { path, walked, loss, scores, right } = this;
      const ahead = lead(scores, right);
      const stands = ahead > 0 ? `leads by ${ahead.toFixed(1)}` : `is behind by ${(-ahead).toFixed(1)}`;
      if (path && walked < path.length - 1) return `Step ${walked}: the right class ${stands}.`;
      if (path) {
        const end = this.pull(loss) === "0" ? `${loss} is silent` : `${loss} still pulls with ${this.pull(loss)}`;
        return `After ${walked} steps the right class ${stands}, and ${end}.`;
      }
      if (this.shifted) return "All scores moved alike: no probability, no loss and no pull has changed.";
      if (losses["Weston-Watkins"](scores, right).value < 1e-9) {
        return `✓ The right class ${stands}. Both hinges are satisfied and silent; cross-entropy still pulls with
          ${this.pull("cross-entropy")}.`;
      }
      if (ahead > 0) return `The right class ${stands}, less than the margin of 1: every loss still pulls.`;
      const p = softmax(scores)[right];
      if (p < 0.05) {
        return `A confident mistake, p ${p < 0.001 ? "<" : "="} ${Math.max(p, 0.001).toFixed(3)}: cross-entropy pulls with
          ${this.pull("cross-entropy")}, MSE with ${this.pull("MSE")}.`;
      }
      return `The right class ${stands}. Arrows show how a step by ${loss} moves each score.`;
    }

    told() {
      const p = softmax(this.scores);
      const classes = this.names.map((name, k) => `${name} ${this.scores[k].toFixed(2)}, p ${p[k].toFixed(2)}`);
      return `${classes.join("; ")}. ${this.loss} ${losses[this.loss](this.scores, this.right).value.toFixed(3)}.
        ${this.find(".note").textContent}`;
    }
  }

  const tick = (y, label) => `<text class="tick" x="${LEFT - 2}" data-y="${y}">${label}</text>`;

  ClassScores.columns = LOSSES;
  ClassScores.style = `
    .grid path { fill: none; stroke: #ddd; stroke-width: 1px; }
    .grid .zero { stroke: #666; }
    .tick { text-anchor: end; }
    .name, .p { text-anchor: middle; pointer-events: none; }
    .score { fill: ${COLORS.prediction}26; stroke: ${COLORS.prediction}; stroke-width: 1px; }
    .share { fill: ${COLORS.prediction}b0; }
    .edge { stroke: ${COLORS.prediction}; stroke-width: 5px; }
    .right :is(.score, .edge) { stroke: ${COLORS.target}; }
    .right .score { fill: ${COLORS.target}1a; }
    .right .share { fill: ${COLORS.target}b0; }
    .right text { fill: ${COLORS.target}; font-weight: 700; }
    .margin path { fill: none; stroke: #666; stroke-width: 1.5px; stroke-dasharray: 5 4; }
    .margin text { text-anchor: end; }
    .margin, .arrows { pointer-events: none; }
    .arrows path { stroke-width: 3px; stroke-linejoin: round; }
    .grip { fill: transparent; cursor: ns-resize; }
    .grip:focus-visible { stroke: #222; stroke-width: 2px; }
    @media (max-width: 480px) { .note { min-height: 4.5em; } }`;
  ClassScores.view = `
    <svg viewBox="-2.5 -8 123.5 ${FLOOR + 15}" role="application" aria-label="Class scores to move, and their probabilities">
      <g class="grid">
        ${[6, 3, -3, -6].map((score) => `${line(down(score))}${tick(down(score), String(score).replace("-", "−"))}`).join("")}
        <g class="zero">${line(MIDDLE)}${line(FLOOR)}</g>${tick(MIDDLE, 0)}
        ${tick(down(4.5), "score")}${line(FLOOR - RISE)}${tick(FLOOR - RISE, 1)}${tick(FLOOR - RISE / 2, "p")}${tick(FLOOR, 0)}
      </g>
      <g class="bars"></g>
      <g class="margin"><path/><text>rivals above are within the margin</text></g>
      <g class="arrows"></g>
    </svg>
    <p class="note"></p>
    <table><thead><tr class="columns"></tr></thead><tbody><tr class="values"></tr><tr class="pulls"></tr></tbody></table>
    <div class="row"><button class="descend">Descend</button><button class="up">All +1</button>
      <button class="down">All −1</button><button class="reset">Reset</button></div>
    <p class="hint"><span id="hint">Drag a bar’s end. Arrow keys move it, with Shift faster.</span>
      A pull is what the loss does to the right class’s score; MSE is the sum of squared errors of the probabilities.
      Descent takes ${STEPS} steps at a rate of ${RATE}.</p>`;
  Object.assign(ClassScores, { losses, softmax, descend });
  customElements.define("class-scores", ClassScores);
})();
