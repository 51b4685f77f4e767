// The puzzle page: guessing, copying, wide tables, the numbers in the header.

import { startCopy } from "./copy.js";
import { startGuess } from "./guess.js";

// A wide table gets its own box to scroll in, reachable by keyboard.
function boxWideTables(sheet) {
  for (const table of sheet.querySelectorAll("table")) {
    if (table.closest(".scroll") || table.scrollWidth <= table.parentElement.clientWidth) continue;
    const box = document.createElement("div");
    box.className = "scroll";
    box.tabIndex = 0;
    box.setAttribute("role", "region");
    box.setAttribute("aria-label", table.caption?.textContent.trim() || "Wide table");
    table.replaceWith(box);
    box.append(table);
  }
}

// Score, XP and credits stand in several places of a page; all of them follow a reply.
function showStanding({ detail }) {
  for (const name of ["score", "xp", "hint_credits"]) {
    if (!Number.isFinite(detail[name])) continue;
    document.querySelectorAll(`[data-live="${name}"]`).forEach((place) => {
      if (place instanceof HTMLProgressElement) place.value = detail[name];
      else place.textContent = String(detail[name]);
    });
  }
}

const sheet = document.querySelector("[data-sheet]");
boxWideTables(sheet);
addEventListener("resize", () => boxWideTables(sheet));
startCopy(sheet, document.querySelector("[data-copy]"), document.querySelector("[data-copied]"));
startGuess(document.querySelector("[data-guess]"));
document.addEventListener("infinity:standing", showStanding);
