// <box-playground>: the IoU family under the reader's hands. Drag the prediction, read the losses,
// see the step that gradient descent takes on each edge, and let it run.
// A browser test compares the losses below with lossguide.numpy.

const similarity = {
  IoU: (g) => g.iou,
  GIoU: (g) => g.iou - (g.enclosing - g.union) / g.enclosing,
  DIoU: (g) => g.iou - g.center,
  CIoU: (g) => g.iou - g.center - g.aspect ** 2 / (1 - g.iou + g.aspect + 1e-12),
  EIoU: (g) => g.iou - g.center - g.size,
};

function geometry([x1, y1, x2, y2], [tx1, ty1, tx2, ty2]) {
  const [w, h, tw, th] = [x2 - x1, y2 - y1, tx2 - tx1, ty2 - ty1];
  const overlap = [Math.min(x2, tx2) - Math.max(x1, tx1), Math.min(y2, ty2) - Math.max(y1, ty1)];
  const [cw, ch] = [w + tw - overlap[0], h + th - overlap[1]];
  const intersection = Math.max(overlap[0], 0) * Math.max(overlap[1], 0);
  const union = w * h + tw * th - intersection;
  return {
    union,
    enclosing: cw * ch,
    iou: intersection / union,
    center: ((x1 + x2 - tx1 - tx2) ** 2 + (y1 + y2 - ty1 - ty2) ** 2) / 4 / (cw ** 2 + ch ** 2),
    aspect: (4 / Math.PI ** 2) * (Math.atan2(tw, th) - Math.atan2(w, h)) ** 2,
    size: ((w - tw) / cw) ** 2 + ((h - th) / ch) ** 2,
  };
}

const loss = (name, pred, target) => 1 - similarity[name](geometry(pred, target));

function descent(name, pred, target) {
  return pred.map((_, edge) => {
    const [low, high] = [-1e-3, 1e-3].map((step) => {
      const moved = [...pred];
      moved[edge] += step;
      return loss(name, moved, target);
    });
    return (low - high) / 2e-3;
  });
}

const TARGET = [62, 28, 94, 56];
const START = [14, 14, 38, 30];
const [WIDTH, HEIGHT, SMALLEST, RATE] = [120, 76, 3, 10];

const fits = (pred) => similarity.IoU(geometry(pred, TARGET)) > 0.98;

const isBox = ([x1, y1, x2, y2]) => x2 - x1 >= SMALLEST && y2 - y1 >= SMALLEST;

const PAGE = `
  <style>
    :host { display: block; max-width: 40rem; margin: 1.5rem 0; }
    svg { width: 100%; background: #fdfdfb; border: 1px solid #8884; border-radius: 10px; touch-action: none; }
    :host-context(html[data-theme="dark"]) svg { filter: brightness(0.92); }
    .target { fill: #0072b226; stroke: #0072b2; }
    .pred { fill: #d55e0026; stroke: #d55e00; cursor: move; }
    .handle { fill: #d55e00; cursor: nwse-resize; }
    .pred:focus-visible, .handle:focus-visible { outline: 2px solid currentColor; }
    .arrow { stroke: #000; stroke-width: 0.9; marker-end: url(#tip); }
    rect { stroke-width: 0.8; }
    .row { display: flex; flex-wrap: wrap; gap: 0.4rem; margin-top: 0.6rem; align-items: center; }
    button { font: inherit; font-size: 0.85rem; padding: 0.3rem 0.6rem; border-radius: 6px; cursor: pointer;
      border: 1px solid #8888; background: none; color: inherit; font-variant-numeric: tabular-nums; }
    button[aria-pressed="true"] { border-color: #d55e00; box-shadow: inset 0 0 0 1px #d55e00; }
    .note { font-size: 0.85rem; min-height: 1.4em; margin-top: 0.3rem; }
  </style>
  <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="group" aria-label="A fixed target box and a prediction to move">
    <defs><marker id="tip" viewBox="0 0 6 6" refX="4" refY="3" markerWidth="3.5" markerHeight="3.5" orient="auto">
      <path d="M0 0 6 3 0 6z"/></marker></defs>
    <rect class="target"/>
    <rect class="pred" tabindex="0" role="img" aria-label="The prediction; arrow keys move it"/>
    <g class="arrows"></g>
    <circle class="handle" r="2.2" tabindex="0" role="img" aria-label="Its corner; arrow keys resize the prediction"/>
  </svg>
  <div class="row losses" role="group" aria-label="The loss whose gradient is shown"></div>
  <div class="row"><button class="descend">Descend 400 steps</button><button class="reset">Start again</button></div>
  <div class="note" role="status"></div>`;

