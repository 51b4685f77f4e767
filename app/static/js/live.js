// The live part of a page: listens (live-tabs, live-link), shows (live-notices), keeps the page as things are
// (live-parts), and has a dot in the header that tells whether all this works.

import { isOnPage, settleCursor, wish, wishes } from "./live-memory.js";
import { Notices } from "./live-notices.js";
import { follow, isSolvedHere, isTyping, offerCorrection, puzzleHere, reload, restoreTyped, showStanding } from "./live-parts.js";
import { Tabs } from "./live-tabs.js";
import { say, sayPoints } from "./words.js";

const WORDS = {
  start: say("Connecting"),
  on: say("Live updates on"),
  poll: say("Reconnecting – checking every minute"),
  off: say("Not connected – this page may be out of date"),
};
const DESK_WORDS = { asked: say("A team needs help"), reported: say("A team reported a problem") };
const OWN_DOING = 5_000; // milliseconds within which a word is about what was just done on this page
const LATEST_RELOAD = 60_000;

// --- the dot and its part of the menu --------------------------------------------------------------------------------

function startWish(box) {
  const isInverted = box.dataset.wish === "silent"; // ticked: what is said is shown
  box.checked = wishes(box.dataset.wish) !== isInverted;
  box.addEventListener("change", () => wish(box.dataset.wish, box.checked !== isInverted));
}

function startMenu(dot) {
  const menu = document.querySelector("[data-live-menu]");
  const words = menu.querySelector("[data-live-words]");
  menu.querySelectorAll("[data-wish]").forEach(startWish);
  menu.hidden = false;
  const show = (state) => {
    dot.dataset.state = state;
    words.textContent = WORDS[state] ?? WORDS.start;
    dot.title = words.textContent;
  };
  show("start");
  return show;
}

// Whether the end of this part of the page, where what is new stands, is in the window.
function isSeen(part) {
  const end = part?.getBoundingClientRect().bottom ?? Infinity;
  return end > 0 && end <= innerHeight;
}

function isNewsHere() {
  return ["/", "/announcements"].includes(location.pathname);
}

// --- what the words do -----------------------------------------------------------------------------------------------

class LivePage {
  constructor() {
    this.team = document.querySelector("header .menu summary bdi")?.textContent ?? null;
    this.notices = new Notices(
      (id) => this.tabs.claim(id),
      (id) => this.tabs.seen(id),
      this.team,
    );
    this.show = startMenu(document.querySelector(".live-dot"));
    this.didAt = -Infinity;
    document.addEventListener("infinity:standing", () => (this.didAt = performance.now()));
    this.start();
  }

  start() {
    this.tabs = new Tabs((event, data) => this.hear(event, data), (state) => this.show(state), this.team);
    this.tabs.start();
  }

  hear(event, data) {
    const act = this[`on_${event}`];
    if (act) act.call(this, data);
  }

  on_alert({ id, text, at }) {
    this.notices.alert(id, String(text), new Date(at));
    if (isNewsHere()) follow({ isForAll: true }); // It may stand in the news as well.
  }

  on_announcement({ id, broadcast, title, kind, puzzle }) {
    if (kind === "erratum" && puzzle && puzzle === puzzleHere()) {
      offerCorrection();
      this.notices.offer(broadcast, () => {});
      return;
    }
    this.notices.announcement(broadcast, String(title), `/announcements/${Number(id)}`, kind === "erratum");
    if (isNewsHere() || kind === "erratum") follow({ isForAll: true });
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

  // An answer of the organisers has the order 0. It says so on its own page too, where it may be far from what is read.
  on_hint({ puzzle, order }) {
    const words = order === 0 ? say("The organisers replied") : say("Your team got a hint");
    const url = `/game/puzzle/${encodeURIComponent(puzzle)}#hints`;
    const isInView = () => puzzle === puzzleHere() && isSeen(document.querySelector("#hints"));
    const tell = () => isInView() || this.notices.toast("", [[words, url]], { isLasting: true });
    // An answer is nobody's own doing, however soon after the question it comes.
    if (order === 0 && document.visibilityState === "visible") tell();
    else this.newsOfTeam(tell);
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
    const link = [say("Reply to your report"), `/game/puzzle/${encodeURIComponent(puzzle)}#report`];
    const isInView = () => puzzle === puzzleHere() && isSeen(document.querySelector("#report"));
    this.newsOfTeam(() => isInView() || this.notices.toast("", [link], { isLasting: true }));
    follow();
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
