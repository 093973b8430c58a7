// Holds the documents against what they tell of: links lead somewhere, snippets are those of docs/verify, the table of keys
// is the program's own, the metrics, the limits and the tests that they name exist, and both READMEs have the same commands.
//
//   node scripts/docs.mjs        with the program in OPENCLAW_WEBHOOKS_BIN, or target/debug/openclaw-webhooks
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

process.chdir(join(dirname(fileURLToPath(import.meta.url)), ".."));
const program = process.env.OPENCLAW_WEBHOOKS_BIN ?? join(process.env.CARGO_TARGET_DIR ?? "target", "debug/openclaw-webhooks");
const read = (file) => readFileSync(file, "utf8");
const faults = [];
const fault = (file, text) => faults.push(`${file}: ${text}`);

const pages = ["README.md", "README.ko.md", "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "plugin/README.md"]
  .concat(readdirSync("docs").filter((name) => name.endsWith(".md")).map((name) => join("docs", name)));

// What a heading is called in a link, as GitHub has it.
const anchor = (heading) => heading.toLowerCase().replace(/`/g, "").replace(/[^\p{L}\p{N}\s_-]/gu, "").trim().replace(/\s/g, "-");
const withoutCode = (text) => text.replace(/^( *)```.*?^\1```/gms, "");
const anchors = (file) => new Set([...withoutCode(read(file)).matchAll(/^#+ (.*)$/gm)].map((found) => anchor(found[1])));

function links(page) {
  for (const [, target] of withoutCode(read(page)).replace(/`[^`\n]*`/g, "").matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^[a-z]+:/.test(target)) continue;
    const [path, hash] = target.split("#");
    const file = path ? normalize(join(dirname(page), path)) : page;
    if (!existsSync(file)) fault(page, `the link ${target} leads nowhere`);
    else if (hash && !anchors(file).has(hash)) fault(page, `${file} has no heading for ${target}`);
  }
}

function snippets(page) {
  for (const [, file, code] of read(page).matchAll(/^<!-- (docs\/verify\/\S+) -->\n```\w+\n(.*?)^```$/gms)) {
    if (!read(file).includes(code)) fault(page, `the snippet of ${file} is not what stands there`);
  }
}

// Every key of the schema, as `retry.maxAttempts`, with what it takes; `NAME` stands for a name of one's own.
function* keys(schema, path) {
  if (schema.items?.properties) yield* keys(schema.items, `${path}[]`);
  else if (schema.properties) {
    for (const [name, inner] of Object.entries(schema.properties)) {
      if (name !== "$include") yield* keys(inner, path ? `${path}.${name}` : name);
    }
    // Under names that are chosen freely.
    for (const inner of Object.values(schema.patternProperties ?? {})) yield* keys(inner, `${path}.NAME`);
  }
  else yield [path, schema];
}

function configuration() {
  const page = "docs/configuration.md";
  const schema = JSON.parse(execFileSync(program, ["config", "schema"], { encoding: "utf8" }));
  const sections = new Map(read(page).split(/^## /m).map((part) => [part.split("\n")[0].replace(/`/g, ""), part]));
  const rows = new Map();
  for (const [title, text] of sections) {
    if (!title.startsWith("webhooks.")) continue;
    for (const [, key, rest] of text.matchAll(/^\| `([^`]+)` \| (.*)$/gm)) rows.set(`${title.slice("webhooks.".length)}.${key}`, rest);
  }
  const known = new Set();
  for (const [path, { minimum, maximum, default: value, enum: words }] of keys(schema.properties.webhooks, "")) {
    const key = path.replace(/^endpoints\[\]/, "endpoints");
    known.add(key);
    const row = rows.get(key);
    if (row === undefined) { fault(page, `says nothing of ${key}`); continue; }
    for (const told of [minimum, maximum, value].filter((told) => ["number", "boolean", "string"].includes(typeof told))) {
      if (!row.includes(String(told))) fault(page, `${key}: ${told} is missing`);
    }
    for (const word of words ?? []) if (!row.includes(word)) fault(page, `${key}: ${word} is missing`);
  }
  for (const key of rows.keys()) if (!known.has(key)) fault(page, `there is no key ${key}`);
  if (known.size < 50) fault(page, `only ${known.size} keys were found in the schema`);
}

function metrics() {
  const source = read("server/src/telemetry.rs").replace(/\s+/g, " ");
  const names = new Set();
  for (const [, unit, name, rest] of source.matchAll(/registry\.register(_with_unit)?\( ?"(\w+)"(.*?)\);/g)) {
    const full = `openclaw_webhooks_${name}${unit ? "_seconds" : ""}`;
    if (unit) for (const end of ["_bucket", "_sum", "_count"]) names.add(full + end);
    else for (const end of ["", "_total", "_info"]) names.add(full + end);
    const shown = `${name}${unit ? "_seconds" : ""}`;
    if (!new RegExp(`^\\| \`${shown}(_total|_info)?\` `, "m").test(read("docs/operating.md"))) fault("docs/operating.md", `says nothing of the metric ${shown}`);
  }
  for (const file of ["docs/prometheus/alerts.yml", "docs/prometheus/grafana.json"]) {
    for (const [name] of read(file).matchAll(/openclaw_webhooks_\w+/g)) if (!names.has(name)) fault(file, `there is no metric ${name}`);
  }
  const board = JSON.parse(read("docs/prometheus/grafana.json"));
  const ids = board.panels.map((panel) => panel.id);
  if (new Set(ids).size !== ids.length) fault("docs/prometheus/grafana.json", "two panels have one id");
}

