// What the explorables share: colors, the element that they extend, dragging, arrows and axes.
// They are plain scripts, not modules, since browsers load no module into a page opened from a file.
"use strict";

const explorables = (() => {
  // As in lossguide/lab/plots.py; a test compares them.
  const COLORS = {
    target: "#000000",
    prediction: "#D55E00",
    L1: "#767676",
    L2: "#332288",
    Huber: "#0072B2",
    "Geman-McClure": "#882255",
    "cross-entropy": "#0072B2",
    "Crammer-Singer": "#E69F00",
    "Weston-Watkins": "#009E73",
    MSE: "#332288",
    focal: "#CC79A7",
    Dice: "#009E73",
    Jaccard: "#E69F00",
    "Lovász": "#882255",
    clDice: "#882255",
    IoU: "#E69F00",
    GIoU: "#0072B2",
    DIoU: "#009E73",
    CIoU: "#882255",
    EIoU: "#56B4E9",
    minimax: "#0072B2",
    "non-saturating": "#E69F00",
    "least squares": "#009E73",
    hinge: "#CC79A7",
    Wasserstein: "#882255",
  };

  const STYLE = `
    :host { display: block; max-width: 40rem; margin: 1.5rem 0; }
    @media screen { slot { display: none; } }
    @media print { .live { display: none; } }
    p { margin: 0.5rem 0; }
    .dare { font-size: 1.1em; font-weight: 600; }
    .hint { font-size: 0.85em; color: var(--pst-color-text-muted, #555); }
    .note { min-height: 3em; margin-bottom: 0; font-variant-numeric: tabular-nums; }
    [role="status"] { position: absolute; width: 1px; height: 1px; overflow: hidden;
      clip-path: inset(50%); }
    svg { display: block; width: 100%; box-sizing: border-box; user-select: none;
      border: 1px solid var(--pst-color-border, #888); border-radius: 8px; }
    /* The dark theme shows figures inverted; what is drawn here follows them. */
    svg > *, .swatch { filter: var(--figure-filter, none); }
    svg * { vector-effect: non-scaling-stroke; }
    text { fill: #444; }
    .grip { outline: none; cursor: move; }
    table { width: 100%; border-collapse: collapse; text-align: center; font-variant-numeric: tabular-nums; }
    th, td { padding: 0.15rem 0.2rem; font-weight: normal; }
    tbody th { text-align: left; font-size: 0.85em; color: var(--pst-color-text-muted, #555); }
    label { cursor: pointer; display: inline-flex; align-items: center; gap: 0.25em; min-height: 1.75rem; }
    .swatch { display: inline-block; width: 0.7em; height: 0.7em; margin-right: 0.25em; border-radius: 50%; }
    input { accent-color: var(--pst-color-primary, #0a6e7c); margin: 0; flex: none; }
    input[type="range"] { width: 8rem; height: 1.75rem; }
    output { min-width: 2.5em; }
    .row { display: flex; flex-wrap: wrap; gap: 0.25rem 1rem; align-items: center; margin: 0.5rem 0; }
    button { font: inherit; font-size: 0.9em; min-height: 2rem; padding: 0.2rem 0.8rem; cursor: pointer;
      border: 1px solid var(--pst-color-text-muted, #666); border-radius: 6px; background: none; color: inherit; }
    :is(button, input):focus-visible { outline: 3px solid var(--pst-color-primary, #0a6e7c); outline-offset: 2px; }
    @media (max-width: 480px) { table { font-size: 0.85em; } th label { flex-direction: column; gap: 0; } }`;

  // An element that the reader moves. A class that extends it has a `view` and the `columns` of its table, of which
  // the reader may choose one (`choice`), and says how it starts (`start`), what its parts do (`setup`), how it is
  // drawn (`draw`), what to tell those who do not see it (`told`), what goes into the address (`state`), and what of
  // an address it takes (`restore`).
  class Explorable extends HTMLElement {
    connectedCallback() {
      if (this.shadowRoot) return;
      this.attachShadow({ mode: "open" }).innerHTML = `<style>${STYLE}${this.constructor.style}</style>
        <div class="live"><p class="dare"></p>${this.constructor.view}<p role="status"></p></div><slot></slot>`;
      this.find(".dare").textContent = this.getAttribute("dare");
      this.find(".dare").hidden = !this.hasAttribute("dare");
      this.find(".columns").innerHTML = `<td></td>${this.columns.map((name) => this.head(name)).join("")}`;
      for (const input of this.findAll("input")) {
        input.oninput = () => this.change({ [input.name]: input.type === "checkbox" ? input.checked : input.value });
      }
      this.find(".reset").onclick = () => {
        this.start();
        this.change();
      };
      this.start();
      this.setup();
      this.recall();
      new ResizeObserver(() => this.draw()).observe(this.find("svg"));
    }

    get columns() {
      return this.constructor.columns;
    }

    find(selector) {
      return this.shadowRoot.querySelector(selector);
    }

    findAll(selector) {
      return [...this.shadowRoot.querySelectorAll(selector)];
    }

    // How many units of the drawing make one pixel on the screen.
    get pixel() {
      const svg = this.find("svg");
      return svg.viewBox.baseVal.width / (svg.clientWidth || 600);
    }

    // What every drawing has: text of one size on the screen, and inputs that show what is chosen.
    draw() {
      set(this.find("svg"), { "font-size": 13 * this.pixel });
      for (const input of this.findAll("input")) {
        if (input.type === "radio") input.checked = input.value === this[input.name];
        else if (input.type === "checkbox") input.checked = this[input.name];
        else input.value = this[input.name];
      }
    }

    head(name) {
      const { choice } = this.constructor;
      const swatch = COLORS[name] ? `<span class="swatch" style="background: ${COLORS[name]}"></span>` : "";
      const title = `<span>${swatch}${name}</span>`;
      const radio = `<label><input type="radio" name="${choice}" value="${name}">${title}</label>`;
      return `<th scope="col">${choice ? radio : title}</th>`;
    }

    // A row of the table: its title, and what it says of each column.
    fill(row, title, say) {
      const cells = this.columns.map((name) => `<td>${say(name)}</td>`);
      this.find(row).innerHTML = `<th scope="row">${title}</th>${cells.join("")}`;
    }

    // What the reader did: any walk ends, and what is shown is drawn, said and kept in the address.
    change(values = {}) {
      this.stop();
      Object.assign(this, values);
      this.draw();
      this.tell();
    }

    // Said and kept only once the reader rests, not at every pixel of a drag.
    tell() {
      clearTimeout(this.resting);
      this.resting = setTimeout(() => {
        this.find("[role=status]").textContent = this.told();
        history.replaceState(null, "", `#${new URLSearchParams({ [this.localName]: "", ...this.state() })}`);
      }, 300);
    }

    recall() {
      const state = new URLSearchParams(location.hash.slice(1));
      if (!state.has(this.localName)) return;
      this.restore(Object.fromEntries(state));
      this.scrollIntoView({ block: "center" });
    }

    // Let a shape be moved by hand or by arrow keys: `move(from, dx, dy, shift)` gets what `grab()` gave when the hand
    // closed, how far it is from there, and whether the shift key is held with an arrow.
    draggable(shape, grab, move) {
      let held = null;
      // A finger here does not scroll the page. (Browsers heed `touch-action` on a whole drawing, not on its shapes.)
      shape.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
      shape.onpointerdown = (event) => {
        if (event.button) return;
        shape.setPointerCapture(event.pointerId);
        held = { from: grab(), x: event.clientX, y: event.clientY };
      };
      shape.onpointermove = (event) => {
        if (held) move(held.from, (event.clientX - held.x) * this.pixel, (event.clientY - held.y) * this.pixel, false);
      };
      shape.onlostpointercapture = () => (held = null);
      shape.onkeydown = (event) => {
        const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
        if (!step) return;
        event.preventDefault();
        move(grab(), ...step, event.shiftKey);
      };
    }

    // Draw the steps of a walk one after the other, in three seconds at most; the last one at once for readers who
    // want no motion.
    play(steps, draw) {
      const began = performance.now();
      const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
      const lasts = still ? 0 : Math.min(3000, 10 * steps);
      const frame = () => {
        const share = lasts ? Math.min((performance.now() - began) / lasts, 1) : 1;
        draw(Math.round(share * steps));
        this.frame = share < 1 ? requestAnimationFrame(frame) : null;
        if (share === 1) this.tell();
      };
      this.stop();
      frame();
    }

    stop() {
      cancelAnimationFrame(this.frame);
      this.frame = null;
    }
  }
  Explorable.style = "";
  Explorable.choice = "loss";

  const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

  const set = (shape, attributes) => {
    for (const [name, value] of Object.entries(attributes)) shape.setAttribute(name, value);
  };

  const numbers = (text) => text.split(/[ ,]+/).map(Number);
  const pairs = (text) => {
    const found = numbers(text);
    return found.flatMap((x, i) => (i % 2 ? [] : [[x, found[i + 1]]]));
  };

  // A box moved as a whole, as far as the ground reaches.
  function moved([x1, y1, x2, y2], dx, dy, width, height) {
    const [right, down] = [clamp(dx, -x1, width - x2), clamp(dy, -y1, height - y2)];
    return [x1 + right, y1 + down, x2 + right, y2 + down];
  }

  // A path from (x, y) to (x + dx, y + dy) with a head of the given size; none where it is shorter than its head.
  const arrow = (x, y, dx, dy, head) => {
    const length = Math.hypot(dx, dy);
    if (length < head) return "";
    const [ux, uy] = [(dx / length) * head, (dy / length) * head];
    const [tipX, tipY] = [x + dx, y + dy];
    const side = (sign) => `${tipX - ux - (sign * uy) / 2} ${tipY - uy + (sign * ux) / 2}`;
    return `<path d="M${x} ${y}L${tipX - ux} ${tipY - uy}M${side(1)}L${tipX} ${tipY}L${side(-1)}z"/>`;
  };

  return { COLORS, Explorable, arrow, clamp, moved, numbers, pairs, set };
})();
