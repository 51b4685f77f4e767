// Tables and lists as cells of a spreadsheet. Reads only nodeType, tagName, childNodes, getAttribute and textContent,
// and styles where there are any, so that it can be tested without a browser; touches no page and no clipboard.

const SILENT = new Set(["SCRIPT", "STYLE", "TEMPLATE", "COLGROUP", "RP"]);
const LISTS = new Set(["UL", "OL"]);
const BLOCKS = new Set([
  "ADDRESS", "ARTICLE", "ASIDE", "BLOCKQUOTE", "CAPTION", "DD", "DETAILS", "DIV", "DL", "DT", "FIGCAPTION", "FIGURE",
  "FOOTER", "H1", "H2", "H3", "H4", "H5", "H6", "HEADER", "HR", "LI", "OL", "P", "PRE", "SECTION", "SUMMARY", "UL",
]);
const GROUP_ORDER = { THEAD: 0, TFOOT: 2 }; // as browsers show them; all else is in between
const LARGEST_SPAN = 1000; // what HTML itself allows a column span to be

const nameOf = (node) => (node.nodeType === 1 ? node.tagName.toUpperCase() : "");
const childrenOf = (node) => [...node.childNodes].filter((child) => child.nodeType === 1);
const styleOf = (node) => (node.ownerDocument ? globalThis.getComputedStyle?.(node) : null);

function integerOf(node, attribute) {
  const number = Number.parseInt(node.getAttribute(attribute) ?? "", 10);
  return Number.isNaN(number) ? null : number;
}

// --- numbers of lists -----------------------------------------------------------------------------------------------

const ROMAN = [
  [1000, "m"], [900, "cm"], [500, "d"], [400, "cd"], [100, "c"], [90, "xc"], [50, "l"], [40, "xl"], [10, "x"], [9, "ix"],
  [5, "v"], [4, "iv"], [1, "i"],
];
const KINDS = {
  "lower-alpha": "a", "lower-latin": "a", "upper-alpha": "A", "upper-latin": "A", "lower-roman": "i", "upper-roman": "I",
  none: "",
};

function inRoman(number) {
  let left = number;
  return ROMAN.map(([value, sign]) => {
    const times = Math.floor(left / value);
    left -= times * value;
    return sign.repeat(times);
  }).join("");
}

function inLetters(number) {
  if (number === 0) return "";
  return inLetters(Math.floor((number - 1) / 26)) + String.fromCodePoint(97 + ((number - 1) % 26));
}

function markerOf(number, kind) {
  if (!kind) return "";
  const lower = kind.toLowerCase();
  let text = String(number);
  if (lower === "i" && number > 0 && number < 4000) text = inRoman(number);
  if (lower === "a" && number > 0) text = inLetters(number);
  return `${kind === lower ? text : text.toUpperCase()}.`;
}

function kindOf(list, item) {
  const style = styleOf(item)?.listStyleType;
  return style ? (KINDS[style] ?? "1") : (item.getAttribute("type") ?? list.getAttribute("type") ?? "1");
}

// The number in front of each item, as the browser shows it; an empty text in a list without numbers.
function markersOf(list) {
  const items = childrenOf(list).filter((child) => nameOf(child) === "LI");
  if (nameOf(list) !== "OL") return new Map();
  const step = list.getAttribute("reversed") === null ? 1 : -1;
  let next = integerOf(list, "start") ?? (step > 0 ? 1 : items.length);
  const marked = items.map((item) => {
    const number = integerOf(item, "value") ?? next;
    next = number + step;
    return [item, markerOf(number, kindOf(list, item))];
  });
  return new Map(marked.filter(([, marker]) => marker));
}

// --- text -----------------------------------------------------------------------------------------------------------

function isPreformatted(node) {
  const style = styleOf(node)?.whiteSpace;
  return style ? style.startsWith("pre") || style === "break-spaces" : nameOf(node) === "PRE";
}

// What stands in a cell or an item, in reading order: texts, and grids of the tables and lists in between.
class Reading {
  parts = [];
  lines = [[]];

  // White space is one space, unless it is preformatted; a no-break space stays.
  add(text, isKept) {
    const [first, ...more] = isKept ? text.split("\n") : [text.replace(/[ \t\n\r\f]+/gu, " ")];
    this.lines.at(-1).push({ text: first, isKept });
    more.forEach((line) => this.lines.push([{ text: line, isKept }]));
  }

  breakLine() {
    this.lines.push([]);
  }

  addGrid(grid) {
    this.endText();
    if (grid.length > 0) this.parts.push(grid);
  }

  endText() {
    const lines = this.lines.map((line) => ({ text: lineOf(line), isKept: line.some((piece) => piece.isKept) }));
    while (lines.length > 0 && !lines.at(-1).text) lines.pop();
    while (lines.length > 0 && !lines[0].text) lines.shift();
    const text = lines.filter((line) => line.text || line.isKept).map((line) => line.text).join("\n");
    if (text) this.parts.push([[text]]);
    this.lines = [[]];
  }
}

