// What was typed into a record's form is kept in this browser until the server has it, so that a lost line, a closed
// tab or an expired login costs nothing. Answers are never kept.

import { say, timeLocale } from "./words.js";

const PREFIX = "write:";
const SENT = "write:sent";
const DAYS = 7;
const PAUSE = 400;
const LEFT_OUT = new Set(["csrf_token", "revision", "shown.time_zone"]);

function isKept(name) {
  return name && !LEFT_OUT.has(name) && !/^(?:answer|keep|forget|seen|meant)\./.test(name);
}

function typed(form) {
  return [...new FormData(form)].filter(([name, value]) => isKept(name) && typeof value === "string" && value !== "").map(([name, value]) => [name, value.replace(/\r\n/g, "\n")]);
}

function read(key) {
  try {
    const found = JSON.parse(localStorage.getItem(key) ?? "null");
    return found && Date.now() - found.at < DAYS * 86400000 ? found : null;
  } catch {
    return null; // no storage here, or something else's words
  }
}

function write(key, fields, revision) {
  try {
    localStorage.setItem(key, JSON.stringify({ at: Date.now(), revision, fields }));
    return true;
  } catch {
    return false;
  }
}

function drop(key) {
  try {
    localStorage.removeItem(key);
  } catch {
    // Nothing is kept where nothing can be.
  }
}

function dropOld() {
  try {
    Object.keys(localStorage).filter((key) => key.startsWith(PREFIX) && !read(key)).forEach(drop);
  } catch {
    // As above.
  }
}

function fill(form, fields) {
  const wanted = new Map();
  fields.forEach(([name, value]) => wanted.set(name, [...(wanted.get(name) ?? []), value]));
  for (const box of form.elements) {
    if (!isKept(box.name)) continue;
    const values = wanted.get(box.name) ?? [];
    if (box.type === "checkbox") box.checked = values.includes(box.value);
    else if (box.type !== "hidden") box.value = values[0] ?? "";
  }
  form.dispatchEvent(new Event("input", { bubbles: true }));
}

function offer(form, key, kept) {
  const bar = document.querySelector("[data-local-draft]");
  const at = new Date(kept.at).toLocaleString(timeLocale, { dateStyle: "medium", timeStyle: "short" });
  const words = kept.revision === form.dataset.revision
    ? say("What you typed on {at} wasn’t saved. It is still in this browser.", { at })
    : say("What you typed on {at} wasn’t saved, and the record has changed since. It is still in this browser.", { at });
  bar.querySelector("[data-local-draft-words]").textContent = words;
  bar.querySelector("[data-local-draft-use]").addEventListener("click", () => {
    bar.hidden = true;
    fill(form, kept.fields);
  });
  bar.querySelector("[data-local-draft-drop]").addEventListener("click", () => {
    bar.hidden = true;
    drop(key);
  });
  bar.hidden = false;
}

function noteSent(key, id) {
  try {
    sessionStorage.setItem(SENT, JSON.stringify({ key, id }));
  } catch {
    // It is offered to the next new record then.
  }
}

function dropSaved(path) {
  try {
    const sent = JSON.parse(sessionStorage.getItem(SENT) ?? "null");
    if (!sent || !path.endsWith(`/${sent.id}`)) return;
    drop(sent.key);
    sessionStorage.removeItem(SENT);
  } catch {
    // No storage here.
  }
}

export function startLocalDraft(form) {
  const key = PREFIX + new URL(form.action).pathname;
  const place = form.querySelector("[data-saved-words]");
  const stored = JSON.stringify(typed(form));
  const kept = read(key);
  dropOld();
  // A form that comes back with somebody else's changes holds what was typed here already.
  if (kept && JSON.stringify(kept.fields) !== stored && !document.querySelector("[role=alert]")) offer(form, key, kept);
  else drop(key);
  let timer = 0;
  const keep = () => {
    clearTimeout(timer);
    timer = 0;
    const fields = typed(form);
    if (JSON.stringify(fields) === stored) return;
    if (write(key, fields, form.dataset.revision)) place.textContent = say("Not saved yet; kept in this browser.");
  };
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(keep, PAUSE);
  });
  // The line may be lost while it is sent.
  form.addEventListener("submit", keep);
  addEventListener("pagehide", () => timer && keep());
  // A new record has no address of its own: once it is saved, and has one, nothing of it is offered to the next.
  if ("new" in form.dataset) form.addEventListener("submit", () => noteSent(key, form.elements.fresh?.value));
  else dropSaved(new URL(form.action).pathname);
}
