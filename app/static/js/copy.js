// "Copy cells": the puzzle's tables and lists on the clipboard, as cells.

import { gridsIn, stacked, toHtml, toTsv } from "./cells.js";
import { say, sayCount } from "./words.js";

async function byClipboard(text, html) {
  const parts = { "text/plain": new Blob([text], { type: "text/plain" }), "text/html": new Blob([html], { type: "text/html" }) };
  await navigator.clipboard.write([new ClipboardItem(parts)]);
}

// The first choice: it hands the markup over as it is. The clipboard object parses it under this page's policy, which
// takes out the styles that mark cells as text. Works in pages without https too.
function byCommand(text, html) {
  const put = (event) => {
    event.preventDefault();
    event.clipboardData.setData("text/plain", text);
    event.clipboardData.setData("text/html", html);
  };
  document.addEventListener("copy", put, { once: true, capture: true });
  const done = document.execCommand("copy");
  document.removeEventListener("copy", put, { capture: true });
  if (!done) throw new Error("the browser refused to copy");
}

// Nothing may write the clipboard: show the cells, selected, for the reader to copy.
function byHand(text) {
  const dialog = document.createElement("dialog");
  dialog.className = "modal";
  dialog.setAttribute("aria-label", say("Cells to copy"));
  const hint = document.createElement("p");
  hint.textContent = say("Your browser doesn’t let this page copy. Copy the selected text yourself:");
  const box = document.createElement("textarea");
  box.rows = 10;
  box.readOnly = true;
  box.value = text;
  box.setAttribute("aria-label", say("The puzzle's cells"));
  const close = document.createElement("button");
  close.className = "button";
  close.textContent = say("Close");
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  dialog.append(hint, box, close);
  document.body.append(dialog);
  dialog.showModal();
  box.select();
}

async function copy(text, html) {
  for (const way of [byCommand, byClipboard]) {
    try {
      await way(text, html);
      return true;
    } catch {
      // The next way.
    }
  }
  byHand(text);
  return false;
}

// `selector` names the boxes with cells: what stands in them changes while the page is open.
export function startCopy(selector, button, status) {
  const grids = () => [...document.querySelectorAll(selector)].flatMap((box) => gridsIn(box));
  if (grids().length === 0) return;
  button.addEventListener("click", async () => {
    const grid = stacked(grids());
    const isCopied = await copy(toTsv(grid), toHtml(grid));
    if (!isCopied) return;
    status.textContent = "";
    requestAnimationFrame(() => {
      status.textContent = sayCount(
        "Copied {count} row: paste it into your spreadsheet.",
        "Copied {count} rows: paste them into your spreadsheet.",
        grid.length,
      );
    });
  });
  button.hidden = false;
}
