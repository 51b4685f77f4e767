// Guessing without leaving the page. The words are the server's; the plain form does the same without this.

import { normalised } from "./guess-text.js";
import { follow } from "./live-parts.js";
import { freshKey, NoReply, postSurely } from "./post.js";
import { say, sayPoints } from "./words.js";

const LOST = say("We didn’t get a reply. Try again – your guess won’t be counted twice.");

function element(name, className = "", text = "") {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}


class GuessBox {
  constructor(panel) {
    this.panel = panel;
    this.form = panel.querySelector("[data-guess-form]");
    this.input = this.form.elements.answer;
    this.button = this.form.querySelector("button");
    this.result = panel.querySelector("[data-result]");
    this.note = panel.querySelector("[data-note]");
    this.past = document.querySelector("[data-past]");
    this.pastPanel = document.querySelector("[data-past-panel]");
    this.isBusy = false;
    this.waitsUntil = 0;
    this.unanswered = null; // the guess that got no reply, with its key
    this.form.addEventListener("submit", (event) => this.onSubmit(event));
    this.input.addEventListener("input", () => this.showNote());
    // A close answer is sent from elsewhere on the page, and judged like any other.
    document.addEventListener("infinity:verdict", ({ detail }) => this.showVerdict(detail.answer, detail.reply));
  }

  // --- before sending ---------------------------------------------------------------------------------------------

  rowsOf(text) {
    const wanted = normalised(text);
    return [...this.past.children].filter((row) => wanted && normalised(row.dataset.guessText ?? "") === wanted);
  }

  showNote() {
    const words = this.rowsOf(this.input.value).length > 0 ? say("Your team has already tried this.") : "";
    if (this.note.textContent !== words) this.note.textContent = words;
  }

  keyFor(answer) {
    if (this.unanswered?.answer !== answer) this.unanswered = { answer, once: freshKey() };
    return this.unanswered.once;
  }

  onSubmit(event) {
    event.preventDefault();
    if (this.isBusy || performance.now() < this.waitsUntil) return;
    this.send();
  }

  // --- sending ----------------------------------------------------------------------------------------------------

  async send() {
    const answer = this.input.value;
    const fields = new FormData(this.form);
    fields.set("once", this.keyFor(answer));
    this.setBusy(true);
    try {
      const url = this.panel.dataset.url;
      this.show(answer, await postSurely(url, fields, (next, all) => this.sayTrying(next, all)));
    } catch (error) {
      if (!(error instanceof NoReply)) throw error;
      this.sayError(LOST);
    } finally {
      this.setBusy(false);
    }
  }

  setBusy(isBusy) {
    this.isBusy = isBusy;
    this.button.setAttribute("aria-disabled", String(isBusy || performance.now() < this.waitsUntil));
    this.form.setAttribute("aria-busy", String(isBusy));
  }

  sayTrying(next, all) {
    this.showResult("error", say("Retrying"), say("No reply yet. Retrying ({next} of {all}) …", { next, all }));
  }

  // --- the reply --------------------------------------------------------------------------------------------------

  show(answer, { status, retryAfter, body }) {
    this.unanswered = status === 503 ? this.unanswered : null;
    if (body.error) this.showRefusal(status, retryAfter, body.error);
    else this.showVerdict(answer, body);
  }

  showRefusal(status, retryAfter, error) {
    const link = status === 401 ? this.loginLink() : null;
    this.sayError(error.message, link);
    if (status === 429) this.countDown(retryAfter || 5);
    if (error.code === "already_solved") this.loadSolved();
    else if (status !== 401) follow(); // what cannot be an answer was a guess, too
  }

  loginLink() {
    const link = element("a", "", say("Log in again"));
    link.href = `/account/login?next=${encodeURIComponent(location.pathname)}`;
    return link;
  }

