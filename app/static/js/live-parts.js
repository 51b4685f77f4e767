// Open pages follow what happens: the page is read once more in the background and the parts that can change take the
// place of the old ones. What somebody is typing, and where the focus is, stays as it is.

import { startAppearance } from "./appearance.js";
import { startForms } from "./forms.js";
import { startListSearch } from "./list-search.js";
import { renewNextXp, startMoments } from "./moments.js";
import { startWide } from "./wide.js";
import { say } from "./words.js";

const SOON = [150, 900]; // milliseconds; a team's tabs do not ask in the same instant
const SPREAD = [500, 8000]; // the same for everybody at once
const PATIENCE = 15_000;
// A search in the list is typed too, but is kept by its own script.
const TYPED = "input:not([type=hidden], [type=password], [type=checkbox], [type=radio], [type=submit], [data-list-words]), textarea";
const PUZZLE_PARTS = [".puzzle-head .chips", "#hints", "#report", "#powerups", ".solution", ".feeders"];
const EVERYWHERE = [".foot", ".banners"];

const puzzleBox = () => document.querySelector("[data-puzzle]");

export const puzzleHere = () => puzzleBox()?.dataset.puzzle ?? null;
export const isSolvedHere = () => document.querySelector("[data-solved]") !== null;

// --- typed text ------------------------------------------------------------------------------------------------------

const isTyped = (box) => box.value !== box.defaultValue;
const typedIn = (root) => [...root.querySelectorAll(TYPED)].filter(isTyped);
const isBusy = (part) => typedIn(part).length > 0 || part.querySelector("details[data-confirm][open]") !== null;

let lastKey = -Infinity;
addEventListener("input", () => (lastKey = performance.now()), true);
export const isTyping = () => performance.now() - lastKey < 4_000;

const keyOf = () => `infinity-typed:${location.pathname}`;

// Over a reload: what was typed and not sent comes back, and so does the place of the cursor.
export function keepTyped() {
  const boxes = typedIn(document).map((box) => ({ id: box.id, name: box.name, value: box.value, at: box.selectionStart }));
  const focus = document.activeElement?.id ?? "";
  try {
    if (boxes.length > 0) sessionStorage.setItem(keyOf(), JSON.stringify({ boxes, focus }));
  } catch {
    // Not kept: storage is closed to us.
  }
}

export function restoreTyped() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(keyOf()) ?? "null");
    sessionStorage.removeItem(keyOf());
    kept?.boxes.forEach((one) => fill(one, kept.focus));
  } catch {
    // Nothing to restore, or nothing that can be read.
  }
}

function fill({ id, name, value, at }, focus) {
  const box = (id && document.getElementById(id)) || document.querySelector(`[name="${CSS.escape(name)}"]`);
  if (!box?.matches(TYPED) || isTyped(box)) return;
  box.value = value;
  box.dispatchEvent(new Event("input", { bubbles: true }));
  if (id && id === focus) {
    box.focus({ preventScroll: true });
    if (at !== null) box.setSelectionRange?.(at, at);
  }
}

export function reload() {
  keepTyped();
  location.replace(location.pathname + location.search);
}

// --- reading the page again ------------------------------------------------------------------------------------------

let timer = 0;
let isStale = false;
let lastReply = -Infinity;
document.addEventListener("infinity:standing", () => (lastReply = performance.now()));

// Read the page again soon; many reasons within a moment are one.
export function follow({ isForAll = false } = {}) {
  if (location.pathname.startsWith("/admin")) return; // organisers' forms are theirs until they leave them
  isStale = true;
  if (document.visibilityState !== "visible" || timer) return;
  const [least, most] = isForAll ? SPREAD : SOON;
  timer = setTimeout(read, least + Math.random() * (most - least));
}

document.addEventListener("visibilitychange", () => isStale && follow());

async function read() {
  timer = 0;
  isStale = false;
  await readAgain();
}

