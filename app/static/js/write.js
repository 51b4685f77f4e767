// A record's form while one types: faults and previews from the server, pictures, links to be found,
// and a copy of what was typed in this browser until the server has it. Without this the form is saved and checked.

import { startLocalDraft } from "./write-draft.js";
import { startPictures } from "./write-pictures.js";
import { say, sayCount } from "./words.js";

const PAUSE = 500; // milliseconds without a key before the server is asked
const PATIENCE = 20000;

// Answers in clear leave this page only when the form is saved.
export function typedFields(form) {
  const fields = new FormData(form);
  form.querySelectorAll("[data-secret]").forEach((box) => {
    // That there is one matters to the check, not which.
    fields.delete(box.name);
    if (box.value.trim()) fields.append(box.name, "x");
  });
  return fields;
}

function paragraph(className, words) {
  const line = document.createElement("p");
  line.className = className;
  line.textContent = words;
  return line;
}

function showSaid(form, { faults, warnings }) {
  const places = new Map([...form.querySelectorAll("[data-said]")].map((place) => [place.dataset.said, place]));
  places.forEach((place) => place.replaceChildren());
  const others = [];
  for (const [found, className] of [[faults, "field-error"], [warnings, "field-warning"]]) {
    for (const { field, message } of found) {
      const place = places.get(field);
      if (place) place.append(paragraph(className, message));
      else others.push(message);
    }
  }
  form.querySelectorAll("[data-field]").forEach((box) => box.classList.toggle("field-bad", Boolean(box.querySelector(".field-error"))));
  const list = document.querySelector("[data-said-list]");
  list.replaceChildren(...others.map((words) => Object.assign(document.createElement("li"), { textContent: words })));
}

function showVerdict({ faults, warnings }) {
  const place = document.querySelector("[data-verdict]");
  const tone = faults.length ? "bad" : warnings.length ? "warn" : "good";
  let words = say("Nothing to fix.");
  if (faults.length) words = sayCount("{count} thing to fix before this can go live.", "{count} things to fix before this can go live.", faults.length);
  else if (warnings.length) words = sayCount("Nothing to fix; {count} thing to look at.", "Nothing to fix; {count} things to look at.", warnings.length);
  place.className = `note note-${tone}`;
  // A voice that reads the page is not interrupted by the same words.
  if (place.textContent.trim() !== words) place.textContent = words;
  place.hidden = false;
}

const sheet = "adoptedStyleSheets" in document ? new CSSStyleSheet() : null;

function showTexts(form, { texts, css }) {
  form.querySelectorAll("[data-preview]").forEach((place) => {
    const html = texts[place.dataset.preview] ?? "";
    const box = form.querySelector(`[data-preview-box="${place.dataset.preview}"]`);
    if (place.dataset.html !== html) {
      place.innerHTML = html; // sanitised by the server, as every text is
      place.dataset.html = html;
    }
    if (html && box.hidden) box.open = true;
    box.hidden = !html;
  });
  if (!sheet) return;
  document.querySelector("[data-own-style]")?.remove();
  sheet.replaceSync(css);
  if (!document.adoptedStyleSheets.includes(sheet)) document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}

function startCheck(form) {
  let timer = 0;
  let asked = 0;
  const ask = async () => {
    const turn = (asked += 1);
    try {
      const reply = await fetch(form.dataset.write, {
        method: "POST",
        headers: { Accept: "application/json", "X-CSRFToken": form.elements.csrf_token.value },
        body: new URLSearchParams(typedFields(form)),
        credentials: "same-origin",
        redirect: "error",
        signal: AbortSignal.timeout(PATIENCE),
      });
      if (!reply.ok || turn !== asked) return;
      const found = await reply.json();
      if (turn !== asked) return;
      showSaid(form, found);
      showVerdict(found);
      showTexts(form, found);
    } catch {
      // No line just now: what is typed is kept here, and the next key asks again.
    }
  };
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE);
  };
  form.addEventListener("input", soon);
  form.addEventListener("change", soon);
}

const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

function startPick(box) {
  const search = box.querySelector("[data-pick-filter]");
  if (!search) return;
  search.hidden = false;
  search.addEventListener("input", (event) => {
    event.stopPropagation();
    const words = plain(search.value).split(/\s+/u).filter(Boolean);
    box.querySelectorAll(".choice").forEach((line) => {
      line.hidden = !words.every((word) => plain(line.textContent).includes(word));
    });
  });
  search.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
}

// Browsers count what the bar covers as seen.
function startKeyboard(form) {
  form.addEventListener("keyup", (event) => event.key === "Tab" && event.target.scrollIntoView({ block: "nearest" }));
}

const form = document.querySelector("[data-write]");
if (form) {
  startKeyboard(form);
  startCheck(form);
  startPictures(form);
  form.querySelectorAll(".pick").forEach(startPick);
  startLocalDraft(form);
  form.dataset.ready = "";
}