class BoxPlayground extends HTMLElement {
  connectedCallback() {
    this.attachShadow({ mode: "open" }).innerHTML = PAGE;
    this.chosen = "IoU";
    this.walk = 0;
    for (const name of Object.keys(similarity)) {
      const button = document.createElement("button");
      button.onclick = () => this.stop() || this.show(this.pred, name);
      this.find(".losses").append(button);
    }
    this.find(".descend").onclick = () => this.descend(400);
    this.find(".reset").onclick = () => this.stop() || this.show([...START]);
    this.grip(".pred", [1, 1, 1, 1]);
    this.grip(".handle", [0, 0, 1, 1]);
    this.place(".target", TARGET);
    this.show([...START]);
  }

  find(selector) {
    return this.shadowRoot.querySelector(selector);
  }

  // Let a shape drag the coordinates whose entry in `share` is 1.
  grip(selector, share) {
    const shape = this.find(selector);
    const drag = (dx, dy) => {
      const moved = this.pred.map((value, i) => value + share[i] * (i % 2 ? dy : dx));
      const inside = moved.every((value, i) => value >= 0 && value <= (i % 2 ? HEIGHT : WIDTH));
      this.stop();
      if (inside && isBox(moved)) this.show(moved);
    };
    shape.onpointerdown = (event) => shape.setPointerCapture(event.pointerId);
    shape.onpointermove = (event) => {
      if (!shape.hasPointerCapture(event.pointerId)) return;
      const scale = WIDTH / this.find("svg").clientWidth;
      drag(event.movementX * scale, event.movementY * scale);
    };
    shape.onkeydown = (event) => {
      const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      if (step) {
        event.preventDefault();
        drag(...step);
      }
    };
  }

  stop() {
    this.walk++;
  }

  place(selector, [x1, y1, x2, y2]) {
    const shape = this.find(selector);
    for (const [name, value] of Object.entries({ x: x1, y: y1, width: x2 - x1, height: y2 - y1 })) {
      shape.setAttribute(name, value);
    }
  }

  show(pred, chosen = this.chosen) {
    Object.assign(this, { pred, chosen });
    const [x1, y1, x2, y2] = pred;
    this.place(".pred", pred);
    this.find(".handle").setAttribute("cx", x2);
    this.find(".handle").setAttribute("cy", y2);
    for (const [i, name] of Object.keys(similarity).entries()) {
      const button = this.find(".losses").children[i];
      button.textContent = `${name} ${loss(name, pred, TARGET).toFixed(3)}`;
      button.setAttribute("aria-pressed", name === chosen);
    }
    const step = descent(chosen, pred, TARGET);
    const largest = Math.max(...step.map(Math.abs));
    const [mx, my] = [(x1 + x2) / 2, (y1 + y2) / 2];
    const starts = [[x1, my], [mx, y1], [x2, my], [mx, y2]];
    this.find(".arrows").innerHTML = step
      .map((amount, i) => {
        const length = (14 * amount) / largest;
        if (fits(pred) || largest < 1e-6 || Math.abs(length) < 1.5) return "";
        const [x, y] = starts[i];
        const [dx, dy] = i % 2 ? [0, length] : [length, 0];
        return `<line class="arrow" x1="${x}" y1="${y}" x2="${x + dx}" y2="${y + dy}"/>`;
      })
      .join("");
    this.find(".note").textContent = fits(pred)
      ? "The prediction fits its target."
      : largest < 1e-6
        ? `${chosen} loss: no gradient here, the box cannot learn.`
        : `${chosen} loss falls by up to ${largest.toPrecision(2)} per step of one; arrows show the shares of the edges.`;
  }

  // Walk down the gradient, a few steps a frame, until the steps run out, the box rests, or a hand takes it.
  descend(steps) {
    const walk = ++this.walk;
    const frame = () => {
      for (let i = 0; i < 5 && steps > 0; i++, steps--) {
        const step = descent(this.chosen, this.pred, TARGET);
        const moved = this.pred.map((value, edge) => value + RATE * step[edge]);
        if (!isBox(moved) || fits(moved)) steps = 0;
        if (isBox(moved)) this.pred = moved;
      }
      this.show(this.pred);
      if (steps > 0) requestAnimationFrame(() => walk === this.walk && frame());
    };
    frame();
  }
}

BoxPlayground.loss = loss;
customElements.define("box-playground", BoxPlayground);
