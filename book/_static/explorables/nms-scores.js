// <nms-scores>: two objects, six predictions, and non-maximum suppression between them. Move the objects, the boxes, the
// scores and the threshold, and see which box suppresses which.
//
// Attributes, none of them needed: dare (a sentence above), threshold, rank ("class" or "fused"), alpha (the exponent of
// the class score in the fused one) and objects (two characters to draw, with a space between). What stands within the
// element is shown in print and where there is no JavaScript.
"use strict";

(() => {
  const { COLORS, Explorable, arrow, clamp, moved, numbers, set } = explorables;

  // ---- Mathematics: overlap, the score to rank by, and suppression ----

  const area = ([x1, y1, x2, y2]) => (x2 - x1) * (y2 - y1);

  function iou(a, b) {
    const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
    const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
    const both = Math.max(width, 0) * Math.max(height, 0);
    return both / (area(a) + area(b) - both);
  }

  const fuse = (score, overlap, alpha) => score ** alpha * overlap ** (1 - alpha);

  // From the best score down, keep what overlaps no kept box by more than the threshold. Which are kept, best first, and
  // for each box the first kept one that suppresses it, or null.
  function nms(boxes, scores, threshold) {
    const order = [...boxes.keys()].sort((i, j) => scores[j] - scores[i]);
    const [keep, by] = [[], boxes.map(() => null)];
    for (const i of order) {
      by[i] = keep.find((j) => iou(boxes[i], boxes[j]) > threshold) ?? null;
      if (by[i] === null) keep.push(i);
    }
    return { keep, by };
  }

  // ---- The element ----

  const [WIDTH, HEIGHT, EDGE] = [120, 68, 5];
  const TARGETS = [[20, 13, 48, 57], [72, 11, 100, 55]];
  const BOXES = [
    [26, 11, 55, 56], [19, 14, 47, 59], [13, 19, 40, 64],
    [66, 7, 96, 53], [74, 12, 101, 56], [72, 16, 103, 62],
  ];
  const SCORES = [0.93, 0.84, 0.62, 0.9, 0.86, 0.55];
  const EACH = BOXES.length / TARGETS.length;
  const NAMES = BOXES.map((_, i) => String(i + 1));
  // At which corner the number of a box stands: [horizontal, vertical] edge.
  const CORNERS = [[2, 1], [0, 1], [0, 3], [0, 1], [2, 1], [2, 3]];

  const isBox = ([x1, y1, x2, y2]) => x1 >= 0 && y1 >= 0 && x2 <= WIDTH && y2 <= HEIGHT && x1 < x2 && y1 < y2;
  const place = ([x1, y1, x2, y2]) => ({ x: x1, y: y1, width: x2 - x1, height: y2 - y1 });
  const around = (boxes) =>
    boxes.reduce((a, b) => [...[0, 1].map((i) => Math.min(a[i], b[i])), ...[2, 3].map((i) => Math.max(a[i], b[i]))]);
  const written = (boxes) => boxes.flat().map((value) => Number(value.toFixed(1))).join(" ");
  // Boxes from the numbers of an address, if all of them are there.
  function read(text, count) {
    const found = numbers(text ?? "");
    const boxes = Array.from({ length: count }, (_, i) => found.slice(4 * i, 4 * i + 4));
    return found.length === 4 * count && boxes.every(isBox) ? boxes : null;
  }

  class NmsScores extends Explorable {
    start() {
      this.targets = TARGETS;
      this.boxes = BOXES;
      this.scores = SCORES;
      this.box = "1";
      this.threshold = this.getAttribute("threshold") ?? "0.5";
      this.rank = this.getAttribute("rank") ?? "class";
      this.alpha = Number(this.getAttribute("alpha") ?? 0.5);
      this.objects = (this.getAttribute("objects") ?? "7 3").split(" ");
    }

    setup() {
      this.find(".alpha").textContent = this.alpha;
      this.find(".rest").textContent = Number((1 - this.alpha).toFixed(2));
      for (const [i, glyph] of this.findAll(".glyph").entries()) glyph.textContent = this.objects[i];
      for (const [i, grip] of this.findAll(".grip.object").entries()) {
        grip.setAttribute("aria-label", `The object ${this.objects[i]} with its boxes`);
        this.draggable(grip, () => [this.targets, this.boxes], ([targets, boxes], dx, dy, shift) => {
          this.moveObject(i, targets, boxes, shift ? 5 * dx : dx, shift ? 5 * dy : dy);
        });
      }
      for (const [i, grip] of this.findAll(".grip.number").entries()) {
        const choose = () => {
          this.box = NAMES[i];
          this.draw();
          return this.boxes;
        };
        grip.onfocus = choose;
        this.draggable(grip, choose, (from, dx, dy, shift) => {
          const far = shift ? 5 : 1;
          const box = moved(from[i], dx * far, dy * far, WIDTH, HEIGHT);
          this.change({ boxes: from.with(i, box) });
        });
      }
    }

    // An object takes its own boxes along.
    moveObject(i, targets, boxes, dx, dy) {
      const mine = (k) => Math.floor(k / EACH) === i;
      const all = around([targets[i], ...boxes.filter((_, k) => mine(k))]);
      const to = moved(all, dx, dy, WIDTH, HEIGHT);
      const [right, down] = [to[0] - all[0], to[1] - all[1]];
      const along = ([x1, y1, x2, y2]) => [x1 + right, y1 + down, x2 + right, y2 + down];
      this.change({
        targets: targets.with(i, along(targets[i])),
        boxes: boxes.map((box, k) => (mine(k) ? along(box) : box)),
      });
    }

    // The slider moves the score of the chosen box.
    get score() {
      return this.scores[this.chosen];
    }

    set score(value) {
      this.scores = this.scores.with(this.chosen, Number(value));
    }

    get chosen() {
      return Number(this.box) - 1;
    }

    state() {
      const { threshold, rank, scores, targets, boxes } = this;
      return { threshold, rank, scores: scores.join(" "), targets: written(targets), boxes: written(boxes) };
    }

    restore({ threshold, rank, scores, targets, boxes }) {
      if (threshold >= 0.05 && threshold <= 0.95) this.threshold = threshold;
      if (["class", "fused"].includes(rank)) this.rank = rank;
      const found = numbers(scores ?? "");
      if (found.length === SCORES.length && found.every((score) => score >= 0.01 && score <= 1)) this.scores = found;
      this.targets = read(targets, TARGETS.length) ?? this.targets;
      this.boxes = read(boxes, BOXES.length) ?? this.boxes;
    }

    draw() {
      const { boxes, targets, scores } = this;
      this.overlaps = boxes.map((box) => targets.map((target) => iou(box, target)));
      this.fits = this.overlaps.map((row) => Math.max(...row));
      this.fused = scores.map((score, i) => fuse(score, this.fits[i], this.alpha));
      this.result = nms(boxes, this.rank === "fused" ? this.fused : scores, Number(this.threshold));
      super.draw();
      for (const [i, target] of targets.entries()) {
        const [x, y] = [(target[0] + target[2]) / 2, (target[1] + target[3]) / 2];
        set(this.findAll(".grip.object")[i], place(target));
        set(this.findAll(".glyph")[i], { x, y: y + 15, "font-size": 42 });
      }
      for (const [i, box] of boxes.entries()) this.drawBox(i, box);
      this.find(".arrows").innerHTML = this.arrows();
      this.find(".threshold").textContent = Number(this.threshold).toFixed(2);
      this.find(".of").textContent = `score of box ${this.box}`;
      this.find(".score").textContent = this.score.toFixed(2);
      this.fill(".scores", "score", (name) => scores[NAMES.indexOf(name)].toFixed(2));
      this.fill(".fits", "IoU", (name) => this.fits[NAMES.indexOf(name)].toFixed(2));
      this.fill(".fused", "fused", (name) => this.fused[NAMES.indexOf(name)].toFixed(2));
      this.fill(".fates", "NMS", (name) => this.fate(NAMES.indexOf(name)));
      this.find(".scores").classList.toggle("ranked", this.rank === "class");
      this.find(".fused").classList.toggle("ranked", this.rank === "fused");
      this.find(".note").textContent = this.note();
    }

    drawBox(i, box) {
      const kept = this.result.by[i] === null;
      const [cx, cy] = this.corner(i);
      const at = (selector) => this.findAll(selector)[i];
      set(at(".pred"), place(box));
      set(at(".dot"), { cx, cy, r: 9 * this.pixel });
      set(at(".digit"), { x: cx, y: cy + 4.5 * this.pixel });
      set(at(".grip.number"), { cx, cy, r: 13 * this.pixel });
      for (const part of [".pred", ".dot", ".digit"]) {
        at(part).classList.toggle("kept", kept);
        at(part).classList.toggle("chosen", i === this.chosen);
      }
    }

    corner(i) {
      return CORNERS[i].map((edge) => this.boxes[i][edge]);
    }

    // From the number of each kept box to those that it suppresses.
    arrows() {
      const { pixel, result } = this;
      return result.by.map((by, i) => {
        if (by === null) return "";
        const [[x, y], [toX, toY]] = [this.corner(by), this.corner(i)];
        const length = Math.hypot(toX - x, toY - y);
        const [start, end] = [9 * pixel, length - 11 * pixel].map((far) => far / length);
        const [dx, dy] = [toX - x, toY - y];
        return end > start ? arrow(x + start * dx, y + start * dy, (end - start) * dx, (end - start) * dy, 8 * pixel) : "";
      }).join("");
    }

    fate(i) {
      const by = this.result.by[i];
      return by === null ? "<b>kept</b>" : `by ${NAMES[by]}`;
    }

    // The object that a box overlaps most, or -1.
    objectOf(i) {
      return this.fits[i] > 0 ? this.overlaps[i].indexOf(this.fits[i]) : -1;
    }

    note() {
      const { keep, by } = this.result;
      const of = (object) => keep.filter((i) => this.objectOf(i) === object);
      const found = this.objects.map((_, object) => of(object));
      const lost = this.objects.filter((_, object) => found[object].length === 0);
      if (lost.length) return `Lost: the ${lost.join(" and the ")}. No box of it is left.`;
      const spare = [...found.flatMap((boxes) => boxes.slice(1)), ...of(-1)].sort().map((i) => NAMES[i]);
      if (spare.length) return `Too many: ${spare.length === 1 ? "box" : "boxes"} ${spare.join(" and ")} could go.`;
      const best = this.objects.map((_, object) => {
        const fits = this.overlaps.map((row) => row[object]);
        return fits.indexOf(Math.max(...fits));
      });
      const gone = best.findIndex((i) => by[i] !== null);
      if (gone < 0) return "✓ One box for each object, and each is the one that fits best.";
      const lostTo = (object) => `box ${NAMES[best[object]]}, which fits the ${this.objects[object]} best, lost to box
        ${NAMES[by[best[object]]]}`;
      const taken = best.findIndex((i, object) => by[i] !== null && this.objectOf(by[i]) !== object);
      if (taken >= 0) return `Too close: ${lostTo(taken)}, which is of the other object.`;
      return `✓ One box for each object. But ${lostTo(gone)}.`;
    }

    told() {
      const fates = NAMES.map((name, i) => {
        const by = this.result.by[i];
        return `${name} ${by === null ? "kept" : `suppressed by ${NAMES[by]}`}`;
      });
      return `Threshold ${Number(this.threshold).toFixed(2)}, ranked by ${this.rank} score. Box ${fates.join(", ")}.
        ${this.note()}`;
    }
  }

  NmsScores.columns = NAMES;
  NmsScores.choice = "box";
  NmsScores.style = `
    .grip.object { fill: ${COLORS.target}0d; stroke: ${COLORS.target}; stroke-width: 2px; }
    .grip.object:focus-visible { stroke-width: 4px; }
    .glyph { fill: #bbb; text-anchor: middle; font-family: sans-serif; pointer-events: none; }
    .pred, .dot { fill: none; stroke: ${COLORS.prediction}; stroke-width: 1.5px; stroke-dasharray: 4 3; pointer-events: none; }
    .pred.kept { fill: ${COLORS.prediction}1a; stroke-width: 3px; stroke-dasharray: none; }
    .dot { fill: #fff; stroke-dasharray: none; }
    .dot.kept { fill: ${COLORS.prediction}; }
    .digit { fill: ${COLORS.prediction}; text-anchor: middle; font-weight: 700; pointer-events: none; }
    .digit.kept { fill: #fff; }
    .dot.chosen { stroke: #222; stroke-width: 2.5px; }
    .grip.number { fill: transparent; }
    .grip.number:focus-visible { stroke: #222; stroke-width: 2px; }
    .arrows { pointer-events: none; }
    .arrows path { fill: #444; stroke: #444; stroke-width: 1.5px; stroke-linejoin: round; }
    .ranked :is(th, td) { font-weight: 700; }
    th label { min-width: 1.75rem; justify-content: center; }`;
  NmsScores.view = `
    <svg viewBox="${-EDGE} ${-EDGE} ${WIDTH + 2 * EDGE} ${HEIGHT + 2 * EDGE}" role="application"
      aria-label="Two objects and six predicted boxes to move">
      <g class="objects">${TARGETS.map(() => `<rect class="grip object" tabindex="0" role="img" aria-describedby="hint"/>
        <text class="glyph"></text>`).join("")}</g>
      <g class="preds">${NAMES.map(() => '<rect class="pred"/>').join("")}</g>
      <g class="arrows"></g>
      <g class="numbers">${NAMES.map((name) => `<circle class="dot"/><text class="digit">${name}</text>
        <circle class="grip number" tabindex="0" role="img" aria-describedby="hint" aria-label="Box ${name}"/>`).join("")}</g>
    </svg>
    <p class="note"></p>
    <div class="row"><label>threshold <input type="range" name="threshold" min="0.05" max="0.95" step="0.05"><output
      class="threshold"></output></label>
      <span class="row" role="radiogroup" aria-label="Ranked by"><span>Rank by</span>
        <label><input type="radio" name="rank" value="class">score</label>
        <label><input type="radio" name="rank" value="fused">fused</label></span></div>
    <table><thead><tr class="columns"></tr></thead><tbody><tr class="scores"></tr><tr class="fits"></tr>
      <tr class="fused"></tr><tr class="fates"></tr></tbody></table>
    <div class="row"><label><span class="of"></span> <input type="range" name="score" min="0.01" max="1" step="0.01"><output
      class="score"></output></label><button class="reset">Reset</button></div>
    <p class="hint"><span id="hint">Drag an object, which takes its boxes along, or a box by its number; arrow keys move
      them, with Shift faster.</span> Arrows lead from a kept box to those it suppresses. IoU is with the object, as a
      perfect detector would predict it; fused is score<sup class="alpha"></sup> · IoU<sup class="rest"></sup>.</p>`;
  Object.assign(NmsScores, { iou, fuse, nms });
  customElements.define("nms-scores", NmsScores);
})();
