// The puzzle page: guessing, copying, and the numbers that stand in several places.

import { startCopy } from "./copy.js";
import { startFrame } from "./frame.js";
import { startGuess } from "./guess.js";
import { startMoves } from "./moves.js";

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

// The column beside the puzzle stays in view while it fits the window; a longer one scrolls with the page.
function keepInView(side) {
  if (!side) return;
  const MARGIN = 32; // pixels above and below, as in puzzle.css
  const measure = () => side.toggleAttribute("data-fits", side.offsetHeight + MARGIN <= innerHeight);
  new ResizeObserver(measure).observe(side);
  addEventListener("resize", measure);
}

startCopy("[data-cells]", document.querySelector("[data-copy]"), document.querySelector("[data-copied]"));
startGuess(document.querySelector("[data-guess]"));
startFrame(document.querySelector("[data-frame]"));
startMoves();
keepInView(document.querySelector("[data-side]"));
document.addEventListener("infinity:standing", showStanding);
