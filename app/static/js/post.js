// Sending a form in the background, surely: a lost reply is asked for again with the same key, so that the server
// answers the same and counts once.

const WAITS = [700, 1800, 4000]; // milliseconds before each further attempt
const PATIENCE = 20000; // milliseconds for one attempt

const rest = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

export class NoReply extends Error {}

// randomUUID exists on https and localhost only; a hunt on a plain local network needs a key all the same.
export function freshKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function attempt(url, fields) {
  const reply = await fetch(url, {
    method: "POST",
    headers: { Accept: "application/json", "X-CSRFToken": fields.get("csrf_token") ?? "" },
    body: new URLSearchParams(fields),
    credentials: "same-origin",
    redirect: "error",
    signal: AbortSignal.timeout(PATIENCE),
  });
  const isJson = (reply.headers.get("Content-Type") ?? "").includes("json");
  if (!isJson) throw new NoReply(`status ${reply.status} without JSON`); // a proxy speaking, not the site
  return { status: reply.status, retryAfter: Number(reply.headers.get("Retry-After")) || 0, body: await reply.json() };
}

// The reply, or NoReply after the last attempt. `onRetry(next, all)` is told before each further attempt.
export async function postSurely(url, fields, onRetry) {
  for (let tried = 0; ; tried += 1) {
    try {
      return await attempt(url, fields);
    } catch (error) {
      if (tried === WAITS.length) throw new NoReply(String(error));
      onRetry(tried + 1, WAITS.length);
      await rest(WAITS[tried] * (0.8 + Math.random() * 0.4));
    }
  }
}
