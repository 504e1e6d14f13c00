// Losses at a glance, filtered. Without this script all are shown. Which losses a choice shows the page says, as JSON.
"use strict";

{
  const TITLES = { family: "family", takes: "takes", problem: "what goes wrong", slope: "slope" };
  const choices = { family: {}, ...JSON.parse(document.getElementById("glance-data").textContent) };
  const known = new Set(Object.values(choices.takes).flat());
  const losses = [...document.querySelectorAll("table.glance tbody tr")]
    .map((row) => ({ row, name: row.querySelector("code").textContent, section: row.closest("section") }))
    .filter(({ name }) => known.has(name));
  for (const { name, section } of losses) {
    const family = section.querySelector("h2").firstChild.textContent.trim();
    (choices.family[family] ??= []).push(name);
  }

  const bar = document.createElement("form");
  bar.className = "glance-filter";
  bar.setAttribute("aria-label", "Filter the losses");
  bar.innerHTML = Object.entries(choices)
    .map(([key, of]) => `<label><span>${TITLES[key]}</span> <select name="${key}"><option value="">any</option>
      ${Object.keys(of).map((choice) => `<option>${choice}</option>`).join("")}</select></label>`)
    .join("") + '<button type="button">Show all</button><output></output>';
  losses[0].section.before(bar);
  const selects = [...bar.querySelectorAll("select")];
  const sections = [...bar.parentElement.querySelectorAll(":scope > section")];

  // The losses that all choices share, and their sections; without a choice everything.
  function show() {
    const chosen = selects.filter(({ value }) => value).map(({ name, value }) => choices[name][value]);
    for (const { row, name } of losses) row.hidden = !chosen.every((names) => names.includes(name));
    const shown = losses.filter(({ row }) => !row.hidden);
    for (const section of sections) {
      section.hidden = chosen.length > 0 && !shown.some((loss) => loss.section === section);
      const link = document.querySelector(`.contents a[href="#${section.id}"]`);
      if (link) link.closest("li").hidden = section.hidden;
    }
    bar.querySelector("output").textContent = `${shown.length} of ${losses.length} losses`;
  }

  // The address keeps the choices; the back button takes the last one back.
  function keep() {
    show();
    const kept = selects.filter(({ value }) => value).map(({ name, value }) => [name, value]);
    const hash = kept.length ? `#${new URLSearchParams(kept)}` : "";
    history.pushState(null, "", location.pathname + location.search + hash);
  }

  function choose(state) {
    for (const select of selects) {
      const value = state.get(select.name);
      select.value = value in choices[select.name] ? value : "";
    }
    show();
  }

  // An address leads to choices or to a place; a place that is hidden is shown.
  function read() {
    const place = document.getElementById(location.hash.slice(1));
    if (!place) choose(new URLSearchParams(location.hash.slice(1)));
    else if (place.closest("[hidden]")) {
      choose(new URLSearchParams());
      place.scrollIntoView();
    }
  }

  bar.onchange = keep;
  bar.querySelector("button").onclick = () => {
    for (const select of selects) select.value = "";
    keep();
  };
  addEventListener("hashchange", read);
  show();
  read();
}
