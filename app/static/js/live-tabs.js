// One link for all tabs of a browser: the tab that holds the lock leads, tells the others what it hears, and says for
// them what they have shown. When it is closed the next one takes over. A browser without locks or channels (an old one,
// or a plain http address) has a link in each tab.

import { Link } from "./live-link.js";

const NAME = "infinity-live";

export class Tabs {
  // `hear(event, data)`, `show(state)`; `team` is as whom this page was made: a display name, or null.
  constructor(hear, show, team) {
    this.hear = hear;
    this.show = show;
    this.team = team;
    this.link = null;
    this.channel = null;
    this.state = "";
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

  // --- following ----------------------------------------------------------------------------------------------------

  onMessage(message) {
    if (this.link) {
      if (message.kind === "here") this.onHere(message.team);
      if (message.kind === "seen") this.link.seen(message.id);
    } else if (message.kind === "word") {
      this.hear(message.event, message.data);
    } else if (message.kind === "state") {
      this.show(message.state);
    }
  }
}
