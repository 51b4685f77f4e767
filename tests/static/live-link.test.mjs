// The way to the server when it is gone: pages come back one by one, and ask once a minute meanwhile.

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

globalThis.document = { body: { dataset: {} } };
const { Link, WAYS } = await import("../../app/static/js/live-link.js");

const asked = [];
let reply = { events: [], last: 0, now: {} };

beforeEach(() => {
  asked.length = 0;
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
  globalThis.fetch = async (url) => {
    asked.push(url);
    return { ok: true, json: async () => reply };
  };
});

const settled = async () => {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
};

function lost({ reason = "transport close", team = undefined } = {}) {
  const states = [];
  const link = new Link(() => {}, (state) => states.push(state));
  const connects = [];
  link.socket = { connected: false, active: true, connect: () => connects.push(true) };
  link.team = team;
  link.onLoss(reason);
  return { link, states, connects };
}

test("a page tries again for ever, never waits for more than a minute, and leaves half of each wait to chance", () => {
  assert.equal(WAYS.reconnectionDelayMax, 60_000);
  assert.equal(WAYS.randomizationFactor, 0.5);
  assert.equal(WAYS.reconnectionAttempts, undefined);
  assert.deepEqual(WAYS.transports, ["websocket"]);
});

test("a page that has lost its socket says so and asks within fifteen seconds, not at once", async () => {
  const { states } = lost();
  assert.deepEqual(states, ["poll"]);
  mock.timers.tick(4_999);
  assert.equal(asked.length, 0);
  mock.timers.tick(10_001);
  await settled();
  assert.deepEqual(asked, ["/events?after=0"]);
});

test("then it asks about once a minute, as long as the socket is away", async () => {
  const { link } = lost();
  mock.timers.tick(15_000);
  await settled();
  for (let minute = 1; minute <= 3; minute++) {
    mock.timers.tick(53_999);
    await settled();
    assert.equal(asked.length, minute);
    mock.timers.tick(12_002);
    await settled();
    assert.equal(asked.length, minute + 1);
  }
  link.socket.connected = true;
  link.onHello({ team: "Owls", last: 0 });
  mock.timers.tick(200_000);
  await settled();
  assert.equal(asked.length, 4);
});

test("pages do not ask at the same moment", () => {
  const moments = new Set();
  const real = globalThis.setTimeout;
  globalThis.setTimeout = (_act, wait) => moments.add(wait);
  for (let page = 0; page < 50; page++) lost();
  globalThis.setTimeout = real;
  assert.ok(moments.size > 40);
  assert.ok(Math.max(...moments) - Math.min(...moments) > 5_000);
});

test("whoever was sent away comes again as whoever the cookie says, a stranger later than a team", () => {
  const team = lost({ reason: "io server disconnect", team: "Owls" });
  const stranger = lost({ reason: "io server disconnect" });
  mock.timers.tick(4_000);
  assert.deepEqual([team.connects.length, stranger.connects.length], [1, 0]);
  mock.timers.tick(56_000);
  assert.equal(stranger.connects.length, 1);
});

test("a server that does not answer is told of by the dot", async () => {
  globalThis.fetch = async () => {
    throw new TypeError("no network");
  };
  const { states } = lost();
  mock.timers.tick(15_000);
  await settled();
  assert.deepEqual(states, ["poll", "off"]);
});
