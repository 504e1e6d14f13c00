// <focal-focus>: what gamma and alpha of the focal loss do. Left, the loss of a positive and of a negative, and who does
// the pulling among one positive and a hundred negatives; right, what the loss makes a network say.
//
// Attributes, none of them needed: dare (a sentence above), gamma, alpha ("none", or the weight of a positive) and share
// (how many of the examples that look alike are positive). What stands within the element is shown in print and where
// there is no JavaScript.
"use strict";

(() => {
  const { COLORS, Explorable, clamp, set } = explorables;

  // ---- Mathematics: the focal loss of an example to which the truth has probability p, and what minimizes it ----

  const value = (p, gamma) => -((1 - p) ** gamma) * Math.log(p);
  // Its slope on the logit, without the sign: how hard an example pulls.
  const slope = (p, gamma) => (1 - p) ** gamma * (1 - p - gamma * p * Math.log(p));
  const weights = (alpha) => (alpha === null ? [1, 1] : [alpha, 1 - alpha]);

  // The share of positives for which saying `said` is right: there both sides pull alike.
  function shareOf(said, gamma, alpha) {
    const [positive, negative] = weights(alpha);
    const [up, down] = [positive * slope(said, gamma), negative * slope(1 - said, gamma)];
    return down / (up + down);
  }

  // What minimizes the expected loss where this share is positive: by bisection on the logit, since one grows with the
  // other.
  function answer(share, gamma, alpha) {
    const sigmoid = (logit) => 1 / (1 + Math.exp(-logit));
    let [low, high] = [-30, 30];
    for (let round = 0; round < 60; round++) {
      const middle = (low + high) / 2;
      if (shareOf(sigmoid(middle), gamma, alpha) < share) low = middle;
      else high = middle;
    }
    return sigmoid((low + high) / 2);
  }

  const NEGATIVES = 100;

  // The share of the negatives in all the pulling, beside one positive; both are given these probabilities of the truth.
  function negativeShare(ofPositive, ofNegatives, gamma, alpha) {
    const [positive, negative] = weights(alpha);
    const all = NEGATIVES * negative * slope(ofNegatives, gamma);
    return all / (all + positive * slope(ofPositive, gamma));
  }

  // ---- The element ----

  // Two square panels, SIDE wide, of which the second begins at RIGHT.
  const [SIDE, RIGHT] = [50, 67];
  const HIGHEST = { loss: 4, slope: 1.5 };
  const [LEAST, MOST] = [0.01, 0.99];

  const within = Array.from({ length: 199 }, (_, i) => (i + 1) / 200);
  const path = (points) => `M${points.map(([x, y]) => `${x.toFixed(3)} ${y.toFixed(3)}`).join("L")}`;
  const percent = (share) =>
    share < 0.0005 ? "< 0.1%" : `${Number((100 * share).toFixed(share < 0.095 || share > 0.995 ? 1 : 0))}%`;

  class FocalFocus extends Explorable {
    start() {
      const alpha = this.getAttribute("alpha") ?? "none";
      this.weighted = alpha !== "none";
      this.alpha = this.weighted ? alpha : "0.5";
      this.gamma = this.getAttribute("gamma") ?? "2";
      this.show = "loss";
      this.shares = { positive: 0.3, negative: 0.95, share: Number(this.getAttribute("share") ?? 0.1) };
    }

    setup() {
      for (const grip of this.findAll(".grip")) {
        const { name } = grip.dataset;
        this.draggable(grip, () => this.shares[name], (from, dx, dy, shift) => {
          const share = clamp(from + (dx / SIDE) * (shift ? 5 : 1), LEAST, MOST);
          this.change({ shares: { ...this.shares, [name]: share } });
        });
      }
    }

    // Who moves alpha wants it used.
    change(values = {}) {
      super.change("alpha" in values ? { ...values, weighted: true } : values);
    }

    state() {
      const shares = Object.entries(this.shares).map(([name, share]) => [name, share.toFixed(2)]);
      const alpha = this.weighted ? this.alpha : "none";
      return { gamma: this.gamma, alpha, show: this.show, ...Object.fromEntries(shares) };
    }

    restore({ gamma, alpha, show, ...shares }) {
      if (gamma && gamma >= 0 && gamma <= 5) this.gamma = gamma;
      if (alpha >= 0.05 && alpha <= 0.95) Object.assign(this, { alpha, weighted: true });
      if (alpha === "none") this.weighted = false;
      if (show in HIGHEST) this.show = show;
      for (const name of Object.keys(this.shares)) {
        if (shares[name] >= LEAST && shares[name] <= MOST) this.shares[name] = Number(shares[name]);
      }
    }

    // Gamma and alpha of a column of the table.
    options(name) {
      return name === "focal" ? [Number(this.gamma), this.weighted ? Number(this.alpha) : null] : [0, null];
    }

    draw() {
      super.draw();
      const { pixel, show, shares } = this;
      const [gamma, alpha] = this.options("focal");
      const [up, down] = weights(alpha);
      const of = { loss: value, slope }[show];
      const height = (share, power, weight) => SIDE * (1 - (weight * of(share, power)) / HIGHEST[show]);
      const curve = (power, weight) => path(within.map((share) => [share * SIDE, height(share, power, weight)]));
      const said = (share) => SIDE * (1 - answer(share, gamma, alpha));
      set(this.find(".plain"), { d: curve(0, 1) });
      set(this.find(".focal.positive"), { d: curve(gamma, up) });
      set(this.find(".focal.negative"), { d: curve(gamma, down) });
      const answers = within.map((share) => [RIGHT + shareOf(share, gamma, alpha) * SIDE, SIDE * (1 - share)]);
      set(this.find(".answer"), { d: path([[RIGHT, SIDE], ...answers, [RIGHT + SIDE, 0]]) });
      this.place("positive", shares.positive * SIDE, height(shares.positive, gamma, up));
      this.place("negative", shares.negative * SIDE, height(shares.negative, gamma, down));
      this.place("share", RIGHT + shares.share * SIDE, said(shares.share));
      set(this.find(".reading"), { d: `M${RIGHT + shares.share * SIDE} ${SIDE}V${said(shares.share)}H${RIGHT}` });
      for (const label of this.findAll("[data-lower]")) set(label, { y: SIDE + Number(label.dataset.lower) * pixel });
      for (const label of this.findAll(".tick")) set(label, { y: Number(label.dataset.y) + 4 * pixel });
      this.find(".show").textContent = show;
      this.find(".highest").textContent = HIGHEST[show];
      this.find(".gamma").textContent = gamma.toFixed(1);
      this.find(".alpha").textContent = this.weighted ? alpha.toFixed(2) : "none";
      this.fill(".pulling", "negatives’ pull", (name) => {
        const share = negativeShare(shares.positive, shares.negative, ...this.options(name));
        return `<span class="share" style="--share: ${100 * share}%; --color: ${COLORS[name]}40">${percent(share)}</span>`;
      });
      this.fill(".answers", "what is said", (name) => percent(answer(shares.share, ...this.options(name))));
      this.find(".note").textContent = this.note();
    }

    place(name, cx, cy) {
      const at = { cx, cy: clamp(cy, 0, SIDE) };
      set(this.find(`.dot.${name}`), { ...at, r: 8 * this.pixel });
      set(this.find(`.sign.${name}`), { x: at.cx, y: at.cy + 4.5 * this.pixel });
      set(this.find(`[data-name="${name}"]`), { ...at, r: 13 * this.pixel, "aria-valuenow": this.shares[name].toFixed(2) });
    }

    note() {
      const [gamma, alpha] = this.options("focal");
      const { share } = this.shares;
      const turned = alpha === 0.5 ? "both alike" : `${alpha < 0.5 ? "positives" : "negatives"} are turned down`;
      const [up, down] = weights(alpha).map((weight) => weight.toFixed(2));
      const balance = this.weighted ? `A positive weighs ${up}, a negative ${down}: ${turned}. ` : "";
      const alike = `Where ${percent(share)} of what looks alike is positive`;
      if (gamma === 0 && up === down) return `${balance}${alike}, the loss is smallest for a network that says so.`;
      return `${balance}${alike}, the loss is smallest for a network that says ${percent(answer(share, gamma, alpha))}.`;
    }

    told() {
      const { positive, negative } = this.shares;
      const [gamma] = this.options("focal");
      const share = percent(negativeShare(positive, negative, ...this.options("focal")));
      return `Gamma ${gamma.toFixed(1)}. One positive at ${positive.toFixed(2)}; ${NEGATIVES} negatives at
        ${negative.toFixed(2)}, ${share} of the pull. ${this.note()}`;
    }
  }

  const tick = (x, y, label) => `<text class="tick" x="${x - 1.5}" data-y="${y}">${label}</text>`;
  const panel = (x, highest, title) => `
    <path d="M${x} 0V${SIDE}H${x + SIDE}V0z"/>
    ${tick(x, 1, highest)}${tick(x, SIDE - 1, 0)}
    <text x="${x + 1}" data-lower="19">0</text><text x="${x + SIDE}" data-lower="19" text-anchor="end">1</text>
    <text x="${x + SIDE / 2}" data-lower="19" text-anchor="middle">${title}</text>`;
  const dot = (name, sign, label) => `<circle class="dot ${name}"/><text class="sign ${name}">${sign}</text>
    <circle class="grip" data-name="${name}" tabindex="0" role="slider" aria-valuemin="${LEAST}" aria-valuemax="${MOST}"
      aria-describedby="hint" aria-label="${label}"/>`;

  FocalFocus.columns = ["cross-entropy", "focal"];
  FocalFocus.choice = null;
  FocalFocus.style = `
    .grid path { fill: none; stroke: #aaa; stroke-width: 1px; }
    .tick { text-anchor: end; }
    .curves path { fill: none; stroke: ${COLORS.focal}; stroke-width: 3px; }
    .curves .plain { stroke: ${COLORS["cross-entropy"]}; stroke-width: 1.5px; }
    .curves .negative { stroke-dasharray: 7 5; }
    .curves .reading { stroke: #666; stroke-width: 1.5px; stroke-dasharray: 3 3; }
    .dot { fill: #222; }
    .sign { fill: #fff; text-anchor: middle; font-weight: 700; }
    .grip { fill: transparent; cursor: ew-resize; }
    .grip:focus-visible { stroke: #222; stroke-width: 2px; }
    .share { display: block; background: linear-gradient(to right, var(--color) var(--share), #88888820 0); }
    table { table-layout: fixed; }
    @media (max-width: 480px) { .note { min-height: 6em; } }`;
  FocalFocus.view = `
    <svg viewBox="-9.5 -8 128 69" role="application" aria-label="Focal loss of a positive and a negative, and what it makes
      a network say">
      <clipPath id="left"><rect width="${SIDE}" height="${SIDE}"/></clipPath>
      <g class="grid">
        <text class="show" x="0" y="-2"></text><text x="${RIGHT}" y="-2">what it says</text>
        ${panel(0, '<tspan class="highest"/>', "p of the truth")}${panel(RIGHT, 1, "true share q")}
      </g>
      <g class="curves" clip-path="url(#left)">
        <path class="plain"/><path class="focal positive"/><path class="focal negative"/>
      </g>
      <g class="curves">
        <path class="plain" d="M${RIGHT} ${SIDE}L${RIGHT + SIDE} 0"/><path class="answer"/><path class="reading"/>
      </g>
      ${dot("positive", "+", "Probability that the positive is given")}
      ${dot("negative", "−", "Probability of the truth that the negatives are given")}
      ${dot("share", "q", "True share of positives, q")}
    </svg>
    <p class="note"></p>
    <div class="row">
      <label>gamma <input type="range" name="gamma" min="0" max="5" step="0.1"><output class="gamma"></output></label>
      <span class="row"><label><input type="checkbox" name="weighted">alpha</label>
        <input type="range" name="alpha" aria-label="alpha" min="0.05" max="0.95" step="0.05"><output class="alpha"></output></span>
    </div>
    <table><thead><tr class="columns"></tr></thead><tbody><tr class="pulling"></tr><tr class="answers"></tr></tbody></table>
    <div class="row"><button class="reset">Reset</button>
      <span class="row" role="radiogroup" aria-label="What is drawn"><span>Draw</span>
        <label><input type="radio" name="show" value="loss">loss</label>
        <label><input type="radio" name="show" value="slope">slope</label></span></div>
    <p class="hint"><span id="hint">Drag + (a hard positive), − (${NEGATIVES} easy negatives) and q; arrow keys move them,
      with Shift faster.</span> Solid: a positive; dashed: a negative; thin: cross-entropy. A slope is one on the logit.</p>`;
  Object.assign(FocalFocus, { value, slope, answer, shareOf, negativeShare });
  customElements.define("focal-focus", FocalFocus);
})();
