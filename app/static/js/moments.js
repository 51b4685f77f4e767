// Times: the reader's own zone beside the hunt's, countdowns by the server's clock, the wait for the next XP.

import { untilMoment } from "./server-clock.js";
import { say, sayCount, timeLocale } from "./words.js";

const ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const dayFormat = { weekday: "short", day: "numeric", month: "short" };
const LONGEST_TIMER = 2 ** 31; // milliseconds; a longer one would end at once
const clockFormat = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };

// The moment as the clocks of a zone show it, in the words the server uses.
function shown(moment, format, timeZone) {
  return new Intl.DateTimeFormat(timeLocale, { ...format, timeZone }).format(moment);
}

// An older browser does not know the newest names of zones.
function isKnown(timeZone) {
  try {
    return Boolean(new Intl.DateTimeFormat(timeLocale, { timeZone }));
  } catch {
    return false;
  }
}

// What to add to a time in the hunt's zone: nothing where the clocks agree, no day where the day is the same.
export function ownTime(moment, huntZone, readersZone = ownZone) {
  if (!isKnown(huntZone)) return "";
  const [huntDay, ownDay] = [huntZone, readersZone].map((zone) => shown(moment, dayFormat, zone));
  const [huntClock, ownClock] = [huntZone, readersZone].map((zone) => shown(moment, clockFormat, zone));
  if (huntDay !== ownDay) return say("{day}, {time} your time", { day: ownDay.replace(",", ""), time: ownClock });
  return huntClock === ownClock ? "" : say("{time} your time", { time: ownClock });
}

// "30 Nov, 02:13" of today is "02:13"; the whole date stays in the title.
function leaveOutToday(time, moment, zone) {
  if (!isKnown(zone)) return;
  const day = { ...dayFormat, year: "numeric" };
  if (shown(moment, day, zone) === shown(new Date(), day, zone)) time.textContent = time.textContent.split(", ").at(-1);
}

// `zone` is the hunt's, as the server wrote it on <body>.
export function showOwnZone(time, zone = document.body.dataset.zone) {
  if (time.dataset.shown) return;
  const moment = new Date(time.dateTime);
  if (time.dataset.moment === "short") leaveOutToday(time, moment, zone);
  const words = ownTime(moment, zone);
  if (!words) return;
  time.dataset.shown = "yes";
  const own = document.createElement("span");
  own.className = "own-time";
  own.textContent = words;
  time.append(" ", own);
}

// --- countdowns ------------------------------------------------------------------------------------------------------

export function partsOf(seconds) {
  const left = Math.max(0, Math.ceil(seconds));
  const [days, hours] = [Math.floor(left / 86400), Math.floor(left / 3600) % 24];
  const [minutes, rest] = [Math.floor(left / 60) % 60, left % 60];
  return [
    [days, sayCount("day", "days", days)],
    [hours, sayCount("hour", "hours", hours)],
    [minutes, sayCount("minute", "minutes", minutes)],
    [rest, sayCount("second", "seconds", rest)],
  ];
}

// At zero everybody's page wants the puzzles at once: spread over five seconds, the server gets them one by one.
function loadAgainSoon() {
  setTimeout(() => location.replace(location.pathname + location.search), Math.random() * 5000);
}

function makeBoxes(box, parts) {
  return parts.map(() => {
    const part = document.createElement("span");
    part.className = "countdown-part";
    const number = document.createElement("span");
    number.className = "countdown-number";
    const unit = document.createElement("span");
    unit.className = "countdown-unit";
    part.append(number, unit);
    box.append(part);
    return { number, unit };
  });
}

function startCountdown(box) {
  const secondsLeft = () => untilMoment(box.dataset.countdown) / 1000;
  const boxes = makeBoxes(box, partsOf(0));
  const tick = () => {
    const left = secondsLeft();
    partsOf(left).forEach(([value, unit], at) => {
      boxes[at].number.textContent = String(value);
      boxes[at].unit.textContent = unit;
    });
    if (left <= 0) loadAgainSoon();
    else setTimeout(tick, 1000 - (Date.now() % 1000) + 5);
  };
  tick();
  box.hidden = false;
}

// --- XP --------------------------------------------------------------------------------------------------------------

const counted = new WeakMap(); // place of a wait for XP → its timer

// At zero the page says so to whoever listens: the next ten are there, and what they can buy with them.
function startNextXp(place) {
  const until = performance.now() + untilMoment(place.dataset.nextXp);
  const tick = () => {
    if (!place.isConnected) return;
    const left = Math.max(0, Math.ceil((until - performance.now()) / 1000));
    place.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    if (left > 0) counted.set(place, setTimeout(tick, ((until - performance.now()) % 1000) + 5));
    else document.dispatchEvent(new CustomEvent("infinity:xp-due"));
  };
  clearTimeout(counted.get(place));
  tick();
}

// The wait as a page that was just read has it: the place itself may be among what is not exchanged now.
export function renewNextXp(fresh) {
  const moment = fresh.querySelector("[data-next-xp]")?.dataset.nextXp;
  document.querySelectorAll("[data-next-xp]").forEach((place) => {
    if (moment === undefined) {
      place.closest("[data-xp-wait]").remove();
      return;
    }
    place.dataset.nextXp = moment;
    startNextXp(place);
  });
}

// --- guesses: one comes back when it leaves the window ---------------------------------------------------------------

function startGuessesLeft(place) {
  const comeBack = () => (place.textContent = String(Number(place.textContent) + 1));
  const waits = place.dataset.backAt.split(" ").map((at) => Math.max(0, untilMoment(at)));
  waits.filter((wait) => wait < LONGEST_TIMER).forEach((wait) => setTimeout(comeBack, wait));
}

export function startMoments(root = document) {
  root.querySelectorAll("[data-back-at]").forEach(startGuessesLeft);
  root.querySelectorAll("time[data-moment]").forEach((time) => showOwnZone(time));
  root.querySelectorAll("[data-countdown]").forEach(startCountdown);
  root.querySelectorAll("[data-next-xp]").forEach(startNextXp);
}
