// The scripts' own words in the reader's language. They are written in English where they are said; for any other
// language there is a table, words-CODE.js, made from the site's catalogue by `make words`.

export const language = globalThis.document?.documentElement.lang || "en";
const table = await wordsOf(language);
const plurals = new Intl.PluralRules(language);

async function wordsOf(code) {
  if (code === "en") return {};
  try {
    return (await import(`./words-${code}.js`)).default;
  } catch {
    return {}; // The page works in English.
  }
}

function fill(pattern, values) {
  return pattern.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
}

// say("Trying again ({next} of {all})", { next: 1, all: 3 })
export function say(english, values = {}) {
  return fill(table[english]?.[0] ?? english, values);
}

// sayCount("{count} point", "{count} points", 3): two forms; which numbers take the first differs by language.
export function sayCount(one, many, count) {
  const [single, plural] = table[one] ?? [one, many];
  return fill(plurals.select(count) === "one" ? single : plural, { count: sayNumber(count) });
}

export const sayPoints = (points) => sayCount("{count} point", "{count} points", points);

// As the server writes it: grouped by the reader's habit.
export function sayNumber(count) {
  return count.toLocaleString(language);
}

// The locale for times: the site's English writes the day first.
export const timeLocale = language === "en" ? "en-GB" : language;