function lineOf(pieces) {
  const seen = pieces.filter((piece) => piece.text);
  let text = "";
  for (const piece of seen) text += !piece.isKept && /(?:^|\s)$/u.test(text) ? piece.text.replace(/^ /u, "") : piece.text;
  const left = seen[0]?.isKept ? text : text.trimStart();
  return seen.at(-1)?.isKept ? left : left.trimEnd();
}

// `isItem`: lists below are grids of their own; in a cell they are lines of its text.
function read(node, reading, isItem, isKept = false) {
  if (node.nodeType === 3) return reading.add(node.textContent, isKept);
  const name = nameOf(node);
  if (!name || SILENT.has(name)) return undefined;
  if (name === "IMG") return reading.add(node.getAttribute("alt") ?? "", isKept);
  if (name === "BR") return reading.breakLine();
  if (name === "TABLE") return reading.addGrid(gridOf(node));
  if (LISTS.has(name) && isItem) return reading.addGrid(listRows(node).map((row) => ["", ...row]));
  return readInside(node, reading, isItem, isPreformatted(node));
}

function readInside(node, reading, isItem, isKept) {
  const isBlock = BLOCKS.has(nameOf(node));
  const markers = LISTS.has(nameOf(node)) ? markersOf(node) : new Map();
  if (isBlock) reading.breakLine();
  for (const child of node.childNodes) {
    if (markers.has(child)) {
      reading.breakLine();
      reading.add(`${markers.get(child)} `, false);
      readInline(child, reading, isItem, isKept);
    } else {
      read(child, reading, isItem, isKept);
    }
  }
  if (isBlock) reading.breakLine();
}

// An item with its number before it: a paragraph that it begins with stays on the same line.
function readInline(item, reading, isItem, isKept) {
  const children = [...item.childNodes];
  const first = children.findIndex((child) => child.nodeType === 1 || child.textContent.trim());
  children.forEach((child, at) => {
    if (at === first && nameOf(child) === "P") {
      [...child.childNodes].forEach((part) => read(part, reading, isItem, isKept));
      reading.breakLine();
    } else {
      read(child, reading, isItem, isKept);
    }
  });
  reading.breakLine();
}

function partsOf(node, isItem) {
  const reading = new Reading();
  const isKept = isPreformatted(node);
  [...node.childNodes].forEach((child) => read(child, reading, isItem, isKept));
  reading.endText();
  return reading.parts;
}

// The text of a node as a reader sees it: one space for any white space, an image as its alternative text, a line break
// where a line or a paragraph ends.
export function textOf(node) {
  return partsOf(node, false).flat(2).filter(Boolean).join("\n");
}

// --- tables ---------------------------------------------------------------------------------------------------------

function spanOf(cell, attribute) {
  const span = integerOf(cell, attribute) ?? 1;
  return span < 0 ? 1 : Math.min(span, LARGEST_SPAN);
}

// The rows in groups, the head first and the foot last: no cell reaches out of its group.
function groupsOf(table) {
  const groups = [];
  let loose = null;
  for (const child of childrenOf(table)) {
    const name = nameOf(child);
    if (name === "TR") {
      if (!loose) groups.push({ order: 1, rows: (loose = []) });
      loose.push(child);
    } else if (name in GROUP_ORDER || name === "TBODY") {
      loose = null;
      groups.push({ order: GROUP_ORDER[name] ?? 1, rows: childrenOf(child).filter((row) => nameOf(row) === "TR") });
    }
  }
  return groups.sort((one, other) => one.order - other.order).map((group) => group.rows);
}

// Each cell with its place, its spans and its content as a grid.
function placedCells(rows, firstRow) {
  const taken = rows.map(() => []);
  return rows.flatMap((row, y) => {
    let x = 0;
    const cells = childrenOf(row).filter((cell) => nameOf(cell) === "TD" || nameOf(cell) === "TH");
    return cells.map((cell) => {
      while (taken[y][x]) x += 1;
      const wide = Math.max(1, spanOf(cell, "colspan"));
      const high = Math.min(spanOf(cell, "rowspan") || rows.length, rows.length - y);
      taken.slice(y, y + high).forEach((places) => {
        for (let right = x; right < x + wide; right += 1) places[right] = true;
      });
      return { x, y: firstRow + y, wide, high, grid: squared(partsOf(cell, false).flat()) };
    });
  });
}

// How many cells each column (or row) of the table takes, so that grids within its cells find room.
function sizesOf(count, needs) {
  const sizes = Array(count).fill(1);
  for (const { at, span, size } of [...needs].sort((one, other) => one.span - other.span)) {
    const room = sizes.slice(at, at + span).reduce((sum, one) => sum + one, 0);
    sizes[at + span - 1] += Math.max(0, size - room);
  }
  return sizes;
}

