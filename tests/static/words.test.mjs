// The small exact parts: when two guesses are the same, the reader's own time, the parts of a countdown, fresh keys.

import assert from "node:assert/strict";
import { test } from "node:test";

import { normalised } from "../../app/static/js/guess-text.js";
import { ownTime, partsOf } from "../../app/static/js/moments.js";
import { freshKey } from "../../app/static/js/post.js";

test("case, spaces, marks and punctuation do not make a different guess", () => {
  for (const same of ["compassrose", "COMPASS ROSE", "Cömpáss-Rose!", "ｃｏｍｐａｓｓ rose"]) {
    assert.equal(normalised(same), "compassrose", same);
  }
});

test("letters and digits of any script count", () => {
  assert.equal(normalised("Привет 42"), "привет42");
  assert.equal(normalised("日本"), "日本");
});

test("a guess without a letter or digit is empty", () => {
  assert.equal(normalised("?! — 🎉"), "");
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
