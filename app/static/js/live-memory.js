// What this browser remembers about live messages, for all its tabs: how far it has heard, what it has shown, and what
// the reader wishes. Where storage is closed (a private window), each page remembers for itself.

import { isFromServer } from "./server-clock.js";

const MOST_SHOWN = 300;
const own = new Map();
const granted = new Set();

function read(name) {
  try {
    return localStorage.getItem(`infinity-${name}`);
  } catch {
    return own.get(name) ?? null;
  }
}

function write(name, value) {
  own.set(name, value);
  try {
    localStorage.setItem(`infinity-${name}`, value);
  } catch {
    // Remembered on this page alone.
  }
}

function readList(name) {
  try {
    const list = JSON.parse(read(name) ?? "[]");
    return Array.isArray(list) ? list.filter(Number.isSafeInteger) : [];
  } catch {
    return [];
  }
}

// A page that the browser shows again may not know of the newest that was heard; nothing else on it is old.
const newest = Math.max(Number(document.body.dataset.lastEvent) || 0, isFromServer ? 0 : cursor());
const newestOnPage = () => newest;

// --- how far this browser has heard ----------------------------------------------------------------------------------

export function cursor() {
  const known = Number(read("cursor"));
  return Number.isSafeInteger(known) && known > 0 ? known : 0;
}

export function advance(id) {
  if (Number.isSafeInteger(id) && id > cursor()) write("cursor", String(id));
}

// A new reader starts from the page at hand. A page that knows of less than we have heard belongs to a hunt that was
// set up anew: what was shown before has nothing to do with it.
export function settleCursor() {
  if (read("cursor") === null) write("cursor", String(newestOnPage()));
  if (cursor() <= newestOnPage()) return;
  if (cursor() > newestOnPage() + 20) write("shown", "[]");
  write("cursor", String(newestOnPage()));
}

export function isOnPage(id) {
  return id <= newestOnPage();
}

// --- what has been shown ---------------------------------------------------------------------------------------------

export function isShown(id) {
  return readList("shown").includes(id);
}

// True the first time. What one tab writes reaches the others a moment later, so of several tabs only one may ask here.
export function noteShown(id) {
  if (granted.has(id) || isShown(id)) return false;
  granted.add(id);
  write("shown", JSON.stringify([...readList("shown"), id].slice(-MOST_SHOWN)));
  return true;
}

// --- alerts that are still to be closed: of this tab and this reader, since what is said to one team is not for another --

export function openAlerts(reader) {
  try {
    const kept = JSON.parse(sessionStorage.getItem("infinity-alerts") ?? "{}");
    return kept.reader === reader && Array.isArray(kept.texts) ? kept.texts.map(String) : [];
  } catch {
    return [];
  }
}

export function keepAlerts(reader, texts) {
  try {
    sessionStorage.setItem("infinity-alerts", JSON.stringify({ reader, texts }));
  } catch {
    // The next page will not show them again.
  }
}

// --- what the reader wishes ------------------------------------------------------------------------------------------

export function wishes(name) {
  return read(name) === "yes";
}

export function wish(name, isWanted) {
  write(name, isWanted ? "yes" : "no");
}
