// Hints, questions and power-ups without leaving the page. The words are the server's; the plain forms, which name
// price and effect before anything is paid, do the same without this.

import { readAgain } from "./live-parts.js";
import { freshKey, NoReply, postSurely } from "./post.js";
import { say } from "./words.js";

const LOST = say("We didn’t get a reply. Try again – it won’t be counted twice.");
const MOVES = "[data-hints] form, [data-powerups] form";
// After these the page shows something that is not so any more.
const STALE = ["already_solved", "conflict", "insufficient_xp", "no_credits", "no_hint_left", "not_running"];

const unanswered = new Map(); // by address: the answer that got no reply, with its key

function keyFor(url, answer) {
  if (unanswered.get(url)?.answer !== answer) unanswered.set(url, { answer, once: freshKey() });
  return unanswered.get(url).once;
}

function fieldsOf(form) {
  const fields = new FormData(form);
  if (fields.has("once")) fields.set("once", keyFor(form.action, fields.get("answer") ?? ""));
  return fields;
}

// --- saying it, once -------------------------------------------------------------------------------------------------

function note(words, tone) {
  const made = document.createElement("p");
  made.className = `note note-${tone}`;
  made.textContent = words;
  return made;
}

// A refusal stands beside the button that was pressed, news above the part of the page that changes.
const sayNo = (form, ...parts) => form.querySelector("[data-said]").replaceChildren(...parts);

const sayNews = (place, said) => document.querySelector(`[data-moved="${place}"]`).replaceChildren(said);

function clearNews() {
  document.querySelectorAll("[data-moved]").forEach((region) => region.replaceChildren());
}

function focusOn(selector) {
  const place = document.querySelector(selector);
  place?.focus({ preventScroll: true });
  place?.scrollIntoView({ block: "nearest" });
}

function loginLink() {
  const link = document.createElement("a");
  link.href = `/account/login?next=${encodeURIComponent(location.pathname)}`;
  link.textContent = say("Log in again");
  return link;
}

// --- replies ---------------------------------------------------------------------------------------------------------

async function refuse(form, status, { code, message }) {
  const said = note(message, "bad");
  if (status === 401) said.append(" ", loginLink());
  if (!STALE.includes(code)) {
    sayNo(form, said);
    (form.querySelector('input:not([type="hidden"]), textarea') ?? form.querySelector("button")).focus();
    return;
  }
  // What is offered has changed: the question is closed, and the words stay above what is offered now.
  const place = form.closest("[data-hints]") ? "hints" : "powerups";
  sayNews(place, said);
  close(form);
  await readAgain();
  focusOn(`#${place}`);
}

function close(form) {
  form.reset();
  form.closest("details").open = false;
}

async function showHint(form, { hint, message }) {
  close(form);
  sayNews("hints", note(message, "good"));
  await readAgain();
  focusOn(`#hint-${Number(hint.order)}`);
}

async function showQuestion(form, { message }) {
  close(form);
  sayNews("hints", note(message, "good"));
  await readAgain();
  focusOn("[data-thread]:last-of-type");
}

async function showSkip(form, { message }) {
  close(form);
  sayNews("powerups", note(message, "good"));
  await readAgain();
  focusOn("[data-passed]");
}

async function showVerdict(form, answer, reply) {
  const isSolved = reply.verdict === "correct";
  document.dispatchEvent(new CustomEvent("infinity:verdict", { detail: { answer, reply } }));
  close(form);
  await readAgain();
  if (!isSolved) focusOn("[data-result]");
}

function show(form, answer, status, body) {
  if (body.error) return refuse(form, status, body.error);
  document.dispatchEvent(new CustomEvent("infinity:standing", { detail: body }));
  if (body.hint) return showHint(form, body);
  if (body.request) return showQuestion(form, body);
  return body.skipped ? showSkip(form, body) : showVerdict(form, answer, body);
}

// --- sending ---------------------------------------------------------------------------------------------------------

function setBusy(form, isBusy) {
  form.setAttribute("aria-busy", String(isBusy));
  form.querySelector("button").setAttribute("aria-disabled", String(isBusy));
}

async function send(form) {
  const [url, fields] = [form.action, fieldsOf(form)];
  clearNews();
  sayNo(form);
  setBusy(form, true);
  try {
    const sayTrying = (next, all) => sayNo(form, note(say("No reply yet. Retrying ({next} of {all}) …", { next, all }), "warn"));
    const { status, body } = await postSurely(url, fields, sayTrying);
    if (status !== 503) unanswered.delete(url);
    sayNo(form);
    setBusy(form, false); // the reply is here: while the page is read again, the next try need not wait
    await show(form, fields.get("answer") ?? "", status, body);
  } catch (error) {
    if (!(error instanceof NoReply)) throw error;
    sayNo(form, note(LOST, "bad"));
  } finally {
    setBusy(form, false);
  }
}

export function startMoves() {
  // Before the form's own listener: that one is for forms which lead to another page.
  addEventListener(
    "submit",
    (event) => {
      if (!event.target.matches(MOVES)) return;
      event.preventDefault();
      if (event.target.getAttribute("aria-busy") !== "true") send(event.target);
    },
    true,
  );
}
