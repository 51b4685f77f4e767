// The hash generator's table goes into a spreadsheet as rows.

import { startCopy } from "./copy.js";

const button = document.querySelector("[data-copy]");
if (button) startCopy("[data-cells]", button, document.querySelector("[data-copied]"));
