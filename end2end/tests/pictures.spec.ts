// The main screens as a person sees them, against pictures that were looked at: both themes, both languages, desk and phone.
// What differs from run to run (ids, times, ports, what was measured) is put to one value before the picture is taken.
// `npx playwright test pictures --update-snapshots` takes them anew.
import { fileURLToPath } from "node:url";
import type { Page } from "@playwright/test";
import { settled } from "./deliveries.ts";
import { errorOccurred, messageSent } from "./events.ts";
import { expect, test } from "./fixtures.ts";

// What differs is put to one value by its shape, and on a machine that is held up it may once have another.
test.describe.configure({ retries: 2 });

test.use({
  // So that what can't be the same is hidden.
  bypassCSP: true,
  inbound: { deploy: { agentId: "devops-agent", template: "{{body.repo}} {{body.status}}" } },
  moreEndpoints: [{ name: "nobody-there", url: "http://127.0.0.1:1/", events: ["error.occurred"], retry: { maxAttempts: 1, backoffMs: 50 } }],
});

/** Puts every text that differs from run to run to one value. */
function settle(page: Page): Promise<void> {
  return page.evaluate(() => {
    const same: [RegExp, string][] = [
      [/\b(dlv|evt|hit|run)_[0-9a-f]{32}\b/g, "$1_0123456789abcdef0123456789abcdef"],
      [/\b[0-9a-f]{64}\b/g, "0123456789abcdef".repeat(4)],
      [/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "2026-03-14T10:30:22.118Z"],
      [/127\.0\.0\.1:\d{2,}/g, "127.0.0.1:8080"],
      [/\b\d[\d.,]* ms\b/g, "12 ms"],
      [/^\d+\.\d+\.\d+$/g, "0.1.0"],
      [/openclaw-webhooks\/\d+\.\d+\.\d+/g, "openclaw-webhooks/0.1.0"],
      [/\b1[789]\d{8}\b/g, "1773484222"],
      [/\S*openclaw-webhooks-end2end-[^/]+/g, "/srv/openclaw"],
      [/[A-Za-z0-9+/_-]{40,}=*/g, "c2FtZSBmb3IgZWFjaCBydW4sIHNhbWUgbGVuZ3Ro"],
    ];
    const ages: [RegExp, string][] = [
      [/^(now|방금|지금)$/, document.documentElement.lang === "ko" ? "2분 전" : "2 min ago"],
      [/\d+ (s|min|h|d)\b/g, "2 min"],
      [/\d+(초|분|시간|일)/g, "2분"],
      [/^\d\d:\d\d:\d\d/, "10:30:22"],
    ];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = texts.nextNode() as Text | null; node; node = texts.nextNode() as Text | null) {
      const timed = node.parentElement!.closest("time, .chart-ends, .spark");
      const figure = node.parentElement!.closest(".total");
      let text = node.data;
      for (const [what, by] of timed ? [...same, ...ages] : same) text = text.replace(what, by);
      if (figure) text = text.replace(/^\d+\.\d$/, "0.1");
      if (text !== node.data) node.data = text;
    }
  });
}

/** What stops a page's clock and stream, and lets them go on. */
async function freezer(page: Page): Promise<{ stop(): Promise<void>; go(): Promise<void> }> {
  let frozen = false;
  // A page's clock that went on is ahead by what it was stopped at.
  let aheadMs = 0;
  await page.clock.install();
  await page.routeWebSocket(/stream/, (socket) => {
    const gateway = socket.connectToServer();
    gateway.onMessage((message) => {
      if (!frozen) socket.send(message);
    });
  });
  return {
    async stop() {
      frozen = true;
      aheadMs += 2000;
      await page.clock.pauseAt(Date.now() + aheadMs);
    },
    async go() {
      frozen = false;
      await page.clock.resume();
    },
  };
}

for (const [size, viewport] of Object.entries({ desk: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } })) {
  for (const locale of ["en", "ko"]) {
    for (const colorScheme of ["light", "dark"] as const) {
      test.describe(`${size}-${locale}-${colorScheme}`, () => {
        test.use({ viewport, locale, colorScheme });

        test("the main screens", async ({ page, gateway }) => {
          test.slow();
          const time = await freezer(page);
          const failed = await gateway.post(errorOccurred);
          const delivery = await settled(gateway, failed.id, "failed", "nobody-there");
          await settled(gateway, failed.id, "delivered");
          const sent = await gateway.post(messageSent);
          await settled(gateway, sent.id, "delivered");
          const { id } = await gateway.hit("deploy", { repo: "api", status: "succeeded" });
          const callback = async () => (await gateway.get<{ deliveries: { status: string }[] }>(`/hits/${id}`)).deliveries.map(({ status }) => status);
          await expect.poll(callback).toEqual(["delivered"]);
          const screens = {
            overview: "/",
            endpoints: "/endpoints",
            endpoint: "/endpoints/nobody-there",
            delivery: `/deliveries/${delivery.id}`,
            hit: `/hits/${id}`,
            settings: "/settings",
          };
          for (const [name, path] of Object.entries(screens)) {
            await page.goto(gateway.url + path);
            await expect(page.locator(".connection .tone-good")).toBeVisible();
            await page.waitForLoadState("networkidle");
            await time.stop();
            await settle(page);
            await expect.soft(page).toHaveScreenshot(`${name}-${size}-${locale}-${colorScheme}.png`, {
              stylePath: fileURLToPath(new URL("pictures.css", import.meta.url)),
              // Edges of letters differ a little from machine to machine.
              maxDiffPixelRatio: 0.01,
            });
            await time.go();
          }
        });
      });
    }
  }
}