// The organisers have corrected this puzzle: the reader says when the sheet may change.
export function offerCorrection() {
  const place = document.querySelector("[data-corrected]");
  if (!place || place.firstChild) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button";
  button.textContent = say("Show the correction");
  button.addEventListener("click", () => showCorrection(place, button));
  const words = document.createElement("p");
  words.textContent = say("This puzzle was corrected.");
  place.replaceChildren(words, button);
}

async function showCorrection(place, button) {
  button.disabled = true;
  const fresh = await freshPage();
  const parts = [".erratum", "#puzzle-title", "[data-sheet]"];
  const isSeen = fresh !== null && parts.some((part) => document.querySelector(part)?.outerHTML !== fresh.querySelector(part)?.outerHTML);
  // Another style sheet, or nothing that stands in these parts: an interactive frame may have changed.
  if (!isSeen || linksOf(fresh) !== linksOf(document)) {
    reload();
    return;
  }
  takeErratum(fresh);
  parts.slice(1).forEach((part) => swap(part, fresh));
  document.title = fresh.title;
  place.replaceChildren();
  const shown = document.querySelector(".erratum") ?? document.querySelector(".puzzle-head h1");
  shown.tabIndex = -1;
  shown.focus();
}

// Read the page again now. What was read before the last reply came is older than that.
export async function readAgain() {
  const began = performance.now();
  const fresh = await freshPage();
  if (lastReply > began) follow();
  else if (fresh) take(fresh);
}

// This page as the server has it now; null where that cannot be had: the next word, or the next minute, tries again.
async function freshPage() {
  try {
    const reply = await fetch(location.pathname + location.search, {
      headers: { Accept: "text/html" },
      signal: AbortSignal.timeout(PATIENCE),
    });
    const isPage = (reply.headers.get("Content-Type") ?? "").includes("html") && reply.status < 500;
    return isPage && !reply.redirected ? new DOMParser().parseFromString(await reply.text(), "text/html") : null;
  } catch {
    return null;
  }
}

// Read the page again now, and put the parts that can be told by their ids in the place of the old ones.
export async function readParts(selector) {
  try {
    const reply = await fetch(location.pathname + location.search, {
      headers: { Accept: "text/html" },
      signal: AbortSignal.timeout(PATIENCE),
    });
    if (!reply.ok || reply.redirected) return;
    const fresh = new DOMParser().parseFromString(await reply.text(), "text/html");
    document.querySelectorAll(selector).forEach((part) => swap(`#${CSS.escape(part.id)}`, fresh));
  } catch {
    // As above.
  }
}

const linksOf = (page) => [...page.querySelectorAll("link[rel=stylesheet], script[src]")].map((one) => one.getAttribute("href") ?? one.getAttribute("src")).join(" ");
const hasForm = (page) => page.querySelector("[data-guess-form]") !== null;

function take(fresh) {
  // Another kind of page stands at this address now, or another answer box: only the whole page will do.
  const isOther = linksOf(fresh) !== linksOf(document) || (hasForm(fresh) && !hasForm(document));
  if (isOther) {
    reload();
    return;
  }
  document.body.dataset.state = fresh.body.dataset.state;
  showStanding(standingOf(fresh));
  EVERYWHERE.forEach((selector) => swap(selector, fresh));
  renewNextXp(fresh);
  if (puzzleBox()) takePuzzle(fresh);
  else takeMain(fresh);
}

function takeMain(fresh) {
  if (document.querySelector("#main").querySelector(TYPED) || !fresh.querySelector("#main")) return;
  swap("#main", fresh);
  document.title = fresh.title;
}

function takePuzzle(fresh) {
  takePassed(fresh);
  PUZZLE_PARTS.forEach((selector) => swap(selector, fresh));
  swapAll(".onward", fresh);
  copyContent("[data-past]", fresh);
  swap("#guess-left", fresh);
  const [past, freshPast] = both("[data-past-panel]", fresh);
  if (past && freshPast) past.hidden = freshPast.hidden;
  takeErratum(fresh);
  takeSolved(fresh);
}

