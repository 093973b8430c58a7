// Runs every command of README.md, in its order, as a reader would: in a fresh folder with its own home, with the program on the
// path, against a real gateway, a real receiver and a stand-in for OpenClaw. A command that is neither run nor skipped for a
// reason is a fault, and so is one that README.ko.md has otherwise.
//
//   node scripts/readme.mjs        with the program in OPENCLAW_WEBHOOKS_BIN, or target/debug/openclaw-webhooks
import { spawn, spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const program = realpathSync(resolve(process.env.OPENCLAW_WEBHOOKS_BIN ?? join(process.env.CARGO_TARGET_DIR ?? join(root, "target"), "debug/openclaw-webhooks")));

// The ports stand in README.md: in a network of its own they are free, and nothing leaves the machine.
if (!process.env.README_CLOSED) {
  const script = 'ip link set lo up && exec "$0" "$@"';
  const { status } = spawnSync("unshare", ["--map-root-user", "--net", "sh", "-c", script, process.execPath, fileURLToPath(import.meta.url)],
    { stdio: "inherit", env: { ...process.env, README_CLOSED: "1", OPENCLAW_WEBHOOKS_BIN: program } });
  process.exit(status ?? 1);
}

const work = mkdtempSync(join(tmpdir(), "readme-"));
const home = join(work, "home");
const folder = join(work, "here");
for (const path of [home, join(work, "bin"), join(folder, "target/debug")]) mkdirSync(path, { recursive: true });
symlinkSync(program, join(work, "bin/openclaw-webhooks"));
symlinkSync(program, join(folder, "target/debug/openclaw-webhooks"));
const env = { PATH: `${join(work, "bin")}:${process.env.PATH}`, HOME: home, OPENCLAW_HOOKS_TOKEN: "the-hooks-token", NO_COLOR: "1" };

const running = new Set();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
  rmSync(work, { recursive: true, force: true });
});
const GATEWAY = "http://127.0.0.1:8787";
const SECRET = "whsec_b3duLXNlY3JldC1nb2VzLWhlcmUh";

function check(good, what) {
  if (!good) throw new Error(what);
}