// The words differ, the commands do not.
function translation() {
  // A block without a language is a picture, and has words in it.
  const code = (file) => [...read(file).matchAll(/^( *)```(\w*)\n(.*?)^\1```/gms)].map(([, , language, text]) => language &&
    text.replace(/\s*((?<!:)\/\/|(?<![\w-])#).*$/gm, "").replace(/[^\x20-\x7e\n]+/g, "").replace(/[ \t]+/g, " ").replace(/^\s+|\s+$/gm, "").trim());
  const [english, korean] = [code("README.md"), code("README.ko.md")];
  if (english.length !== korean.length) return fault("README.ko.md", `has ${korean.length} blocks of code, README.md has ${english.length}`);
  english.forEach((text, index) => {
    if (text !== korean[index]) fault("README.ko.md", `block ${index + 1} differs:\n${text}\n--- and ---\n${korean[index]}`);
  });
}

// Every test that SECURITY.md names is there: after a file in backticks its functions in backticks, its titles in quotes.
function threats() {
  let found = 0;
  for (const [, file, names] of read("SECURITY.md").matchAll(/`((?:server|plugin|end2end|app)\/[\w./-]+)`: ((?:[`"][^`"]+[`"](?:, )?)+)/g)) {
    for (const [, name, title] of names.matchAll(/`(\w+)`|"([^"]+)"/g)) {
      const text = existsSync(file) ? read(file) : "";
      if (name ? !new RegExp(`fn ${name}\\b`).test(text) : !text.includes(title)) fault("SECURITY.md", `${file} has no test ${name ?? title}`);
      found++;
    }
  }
  if (found < 30) fault("SECURITY.md", `only ${found} tests were found in it`);
}

// Every constant that docs/limits.md names is there, and its number is the page's.
function limits() {
  const page = "docs/limits.md";
  let found = 0;
  for (const row of read(page).matchAll(/^\|.*\| ((?:`\w+`(?:, )?)*)(?: in )?`(server\/[\w./]+)` \|$/gm)) {
    const [line, names, file] = row;
    if (!existsSync(file)) { fault(page, `there is no ${file}`); continue; }
    for (const [, name] of names.matchAll(/`(\w+)`/g)) {
      const value = new RegExp(`const ${name}: [\\w:]+ = ([^;]+);`).exec(read(file))?.[1];
      if (value === undefined) fault(page, `${file} has no ${name}`);
      else if (!told(value).some((text) => line.includes(text))) fault(page, `${name} is ${value}, which its row does not say: ${line}`);
      found++;
    }
  }
  if (found < 40) fault(page, `only ${found} constants were found in it`);
}

// How a constant may be written on a page: `64 << 10` is 64 KiB, or in KiB 64 MiB, `86_400_000` a day in milliseconds.
function told(value) {
  const duration = /^Duration::from_(secs|mins|millis)\((\d+)\)$/.exec(value);
  if (duration) {
    const [, unit, count] = duration;
    return { secs: [`${count} s`], millis: [`${count} ms`], mins: [`${count} minute`, `${count * 60} s`] }[unit];
  }
  // Numbers and operators alone.
  if (!/^[\d_ .*<]+$/.test(value)) return [];
  const number = Number(new Function(`return ${value}`)());
  const grouped = (number) => number.toLocaleString("en-US");
  const sizes = [1, 1024, 1024 ** 2].flatMap((unit, index) => number % unit ? [] : [`${grouped(number / unit)} ${["bytes", "KiB", "MiB"][index]}`]);
  const inKib = number % 1024 ? [] : [`${grouped(number / 1024)} MiB`];
  const times = [[1000, "s"], [60_000, "minute"], [3_600_000, "h"], [1, "s"], [60, "minute"], [3600, "hour"], [3_600_000, "hour"]]
    .flatMap(([unit, name]) => number % unit ? [] : [`${grouped(number / unit)} ${name}`]);
  return [grouped(number), ...sizes, ...inKib, ...times];
}

for (const page of pages) { links(page); snippets(page); }
threats();
limits();
configuration();
metrics();
translation();
for (const text of faults) console.error(`docs: ${text}`);
if (faults.length === 0) console.error(`docs: ${pages.length} pages are in order`);
process.exit(faults.length === 0 ? 0 : 1);
