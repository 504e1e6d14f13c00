// <paint-mask>: a true mask, outlined, and a prediction that the reader paints; what each loss says of it.
//
// Attributes, none of them needed: dare (a sentence above) and mode: "regions" (a large disc and a small dot, two classes
// beside the background) or "topology" (a thin line). What stands within the element is shown in print and where there is
// no JavaScript.
"use strict";

(() => {
  const { COLORS, Explorable, clamp, set } = explorables;

  // ---- Mathematics: losses of logits (one row a class, or one row for a mask) and the true class of each pixel ----

  const sum = (values) => values.reduce((total, value) => total + value, 0);
  const sigmoid = (z) => 1 / (1 + Math.exp(-z));

  function softmax(logits) {
    const most = logits[0].map((_, i) => Math.max(...logits.map((row) => row[i])));
    const raised = logits.map((row) => row.map((z, i) => Math.exp(z - most[i])));
    const total = most.map((_, i) => sum(raised.map((row) => row[i])));
    return raised.map((row) => row.map((value, i) => value / total[i]));
  }

  // Probabilities and truths, a row for each class that is scored, and what carries slopes back to the logits.
  function prepare(logits, target) {
    if (logits.length === 1) {
      const p = [logits[0].map(sigmoid)];
      return { p, y: [target], back: (slopes) => slopes.map((row, k) => row.map((g, i) => g * p[k][i] * (1 - p[k][i]))) };
    }
    const p = softmax(logits);
    const back = (slopes) => {
      const mean = target.map((_, i) => sum(p.map((row, k) => row[i] * slopes[k][i])));
      return slopes.map((row, k) => row.map((g, i) => p[k][i] * (g - mean[i])));
    };
    return { p, y: logits.map((_, k) => target.map((label) => Number(label === k))), back };
  }

  function crossEntropy(logits, target) {
    const { p, y } = prepare(logits, target);
    const count = target.length;
    const slopes = p.map((row, k) => row.map((value, i) => (value - y[k][i]) / count));
    const given = (i) => (logits.length === 1 ? (target[i] ? p[0][i] : 1 - p[0][i]) : p[target[i]][i]);
    return { value: -sum(target.map((_, i) => Math.log(given(i)))) / count, slopes };
  }

  // Tversky's loss of one row, with one pixel added to the overlap; Dice has the weight 1/2, Jaccard 1.
  function tversky(p, y, weight) {
    const hit = sum(p.map((value, i) => value * y[i])) + 1;
    const all = hit + weight * sum(p.map((value, i) => value + y[i] - 2 * value * y[i]));
    const slopes = y.map((truth) => (truth ? -(all - (1 - weight) * hit) : weight * hit) / all ** 2);
    return { value: 1 - hit / all, slopes };
  }

  // Lovász's extension of one less the IoU: errors in descending order, each weighted by what its pixel adds.
  function lovasz(p, y) {
    const errors = p.map((value, i) => Math.abs(y[i] - value));
    const order = errors.map((_, i) => i).sort((i, j) => errors[j] - errors[i]);
    const slopes = p.map(() => 0);
    let [missed, extra, before, value] = [0, 0, 0, 0];
    const size = sum(y);
    for (const i of order) {
      if (y[i]) missed += 1;
      else extra += 1;
      const loss = 1 - (size - missed) / (size + extra);
      value += errors[i] * (loss - before);
      slopes[i] = (y[i] ? -1 : 1) * (loss - before);
      before = loss;
    }
    return { value, slopes };
  }

  // The mean over the rows that count.
  function overRows(logits, target, score, counts = () => true) {
    const { p, y, back } = prepare(logits, target);
    const scored = p.map((row, k) => (counts(y[k]) ? score(row, y[k]) : null));
    const number = scored.filter(Boolean).length;
    const slopes = scored.map((one) => target.map((_, i) => (one ? one.slopes[i] / number : 0)));
    return { value: sum(scored.map((one) => (one ? one.value / number : 0))), slopes: back(slopes) };
  }

  // Pixels around one, itself included: all eight neighbors, or the four that share a side.
  function around(i, width, count, corners) {
    const [x, found] = [i % width, []];
    for (let dy = -1; dy <= 1; dy++) {
      for (let dx = -1; dx <= 1; dx++) {
        const j = i + dy * width + dx;
        if (x + dx >= 0 && x + dx < width && j >= 0 && j < count && (corners || !dx || !dy)) found.push(j);
      }
    }
    return found;
  }

  function softSkeleton(mask, width, iterations = 3) {
    const of = (values, pick, corners) =>
      values.map((_, i) => pick(...around(i, width, values.length, corners).map((j) => values[j])));
    let [skeleton, x] = [mask.map(() => 0), mask];
    for (let round = 0; round <= iterations; round++) {
      const smaller = of(x, Math.min, false);
      const opened = of(smaller, Math.max, true);
      skeleton = skeleton.map((value, i) => value + (1 - value) * Math.max(0, x[i] - opened[i]));
      x = smaller;
    }
    return skeleton;
  }

  // One less clDice of a mask; its slopes are not drawn.
  function clDice([logits], target, width) {
    const share = (line, mask) => (sum(line.map((value, i) => value * mask[i])) + 1) / (sum(line) + 1);
    const p = logits.map(sigmoid);
    const precision = share(softSkeleton(p, width), target);
    const recall = share(softSkeleton(target, width), p);
    return { value: 1 - (2 * precision * recall) / (precision + recall) };
  }

  const LOSSES = {
    "cross-entropy": crossEntropy,
    Dice: (logits, target) => overRows(logits, target, (p, y) => tversky(p, y, 0.5)),
    Jaccard: (logits, target) => overRows(logits, target, (p, y) => tversky(p, y, 1)),
    "Lovász": (logits, target) => overRows(logits, target, lovasz, (y) => y.includes(1)),
    clDice,
  };

  // Components of a mask, whose pixels may touch by a corner, and its holes, whose pixels may not.
  function betti(mask, width) {
    const count = (wanted, cells, across, corners) => {
      const seen = new Set();
      let parts = 0;
      cells.forEach((value, start) => {
        if (value !== wanted || seen.has(start)) return;
        parts += 1;
        const open = [start];
        seen.add(start);
        while (open.length) {
          for (const j of around(open.pop(), across, cells.length, corners)) {
            if (cells[j] === wanted && !seen.has(j)) {
              seen.add(j);
              open.push(j);
            }
          }
        }
      });
      return parts;
    };
    // With a margin, all of the ground outside is one piece.
    const [wide, rows] = [width + 2, mask.length / width];
    const padded = Array(wide * (rows + 2)).fill(0);
    mask.forEach((value, i) => (padded[(Math.floor(i / width) + 1) * wide + (i % width) + 1] = value));
    return { components: count(1, mask, width, true), holes: count(0, padded, wide, false) - 1 };
  }

  // ---- The element ----

  const [WIDTH, HEIGHT, SURE] = [24, 14, 6];
  const CELLS = Array.from({ length: WIDTH * HEIGHT }, (_, i) => i);
  const place = (i) => [i % WIDTH, Math.floor(i / WIDTH)];
  const away = (i, x, y) => Math.hypot(place(i)[0] - x, place(i)[1] - y);
  // The ground's pixels, the nearest to a place first.
  const nearest = (truth, x, y) => CELLS.filter((i) => !truth[i]).sort((i, j) => away(i, x, y) - away(j, x, y));
  const wave = (x) => 6.5 + 3 * Math.sin(x / 3);

  const MODES = {
    regions: {
      classes: ["nothing", "disc", "dot"],
      columns: ["cross-entropy", "Dice", "Jaccard", "Lovász"],
      truth: CELLS.map((i) => (away(i, 7, 6.5) < 4.7 ? 1 : away(i, 18, 4) < 1.2 ? 2 : 0)),
      // Five pixels each.
      damages: {
        "Miss the dot": (truth) => truth.map((label) => (label === 2 ? 0 : label)),
        "Fray the disc": (truth) => {
          const edge = nearest(truth, 7, 6.5).filter((_, n) => n % 5 === 0).slice(0, 5);
          return truth.map((label, i) => (edge.includes(i) ? 1 : label));
        },
      },
    },
    topology: {
      classes: ["nothing", "line"],
      columns: ["cross-entropy", "Dice", "clDice"],
      truth: CELLS.map((i) => Number(Math.abs(place(i)[1] - wave(place(i)[0])) < 1.6)),
      // Six pixels each: those of two columns, or one more below the line in each of six.
      damages: {
        "Cut the line": (truth) => truth.map((label, i) => ([11, 12].includes(place(i)[0]) ? 0 : label)),
        "Thicken it": (truth) =>
          truth.map((label, i) => (place(i)[0] > 1 && place(i)[0] < 8 && truth[i - WIDTH] ? 1 : label)),
      },
    },
  };

  const GRID = [...Array(WIDTH).keys()].map((x) => `M${x} 0v${HEIGHT}`).join("")
    + [...Array(HEIGHT).keys()].map((y) => `M0 ${y}h${WIDTH}`).join("");
  const squares = (cells) => cells.map((i) => `M${place(i).join(" ")}h1v1h-1z`).join("");

  // The sides between cells of different classes.
  function outline(truth) {
    const sides = CELLS.map((i) => {
      const [x, y] = place(i);
      const right = x + 1 < WIDTH && truth[i] !== truth[i + 1] ? `M${x + 1} ${y}v1` : "";
      const below = y + 1 < HEIGHT && truth[i] !== truth[i + WIDTH] ? `M${x} ${y + 1}h1` : "";
      return right + below;
    });
    return sides.join("");
  }

  class PaintMask extends Explorable {
    get mode() {
      return MODES[this.getAttribute("mode")] ?? MODES.regions;
    }

    get columns() {
      return this.mode.columns;
    }

    head(name) {
      // Only the losses whose slopes are known can be chosen.
      return this.mode === MODES.regions ? super.head(name) : super.head(name).replace(/<input[^>]*>/, "");
    }

    start() {
      this.painted = [...this.mode.truth];
      this.loss = this.mode.columns[1];
      this.brush = this.mode.classes.at(-1);
      this.cursor = Math.floor(HEIGHT / 2) * WIDTH + WIDTH / 2;
    }

    setup() {
      const { classes, damages } = this.mode;
      const brushes = classes.slice(1).map((name) => `<label><input type="radio" name="brush" value="${name}">${name}</label>`);
      this.find(".brushes").innerHTML = classes.length > 2 ? `<span>Paint</span>${brushes.join("")}` : "";
      for (const input of this.findAll("[name=brush]")) input.oninput = () => this.change({ brush: input.value });
      this.find(".damages").innerHTML = Object.keys(damages).map((name) => `<button>${name}</button>`).join("");
      for (const button of this.findAll(".damages button")) {
        button.onclick = () => this.change({ painted: damages[button.textContent](this.mode.truth) });
      }
      this.find(".pulls-hint").hidden = this.mode !== MODES.regions;
      this.paintable(this.find(".grip"));
    }

    // Press and drag to paint; the first pixel says whether the stroke paints or erases.
    paintable(ground) {
      let stroke = null;
      const at = (event) => {
        const box = ground.getBoundingClientRect();
        const x = clamp(Math.floor(((event.clientX - box.left) / box.width) * WIDTH), 0, WIDTH - 1);
        return clamp(Math.floor(((event.clientY - box.top) / box.height) * HEIGHT), 0, HEIGHT - 1) * WIDTH + x;
      };
      ground.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
      ground.onpointerdown = (event) => {
        if (event.button) return;
        ground.setPointerCapture(event.pointerId);
        stroke = this.toggled(at(event));
        this.paint(at(event), stroke);
      };
      ground.onpointermove = (event) => {
        if (stroke !== null) this.paint(at(event), stroke);
      };
      ground.onlostpointercapture = () => (stroke = null);
      ground.onkeydown = (event) => {
        const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
        if (step) {
          const [x, y] = place(this.cursor).map((value, axis) => clamp(value + step[axis], 0, [WIDTH, HEIGHT][axis] - 1));
          this.change({ cursor: y * WIDTH + x });
        } else if (event.key === " " || event.key === "Enter") this.paint(this.cursor, this.toggled(this.cursor));
        else return;
        event.preventDefault();
      };
    }

    // What a press makes of a pixel: the class of the brush, or nothing where that is already.
    toggled(cell) {
      const label = this.mode.classes.indexOf(this.brush);
      return this.painted[cell] === label ? 0 : label;
    }

    paint(cell, label) {
      this.change({ cursor: cell, painted: this.painted.map((old, i) => (i === cell ? label : old)) });
    }

    state() {
      const changed = CELLS.filter((i) => this.painted[i] !== this.mode.truth[i]);
      return { loss: this.loss, brush: this.brush, cells: changed.map((i) => `${i}.${this.painted[i]}`).join(" ") };
    }

    restore({ loss, brush, cells = "" }) {
      if (this.columns.includes(loss)) this.loss = loss;
      if (this.mode.classes.slice(1).includes(brush)) this.brush = brush;
      for (const [cell, label] of cells.split(" ").map((text) => text.split(".").map(Number))) {
        if (cell in this.painted && label in this.mode.classes) this.painted[cell] = label;
      }
    }

    get logits() {
      const { classes } = this.mode;
      if (classes.length === 2) return [this.painted.map((label) => (label ? SURE : -SURE))];
      return classes.map((_, k) => this.painted.map((label) => (label === k ? SURE : 0)));
    }

    iou(label) {
      const both = CELLS.filter((i) => this.painted[i] === label && this.mode.truth[i] === label).length;
      const either = CELLS.filter((i) => this.painted[i] === label || this.mode.truth[i] === label).length;
      return either ? both / either : 1;
    }

    draw() {
      super.draw();
      const { truth, classes } = this.mode;
      classes.slice(1).forEach((name, k) =>
        set(this.find(`.class${k + 1}`), { d: squares(CELLS.filter((i) => this.painted[i] === k + 1)) }));
      set(this.find(".truth"), { d: outline(truth) });
      const [x, y] = place(this.cursor);
      set(this.find(".cursor"), { x, y });
      const found = Object.fromEntries(this.columns.map((name) => [name, LOSSES[name](this.logits, truth, WIDTH)]));
      this.fill(".losses", "loss", (name) => found[name].value.toFixed(3));
      set(this.find(".pulls"), { d: this.mode === MODES.regions ? this.pulls(found[this.loss].slopes) : "" });
      this.find(".note").textContent = this.note();
    }

    // A disc on each wrong pixel; its area tells how hard it is pulled, beside the hardest.
    pulls(slopes) {
      const wrong = CELLS.filter((i) => this.painted[i] !== this.mode.truth[i]);
      const hard = wrong.map((i) => Math.hypot(...slopes.map((row) => row[i])));
      const most = Math.max(...hard);
      const discs = wrong.map((i, n) => {
        const radius = 0.45 * Math.sqrt(hard[n] / most);
        const [x, y] = place(i).map((value) => value + 0.5);
        return `M${x - radius} ${y}a${radius} ${radius} 0 1 0 ${2 * radius} 0a${radius} ${radius} 0 1 0 ${-2 * radius} 0z`;
      });
      return discs.join("");
    }

    note() {
      const { truth, classes } = this.mode;
      const wrong = CELLS.filter((i) => this.painted[i] !== truth[i]).length;
      const told = `${wrong} wrong pixel${wrong === 1 ? "" : "s"}.`;
      if (classes.length > 2) return `${told} IoU of the disc ${this.iou(1).toFixed(2)}, of the dot ${this.iou(2).toFixed(2)}.`;
      const { components, holes } = betti(this.painted, WIDTH);
      const plural = (count, name) => `${count} ${name}${count === 1 ? "" : "s"}`;
      return `${told} ${plural(components, "component")}, ${plural(holes, "hole")}; IoU ${this.iou(1).toFixed(2)}.`;
    }

    told() {
      const [x, y] = place(this.cursor);
      const here = this.mode.classes[this.painted[this.cursor]];
      const values = this.columns.map((name) => `${name} ${LOSSES[name](this.logits, this.mode.truth, WIDTH).value.toFixed(3)}`);
      return `Column ${x + 1}, row ${y + 1}: ${here}. ${this.note()} ${values.join(", ")}.`;
    }
  }

  PaintMask.columns = [];
  PaintMask.style = `
    .ground { fill: #f4f4f4; }
    .grid { stroke: #ddd; stroke-width: 0.75px; }
    .class1 { fill: #56B4E9; }
    .class2 { fill: #E69F00; }
    .truth { fill: none; stroke: ${COLORS.target}; stroke-width: 2px; }
    .pulls { fill: #332288; }
    .cursor { fill: none; stroke: none; }
    .grip { fill: transparent; cursor: crosshair; }
    .grip:focus-visible ~ .cursor { stroke: #222; stroke-width: 3px; stroke-dasharray: 3 2; }
    .damages { display: contents; }
    @media (max-width: 480px) { .note { min-height: 4.5em; } }`;
  PaintMask.view = `
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="application" aria-label="A true mask, outlined, and a painted prediction">
      <rect class="ground" width="${WIDTH}" height="${HEIGHT}"/><path class="grid" d="${GRID}"/>
      <path class="class1"/><path class="class2"/><path class="pulls"/><path class="truth"/>
      <rect class="grip" width="${WIDTH}" height="${HEIGHT}" tabindex="0" role="application" aria-describedby="hint"
        aria-label="The prediction, to paint"/>
      <rect class="cursor" width="1" height="1"/>
    </svg>
    <p class="note"></p>
    <table><thead><tr class="columns"></tr></thead><tbody><tr class="losses"></tr></tbody></table>
    <div class="row"><button class="reset">Reset</button><span class="damages"></span>
      <span class="row brushes" role="radiogroup" aria-label="What is painted"></span></div>
    <p class="hint"><span id="hint">Press and drag to paint or erase; arrow keys move, the space bar paints.</span>
      The truth is outlined. <span class="pulls-hint">Discs: how hard the chosen loss pulls a wrong pixel, beside the hardest.</span></p>`;
  Object.assign(PaintMask, {
    loss: (name, logits, target, width) => LOSSES[name](logits, target, width),
    softSkeleton,
    betti,
    modes: MODES,
  });
  customElements.define("paint-mask", PaintMask);
})();
