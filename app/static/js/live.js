// The live part of a page: listens (live-tabs, live-link), shows (live-notices), keeps the page as things are
// (live-parts), and has a dot in the header that tells whether all this works.

import { isOnPage, settleCursor, wish, wishes } from "./live-memory.js";
import { Notices } from "./live-notices.js";
import { follow, isSolvedHere, isTyping, offerCorrection, puzzleHere, reload, restoreTyped, showStanding } from "./live-parts.js";
import { Tabs } from "./live-tabs.js";
import { say, sayPoints } from "./words.js";

const WORDS = {
  start: say("Connecting"),
  on: say("Live: what happens shows at once"),
  poll: say("Not live: this page looks for news every minute"),
  off: say("Not connected: what you see may be old"),
};
const DESK_WORDS = { asked: say("A team asks for help"), reported: say("A team reports a problem") };
const OWN_DOING = 5_000; // milliseconds within which a word is about what was just done on this page
const LATEST_RELOAD = 60_000;

// --- the dot and its menu --------------------------------------------------------------------------------------------

function wishBox(name, words, isWanted) {
  const label = document.createElement("label");
  const box = document.createElement("input");
  box.type = "checkbox";
  box.checked = isWanted(wishes(name));
  box.addEventListener("change", () => wish(name, isWanted(box.checked)));
  label.className = "live-wish";
  label.append(box, ` ${words}`);
  return label;
}

function menuAround(dot) {
  const menu = document.createElement("details");
  menu.className = "menu live-menu";
  menu.dataset.menu = "";
  const summary = document.createElement("summary");
  const words = document.createElement("span");
  words.className = "visually-hidden";
  const status = document.createElement("p");
  const body = document.createElement("div");
  body.className = "menu-body";
  body.append(status, wishBox("silent", say("Show messages"), (yes) => !yes), wishBox("sound", say("Sound"), (yes) => yes));
  dot.replaceWith(menu);
  summary.append(dot, words);
  menu.append(summary, body);
  dot.hidden = false;
  const show = (state) => {
    dot.dataset.state = state;
    words.textContent = WORDS[state] ?? WORDS.start;
    status.textContent = words.textContent;
    summary.title = words.textContent;
  };
  show("start");
  return show;
}

// --- what the words do -----------------------------------------------------------------------------------------------

class LivePage {
  constructor() {
    this.notices = new Notices(
      (id) => this.tabs.claim(id),
      (id) => this.tabs.seen(id),
    );
    this.show = menuAround(document.querySelector(".live-dot"));
    this.didAt = -Infinity;
    document.addEventListener("infinity:standing", () => (this.didAt = performance.now()));
    this.start();
  }

  start() {
    const team = document.querySelector("header .menu summary bdi")?.textContent ?? null;
    this.tabs = new Tabs((event, data) => this.hear(event, data), (state) => this.show(state), team);
    this.tabs.start();
  }

  hear(event, data) {
    const act = this[`on_${event}`];
    if (act) act.call(this, data);
  }

  on_alert({ id, text }) {
    this.notices.alert(id, String(text));
  }

  on_announcement({ id, broadcast, title, kind, puzzle }) {
    if (kind === "erratum" && puzzle && puzzle === puzzleHere()) {
      offerCorrection();
      this.notices.offer(broadcast, () => {});
      return;
    }
    this.notices.announcement(broadcast, String(title), `/announcements/${Number(id)}`, kind === "erratum");
    if (location.pathname === "/" || location.pathname === "/announcements" || kind === "erratum") follow({ isForAll: true });
  }

  on_refresh({ id, min_seconds: least, max_seconds: most }) {
    if (isOnPage(id) || this.isReloading) return;
    this.isReloading = true;
    const wait = (Number(least) + Math.random() * (Number(most) - Number(least))) * 1000;
    setTimeout(() => this.reloadQuietly(performance.now() + LATEST_RELOAD), wait);
  }

  reloadQuietly(latest) {
    if (isTyping() && performance.now() < latest) setTimeout(() => this.reloadQuietly(latest), 1_000);
    else reload();
  }

  // What was done on this very page needs no second message; the reply and the word may come in either order.
  newsOfTeam(act, delay = 1_500) {
    if (document.visibilityState !== "visible") return;
    setTimeout(() => performance.now() - this.didAt > OWN_DOING && act(), delay);
  }

  on_solve({ puzzle, title, points }) {
    const worth = Number.isFinite(points) && points > 0 ? ` · ${sayPoints(points)}` : "";
    const wasSolved = puzzle === puzzleHere() && isSolvedHere();
    if (!wasSolved) this.newsOfTeam(() => this.notices.toast(say("Solved: {title}", { title: `${title}${worth}` })));
    follow();
  }

  on_unlock({ items }) {
    const links = items.map(({ title, url }) => [String(title), String(url)]).filter(([, url]) => url.startsWith("/game/"));
    this.newsOfTeam(() => this.notices.toast(say("Now open:"), links, { isLasting: true }));
    follow();
  }

  on_hint({ puzzle }) {
    const isElsewhere = puzzle !== puzzleHere();
    const url = `/game/puzzle/${encodeURIComponent(puzzle)}#hints`;
    if (isElsewhere) this.newsOfTeam(() => this.notices.toast("", [[say("A hint for your team"), url]], { isLasting: true }));
    follow();
  }

  on_score(standing) {
    showStanding(standing);
  }

  on_guess() {
    if (puzzleHere()) follow();
  }

  on_standing() {
    follow();
    document.dispatchEvent(new Event("infinity:desk"));
  }

  on_report({ puzzle }) {
    if (puzzle === puzzleHere()) follow();
    else this.newsOfTeam(() => this.notices.toast("", [[say("News about your report"), `/game/puzzle/${encodeURIComponent(puzzle)}#report`]], { isLasting: true }));
  }

  // For the staff: a question or a report has changed.
  on_desk({ what, number, puzzle }) {
    document.dispatchEvent(new Event("infinity:desk"));
    const wanted = document.body.dataset.desk;
    const isOurs = wanted === "*" || (wanted ?? "").split(" ").includes(String(puzzle));
    const words = DESK_WORDS[what];
    if (!isOurs || !words || document.visibilityState !== "visible") return;
    const url = what === "reported" ? "/admin/problems" : `/admin/hints/${Number(number)}`;
    if (location.pathname !== url) this.notices.toast("", [[words, url]], { isLasting: true });
  }

  on_hunt({ state }) {
    if (state !== document.body.dataset.state) follow({ isForAll: true });
  }
}

export function startLive() {
  restoreTyped();
  if (!document.querySelector(".live-dot") || !("lastEvent" in document.body.dataset)) return;
  settleCursor();
  const page = new LivePage();
  document.addEventListener("infinity:xp-due", () => follow());
  // A page that the browser keeps for the way back must not hold the other tabs' socket meanwhile.
  addEventListener("pagehide", (event) => event.persisted && page.tabs.stop());
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    page.start();
    follow();
  });
}
