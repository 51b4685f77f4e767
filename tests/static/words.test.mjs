// The small exact parts: when two guesses are the same, the reader's own time, the parts of a countdown, fresh keys.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { normalised } from "../../app/static/js/guess-text.js";
import { ownTime, partsOf } from "../../app/static/js/moments.js";
import { freshKey } from "../../app/static/js/post.js";

// The same table is read by tests/core/test_answers.py.
const table = JSON.parse(readFileSync(new URL("../core/answer_forms.json", import.meta.url), "utf8"));

test("a guess has the same normal form as on the server", () => {
  for (const [raw, form] of table.forms) assert.equal(normalised(raw), form, raw);
  for (const [answer, guess] of table.same) assert.equal(normalised(answer), normalised(guess), guess);
  for (const [answer, guess] of table.different) assert.notEqual(normalised(answer), normalised(guess), guess);
});

const noon = new Date("2026-11-21T12:00:00Z");

test("readers in the hunt's zone, or in one whose clocks agree, see nothing more", () => {
  assert.equal(ownTime(noon, "Europe/Berlin", "Europe/Berlin"), "");
  assert.equal(ownTime(noon, "Europe/Berlin", "Europe/Vienna"), "");
});

test("on the same day the reader's own time is a clock's", () => {
  assert.equal(ownTime(noon, "Europe/Berlin", "America/New_York"), "07:00 your time");
});

test("on another day the reader's own time names the day", () => {
  assert.equal(ownTime(noon, "Europe/Berlin", "Pacific/Auckland"), "Sun 22 Nov, 01:00 your time");
});

test("midnight is 00:00", () => {
  assert.equal(ownTime(new Date("2026-11-21T05:00:00Z"), "UTC", "America/New_York"), "00:00 your time");
});

test("a countdown shows whole seconds and never less than none", () => {
  assert.deepEqual(partsOf(90061.2).map(([value]) => value), [1, 1, 1, 2]);
  assert.deepEqual(partsOf(-3).map(([value]) => value), [0, 0, 0, 0]);
});

test("each key is new, and is 36 characters of a UUID", () => {
  assert.notEqual(freshKey(), freshKey());
  assert.match(freshKey(), /^[0-9a-f-]{36}$/u);
});

test("where the page is not https, a key is made of 128 random bits all the same", () => {
  Object.defineProperty(crypto, "randomUUID", { value: undefined, configurable: true });
  try {
    assert.notEqual(freshKey(), freshKey());
    assert.match(freshKey(), /^[0-9a-f]{32}$/u);
  } finally {
    delete crypto.randomUUID;
  }
});

test("a zone that the browser does not know leaves the server's words alone", () => {
  assert.equal(ownTime(noon, "Mars/Olympus", "Europe/Berlin"), "");
});

test("the first and the last moment have a reader's own time", () => {
  assert.equal(ownTime(new Date("9999-12-31T23:59:00+00:00"), "UTC", "Asia/Tokyo"), "Sat 1 Jan, 08:59 your time");
  assert.notEqual(ownTime(new Date("0001-01-01T00:00:00+00:00"), "UTC", "America/Los_Angeles"), "");
});
