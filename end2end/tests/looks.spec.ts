// Everyone can read it: by eye in light and dark, with a screen reader, on a phone.
import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { Gateway } from "./gateway.ts";
import { expectLive, openDelivery, openLive } from "./dashboard.ts";
import { settled } from "./deliveries.ts";
import { errorOccurred, messageSent } from "./events.ts";
import { expect, test } from "./fixtures.ts";

test.use({
  inbound: { deploy: { agentId: "devops-agent", template: "{{body.repo}} {{body.status}}" } },
  moreEndpoints: [{ name: "nobody-there", url: "http://127.0.0.1:1/", events: ["error.occurred"], retry: { maxAttempts: 1, backoffMs: 50 } }],
});

/** What axe finds, however small; and what is too small to be hit, which it looks for only when asked. */
async function barriers(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).options({ rules: { "target-size": { enabled: true } } }).analyze();
  return violations
    .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(" ")).join(", ")}`);
}

/** How many pixels the page is wider than the window. */
function overhang(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

/** The texts of a page that would make it wider than the window, if each in turn ended in one long word. */
function tooLong(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const root = document.documentElement;
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const wide: string[] = [];
    for (let node = texts.nextNode() as Text | null; node; node = texts.nextNode() as Text | null) {
      const text = node.data;
      if (text.trim() === "" || node.parentElement?.tagName === "SCRIPT") continue;
      node.data = `${text}${"W".repeat(60)}`;
      if (root.scrollWidth > root.clientWidth) wide.push(text);
      node.data = text;
    }
    return wide;
  });
}

/** The other pages, with something on each. */
async function otherPages(gateway: Gateway): Promise<string[]> {
  const { id } = await gateway.hit("deploy", { repo: "api" });
  const event = await gateway.post(messageSent);
  const made = await fetch(`${gateway.url}/api/v1/endpoints`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ name: "made-here", url: "http://127.0.0.1:1/", events: ["tool.called"], secret: "whsec_b25seS1mb3ItdGhpcy10ZXN0" }),
  });
  expect(made.status).toBe(201);
  return ["/endpoints/made-here", `/events/${event.id}`, `/hits/${id}`, "/endpoints", "/endpoints/main-webhook", "/endpoints/nobody-there", "/settings", "/?status=failed"];
}

for (const colorScheme of ["light", "dark"] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme });

    test("no barriers on the other pages", async ({ page, gateway, watch }) => {
      // Seven pages, each looked over from end to end.
      test.slow();
      const failed = await gateway.post(errorOccurred);
      await settled(gateway, failed.id, "failed", "nobody-there");
      const paths = await otherPages(gateway);
      for (const path of paths) {
        await page.goto(gateway.url + path);
        await expectLive(page);
        expect(await barriers(page), path).toEqual([]);
      }
      expect(watch.documents).toBe(paths.length);
    });

    test("no barriers where there is nothing, nor at the door", async ({ page, gateway }) => {
      await page.goto(`${gateway.url}/nothing`);
      expect(await barriers(page), "nothing").toEqual([]);
      const guarded = await Gateway.start([], {}, "a-token-that-is-long-enough-for-this");
      try {
        await page.goto(guarded.url);
        await expect(page.getByRole("button", { name: "Sign in" })).toBeVisible();
        expect(await barriers(page), "door").toEqual([]);
      } finally {
        await guarded.stop();
      }
    });

    test("no barriers in the sheets and menus over a page", async ({ page, gateway, watch }) => {
      await openLive(page, gateway);
      await page.keyboard.press("?");
      await expect(page.getByRole("dialog", { name: "Keyboard" })).toBeVisible();
      expect(await barriers(page)).toEqual([]);
      await page.keyboard.press("Escape");
      await page.keyboard.press("Control+k");
      await expect(page.getByRole("option").first()).toBeVisible();
      expect(await barriers(page)).toEqual([]);
      await page.keyboard.press("Escape");
      await page.getByLabel("Display").click();
      expect(await barriers(page)).toEqual([]);
      expect(watch.documents).toBe(1);
    });

    test("no barriers on the overview or on a delivery's page", async ({ page, gateway, watch }) => {
      const sent = await gateway.post(messageSent);
      const failed = await gateway.post(errorOccurred);
      await settled(gateway, sent.id, "delivered");
      const delivery = await settled(gateway, failed.id, "failed", "nobody-there");
      await openLive(page, gateway);
      expect(await barriers(page)).toEqual([]);
      await openDelivery(page, gateway, delivery.id);
      expect(await barriers(page)).toEqual([]);
      expect(watch.documents).toBe(2);
    });
  });
}

test.describe("on a phone", () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true });

  test("nothing is wider than the screen", async ({ page, gateway, watch }) => {
    const failed = await gateway.post(errorOccurred);
    const delivery = await settled(gateway, failed.id, "failed", "nobody-there");
    await openLive(page, gateway);
    expect(await overhang(page)).toBe(0);
    await openDelivery(page, gateway, delivery.id);
    expect(await overhang(page)).toBe(0);
    expect(watch.documents).toBe(2);
  });

  for (const javaScriptEnabled of [true, false]) {
    test.describe(javaScriptEnabled ? "with scripts" : "without scripts", () => {
      test.use({ javaScriptEnabled });

      test("nothing a page holds makes it wider, however long", async ({ page, gateway }) => {
        test.slow();
        const failed = await gateway.post(errorOccurred);
        const delivery = await settled(gateway, failed.id, "failed", "nobody-there");
        for (const path of ["/", `/deliveries/${delivery.id}`, ...(await otherPages(gateway))]) {
          await page.goto(gateway.url + path);
          if (javaScriptEnabled) await expectLive(page);
          else await expect(page.getByText(/As of 20\d\d-/)).toBeVisible();
          expect(await overhang(page), path).toBe(0);
          expect(await tooLong(page), path).toEqual([]);
        }
      });
    });
  }

  test("nor on the other pages", async ({ page, gateway, watch }) => {
    const paths = await otherPages(gateway);
    for (const path of paths) {
      await page.goto(gateway.url + path);
      await expectLive(page);
      expect(await overhang(page), path).toBe(0);
    }
    expect(watch.documents).toBe(paths.length);
  });
});