// Waits for what `found` gives; never for a time.
async function until(what, found) {
  const end = Date.now() + 20_000;
  for (;;) {
    const value = await found();
    if (value) return value;
    if (Date.now() > end) throw new Error(`${what}: not in 20 s`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

function start(command, cwd = folder) {
  const child = spawn("bash", ["-c", `exec ${command}`], { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  const task = { child, out: "", err: "" };
  running.add(child);
  child.stdout.on("data", (data) => (task.out += data));
  child.stderr.on("data", (data) => (task.err += data));
  task.ended = new Promise((done) => child.on("close", (code) => { running.delete(child); done(code); }));
  task.says = (text) => until(`${command} says ${text}`, () => {
    check(task.child.exitCode === null || (task.out + task.err).includes(text), `${command} ended: ${task.out}${task.err}`);
    return (task.out + task.err).includes(text);
  });
  // As Ctrl+C does.
  task.stop = () => { child.kill("SIGINT"); return task.ended; };
  return task;
}

async function run(command, { status = 0, cwd, extra = {} } = {}) {
  const child = spawn("bash", ["-o", "pipefail", "-c", command], { cwd: cwd ?? folder, env: { ...env, ...extra }, stdio: ["ignore", "pipe", "pipe"] });
  running.add(child);
  let [out, err] = ["", ""];
  child.stdout.on("data", (data) => (out += data));
  child.stderr.on("data", (data) => (err += data));
  const timer = setTimeout(() => child.kill("SIGKILL"), 30_000);
  const code = await new Promise((done) => child.on("close", done));
  clearTimeout(timer);
  running.delete(child);
  check(code === status, `ended with ${code}, not ${status}: ${out}${err}`);
  return out + err;
}

const ask = async (path, method = "GET") => (await fetch(`${GATEWAY}/api/v1${path}`, { method })).json();
const deliveries = async (query) => (await ask(`/deliveries?${query}`)).items;

// Takes what is posted there, and answers.
function server(port, answer) {
  const got = [];
  const listening = createServer((request, response) => {
    const parts = [];
    request.on("data", (part) => parts.push(part));
    request.on("end", () => {
      const body = Buffer.concat(parts).toString();
      if (request.method === "POST") got.push({ url: request.url, headers: request.headers, body });
      response.setHeader("Content-Type", "application/json").end(JSON.stringify(answer));
    });
  });
  listening.unref();
  return new Promise((done) => listening.listen(port, "127.0.0.1", () => done(got)));
}

// What a page has: its blocks, and the commands in those of the shell, without their comments and on one line each.
function blocks(page) {
  const text = readFileSync(join(root, page), "utf8");
  return [...text.matchAll(/^( *)```(\w*)\n(.*?)^\1```/gms)].map((found) => ({
    language: found[2],
    line: text.slice(0, found.index).split("\n").length,
    code: found[3],
    isSnippet: /<!-- docs\/verify\/\S+ -->\n$/.test(text.slice(0, found.index)),
  }));
}
const commands = (block) => block.code.replace(/\\\n\s*/g, "").split("\n").map((line) => line.replace(/(^|\s+)#\s.*$/, "").trim()).filter(Boolean);
const shell = (page) => blocks(page).filter((block) => block.language === "sh").flatMap(commands);

const skipped = new Map([
  ["ngrok http 9000", "a service of others, with an account; what follows it runs with an address of this machine in its place"],
  ["openclaw-webhooks copy --from sqlite://openclaw-webhooks.db --to postgres://webhooks@db.example/webhooks", "a server elsewhere; the program's own tests copy to one of theirs"],
  ["cloudflared tunnel --url http://127.0.0.1:9000", "a service of others; likewise"],
]);

const targets = new Set([...readFileSync(join(root, "Makefile"), "utf8").matchAll(/^([a-z-]+):/gm)].map((found) => found[1]));
const isTarget = (command) => check(targets.has(command.split(" ")[1]), "the Makefile has no such target");

let gateway, receiver, first, openclaw, program3000;
const JSON5 = [
  // The first block is the whole file.
  async (code) => {
    writeFileSync(join(folder, "openclaw.json5"), code);
    gateway = start("openclaw-webhooks serve");
    await gateway.says(`Listening on ${GATEWAY}/`);
  },
  // The second is added to it, while the gateway runs.
  async (code) => {
    const value = (text) => new Function(`return (${text});`)();
    const whole = value(readFileSync(join(folder, "openclaw.json5"), "utf8"));
    Object.assign(whole.webhooks, value(code).webhooks);
    writeFileSync(join(folder, "openclaw.json5"), JSON.stringify(whole, null, 2));
    await until("the inbound endpoint is in force", async () => (await ask("/inbound")).items.length > 0);
  },
];

// How each command is tried: it has to do what README.md says of it.
const tried = new Map(Object.entries({
  "make run": isTarget,
  "make test": isTarget,

  [`curl http://127.0.0.1:8787/api/v1/events -d '{"type":"message.sent","data":{"agentId":"my-agent","message":{"content":"Hello"}}}'`]: async (command) => {
    const answer = JSON.parse(await run(`${command} -sS`));
    check(answer.id.startsWith("evt_") && answer.deliveries === 1, JSON.stringify(answer));
    first = await until("a refused connection", async () =>
      (await deliveries(`eventId=${answer.id}&status=retrying`)).find((delivery) => delivery.lastReason === "connect_refused" && delivery.nextAttemptAt));
  },

  [`target/debug/openclaw-webhooks listen --port 9000 --secret ${SECRET}`]: async (command) => {
    receiver = start(command);
    await receiver.says("Listening on http://127.0.0.1:9000/");
    // What the button does.
    await ask(`/deliveries/${first.id}/redeliver`, "POST");
    await receiver.says('"content": "Hello"');
    check(receiver.out.includes("verified"), receiver.out);
    await until("it is delivered", async () => (await ask(`/deliveries/${first.id}`)).status === "delivered");
  },

  [`curl http://127.0.0.1:8787/webhooks/inbound/deploy -H 'Content-Type: application/json' -d '{"repo":"my-app","branch":"main","status":"succeeded"}'`]: async (command) => {
    const { id, status } = JSON.parse(await run(`${command} -sS`));
    check(id.startsWith("hit_") && status === "accepted", status);
    const task = await until("the agent is told", () => openclaw.find(({ url }) => url === "/hooks/agent"));
    const { message, agentId } = JSON.parse(task.body);
    check(agentId === "devops-agent" && message.includes("my-app's main branch deployment succeeded"), task.body);
    check(task.headers.authorization === "Bearer the-hooks-token", "the agent's token");
    // The answer goes out as an event.
    await receiver.says(`"hitId": "${id}"`);
  },

  [`printf '%s.%s' "$TIMESTAMP" "$BODY" | openssl dgst -sha256 -hmac "$SECRET"`]: async (command) => {
    const { headers, body } = await sent();
    const out = await run(command, { extra: { TIMESTAMP: headers["X-OpenClaw-Timestamp"], BODY: body, SECRET } });
    check(`sha256=${out.trim().split(" ").at(-1)}` === headers["X-OpenClaw-Signature"], out);
  },

  "openclaw-webhooks list --recent 20": async (command) => says(command, first.id, "delivered"),
  "openclaw-webhooks list --status failed --since 1h": async (command) => {
    const [, failed] = [await says(command), await fail()];
    await says(command, failed.id, "connect_refused: ");
  },
  "openclaw-webhooks show dlv_01938c5f7a2b7c3d8e4f5a6b7c8d9e0f": async (command) =>
    says(command.replace(/dlv_\w+/, first.id), first.id, "connect_refused", "200"),
  "openclaw-webhooks tail --status failed,retrying": async (command) => {
    const tail = start(command);
    // It says nothing before something happens: fail until it has seen it.
    await until("tail shows a failure", async () => { const { id } = await fail(); return until("it", () => tail.out.includes(id)).catch(() => false); });
    await tail.stop();
  },
  "openclaw-webhooks redeliver --status failed --since 1h --dry-run": async (command) => {
    const count = (await deliveries("status=failed")).length;
    check(count > 0, "nothing has failed");
    await says(command, String(count));
    check((await deliveries("status=failed")).length === count, "it was not dry");
    receiver = start(`openclaw-webhooks listen --port 9000 --secret ${SECRET}`);
    await receiver.says("Listening");
    await says(command.replace(" --dry-run", ""));
    await until("all are delivered", async () => (await deliveries("status=failed")).length === 0);
  },
  "openclaw-webhooks endpoints": async (command) => {
    await says(command, "main-webhook");
    await says(`${command} main-webhook`, "http://127.0.0.1:9000/openclaw/events");
  },
  "openclaw-webhooks check main-webhook": async (command) => says(command, "main-webhook"),
  "openclaw-webhooks test main-webhook --type error.occurred": async (command) => {
    await says(command, "delivered");
    await receiver.says("error.occurred");
  },
  "openclaw-webhooks pause main-webhook": async (command) => {
    await says(command);
    check((await ask("/endpoints/main-webhook")).state === "paused", "it is not paused");
  },
  "openclaw-webhooks send events.jsonl": async (command) => {
    writeFileSync(join(folder, "events.jsonl"), '{"type":"message.sent","data":{"text":"held"}}\n{"type":"tool.called","data":{}}\n');
    await says(command, "2 events");
    check((await deliveries("status=held")).length === 1, "nothing is held");
    await says("openclaw-webhooks resume main-webhook");
    await receiver.says('"held"');
    await run(`echo '{"type":"message.sent","data":{"text":"by standard input"}}' | openclaw-webhooks send -`);
    await receiver.says("by standard input");
  },
  "openclaw-webhooks hits --outcome refused": async (command) => {
    check((await fetch(`${GATEWAY}/webhooks/inbound/deploy`, { method: "POST", headers: { "content-type": "application/json" }, body: "{" })).status === 400, "400");
    await says(command, "deploy");
  },
  "openclaw-webhooks audit": async (command) => says(command, "pause", "main-webhook"),
  "openclaw-webhooks verify --secret whsec_… --timestamp 1773484200 --signature sha256=… body.json": async (command) => {
    const { headers, body } = await sent();
    writeFileSync(join(folder, "body.json"), body);
    const filled = command.replace("whsec_…", SECRET).replace("1773484200", headers["X-OpenClaw-Timestamp"]).replace("sha256=…", headers["X-OpenClaw-Signature"]);
    await says(filled, "passed");
    await run(filled.replace("sha256=", "sha256=00"), { status: 1 });
  },
  "openclaw-webhooks config check": async (command) => says(command, "openclaw.json5"),
  "openclaw-webhooks config show": async (command) => {
    check(!(await says(command, "webhooks.endpoints", "••••")).includes(SECRET), "the secret is shown");
  },
  "openclaw-webhooks config example > example.json5": async (command) => {
    await run(command);
    await says("openclaw-webhooks config check --config example.json5", "example.json5");
  },
  "openclaw-webhooks config schema > openclaw.schema.json": async (command) => {
    await run(command);
    check(JSON.parse(readFileSync(join(folder, "openclaw.schema.json"), "utf8")).properties.webhooks, "no schema");
  },
  // Where no gateway runs, as it says.
  "openclaw-webhooks migrate": async (command) => {
    const elsewhere = join(work, "elsewhere");
    mkdirSync(elsewhere);
    copyFileSync(join(folder, "openclaw.json5"), join(elsewhere, "openclaw.json5"));
    await run(command, { cwd: elsewhere });
    check(existsSync(join(elsewhere, "openclaw-webhooks.db")), "no database");
  },
  "openclaw-webhooks backup today.db": async (command) => {
    await says(command, "today.db");
    check(existsSync(join(folder, "today.db")), "no copy");
  },
  "source <(openclaw-webhooks completions bash)": async (command) =>
    check((await run(`${command} && complete -p openclaw-webhooks`)).includes("openclaw-webhooks"), "nothing is completed"),
  "openclaw-webhooks man --dir ~/.local/share/man/man1": async (command) => {
    await run(command);
    check(existsSync(join(home, ".local/share/man/man1/openclaw-webhooks-list.1")), "no page");
  },

  [`openclaw-webhooks listen --secret ${SECRET} --forward-to http://127.0.0.1:3000/hooks`]: async (command) => {
    await receiver.stop();
    const listen = start(command);
    await listen.says("Listening on http://127.0.0.1:9000/");
    await run(`echo '{"type":"message.sent","data":{"text":"forwarded"}}' | openclaw-webhooks send -`);
    const passed = await until("it is passed on", () => program3000.find(({ url, body }) => url.startsWith("/hooks") && body.includes("forwarded")));
    check(passed.headers["x-openclaw-signature"].startsWith("sha256="), "without its headers");
    await listen.stop();
  },
  "openclaw-webhooks listen --port 0 --register my-laptop": async (command) => register(command),
  "openclaw-webhooks listen --register my-laptop --public-url https://abc123.ngrok.app/ --url https://hooks.example.com": async (command) =>
    // Both names are others': this machine's stand for them.
    register(command.replace("https://abc123.ngrok.app/", "http://127.0.0.1:9000/").replace("https://hooks.example.com", GATEWAY)),
}));

// Runs a command that ends well, and gives what it said.
async function says(command, ...texts) {
  const out = await run(command);
  for (const text of texts) check(out.includes(text), `does not say ${text}: ${out}`);
  return out;
}

// What the last attempt of the first delivery sent.
async function sent() {
  const { request } = (await ask(`/deliveries/${first.id}`)).attemptLog.at(-1);
  return { headers: Object.fromEntries(request.headers), body: request.body };
}

// A delivery that failed for good: a test is one attempt, and nobody listens.
async function fail() {
  if (receiver.child.exitCode === null) await receiver.stop();
  const { id } = await ask("/endpoints/main-webhook/test", "POST");
  return until("it fails", async () => (await deliveries("status=failed")).find((delivery) => delivery.id === id));
}

async function register(command) {
  const listen = start(command);
  await listen.says("Connected: the gateway reaches this receiver.");
  check((await ask("/endpoints")).items.some(({ name }) => name === "my-laptop"), "it is not registered");
  await says("openclaw-webhooks test my-laptop", "delivered");
  await listen.says("verified");
  await listen.stop();
  check(!(await ask("/endpoints")).items.some(({ name }) => name === "my-laptop"), "it stays registered");
}

const faults = [];
const [english, korean] = [shell("README.md"), shell("README.ko.md")];
if (english.join("\n") !== korean.join("\n")) {
  const index = english.findIndex((command, index) => command !== korean[index]);
  faults.push(`README.ko.md: has ${korean[index] ?? `${korean.length} commands`} for ${english[index] ?? `${english.length} commands`}`);
}
for (const command of [...tried.keys(), ...skipped.keys()]) if (!english.includes(command)) faults.push(`no command of README.md any more: ${command}`);
for (const [, target] of readFileSync(join(root, "README.md"), "utf8").matchAll(/`make ([a-z-]+)[^`]*`/g)) if (!targets.has(target)) faults.push(`the Makefile has no target ${target}`);

openclaw = await server(18789, { ok: true, runId: "http-1", completion: { status: "ok", replyDisposition: "visible", delivered: false } });
program3000 = await server(3000, {});
let count = 0;
let configurations = 0;
all: for (const { language, line, code, isSnippet } of blocks("README.md")) {
  const at = `README.md:${line}`;
  if (language === "json5") {
    await (JSON5[configurations++] ?? (() => faults.push(`${at}: a configuration that nothing tries`)))(code);
  } else if (language !== "sh") {
    // A picture, or a snippet, which docs/verify/test.sh runs.
    if (language && !isSnippet) faults.push(`${at}: a block of ${language} that nothing tries`);
  } else {
    for (const command of commands({ code })) {
      if (skipped.has(command)) continue;
      const how = tried.get(command);
      if (!how) { faults.push(`${at}: neither run nor skipped: ${command}`); continue; }
      try {
        await how(command);
        count++;
      } catch (error) {
        faults.push(`${at}: ${command}\n    ${error.message}`);
        // What follows builds on it.
        break all;
      }
    }
  }
}
if (gateway) check((await gateway.stop()) === 0, "the gateway did not end well");
for (const text of faults) console.error(`readme: ${text}`);
if (faults.length === 0) console.error(`readme: ${count} commands did what README.md says, ${skipped.size} are skipped`);
process.exit(faults.length === 0 ? 0 : 1);
