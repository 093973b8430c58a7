// What the dashboard costs the browser: a busy log, in sight and hidden, and a long one that is scrolled.
// MEASURE_SECONDS (60) is how long the load lasts, MEASURE_RATE (1000) how many deliveries a second, MEASURE_ROWS (100000)
// how long the long log is.
import { readFile } from "node:fs/promises";
import type { CDPSession, Page } from "@playwright/test";
import { expectLive, openLive } from "../tests/dashboard.ts";
import { expect, test } from "../tests/fixtures.ts";
import { load } from "./load.ts";

const seconds = Number(process.env.MEASURE_SECONDS ?? 60);
const rate = Number(process.env.MEASURE_RATE ?? 1000);
const rows = Number(process.env.MEASURE_ROWS ?? 100_000);

interface Metrics {
  taskS: number;
  scriptS: number;
  heapMb: number;
  /** The whole process, WebAssembly's memory included, which is in no heap of JavaScript. */
  processMb: number;
}

async function processMb(page: Page): Promise<number> {
  const browser = await page.context().browser()!.newBrowserCDPSession();
  const { processInfo } = await browser.send("SystemInfo.getProcessInfo");
  await browser.detach();
  const renderers = processInfo.filter(({ type }) => type === "renderer");
  const sizes = await Promise.all(
    renderers.map(async ({ id }) => {
      const status = await readFile(`/proc/${id}/status`, "utf8").catch(() => "");
      return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
    }),
  );
  return Math.max(...sizes);
}

async function metrics(page: Page, cdp: CDPSession): Promise<Metrics> {
  await cdp.send("HeapProfiler.collectGarbage");
  const { metrics } = await cdp.send("Performance.getMetrics");
  const value = (name: string) => metrics.find((metric) => metric.name === name)?.value ?? 0;
  return {
    taskS: value("TaskDuration"),
    scriptS: value("ScriptDuration"),
    heapMb: value("JSHeapUsedSize") / 1_048_576,
    processMb: await processMb(page),
  };
}

/** A task over 50 ms: when it began, from the start of the measurement, and how long it took. */
interface Task {
  atS: number;
  tookMs: number;
}

/** Notes every task over 50 ms from here on. */
async function watchTasks(page: Page): Promise<() => Promise<Task[]>> {
  await page.evaluate(() => {
    const seen: Task[] = [];
    const begin = performance.now();
    Object.assign(window, { longTasks: seen });
    const note = ({ startTime, duration }: PerformanceEntry) => seen.push({ atS: (startTime - begin) / 1000, tookMs: duration });
    new PerformanceObserver((list) => list.getEntries().forEach(note)).observe({ type: "longtask" });
  });
  return () => page.evaluate(() => (window as unknown as { longTasks: Task[] }).longTasks);
}

function say(what: string, before: Metrics, after: Metrics, wallS: number, tasks: Task[], between: number[] = []): void {
  const longest = tasks
    .toSorted((one, other) => other.tookMs - one.tookMs)
    .slice(0, 8)
    .map(({ atS, tookMs }) => `, ${tookMs.toFixed(0)} ms after ${atS.toFixed(1)} s`);
  const sizes = [before.processMb, ...between, after.processMb].map((mb) => mb.toFixed(0)).join(" -> ");
  const share = (used: number) => `${((used / wallS) * 100).toFixed(1)}%`;
  console.log(
    `${what}: tasks ${share(after.taskS - before.taskS)}, script ${share(after.scriptS - before.scriptS)} of ${wallS.toFixed(0)} s; ` +
      `heap ${before.heapMb.toFixed(1)} -> ${after.heapMb.toFixed(1)} MB; process ${sizes} MB; ` +
      `${tasks.length} tasks over 50 ms${longest.join("")}`,
  );
}

for (const hidden of [false, true]) {
  test(`a busy log, ${hidden ? "hidden" : "in sight"}`, async ({ page, context, gateway }) => {
    await openLive(page, gateway);
    const cdp = await context.newCDPSession(page);
    await cdp.send("Performance.enable");
    if (hidden) {
      // As when another tab is in front, which a headless browser never says by itself.
      await page.evaluate(() => {
        Object.defineProperty(document, "hidden", { configurable: true, get: () => true });
        document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
      });
    }
    const tasks = await watchTasks(page);
    const before = await metrics(page, cdp);
    const begin = performance.now();
    // Whether it grows all the time, or at the start alone.
    const between: number[] = [];
    const looking = setInterval(() => void processMb(page).then((mb) => between.push(mb)), seconds * 100);
    const sent = await load(gateway, rate, seconds);
    clearInterval(looking);
    const wallS = (performance.now() - begin) / 1000;
    say(`${(sent / wallS).toFixed(0)} deliveries/s, ${hidden ? "hidden" : "in sight"}`, before, await metrics(page, cdp), wallS, await tasks(), between);
    await expectLive(page);
  });
}

test("a long log, scrolled to its end", async ({ page, context, gateway }) => {
  const event = (number: number) => ({ type: "message.sent", data: { number } });
  for (let from = 0; from < rows; from += 1000) {
    await gateway.postMany(Array.from({ length: Math.min(1000, rows - from) }, (_, index) => event(from + index)));
  }
  // Nothing but the scrolling is measured.
  const waiting = async () => (await gateway.get<{ deliveries: { pending: number } }>("/stats")).deliveries.pending;
  await expect.poll(waiting, { timeout: 120_000 }).toBe(0);
  await openLive(page, gateway);
  const cdp = await context.newCDPSession(page);
  await cdp.send("Performance.enable");
  const tasks = await watchTasks(page);
  const before = await metrics(page, cdp);
  const begin = performance.now();
  const log = page.getByRole("group", { name: "Event log" });
  const older = page.getByRole("button", { name: "Show older" });
  while ((await older.count()) > 0) {
    await log.evaluate((body) => body.scrollTo(0, body.scrollHeight));
    await page.waitForTimeout(15);
    if (performance.now() - begin > (seconds * 2 + 60) * 1000) break;
  }
  const wallS = (performance.now() - begin) / 1000;
  const reached = await log.evaluate((body) => Math.round(body.scrollHeight / 31));
  say(`about ${reached} of ${rows} rows scrolled`, before, await metrics(page, cdp), wallS, await tasks());
  expect(await log.getByRole("listitem").count()).toBeLessThan(400);
});
