// <shuffle-patches>: a small texture, left, and its squares in an order that the reader chooses, right; how far apart the
// two are by pixels, by feature maps and by Gram matrices.
//
// Attributes, none of them needed: dare (a sentence above) and texture ("bricks" or "pebbles"). What stands within the
// element is shown in print and where there is no JavaScript.
"use strict";

(() => {
  const { Explorable, clamp, set } = explorables;

  // ---- Mathematics: feature maps, one row a channel, and how far apart two of them are ----

  const sum = (values) => values.reduce((total, value) => total + value, 0);

  // Edges in four directions, brighter on either side: what the first layer of a network might see. Beyond a border the
  // picture begins again.
  function features(picture, width) {
    const height = picture.length / width;
    const at = (x, y) => picture[((y + height) % height) * width + ((x + width) % width)];
    const reach = [-2, -1, 0, 1, 2];
    const near = (x, y) => Math.exp(-(x * x + y * y) / 2);
    const size = sum(reach.flatMap((y) => reach.map((x) => Math.abs(x) * near(x, y))));
    const maps = [0, 1, 2, 3].map((direction) => {
      const [right, down] = [Math.cos((direction * Math.PI) / 4), Math.sin((direction * Math.PI) / 4)];
      return picture.map((_, i) => {
        const [x, y] = [i % width, Math.floor(i / width)];
        return sum(reach.flatMap((dy) => reach.map((dx) => (right * dx + down * dy) * near(dx, dy) * at(x + dx, y + dy)))) / size;
      });
    });
    return maps.flatMap((map) => [map.map((value) => Math.max(0, value)), map.map((value) => Math.max(0, -value))]);
  }

  // Half the squared distance, place by place.
  const contentLoss = (maps, content) =>
    sum(maps.map((row, c) => sum(row.map((value, i) => (value - content[c][i]) ** 2)))) / 2;

  // Which channels respond together, wherever that may be; divided as by Gatys et al.
  function gram(maps) {
    const count = 2 * maps.length * maps[0].length;
    return maps.map((a) => maps.map((b) => sum(a.map((value, i) => value * b[i])) / count));
  }

  const styleLoss = (maps, style) => {
    const [one, other] = [gram(maps), gram(style)];
    return sum(one.map((row, a) => sum(row.map((value, b) => (value - other[a][b]) ** 2))));
  };

  // A loss in units of that of an image without features.
  const relative = (loss, maps, known) => loss(maps, known) / loss(known.map((row) => row.map(() => 0)), known);

  // ---- Textures ----

  const [SIDE, PARTS] = [48, 4];
  const PATCH = SIDE / PARTS;

  // A number from 0 to 1 that follows from two others.
  const chance = (a, b) => {
    const value = Math.sin(12.9898 * a + 78.233 * b) * 43758.5453;
    return value - Math.floor(value);
  };

  const TEXTURES = {
    bricks: (x, y) => {
      const row = Math.floor(y / 8);
      const along = (x + (row % 2) * 8) % SIDE;
      if (y % 8 === 0 || along % 16 === 0) return 0.15;
      return 0.55 + 0.3 * chance(Math.floor(along / 16), row) + 0.1 * chance(x, y);
    },
    pebbles: (x, y) => {
      let [least, which] = [Infinity, 0];
      for (let j = -1; j <= 6; j++) {
        for (let i = -1; i <= 6; i++) {
          const seed = 8 * ((j + 6) % 6) + ((i + 6) % 6);
          const away = Math.hypot(x - 8 * (i + chance(seed, 1)), y - 8 * (j + chance(seed, 2)));
          if (away < least) [least, which] = [away, seed];
        }
      }
      return clamp(0.95 - 0.13 * least, 0.1, 1) * (0.7 + 0.3 * chance(which, 3));
    },
  };

  const paint = (texture) => Array.from({ length: SIDE * SIDE }, (_, i) => texture(i % SIDE, Math.floor(i / SIDE)));

  // The picture whose squares are those of another in this order.
  function arranged(picture, order) {
    return picture.map((_, i) => {
      const [x, y] = [i % SIDE, Math.floor(i / SIDE)];
      const from = order[Math.floor(y / PATCH) * PARTS + Math.floor(x / PATCH)];
      const [left, top] = [(from % PARTS) * PATCH, Math.floor(from / PARTS) * PATCH];
      return picture[(top + (y % PATCH)) * SIDE + left + (x % PATCH)];
    });
  }

  const turned = (picture) => picture.map((_, i) => picture[(SIDE - 1 - (i % SIDE)) * SIDE + Math.floor(i / SIDE)]);

  // ---- The element ----

  const RIGHT = SIDE + 6;
  const SAME = Array.from({ length: PARTS * PARTS }, (_, i) => i);

  class ShufflePatches extends Explorable {
    start() {
      this.order = [...SAME];
      this.turned = false;
      this.texture = this.getAttribute("texture") in TEXTURES ? this.getAttribute("texture") : "bricks";
    }

    setup() {
      this.find(".shuffle").onclick = () => {
        const order = [...this.order];
        for (let last = order.length - 1; last > 0; last--) {
          const other = Math.floor(Math.random() * (last + 1));
          [order[last], order[other]] = [order[other], order[last]];
        }
        this.change({ order });
      };
      for (const grip of this.findAll(".grip")) this.swappable(grip, Number(grip.dataset.place));
    }

    // A square changes places with the one on which it is let go, or with its neighbor in an arrow's direction.
    swappable(grip, from) {
      const [column, row] = [from % PARTS, Math.floor(from / PARTS)];
      let began = null;
      grip.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
      grip.onpointerdown = (event) => {
        if (event.button) return;
        grip.setPointerCapture(event.pointerId);
        began = event;
      };
      grip.onpointerup = (event) => {
        const steps = [event.clientX - began.clientX, event.clientY - began.clientY].map((by) => Math.round((by * this.pixel) / PATCH));
        this.swap(from, column + steps[0], row + steps[1]);
      };
      grip.onkeydown = (event) => {
        const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
        if (!step) return;
        event.preventDefault();
        const to = this.swap(from, column + step[0], row + step[1]);
        this.find(`[data-place="${to}"]`).focus();
      };
    }

    swap(from, column, row) {
      const to = clamp(row, 0, PARTS - 1) * PARTS + clamp(column, 0, PARTS - 1);
      const order = [...this.order];
      [order[from], order[to]] = [order[to], order[from]];
      this.change({ order });
      return to;
    }

    state() {
      return { order: this.order.join(" "), turned: this.turned, texture: this.texture };
    }

    restore({ order = "", turned: on, texture }) {
      const places = order.split(" ").map(Number);
      if ([...places].sort((a, b) => a - b).join() === SAME.join()) this.order = places;
      this.turned = on === "true";
      if (texture in TEXTURES) this.texture = texture;
    }

    get pictures() {
      const target = paint(TEXTURES[this.texture]);
      const changed = arranged(target, this.order);
      return [target, this.turned ? turned(changed) : changed];
    }

    draw() {
      super.draw();
      this.pictures.forEach((picture, k) => set(this.find(`.picture${k}`), { href: this.show(picture) }));
      this.distances = this.far();
      const shown = (value) => (value < 0.0005 ? "0" : value.toFixed(value < 0.1 ? 3 : 2));
      this.fill(".distances", "distance", (name) => shown(this.distances[name]));
      this.find(".note").textContent = this.note();
    }

    far() {
      const [target, picture] = this.pictures;
      const [known, maps] = [features(target, SIDE), features(picture, SIDE)];
      const mean = sum(target) / target.length;
      const centered = (values) => [values.map((value) => value - mean)];
      return {
        pixels: relative(contentLoss, centered(picture), centered(target)),
        "feature maps": relative(contentLoss, maps, known),
        "Gram matrices": relative(styleLoss, maps, known),
      };
    }

    show(picture) {
      const canvas = this.find("canvas");
      const context = canvas.getContext("2d");
      const image = context.createImageData(SIDE, SIDE);
      picture.forEach((value, i) => image.data.set([255 * value, 255 * value, 255 * value, 255], 4 * i));
      context.putImageData(image, 0, 0);
      return canvas.toDataURL();
    }

    note() {
      const moved = this.order.filter((from, to) => from !== to).length;
      const how = moved ? `${moved} squares are elsewhere` : "Every square is in its place";
      return `${how}${this.turned ? ", and the picture is turned" : ""}. 1 would be a picture without features.`;
    }

    told() {
      const values = Object.entries(this.distances).map(([name, value]) => `${name} ${value.toFixed(3)}`);
      return `${this.note()} Distance by ${values.join(", by ")}.`;
    }
  }

  const grips = SAME.map((i) => `<rect class="grip" data-place="${i}" x="${RIGHT + (i % PARTS) * PATCH}"
    y="${Math.floor(i / PARTS) * PATCH}" width="${PATCH}" height="${PATCH}" tabindex="0" role="button"
    aria-describedby="hint" aria-label="Square in row ${Math.floor(i / PARTS) + 1}, column ${(i % PARTS) + 1}"/>`);

  ShufflePatches.columns = ["pixels", "feature maps", "Gram matrices"];
  ShufflePatches.choice = null;
  ShufflePatches.style = `
    svg { border: none; }
    /* Pictures are not inverted with the drawing. */
    svg > image { filter: none; image-rendering: pixelated; }
    .grip { fill: transparent; stroke: none; cursor: move; }
    .grip:hover { stroke: #fff; stroke-width: 1.5px; }
    .grip:focus-visible { stroke: #E69F00; stroke-width: 3px; }
    svg > .grip { filter: none; }
    table { table-layout: fixed; }
    @media (max-width: 480px) { .note { min-height: 4.5em; } }`;
  ShufflePatches.view = `
    <svg viewBox="0 -6 ${RIGHT + SIDE} ${SIDE + 6}" role="application" aria-label="A texture, and its squares in another order">
      <text x="0" y="-1.5">style picture</text><text x="${RIGHT}" y="-1.5">yours</text>
      <image class="picture0" width="${SIDE}" height="${SIDE}"/>
      <image class="picture1" x="${RIGHT}" width="${SIDE}" height="${SIDE}"/>
      ${grips.join("")}
    </svg>
    <canvas width="${SIDE}" height="${SIDE}" hidden></canvas>
    <p class="note"></p>
    <table><thead><tr class="columns"></tr></thead><tbody><tr class="distances"></tr></tbody></table>
    <div class="row"><button class="reset">Reset</button><button class="shuffle">Shuffle</button>
      <label><input type="checkbox" name="turned">quarter turn</label>
      <span class="row" role="radiogroup" aria-label="Texture"><span>Of</span>${Object.keys(TEXTURES)
        .map((name) => `<label><input type="radio" name="texture" value="${name}">${name}</label>`).join("")}</span></div>
    <p class="hint"><span id="hint">Drag a square onto another, or move it by arrow keys: the two change places.</span></p>`;
  Object.assign(ShufflePatches, { features, contentLoss, gram, styleLoss, arranged });
  customElements.define("shuffle-patches", ShufflePatches);
})();