const sumsOf = (sizes) => sizes.reduce((sums, size) => [...sums, sums.at(-1) + size], [0]);

// A table as rows of equally many cells. A cell that spans several places stands in the first of them; the others are
// empty, so that everything below and to the right stays in its column. A table within a cell takes cells of its own.
export function gridOf(table) {
  let count = 0;
  const cells = groupsOf(table).flatMap((rows) => {
    count += rows.length;
    return placedCells(rows, count - rows.length);
  });
  const columns = Math.max(0, ...cells.map((cell) => cell.x + cell.wide));
  const widths = cells.map(({ x, wide, grid }) => ({ at: x, span: wide, size: grid[0]?.length ?? 0 }));
  const heights = cells.map(({ y, high, grid }) => ({ at: y, span: high, size: grid.length }));
  const [lefts, tops] = [sumsOf(sizesOf(columns, widths)), sumsOf(sizesOf(count, heights))];
  const whole = Array.from({ length: tops.at(-1) }, () => Array(lefts.at(-1)).fill(""));
  for (const { x, y, grid } of cells) {
    grid.forEach((row, down) => row.forEach((text, right) => (whole[tops[y] + down][lefts[x] + right] = text)));
  }
  return whole;
}

function squared(grid) {
  const width = Math.max(0, ...grid.map((row) => row.length));
  return grid.map((row) => Array.from({ length: width }, (_, x) => row[x] ?? ""));
}

// --- lists ----------------------------------------------------------------------------------------------------------

// A list as a column of cells, numbers in a column before it, a list within it one column further to the right.
export function listRows(list) {
  const markers = markersOf(list);
  const rows = childrenOf(list).flatMap((item) => {
    if (LISTS.has(nameOf(item))) return listRows(item).map((row) => [...(markers.size > 0 ? [""] : []), "", ...row]);
    if (nameOf(item) !== "LI") return [];
    const own = partsOf(item, true).flat();
    if (markers.size === 0) return own;
    return (own.length > 0 ? own : [[""]]).map((row, at) => [at === 0 ? (markers.get(item) ?? "") : "", ...row]);
  });
  return squared(rows);
}

// --- the whole ------------------------------------------------------------------------------------------------------

// The outermost tables and lists below a node, in reading order, each as its cells.
export function gridsIn(node) {
  return childrenOf(node).flatMap((child) => {
    if (nameOf(child) === "TABLE") return [gridOf(child)];
    if (LISTS.has(nameOf(child))) return [listRows(child)];
    return gridsIn(child);
  });
}

// Several grids below each other, an empty row between.
export function stacked(grids) {
  const rows = grids.filter((grid) => grid.length > 0).flatMap((grid, at) => (at ? [[""], ...grid] : grid));
  return squared(rows);
}

function tsvCell(text) {
  return /["\t\n\r]/u.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

// Cells as spreadsheets paste plain text: tabs and line ends, quoted where a cell holds one of them.
export function toTsv(grid) {
  return grid.map((row) => row.map(tsvCell).join("\t")).join("\n");
}

function escaped(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

// Excel would begin a new row at a line break, and joins blanks.
function inCell(text) {
  return escaped(text)
    .replaceAll("\n", '<br style="mso-data-placement:same-cell">')
    .replace(/ {2,}|^ | $/gu, (blanks) => `<span style="mso-spacerun:yes">${blanks}</span>`);
}

// Marked as text for Excel (mso), LibreOffice (sdnum) and Google Sheets (data-sheets), so that 007, 1-2 and =A1 stay as
// they are. An empty cell is not: a formula that is typed there later shall be computed.
function cellHtml(text) {
  if (!text) return "<td></td>";
  const value = escaped(JSON.stringify({ 1: 2, 2: text }));
  const marks = `sdnum="1033;0;@" data-sheets-value="${value}" data-sheets-numberformat="{&quot;1&quot;:1}"`;
  return `<td style="mso-number-format:'\\@';white-space:pre-wrap" x:str ${marks}>${inCell(text)}</td>`;
}

const OFFICE = "urn:schemas-microsoft-com:office";
const NAMESPACES = `xmlns:o="${OFFICE}:office" xmlns:x="${OFFICE}:excel" xmlns="http://www.w3.org/TR/REC-html40"`;

// The same cells as a table, which spreadsheets prefer to the plain text.
export function toHtml(grid) {
  const rows = grid.map((cells) => `<tr>${cells.map(cellHtml).join("")}</tr>`).join("");
  const table = `<google-sheets-html-origin><table data-sheets-root="1">${rows}</table></google-sheets-html-origin>`;
  return `<html ${NAMESPACES}><head><meta charset="utf-8"></head><body>${table}</body></html>`;
}
