// Losses at a glance, filtered: by family, by what a loss takes and by how its slope ends. Without this script all are shown.
"use strict";

addEventListener("DOMContentLoaded", () => {
  const tables = [...document.querySelectorAll("table.glance")].filter((table) => table.rows[0].textContent.includes("loss"));
  if (!tables.length) return;
  const rows = tables.flatMap((table) =>
    [...table.querySelectorAll("tbody tr")].map((row) => ({
      row,
      section: table.closest("section"),
      family: table.closest("section").querySelector("h2").firstChild.textContent.trim(),
      takes: row.cells[2].textContent,
      gives: row.cells[3].textContent,
    })),
  );
  const choices = {
    family: [...new Set(rows.map(({ family }) => family))],
    takes: ["a class", "0 or 1", "a distribution", "boxes", "turned boxes", "H×W", "N×D", "a label"],
    slope: ["no slope far out", "fades far out", "steady far out", "grows far out"],
  };
  const titles = { family: "family", takes: "takes", slope: "slope" };
  const bar = document.createElement("form");
  bar.className = "glance-filter";
  bar.innerHTML = Object.entries(choices)
    .map(([name, all]) => `<label>${titles[name]} <select name="${name}"><option value="">any</option>
      ${all.map((one) => `<option>${one}</option>`).join("")}</select></label>`)
    .join("") + '<button type="reset">All</button><output role="status"></output>';
  tables[0].closest("section").before(bar);

  const fits = ({ family, takes, gives }, chosen) =>
    (!chosen.family || family === chosen.family) &&
    (!chosen.takes || takes.includes(chosen.takes)) &&
    (!chosen.slope || gives.includes(chosen.slope));

  function show() {
    const chosen = Object.fromEntries(new FormData(bar));
    for (const one of rows) one.row.hidden = !fits(one, chosen);
    for (const { section } of rows) section.hidden = !section.querySelector("tbody tr:not([hidden])");
    const count = rows.filter(({ row }) => !row.hidden).length;
    bar.querySelector("output").textContent = `${count} of ${rows.length} losses`;
    const kept = Object.entries(chosen).filter(([, value]) => value);
    history.replaceState(null, "", kept.length ? `#${new URLSearchParams(kept)}` : location.pathname);
  }

  const state = new URLSearchParams(location.hash.slice(1));
  for (const name of Object.keys(choices)) {
    const value = state.get(name);
    if (choices[name].includes(value)) bar.elements[name].value = value;
  }
  bar.onchange = show;
  bar.onreset = () => setTimeout(show);
  if ([...state.keys()].some((name) => name in choices)) show();
  else bar.querySelector("output").textContent = `${rows.length} losses`;
});
