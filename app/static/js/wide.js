// Tables and preformatted text that are wider than their column get a box of their own to scroll in, which the keyboard
// reaches too. Without a script the whole text around them scrolls.

import { say } from "./words.js";

// Regions are listed by name: the second of a name gets a number.
function nameOf(table) {
  const name = table.caption?.textContent.trim() || say("Wide table");
  const isTaken = (one) => document.querySelector(`.scroll[aria-label="${CSS.escape(one)}"]`);
  for (let number = 1; ; number += 1) {
    const numbered = number === 1 ? name : `${name} (${number})`;
    if (!isTaken(numbered)) return numbered;
  }
}

function boxed(table) {
  const box = document.createElement("div");
  box.className = "scroll";
  box.setAttribute("role", "region");
  box.setAttribute("aria-label", nameOf(table));
  box.tabIndex = 0;
  table.replaceWith(box);
  box.append(table);
}

function boxWide(text) {
  for (const table of text.querySelectorAll("table")) {
    if (!table.closest(".scroll") && table.scrollWidth > table.parentElement.clientWidth) boxed(table);
  }
  for (const pre of text.querySelectorAll("pre")) {
    if (pre.scrollWidth > pre.clientWidth) pre.tabIndex = 0;
  }
}

// On a phone a row of such a table is a card, in which each cell follows its column's name.
function nameCells(table) {
  const names = [...(table.tHead?.rows[0]?.cells ?? [])].map((cell) => cell.textContent.trim());
  for (const row of table.tBodies[0]?.rows ?? []) {
    if (row.cells.length !== names.length) continue;
    [...row.cells].forEach((cell, place) => {
      if (cell.tagName === "TD" && names[place] && !("label" in cell.dataset)) cell.dataset.column = names[place];
    });
  }
}

export function startWide(root = document) {
  root.querySelectorAll("table.stack").forEach(nameCells);
  const texts = [...root.querySelectorAll(".written")];
  const watch = new ResizeObserver((entries) => entries.forEach(({ target }) => boxWide(target)));
  texts.forEach((text) => watch.observe(text));
}
