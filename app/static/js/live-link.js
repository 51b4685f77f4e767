// The way to the server: a socket, or asking once a minute where there is none. Runs in one tab of a browser.
//
// The socket brings words at once; whatever was missed is fetched when it is back. While it is away, or while the server
// says that its own processes cannot hear one another, the page asks instead.

import { advance, cursor } from "./live-memory.js";

const ASK_EVERY = 60_000; // milliseconds
const LONGEST_WAIT = 60_000;
const PATIENCE = 15_000;
const STORED = { alert: "id", announcement: "broadcast", refresh: "id" };
const PASSING = ["solve", "unlock", "hint", "score", "guess", "report", "desk", "hunt"];

// How the socket is opened, and again: half of each wait is chance, so that ten thousand pages do not come back as one.
export const WAYS = {
  transports: ["websocket"],
  reconnectionDelay: 2_000,
  reconnectionDelayMax: LONGEST_WAIT,
  randomizationFactor: 0.5,
  timeout: 20_000,
};

const spread = (least, most) => least + Math.random() * (most - least);

export class Link {
  // `hear(event, data)` gets every word, `show(state)` on, poll or off.
  constructor(hear, show) {
    this.hear = hear;
    this.show = show;
    this.socket = null;
    this.team = undefined; // as whom the server greeted us; undefined before it has
    this.unsaid = [];
    this.timer = 0;
    this.standing = null;
    this.state = "";
    this.isRelayed = true;
    this.isStopped = false;
  }

  async start() {
    this.askAfter(spread(4_000, 8_000)); // in case the socket never comes
    const { io } = await import("../vendor/socket.io-4.8.4.min.js");
    if (this.isStopped) return;
    this.socket = io(WAYS);
    this.listen(this.socket);
  }

  stop() {
    this.isStopped = true;
    clearTimeout(this.timer);
    this.socket?.disconnect();
  }

  // Open the socket anew, as whoever the cookie says we are now.
  renew() {
    this.team = undefined;
    this.socket?.disconnect();
    this.socket?.connect();
  }

  listen(socket) {
    socket.on("hello", (hello) => this.onHello(hello));
    socket.on("relay", ({ up }) => this.onRelay(up));
    socket.on("disconnect", (reason) => this.onLoss(reason));
    socket.on("connect_error", () => this.onLoss(socket.active ? "" : "io server disconnect"));
    for (const event of [...Object.keys(STORED), ...PASSING]) socket.on(event, (data) => this.take(event, data));
  }

  // --- words --------------------------------------------------------------------------------------------------------

  take(event, data) {
    if (!data || typeof data !== "object") return;
    if (event in STORED) advance(data[STORED[event]]);
    this.hear(event, data);
  }

  // A broadcast was shown. Said now, or when there is a socket again.
  seen(id) {
    if (this.socket?.connected) this.socket.emit("seen", { id });
    else this.unsaid.push(id);
  }

  // --- the socket ---------------------------------------------------------------------------------------------------

  onHello({ team, last }) {
    this.team = team;
    this.isRelayed = true;
    clearTimeout(this.timer);
    this.tell("on");
    this.unsaid.splice(0).forEach((id) => this.seen(id));
    if (last > cursor()) this.catchUp();
    if (this.wasAway) this.hear("standing", {});
    this.wasAway = false;
  }

  catchUp() {
    this.socket.timeout(PATIENCE).emit("catch_up", { after: cursor() }, (error, missed) => {
      if (!error && Array.isArray(missed)) missed.forEach(({ event, data }) => this.take(event, data));
      else this.askAfter(spread(1_000, 5_000));
    });
  }

  onRelay(isUp) {
    this.isRelayed = isUp;
    this.tell(isUp ? "on" : "poll");
    this.askAfter(spread(500, 5_000));
  }

  onLoss(reason) {
    this.wasAway = true;
    if (this.state !== "off") this.tell("poll");
    if (!this.timer) this.askAfter(spread(5_000, 15_000));
    // The library comes back by itself unless it was sent away; whoever was sent away may come as somebody else.
    if (reason === "io server disconnect" && !this.isStopped) {
      setTimeout(() => !this.isStopped && this.socket.connect(), this.team === undefined ? spread(30_000, 60_000) : spread(1_000, 4_000));
      this.team = undefined;
    }
  }

  // --- asking -------------------------------------------------------------------------------------------------------

  isNeeded() {
    return !this.socket?.connected || !this.isRelayed;
  }

  askAfter(milliseconds) {
    clearTimeout(this.timer);
    this.timer = this.isStopped ? 0 : setTimeout(() => this.ask(), milliseconds);
  }

  async ask() {
    this.timer = 0;
    try {
      const reply = await fetch(`/events?after=${cursor()}`, {
        headers: { Accept: "application/json" },
        signal: AbortSignal.timeout(PATIENCE),
      });
      if (!reply.ok) throw new Error(`status ${reply.status}`);
      this.onAnswer(await reply.json());
    } catch {
      if (this.isNeeded()) this.tell("off");
    }
    if (this.isNeeded()) this.askAfter(ASK_EVERY * spread(0.9, 1.1));
  }

  onAnswer({ events, last, now }) {
    events.forEach(({ event, data }) => this.take(event, data));
    advance(last);
    const standing = JSON.stringify(now);
    if (this.standing !== null && this.standing !== standing) this.hear("standing", now);
    this.standing = standing;
    if (this.isNeeded()) this.tell("poll");
  }

  tell(state) {
    this.state = state;
    this.show(state);
  }
}
