// <box-playground>: the IoU family under the reader's hands. Drag the prediction, read the losses, see the step that
// gradient descent takes on each edge, and let it run.
//
// Attributes, none of them needed: dare (a sentence above), loss (the one chosen at first), box and target (as
// "x1 y1 x2 y2" on a ground of 120 by 76). What stands within the element is shown in print and where there is no
// JavaScript.
"use strict";

(() => {
  const { COLORS, Explorable, arrow, clamp, moved, numbers, set } = explorables;

  // ---- Mathematics: values with their slopes on the four edges of the prediction ----

  // A quantity: its value, and by the chain rule its slopes, from parts and the derivative for each.
  const quantity = (value, ...parts) => ({
    value,
    slopes: [0, 1, 2, 3].map((edge) => parts.reduce((sum, [rate, part]) => sum + rate * part.slopes[edge], 0)),
  });
  const number = (value) => quantity(value);
  const plus = (a, b) => quantity(a.value + b.value, [1, a], [1, b]);
  const minus = (a, b) => quantity(a.value - b.value, [1, a], [-1, b]);
  const times = (a, b) => quantity(a.value * b.value, [b.value, a], [a.value, b]);
  const over = (a, b) => quantity(a.value / b.value, [1 / b.value, a], [-a.value / b.value ** 2, b]);
  const square = (a) => times(a, a);
  const positive = (a) => quantity(Math.max(a.value, 0), [a.value > 0 ? 1 : 0, a]);
  // Where both are equal there is a kink, and the slope is half of each, as in PyTorch.
  const least = (a, b) => {
    const share = a.value === b.value ? 0.5 : a.value < b.value ? 1 : 0;
    return quantity(Math.min(a.value, b.value), [share, a], [1 - share, b]);
  };
  const most = (a, b) => minus(plus(a, b), least(a, b));
  const angle = (w, h) => {
    const squares = w.value ** 2 + h.value ** 2;
    return quantity(Math.atan2(w.value, h.value), [h.value / squares, w], [-w.value / squares, h]);
  };

  function geometry(pred, target) {
    const [x1, y1, x2, y2] = pred.map((value, i) => ({ value, slopes: [0, 1, 2, 3].map((e) => Number(e === i)) }));
    const [tx1, ty1, tx2, ty2] = target.map(number);
    const [w, h, tw, th] = [minus(x2, x1), minus(y2, y1), minus(tx2, tx1), minus(ty2, ty1)];
    const overlapWidth = minus(least(x2, tx2), most(x1, tx1));
    const overlapHeight = minus(least(y2, ty2), most(y1, ty1));
    const [cw, ch] = [minus(plus(w, tw), overlapWidth), minus(plus(h, th), overlapHeight)];
    const intersection = times(positive(overlapWidth), positive(overlapHeight));
    const union = minus(plus(times(w, h), times(tw, th)), intersection);
    const [dx, dy] = [minus(plus(x1, x2), plus(tx1, tx2)), minus(plus(y1, y2), plus(ty1, ty2))];
    const distance = over(plus(square(dx), square(dy)), number(4));
    return {
      iou: over(intersection, union),
      waste: over(minus(times(cw, ch), union), times(cw, ch)),
      center: over(distance, plus(square(cw), square(ch))),
      size: plus(square(over(minus(w, tw), cw)), square(over(minus(h, th), ch))),
      turn: times(number(2 / Math.PI), minus(angle(tw, th), angle(w, h))),
    };
  }

  const similarity = {
    IoU: (g) => g.iou,
    GIoU: (g) => minus(g.iou, g.waste),
    DIoU: (g) => minus(g.iou, g.center),
    CIoU: (g) => {
      const aspect = square(g.turn);
      const alpha = number(aspect.value / (1 - g.iou.value + aspect.value + 1e-12)); // held constant
      return minus(minus(g.iou, g.center), times(alpha, aspect));
    },
    EIoU: (g) => minus(minus(g.iou, g.center), g.size),
  };
  const LOSSES = Object.keys(similarity);

  // The loss and its gradient on x1, y1, x2, y2.
  const loss = (name, pred, target) => minus(number(1), similarity[name](geometry(pred, target)));
  const iou = (pred, target) => geometry(pred, target).iou.value;

  // Where gradient descent moves the edges, for a rate of 1: a step on the corners, or one on center and size.
  function step(name, by, pred, target) {
    const [x1, y1, x2, y2] = loss(name, pred, target).slopes.map((slope) => 0 - slope);
    if (by === "corners") return [x1, y1, x2, y2];
    const onSize = (low, high) => [low + high - (high - low) / 4, low + high + (high - low) / 4];
    const [[left, right], [top, bottom]] = [onSize(x1, x2), onSize(y1, y2)];
    return [left, top, right, bottom];
  }

  const [FIT, LIMIT, RATE] = [0.9, 3000, 0.01];
  const flat = (edges) => Math.max(...edges.map(Math.abs)) < 1e-9;

  // Plain gradient descent; the rate is a share of the target's area. How it ends: it fits, is flat, or takes too long.
  function descend(name, by, pred, target) {
    const rate = RATE * (target[2] - target[0]) * (target[3] - target[1]);
    const path = [pred];
    for (;;) {
      if (iou(pred, target) >= FIT) return { path, end: "fits" };
      const edges = step(name, by, pred, target);
      if (flat(edges)) return { path, end: "flat" };
      if (path.length > LIMIT) return { path, end: "limit" };
      pred = pred.map((value, edge) => value + rate * edges[edge]);
      path.push(pred);
    }
  }

  const lastStep = ({ path }) => path.length - 1;

  // ---- The element ----

  const [WIDTH, HEIGHT, EDGE, SMALLEST] = [120, 76, 5, 6];
  const CORNERS = { nw: [0, 1], ne: [2, 1], sw: [0, 3], se: [2, 3] };

  const isBox = ([x1, y1, x2, y2]) =>
    x1 >= 0 && y1 >= 0 && x2 <= WIDTH && y2 <= HEIGHT && x2 - x1 >= SMALLEST && y2 - y1 >= SMALLEST;
  const place = ([x1, y1, x2, y2]) => ({ x: x1, y: y1, width: Math.max(x2 - x1, 0), height: Math.max(y2 - y1, 0) });
  const outline = ([x1, y1, x2, y2]) => `${x1} ${y1}H${x2}V${y2}H${x1}z`;
  const middle = ([x1, y1, x2, y2]) => `${(x1 + x2) / 2} ${(y1 + y2) / 2}`;

  // The box with one corner moved, which stops at the ground's end and before the opposite corner.
  function resized(box, corner, dx, dy) {
    const [h, v] = CORNERS[corner];
    const result = [...box];
    result[h] = h ? clamp(box[h] + dx, box[0] + SMALLEST, WIDTH) : clamp(box[h] + dx, 0, box[2] - SMALLEST);
    result[v] = v > 1 ? clamp(box[v] + dy, box[1] + SMALLEST, HEIGHT) : clamp(box[v] + dy, 0, box[3] - SMALLEST);
    return result;
  }

  class BoxPlayground extends Explorable {
    setup() {
      for (const grip of this.findAll(".grip")) {
        const { corner } = grip.dataset;
        this.draggable(grip, () => this.pred, (from, dx, dy, shift) => {
          this.change({ pred: corner || shift ? resized(from, corner ?? "se", dx, dy) : moved(from, dx, dy, WIDTH, HEIGHT) });
        });
      }
      this.find(".descend").onclick = () => this.walk([this.loss]);
      this.find(".race").onclick = () => this.walk(LOSSES);
    }

    start() {
      this.pred = numbers(this.getAttribute("box") ?? "14 14 38 30");
      this.target = numbers(this.getAttribute("target") ?? "62 28 94 56");
      this.loss = this.getAttribute("loss") ?? "IoU";
      this.by = "size";
      this.forget();
    }

    // A walk that ended stays on the picture while the reader looks at other losses.
    change(values = {}) {
      if (this.frame || !values.loss) this.forget();
      super.change(values);
    }

    state() {
      return { loss: this.loss, by: this.by, box: this.pred.map((value) => value.toFixed(1)).join(" ") };
    }

    restore({ loss, by, box }) {
      if (LOSSES.includes(loss)) this.loss = loss;
      if (["corners", "size"].includes(by)) this.by = by;
      if (isBox(numbers(box ?? ""))) this.pred = numbers(box);
    }

    forget() {
      Object.assign(this, { walks: {}, walked: 0, racing: false });
    }

    // Let descent by these losses run from where the prediction is; a race leaves it there.
    walk(names) {
      const from = this.pred;
      this.racing = names.length > 1;
      this.walks = Object.fromEntries(names.map((name) => [name, descend(name, this.by, from, this.target)]));
      const steps = Math.max(...Object.values(this.walks).map(lastStep));
      this.play(steps, (walked) => {
        this.walked = walked;
        if (!this.racing) this.pred = this.walks[names[0]].path[walked];
        this.draw();
      });
    }

    draw() {
      super.draw();
      const { pred, target, pixel } = this;
      const edges = step(this.loss, this.by, pred, target);
      set(this.find(".target"), place(target));
      set(this.find(".target-name"), { x: target[0], y: target[1] - 5 * pixel });
      set(this.find(".pred"), place(pred));
      // Beside the corner; where the name would lie across an edge of the target or leave the ground, below the box and
      // beside the arrow of its lower edge.
      const end = pred[2] + 90 * pixel;
      const beside = end < WIDTH && !target.some((edge, i) => i % 2 === 0 && pred[2] < edge && edge < end);
      const center = (pred[0] + pred[2]) / 2;
      const left = !beside && center + EDGE > 80 * pixel;
      const below = Math.min(pred[3] + 18 * pixel, HEIGHT + EDGE - 4 * pixel);
      const [x, y] = beside ? [pred[2], pred[3] + 5 * pixel] : [center, below];
      set(this.find(".pred-name"), { x: x + (left ? -10 : 10) * pixel, y, "text-anchor": left ? "end" : "start" });
      set(this.find(".ring"), place(pred.map((value, edge) => value + (edge < 2 ? -4 : 4) * pixel)));
      for (const [corner, [h, v]] of Object.entries(CORNERS)) {
        set(this.find(`.dot.${corner}`), { cx: pred[h], cy: pred[v], r: 5 * pixel });
        // What the finger meets is 28 pixels wide and mostly outside the box: a small box can still be moved.
        const [x, y] = [pred[h] - (h ? 8 : 20) * pixel, pred[v] - (v > 1 ? 8 : 20) * pixel];
        set(this.find(`.grip.${corner}`), { x, y, width: 28 * pixel, height: 28 * pixel });
      }
      this.find(".trails").innerHTML = Object.keys(this.walks).map((name) => this.trail(name)).join("");
      this.find(".arrows").innerHTML = this.arrows(edges);
      this.fill(".values", "loss", (name) => loss(name, pred, target).value.toFixed(3));
      this.fill(".steps", "steps", (name) => this.steps(name));
      this.find(".note").textContent = this.note(edges);
    }

    // The path of the center and, unless all are racing, some of the boxes on the way.
    trail(name) {
      const { path } = this.walks[name];
      const walked = Math.min(this.walked, lastStep(this.walks[name]));
      const on = (parts) => Array.from({ length: parts + 1 }, (_, i) => path[Math.round((i * walked) / parts)]);
      const boxes = this.racing ? [path[walked]] : on(4).slice(0, -1);
      const lines = [on(60).map(middle).join("L"), ...boxes.map(outline)];
      return `<path stroke="${COLORS[name]}" d="M${lines.join("M")}"/>`;
    }

    arrows(edges) {
      const longest = Math.max(...edges.map(Math.abs));
      if (flat(edges) || iou(this.pred, this.target) >= FIT) return "";
      const [x1, y1, x2, y2] = this.pred;
      const [mx, my] = [(x1 + x2) / 2, (y1 + y2) / 2];
      const [left, top, right, bottom] = edges.map((edge) => (60 * this.pixel * edge) / longest);
      return [[x1, my, left, 0], [mx, y1, 0, top], [x2, my, right, 0], [mx, y2, 0, bottom]]
        .map((from) => arrow(...from, 8 * this.pixel))
        .join("");
    }

    steps(name) {
      const walk = this.walks[name];
      if (!walk) return "–";
      if (this.walked < lastStep(walk)) return this.walked;
      return { fits: lastStep(walk), flat: "stuck", limit: `> ${LIMIT}` }[walk.end];
    }

    note(edges) {
      const { walks, walked, racing } = this;
      const overlap = iou(this.pred, this.target);
      const shown = `IoU ${overlap.toFixed(2)}`;
      const steps = Math.max(0, ...Object.values(walks).map(lastStep));
      const after = steps ? ` after ${steps} steps` : "";
      if (walked < steps) return racing ? `Step ${walked}.` : `Step ${walked}: ${shown}.`;
      if (racing) {
        const fits = LOSSES.filter((name) => walks[name].end === "fits");
        const first = fits.sort((a, b) => lastStep(walks[a]) - lastStep(walks[b]))[0];
        return first ? `${first} fits first, after ${lastStep(walks[first])} steps.` : `None of them fits${after}.`;
      }
      if (overlap >= FIT) return `It fits${after}: ${shown}.`;
      if (flat(edges)) return `No gradient: the ${this.loss} loss is the same wherever the boxes do not overlap.`;
      if (steps) return `It does not fit${after}: ${shown}.`;
      const steepest = Math.max(...edges.map(Math.abs)).toPrecision(2);
      return `${shown}. Arrows show the step on each edge; the steepest slope is ${steepest}.`;
    }

    told() {
      const [x1, y1, x2, y2] = this.pred.map(Math.round);
      const value = loss(this.loss, this.pred, this.target).value.toFixed(3);
      const where = `Prediction from ${x1}, ${y1} to ${x2}, ${y2}. ${this.loss} loss ${value}.`;
      return `${where} ${this.find(".note").textContent}`;
    }
  }

  BoxPlayground.columns = LOSSES;
  BoxPlayground.style = `
    .target { fill: ${COLORS.target}26; stroke: ${COLORS.target}; stroke-width: 2px; }
    .target-name { fill: ${COLORS.target}; }
    .pred-name { fill: ${COLORS.prediction}; pointer-events: none; }
    .pred { fill: ${COLORS.prediction}26; stroke: ${COLORS.prediction}; stroke-width: 2px; }
    .dot { fill: ${COLORS.prediction}; pointer-events: none; }
    .grip:not(.pred) { fill: transparent; }
    .nw, .se { cursor: nwse-resize; }
    .ne, .sw { cursor: nesw-resize; }
    .ring { fill: none; stroke: none; stroke-width: 3px; pointer-events: none; }
    .pred:focus-visible + .ring { stroke: #222; }
    .arrows path { fill: #222; stroke: #222; stroke-width: 2px; stroke-linejoin: round; }
    .arrows, .trails { pointer-events: none; }
    .trails path { fill: none; stroke-width: 1.5px; }
    ${LOSSES.map((name, i) => `.steps td:nth-of-type(${i + 1}) { background: ${COLORS[name]}26; }`).join(" ")}`;
  BoxPlayground.view = `
    <svg viewBox="${-EDGE} ${-EDGE} ${WIDTH + 2 * EDGE} ${HEIGHT + 2 * EDGE}" role="application"
      aria-label="A target box and a prediction to move">
      <rect class="target"/><text class="target-name">target</text>
      <g class="trails"></g>
      <rect class="pred grip" tabindex="0" role="img" aria-describedby="hint" aria-label="The prediction"/>
      <rect class="ring"/>
      <text class="pred-name">prediction</text>
      <g class="arrows"></g>
      ${Object.keys(CORNERS)
        .map((at) => `<circle class="dot ${at}"/><rect class="grip ${at}" data-corner="${at}"/>`)
        .join("")}
    </svg>
    <p class="note"></p>
    <table><thead><tr class="columns"></tr></thead><tbody><tr class="values"></tr><tr class="steps"></tr></tbody></table>
    <div class="row">
      <button class="descend">Descend</button><button class="race">Race</button><button class="reset">Reset</button>
      <span class="row" role="radiogroup" aria-label="What a step changes"><span>Step on</span>
        <label><input type="radio" name="by" value="size">center and size</label>
        <label><input type="radio" name="by" value="corners">corners</label></span></div>
    <p class="hint"><span id="hint">Drag the box or its corners. Arrow keys move it, and resize it with Shift.</span>
      A step is the slope times ${100 * RATE}% of the target’s area; descent ends at IoU ${FIT} or after
      ${LIMIT} steps.</p>`;
  Object.assign(BoxPlayground, { losses: LOSSES, loss, descend });
  customElements.define("box-playground", BoxPlayground);
})();
