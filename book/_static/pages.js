// What scrolls within itself can be reached and scrolled by keyboard.
"use strict";

function markScrolling() {
  for (const box of document.querySelectorAll(".bd-article :is(table, pre, div.math, mjx-container, .output, .sig)")) {
    if (box.scrollWidth > box.clientWidth + 1) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
}

addEventListener("load", async () => {
  await window.MathJax?.startup?.promise;
  await document.fonts.ready;
  markScrolling();
  addEventListener("resize", markScrolling);
});
