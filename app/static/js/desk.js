// The hint desk follows what teams and other helpers do: its parts are read again, and what is being typed stays.

import { readParts } from "./live-parts.js";
import { say } from "./words.js";

const SOON = 200; // milliseconds; several changes within a moment are one

const box = document.querySelector("[data-desk-answer] textarea");
let timer = 0;
let isStale = false;

function isWaiting() {
  return document.querySelector("[data-waiting]")?.dataset.waiting;
}

function warn() {
  if (box === null || document.querySelector("[data-desk-warning]")) return;
  const note = document.createElement("p");
  note.className = "note note-warn";
  note.dataset.deskWarning = "";
  note.setAttribute("role", "alert");
  note.textContent = say("This question changed while you were writing. Check above before you send.");
  box.closest("form").prepend(note);
}

async function read() {
  timer = 0;
  isStale = false;
  const before = isWaiting();
  await readParts("[data-desk-part]");
  if (isWaiting() === before) return;
  // Words that were refused stand in the box as if the server had written them.
  if (box?.value.trim()) warn();
  else location.reload();
}

function follow() {
  isStale = true;
  if (document.visibilityState !== "visible" || timer) return;
  timer = setTimeout(read, SOON);
}

document.addEventListener("infinity:desk", follow);
// What happened after this page was made and before its socket was open.
setTimeout(follow, 3_000);
document.addEventListener("visibilitychange", () => isStale && follow());

// Words that were said before go into the box without leaving the page.
document.querySelectorAll("[data-desk-words]").forEach((link) =>
  link.addEventListener("click", (event) => {
    if (box === null) return;
    event.preventDefault();
    box.value = link.closest("li").querySelector(".as-typed").textContent;
    box.dispatchEvent(new Event("input", { bubbles: true }));
    box.focus();
  }),
);

box?.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) box.form.requestSubmit();
});
