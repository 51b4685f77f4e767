// Copying for a spreadsheet: what a table or a list becomes as cells. The elements here are plain objects with the few
// properties that cells.js reads.

import assert from "node:assert/strict";
import { test } from "node:test";

import { gridOf, gridsIn, listRows, stacked, textOf, toHtml, toTsv } from "../../app/static/js/cells.js";

const text = (content) => ({ nodeType: 3, textContent: content });

function h(tagName, ...rest) {
  const hasAttributes = rest[0] && typeof rest[0] === "object" && rest[0].nodeType === undefined;
  const attributes = hasAttributes ? rest.shift() : {};
  return {
    nodeType: 1,
    tagName,
    childNodes: rest.map((child) => (typeof child === "string" ? text(child) : child)),
    getAttribute: (name) => attributes[name] ?? null,
  };
}

const row = (...cells) => h("tr", ...cells.map((cell) => (typeof cell === "string" ? h("td", cell) : cell)));

test("a plain table keeps its rows and columns", () => {
  const table = h("table", h("thead", row("A", "B")), h("tbody", row("1", "2")));
  assert.deepEqual(gridOf(table), [["A", "B"], ["1", "2"]]);
});

test("a cell over two columns leaves the second one empty", () => {
  const table = h("table", row(h("td", { colspan: "2" }, "wide"), "c"), row("1", "2", "3"));
  assert.deepEqual(gridOf(table), [["wide", "", "c"], ["1", "2", "3"]]);
});

test("a cell over two rows pushes the next row's cells to the right", () => {
  const table = h("table", row(h("td", { rowspan: "2" }, "tall"), "b"), row("c"));
  assert.deepEqual(gridOf(table), [["tall", "b"], ["", "c"]]);
});

test("a cell over rows and columns keeps a rectangle free", () => {
  const table = h("table", row(h("td", { rowspan: "2", colspan: "2" }, "x"), "b"), row("c"), row("d", "e", "f"));
  assert.deepEqual(gridOf(table), [["x", "", "b"], ["", "", "c"], ["d", "e", "f"]]);
});

test("a row span of zero reaches the end of the table", () => {
  const table = h("table", row(h("td", { rowspan: "0" }, "all"), "1"), row("2"), row("3"));
  assert.deepEqual(gridOf(table), [["all", "1"], ["", "2"], ["", "3"]]);
});

test("absurd spans are held within what HTML allows", () => {
  const table = h("table", row(h("td", { colspan: "999999999", rowspan: "-4" }, "x")), row("y"));
  const grid = gridOf(table);
  assert.equal(grid.length, 2);
  assert.equal(grid[0].length, 1000);
});

test("rows of unequal length are filled up", () => {
  assert.deepEqual(gridOf(h("table", row("a"), row("b", "c"))), [["a", ""], ["b", "c"]]);
});

test("an image stands for its alternative text", () => {
  const cell = h("td", "flag: ", h("img", { alt: "France" }), h("img", {}));
  assert.equal(textOf(cell), "flag: France");
});

test("white space is one space, and a line break a new line", () => {
  assert.equal(textOf(h("td", "  a\n   b ", h("br"), " c\u00a0")), "a b\nc");
});

test("paragraphs within a cell become lines", () => {
  assert.equal(textOf(h("td", h("p", "one"), h("p", "two"))), "one\ntwo");
});

test("script and style are not text", () => {
  assert.equal(textOf(h("td", "x", h("script", "alert(1)"), h("style", "td{}"))), "x");
});

test("a list within a list stands one column to the right", () => {
  const list = h("ul", h("li", "fruit", h("ul", h("li", "apple"), h("li", "pear", h("ul", h("li", "Conference"))))), h("li", "bread"));
  assert.deepEqual(listRows(list), [
    ["fruit", "", ""],
    ["", "apple", ""],
    ["", "pear", ""],
    ["", "", "Conference"],
    ["bread", "", ""],
  ]);
});

test("only the outermost tables and lists are taken, in reading order", () => {
  const inner = h("table", row("inner"));
  const sheet = h("div", h("ul", h("li", "first")), h("section", h("table", row(h("td", inner)))), h("p", "no cells"));
  assert.deepEqual(gridsIn(sheet), [[["first"]], [["inner"]]]);
});

test("grids are stacked with an empty row between them", () => {
  assert.deepEqual(stacked([[["a", "b"]], [], [["c"]]]), [["a", "b"], ["", ""], ["c", ""]]);
});

test("plain text is quoted only where a cell holds a tab, a line end or a quote", () => {
  assert.equal(toTsv([["a", 'say "hi"'], ["two\nlines", "tab\there"]]), 'a\t"say ""hi"""\n"two\nlines"\t"tab\there"');
});

test("the copied table is text, whatever the cells hold", () => {
  const html = toHtml([["<b>&", "x\ny", 'a"b']]);
  assert.match(html, />&lt;b&gt;&amp;<\/td>.*>x<br style="mso-data-placement:same-cell">y<\/td>.*>a&quot;b<\/td>/u);
  assert.doesNotMatch(html, /<b>/u);
});

