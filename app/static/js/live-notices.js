// What is shown of live messages: alerts in a window, announcements and the team's news as toasts, each once a browser.
// Texts come as text and stay text. Toasts can be silenced and sound asked for; an alert of the organisers is always
// shown, since it is about the hunt itself.

import { isShown, keepAlerts, openAlerts, wishes } from "./live-memory.js";
import { say, timeLocale } from "./words.js";

const MOST_TOASTS = 5;
const OLDEST_WINDOW = 15 * 60_000; // milliseconds
const PASSING_FOR = 15_000; // milliseconds; what leads somewhere stays until it is closed

let sound = null;

function beep() {
  if (!wishes("sound")) return;
  try {
    sound ??= new AudioContext();
    const tone = sound.createOscillator();
    const volume = sound.createGain();
    tone.frequency.value = 660;
    volume.gain.setValueAtTime(0.08, sound.currentTime);
    volume.gain.exponentialRampToValueAtTime(0.0001, sound.currentTime + 0.4);
    tone.connect(volume).connect(sound.destination);
    tone.start();
    tone.stop(sound.currentTime + 0.4);
  } catch {
    // A browser without sound, or one that wants a click first.
  }
}

function element(name, className = "", text = "") {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

function timeOf(at) {
  return new Intl.DateTimeFormat(timeLocale, { weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(at);
}

export class Notices {
  // `claim(id)` promises whether this tab is to show a stored broadcast, `seen(id)` is told that it has; `reader`: who
  // is logged in.
  constructor(claim, seen, reader) {
    this.claim = claim;
    this.seen = seen;
    this.reader = reader;
    this.waiting = []; // until somebody looks at this tab
    this.alerts = openAlerts(reader); // the first is in the window
    this.toasts = document.querySelector("[data-toasts]");
    this.window = document.querySelector("[data-modal]");
    this.window?.addEventListener("close", () => this.closed());
    document.addEventListener("visibilitychange", () => this.look());
    this.openFirst();
  }

  // --- stored broadcasts: once a browser, in the tab that is looked at ------------------------------------------------

  offer(id, notice) {
    if (!Number.isSafeInteger(id) || isShown(id)) return;
    this.waiting.push({ id, notice });
    this.look();
  }

  async look() {
    while (document.visibilityState === "visible" && this.waiting.length > 0) {
      const { id, notice } = this.waiting.shift();
      if (!(await this.claim(id))) continue;
      this.seen(id);
      notice();
    }
  }

  // One that is older stays out of the way: whoever logs in later reads it, and when it was sent, in a toast. So do
  // those that find an organiser at work, most of all on the next message.
  alert(id, text, at) {
    this.offer(id, () => {
      if (Date.now() - at > OLDEST_WINDOW || location.pathname.startsWith("/admin")) {
        this.toast(say("Message of {time}: {text}", { time: timeOf(at), text }), [], { isLasting: true, isForAll: true });
        return;
      }
      this.alerts.push(text);
      keepAlerts(this.reader, this.alerts);
      if (!this.window.open) this.openFirst();
      beep();
    });
  }

  // Until it is closed an alert comes back on each next page: it may have come in the moment of leaving the one before.
  openFirst() {
    if (this.alerts.length === 0 || !this.window) return;
    this.window.querySelector("[data-modal-text]").textContent = this.alerts[0];
    this.window.showModal();
  }

  closed() {
    this.alerts.shift();
    keepAlerts(this.reader, this.alerts);
    this.openFirst();
  }

  announcement(id, title, url, isErratum) {
    const label = isErratum ? say("Erratum") : say("News");
    this.offer(id, () => this.toast(label, [[title, url]], { isLasting: true }));
  }

  // --- toasts -------------------------------------------------------------------------------------------------------

  toast(words, links = [], { isLasting = false, isForAll = false } = {}) {
    if (!this.toasts || (wishes("silent") && !isForAll)) return;
    const toast = element("div", "toast");
    const body = element("div", "toast-body");
    body.append(element("p", "toast-words", words));
    for (const [title, url] of links) {
      const link = element("a", "", title);
      link.href = url;
      const line = element("p");
      line.append(link);
      body.append(line);
    }
    toast.append(body, this.closeButton(toast));
    this.toasts.append(toast);
    while (this.toasts.children.length > MOST_TOASTS) this.toasts.firstElementChild.remove();
    if (!isLasting) this.removeLater(toast);
    beep();
  }

  closeButton(toast) {
    const button = element("button", "tool toast-close", "×");
    button.type = "button";
    button.setAttribute("aria-label", say("Close this message"));
    button.addEventListener("click", () => toast.remove());
    return button;
  }

  removeLater(toast) {
    setTimeout(() => {
      if (toast.matches(":hover, :focus-within")) this.removeLater(toast);
      else toast.remove();
    }, PASSING_FOR);
  }
}
