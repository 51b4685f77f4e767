// The normal form of a guess, as app/core/answers.py makes it. Both are tested by tests/core/answer_forms.json.

// Trade marks in small capitals. NFKD turns them into letters.
const TRADE_SIGNS = /[\u2120\u2122\u{1f16a}-\u{1f16c}]/gu;
// Blocks of Latin, Greek, Cyrillic, Hebrew and Arabic letters.
const DROPS_MARKS = new RegExp(
  "[A-Za-z\\u00aa-\\u02b8\\u0370-\\u03e1\\u03f0-\\u052f\\u05d0-\\u05f2\\u0620-\\u06ff\\u0750-\\u077f\\u0870-\\u08ff\\u1c80-\\u1c8f" +
    "\\u1d00-\\u1dbf\\u1e00-\\u1fff\\u2132\\u214e\\u2183\\u2184\\u2c60-\\u2c7f\\ua640-\\ua69f\\ua722-\\ua7ff\\uab30-\\uab6f\\ufe73" +
    "\\u{10780}-\\u{107bf}\\u{10ec0}-\\u{10eff}\\u{1df00}-\\u{1dfff}]",
  "u",
);
// Marks of those scripts, and marks of no script: letters only where they follow a letter of another script.
const COMMON_MARKS = new RegExp(
  "[\\u0300-\\u036f\\u0483-\\u0487\\u0591-\\u05c7\\u0610-\\u061a\\u064b-\\u065f\\u0670\\u06d6-\\u06ed\\u0897-\\u089f\\u08ca-\\u08ff" +
    "\\u1ab0-\\u1aff\\u1dc0-\\u1dff\\u20d0-\\u20f0\\u2de0-\\u2dff\\ua66f\\ua674-\\ua67d\\ua69e\\ua69f\\ufb1e\\ufe20-\\ufe2f]",
  "u",
);
// Letters and marks by category that are none to a reader: apostrophes, accents and lengths that stand alone, tatweel,
// fillers, variation selectors, enclosing marks, parts of notes.
const IGNORED = new RegExp(
  "[\\u02b9-\\u02c1\\u02c6-\\u02d1\\u02ec\\u02ee\\u034f\\u0488\\u0489\\u0559\\u0640\\u07f4\\u07f5\\u07fa\\u115f\\u1160\\u141f" +
    "\\u17b4\\u17b5\\u180b-\\u180f\\u1abe\\u20dd-\\u20e0\\u20e2-\\u20e4\\ua670-\\ua672\\ua78b\\ua78c\\ufe00-\\ufe0f" +
    "\\u{1d165}-\\u{1d1ad}\\u{e0100}-\\u{e01ef}]",
  "u",
);
const BASIC = { "ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ς": "σ" };
// Digits in circles that NFKD leaves alone: the first sign of each row, its number, how many there are.
const CIRCLED_ROWS = [[0x2776, 1, 10], [0x2780, 1, 10], [0x278a, 1, 10], [0x24f5, 1, 10], [0x24eb, 11, 10], [0x24ff, 0, 1]];
// Sign, whole part with or without groups of three digits, digits after the point.
const NUMBER = new RegExp(
  "^[^0-9.,-]*(-?)([1-9][0-9]{0,2}(?:(?:,[0-9]{3})+|(?:\\.[0-9]{3})+|(?:'[0-9]{3})+)|[0-9]+|(?=[.,]))" +
    "(?:[.,]([0-9]+))?[^0-9-]*$",
  "u",
);

// The digits of a script are ten signs in a row, the zero first.
function decimal(sign) {
  const code = sign.codePointAt(0);
  let zero = code;
  while (/^\p{Nd}$/u.test(String.fromCodePoint(zero - 1))) zero -= 1;
  return String((code - zero) % 10);
}

function inDigits(sign) {
  if (/[0-9]/u.test(sign)) return sign;
  if (/\p{Nd}/u.test(sign)) return decimal(sign);
  const code = sign.codePointAt(0);
  const row = CIRCLED_ROWS.find(([start, , length]) => code >= start && code < start + length);
  return row ? String(row[1] + code - row[0]) : sign;
}

// JavaScript has no case-folding: upper case unites ß and ss, lower case before it ẞ and ß. Cherokee folds upwards.
function folded(sign) {
  if (/\p{Script=Cherokee}/u.test(sign)) return sign.toUpperCase();
  const lower = sign.toLowerCase().toUpperCase().toLowerCase();
  return BASIC[lower] ?? lower;
}

// `base` is the letter or digit before; what is dropped in between does not separate a mark from it.
function lettersAndDigits(split) {
  let base = "";
  let kept = "";
  for (const sign of split) {
    if (!/[\p{L}\p{N}\p{M}]/u.test(sign) || IGNORED.test(sign)) continue;
    if (!/\p{M}/u.test(sign)) {
      base = sign;
      kept += folded(sign);
    } else if (!DROPS_MARKS.test(base) && (/\p{L}/u.test(base) || !COMMON_MARKS.test(sign))) {
      kept += sign;
    }
  }
  return kept;
}

// A point or comma before three digits may group thousands (1,500 or 1.500), so it is dropped like other punctuation.
function numberIn(split) {
  const signs = split
    .replace(/[\p{Cc}\p{Cf}\p{Z}]/gu, "")
    .replace(/[\u2010\u2012\u2013\u2212]/gu, "-")
    .replace(/[\u00b7\u066b]/gu, ".")
    .replace(/\u2019/gu, "'");
  const found = NUMBER.exec(signs);
  if (!found) return "";
  const [, sign, whole, part] = found;
  const digits = whole.replace(/[^0-9]/gu, "");
  return part ? `${sign}${digits || "0"}.${part}` : sign + digits;
}

export function normalised(text) {
  const split = Array.from(text.replace(TRADE_SIGNS, "").normalize("NFKD"), inDigits).join("");
  const form = lettersAndDigits(split).normalize("NFC");
  return /^[0-9]+$/u.test(form) ? numberIn(split) || form : form;
}