test("every cell is marked as text for Excel, LibreOffice and Google Sheets, an empty one is not", () => {
  const texts = ["007", "1-2", "=GREEN", "3/4", "12345678901234567890", "1e5", "TRUE", "00:15", "+1", "@x", "2026-11-30", "1,5"];
  const html = toHtml([[...texts, ""]]);
  for (const [, cell, text] of html.matchAll(/<td([^>]*)>([^<]*)<\/td>/gu)) {
    assert.equal(cell.includes("style=\"mso-number-format:'\\@'"), text !== "");
    assert.equal(cell.includes('sdnum="1033;0;@"'), text !== "");
    assert.equal(cell.includes(`data-sheets-value="{&quot;1&quot;:2,&quot;2&quot;:&quot;${text}&quot;}"`), text !== "");
  }
  assert.deepEqual([...html.matchAll(/<td[^>]*>([^<]*)<\/td>/gu)].map(([, text]) => text), [...texts, ""]);
  assert.match(html, /^<html xmlns:o="[^"]+:office" xmlns:x="[^"]+:excel" [^>]*>/u);
});

const numbered = (attributes, ...items) => listRows(h("ol", attributes, ...items.map((item) => (typeof item === "string" ? h("li", item) : item))));

test("the numbers of a list stand in a column before it", () => {
  assert.deepEqual(numbered({}, "a", "b"), [["1.", "a"], ["2.", "b"]]);
  assert.deepEqual(numbered({ start: "5" }, "five", h("li", { value: "9" }, "nine"), "ten"), [["5.", "five"], ["9.", "nine"], ["10.", "ten"]]);
  assert.deepEqual(numbered({ start: "-1" }, "a", "b", "c"), [["-1.", "a"], ["0.", "b"], ["1.", "c"]]);
  assert.deepEqual(numbered({ reversed: "" }, "a", "b", "c"), [["3.", "a"], ["2.", "b"], ["1.", "c"]]);
  assert.deepEqual(numbered({ reversed: "", start: "10" }, "a", h("li", { value: "4" }, "b"), "c"), [["10.", "a"], ["4.", "b"], ["3.", "c"]]);
});

test("letters and Roman numbers are written as such", () => {
  const firsts = (type, start, ...items) => numbered({ type, start: String(start) }, ...items).map(([number]) => number);
  assert.deepEqual(firsts("a", 26, "x", "y"), ["z.", "aa."]);
  assert.deepEqual(firsts("A", 702, "x", "y"), ["ZZ.", "AAA."]);
  assert.deepEqual(firsts("i", 4, "x", "y"), ["iv.", "v."]);
  assert.deepEqual(firsts("I", 1994, "x", h("li", { value: "4000" }, "y")), ["MCMXCIV.", "4000."]);
  assert.deepEqual(firsts("a", 0, "x", "y"), ["0.", "a."]);
  assert.deepEqual(numbered({}, h("li", { type: "i" }, "x")), [["i.", "x"]]);
});

test("a list within a numbered one stands to the right of its text", () => {
  const list = h("ol", h("li", "fruit", h("ol", { type: "a" }, h("li", "apple"), h("li", "pear"))), h("li", "bread"));
  assert.deepEqual(listRows(list), [
    ["1.", "fruit", "", ""],
    ["", "", "a.", "apple"],
    ["", "", "b.", "pear"],
    ["2.", "bread", "", ""],
  ]);
});

test("a list in a cell keeps its numbers, a line for each item", () => {
  const cell = h("td", "try ", h("ol", { start: "3" }, "\n", h("li", "one"), "\n", h("li", h("p", "two"), h("p", "more"))));
  assert.equal(textOf(cell), "try\n3. one\n4. two\nmore");
});

test("a table in a cell takes cells of its own", () => {
  const inner = h("table", row("1", "2"), row("3", "4"));
  assert.deepEqual(gridOf(h("table", row(h("td", inner)))), [["1", "2"], ["3", "4"]]);
  assert.deepEqual(gridOf(h("table", row("a", h("td", "see ", h("div", inner), " below"), "b"), row("c", "d", "e"))), [
    ["a", "see", "", "b"],
    ["", "1", "2", ""],
    ["", "3", "4", ""],
    ["", "below", "", ""],
    ["c", "d", "", "e"],
  ]);
});

test("a table in a cell of two columns needs no more room than it has", () => {
  const inner = h("table", row("1", "2"));
  assert.deepEqual(gridOf(h("table", row(h("td", { colspan: "2" }, inner), "x"), row("a", "b", "c"))), [["1", "2", "x"], ["a", "b", "c"]]);
});

test("a table in a list takes cells of its own", () => {
  const inner = h("table", row("1", "2"));
  assert.deepEqual(listRows(h("ol", h("li", "grid", inner), h("li", "end"))), [["1.", "grid", ""], ["", "1", "2"], ["2.", "end", ""]]);
});

test("a row span ends with its head, and the foot comes last", () => {
  const head = h("thead", row(h("td", { rowspan: "3" }, "A"), "B"));
  const table = h("table", head, h("tfoot", row("sum", "3")), h("tbody", row("1", "2")));
  assert.deepEqual(gridOf(table), [["A", "B"], ["1", "2"], ["sum", "3"]]);
});

test("white space that matters stays", () => {
  assert.equal(textOf(h("td", h("pre", "a  b\n c\n\nd\n"))), "a  b\n c\n\nd");
  assert.equal(textOf(h("td", "A\u00a0\u00a0B")), "A\u00a0\u00a0B");
  assert.match(toHtml([["a  b"]]), />a<span style="mso-spacerun:yes"> {2}<\/span>b<\/td>/u);
});

test("a heading ends its line", () => {
  assert.equal(textOf(h("td", h("h3", "Across"), "1 owl")), "Across\n1 owl");
});