// Skipped, by us or by a teammate: there is nothing left to answer, and perhaps to take.
function takePassed(fresh) {
  if (fresh.querySelector("[data-passed]") && !document.querySelector("[data-passed]")) swap("#answer", fresh);
  const [hints, made] = both("#hints", fresh);
  if (!made) hints?.remove();
}

function takeErratum(fresh) {
  const [old, made] = both(".erratum", fresh);
  if (old || !made) swap(".erratum", fresh);
  else document.querySelector(".puzzle-head").after(started(document.importNode(made, true)));
}

// Solved by a teammate; or solved here before, and a teammate has typed an answer again that was not kept.
function takeSolved(fresh) {
  const [solved, made] = both("[data-solved]", fresh);
  if (!made) return;
  const again = document.querySelector("[data-again-box]");
  const isKept = again !== null && !fresh.querySelector("[data-again-box]") && !isBusy(again);
  if (solved && !isKept) return;
  document.querySelector("[data-result]").replaceChildren(started(document.importNode(made, true)));
  again?.remove();
  const form = document.querySelector("[data-guess-form]");
  if (form) form.hidden = true;
}

// --- putting parts in the place of others ----------------------------------------------------------------------------

const both = (selector, fresh) => [document.querySelector(selector), fresh.querySelector(selector)];

function started(part) {
  startAppearance(part);
  startMoments(part);
  startForms(part);
  startWide(part);
  startListSearch(part);
  return part;
}

function swap(selector, fresh) {
  const [old, made] = both(selector, fresh);
  if (!old || !made || isBusy(old) || old.isEqualNode(made)) return;
  const focused = old.contains(document.activeElement) ? placeOf(document.activeElement) : null;
  const part = document.importNode(made, true);
  const opened = [...old.querySelectorAll("details[id][open]")].map(({ id }) => id);
  part.querySelectorAll("details[id]").forEach((fold) => (fold.open ||= opened.includes(fold.id)));
  old.replaceWith(part);
  started(part);
  if (focused) part.querySelector(focused)?.focus({ preventScroll: true });
}

function swapAll(selector, fresh) {
  const olds = [...document.querySelectorAll(selector)];
  const made = [...fresh.querySelectorAll(selector)];
  if (olds.length !== made.length) return;
  olds.forEach((old, at) => old.replaceWith(started(document.importNode(made[at], true))));
}

function copyContent(selector, fresh) {
  const [old, made] = both(selector, fresh);
  if (!old || !made) return;
  old.replaceChildren(...document.importNode(made, true).childNodes);
  startMoments(old);
}

function placeOf(focused) {
  if (focused.id) return `#${CSS.escape(focused.id)}`;
  const href = focused.getAttribute("href");
  if (href) return `a[href="${CSS.escape(href)}"]`;
  const action = focused.closest("details")?.querySelector("form")?.getAttribute("action");
  return focused.matches("summary") && action ? `details:has(form[action="${CSS.escape(action)}"]) > summary` : null;
}

// --- figures ---------------------------------------------------------------------------------------------------------

function standingOf(page) {
  const texts = ["score", "xp", "hint_credits"].map((name) => [name, page.querySelector(`.standing [data-live="${name}"]`)]);
  return Object.fromEntries(texts.filter(([, place]) => place).map(([name, place]) => [name, Number(place.textContent)]));
}

// Score, XP and credits stand in several places of a page.
export function showStanding(standing) {
  for (const name of ["score", "xp", "hint_credits"]) {
    if (!Number.isFinite(standing[name])) continue;
    document.querySelectorAll(`[data-live="${name}"]`).forEach((place) => {
      if (place instanceof HTMLProgressElement) place.value = standing[name];
      else place.textContent = String(standing[name]);
    });
  }
}