  showVerdict(answer, reply) {
    const left = this.panel.querySelector("[data-guesses-left]");
    left.textContent = String(reply.guesses_left ?? left.textContent);
    if (reply.verdict === "wrong" || reply.verdict === "close") this.addPast(answer, reply);
    this.input.value = "";
    this.input.removeAttribute("aria-invalid");
    this.showNote();
    document.dispatchEvent(new CustomEvent("infinity:standing", { detail: reply }));
    if (reply.verdict === "correct") {
      this.becomeSolved(reply);
      return;
    }
    this.showResult(reply.verdict, this.titleOf(reply.verdict), "", reply.message_html);
    this.input.focus();
  }

  titleOf(tone) {
    return this.panel.getAttribute(`data-title-${tone}`) ?? "";
  }

  addPast(answer, reply) {
    // The page may have been read again before the reply came: where a first reply was lost, for one.
    this.rowsOf(answer).forEach((row) => row.remove());
    const row = element("li");
    row.dataset.guessText = answer;
    const text = element("span", "past-text");
    text.append(element("bdi", "", answer));
    const chip = element("span", reply.verdict === "close" ? "chip chip-warn" : "chip", this.panel.getAttribute(`data-chip-${reply.verdict}`));
    const more = element("div", "past-more", say("Just now"));
    if (reply.verdict === "close") more.append(this.markup(reply.message_html));
    row.append(text, chip, more);
    this.past.prepend(row);
    this.pastPanel.hidden = false;
  }

  // Rendered and sanitised by the server when the puzzle was stored.
  markup(html = "") {
    const box = element("div", "result-message");
    box.innerHTML = html;
    return box;
  }

  // One box says it all: the answer, its points, the author's words, what has opened, where to go on.
  becomeSolved(reply) {
    const solved = this.panel.querySelector("[data-solved-shape]").content.firstElementChild.cloneNode(true);
    const part = (name) => solved.querySelector(`[data-${name}]`);
    part("points").textContent = reply.points > 0 ? ` · ${sayPoints(reply.points)}` : "";
    part("found").hidden = !reply.answer;
    part("found").querySelector("bdi").textContent = reply.answer ?? "";
    part("message").replaceChildren(...this.markup(reply.message_html).childNodes);
    this.showOpened(part("opened"), reply.unlocked ?? []);
    this.form.hidden = true;
    this.result.replaceChildren(solved);
    solved.classList.add("celebrate");
    solved.focus({ preventScroll: true });
    this.panel.scrollIntoView({ block: "nearest" });
  }

  showOpened(place, unlocked) {
    place.hidden = unlocked.length === 0;
    for (const { title, url } of unlocked) {
      const link = element("a", "", title);
      link.href = url;
      const item = element("li");
      item.append(link);
      place.querySelector("ul").append(item);
    }
  }

  // A teammate was faster: the page as it is now tells it best.
  loadSolved() {
    setTimeout(() => location.replace(location.pathname), 2500);
  }

  // --- saying it, once --------------------------------------------------------------------------------------------

  sayError(words, extra = null) {
    this.showResult("error", this.titleOf("error"), words, "", extra);
    this.input.focus();
  }

  showResult(tone, title, words, html = "", extra = null) {
    const box = element("div", `result result-${tone}`);
    box.append(element("p", "result-title", title));
    if (words) box.append(element("p", "", words));
    if (html) box.append(this.markup(html));
    if (extra) box.append(extra);
    this.result.replaceChildren(box);
  }

  countDown(seconds) {
    this.waitsUntil = performance.now() + seconds * 1000;
    const words = this.button.textContent;
    const refusal = this.result.firstChild;
    const tick = () => {
      const left = Math.ceil((this.waitsUntil - performance.now()) / 1000);
      this.button.textContent = left > 0 ? `${left} s` : words;
      this.button.setAttribute("aria-disabled", String(left > 0 || this.isBusy));
      if (left > 0) setTimeout(tick, 250);
      else if (refusal === this.result.firstChild) this.result.replaceChildren();
    };
    tick();
  }
}

export function startGuess(panel) {
  if (panel?.querySelector("[data-guess-form]")) new GuessBox(panel);
}
