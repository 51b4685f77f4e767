// One link for all tabs of a browser: the tab that holds the lock leads, tells the others what it hears, and says for
// them what they have shown. When it is closed the next one takes over. A browser without locks or channels (an old one,
// or a plain http address) has a link in each tab.

import { Link } from "./live-link.js";
import { noteShown } from "./live-memory.js";
import { freshKey } from "./post.js";

const NAME = "infinity-live";
const ANSWER_WITHIN = 3_000; // milliseconds

export class Tabs {
  // `hear(event, data)`, `show(state)`; `team` is as whom this page was made: a display name, or null.
  constructor(hear, show, team) {
    this.hear = hear;
    this.show = show;
    this.team = team;
    this.link = null;
    this.channel = null;
    this.state = "";
    this.name = freshKey();
    this.asked = new Map(); // what this tab wants to show, until the leader has answered
  }

  start() {
    if (!navigator.locks || !("BroadcastChannel" in window)) {
      this.lead();
      return;
    }
    this.channel = new BroadcastChannel(NAME);
    this.channel.onmessage = ({ data }) => this.onMessage(data);
    this.channel.postMessage({ kind: "here", team: this.team });
    navigator.locks.request(NAME, () => {
      if (this.isStopped) return null;
      this.lead();
      return new Promise((resolve) => (this.letGo = resolve));
    });
  }

  stop() {
    this.isStopped = true;
    this.link?.stop();
    this.letGo?.();
    this.channel?.close();
  }

  lead() {
    this.link = new Link(
      (event, data) => this.pass(event, data),
      (state) => this.setState(state),
    );
    this.link.start();
  }

  seen(id) {
    if (this.link) this.link.seen(id);
    else this.channel?.postMessage({ kind: "seen", id });
  }

  // Whether this tab is the one to show a broadcast: of two that are looked at, side by side, the leader chooses one.
  claim(id) {
    if (this.link || !this.channel) return Promise.resolve(noteShown(id));
    return new Promise((resolve) => {
      this.asked.set(id, resolve);
      this.channel.postMessage({ kind: "claim", id, tab: this.name });
      // A leader that has just been closed answers nobody.
      setTimeout(() => this.onAnswer(id, noteShown), ANSWER_WITHIN);
    });
  }

  onAnswer(id, isOurs) {
    const resolve = this.asked.get(id);
    this.asked.delete(id);
    resolve?.(isOurs(id));
  }

  // --- leading ------------------------------------------------------------------------------------------------------

  pass(event, data) {
    this.hear(event, data);
    this.channel?.postMessage({ kind: "word", event, data });
  }

  setState(state) {
    this.state = state;
    this.show(state);
    this.channel?.postMessage({ kind: "state", state });
  }

  // A page that was made for somebody else than the socket is open for: somebody has logged in or out since.
  onHere(team) {
    this.setState(this.state);
    if (this.link.team !== undefined && this.link.team !== team) this.link.renew();
  }

  answer({ id, tab }) {
    this.channel.postMessage({ kind: "answer", id, tab, isYours: noteShown(id) });
  }

  // --- following ----------------------------------------------------------------------------------------------------

  onMessage(message) {
    if (this.link) {
      if (message.kind === "here") this.onHere(message.team);
      if (message.kind === "seen") this.link.seen(message.id);
      if (message.kind === "claim") this.answer(message);
    } else if (message.kind === "answer") {
      if (message.tab === this.name) this.onAnswer(message.id, () => message.isYours);
    } else if (message.kind === "word") {
      this.hear(message.event, message.data);
    } else if (message.kind === "state") {
      this.show(message.state);
    }
  }
}
