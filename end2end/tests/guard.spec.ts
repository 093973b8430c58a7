// Nothing that comes from outside does anything on the dashboard, and the browser is told to let nothing do so.
import type { Page } from "@playwright/test";
import { connection, expectLive, inboundPanel, openHit, openLive, step } from "./dashboard.ts";
import { settled } from "./deliveries.ts";
import { expect, test } from "./fixtures.ts";
import { Gateway } from "./gateway.ts";

const SCRIPT = "</script><script>window.taken = 1</script>";
const IMAGE = '<img src="x" onerror="window.taken = 1">';
// Without quotes, which JSON would write in another way, and of characters that a header may hold.
const BARE = "<img src=x onerror=taken=1></pre></code><svg onload=taken=1><iframe srcdoc=x></iframe>";
const hostile = {
  type: "message.sent",
  data: {
    agentId: `agent ${IMAGE}`,
    [`key ${IMAGE}`]: SCRIPT,
    message: { content: `\u001b[31mred\u001b[0m\u001b]0;title\u0007 ${SCRIPT} ${IMAGE} <style>body{display:none}</style> javascript:alert(1) {{7*7}}` },
  },
};

/** Nothing ran, nothing became an element, and the page is there. */
async function expectQuiet(page: Page, place: string): Promise<void> {
  expect(await page.evaluate(() => "taken" in window), place).toBe(false);
  await expect(page.locator("body :is(img, style, iframe, [onload], [onerror])"), place).toHaveCount(0);
  await expect(page.getByRole("banner"), place).toBeVisible();
}

test("an event full of markup, scripts and escapes is text", async ({ page, gateway, receiver, watch }) => {
  const { id } = await gateway.post(hostile);
  const delivery = await settled(gateway, id, "delivered");
  expect(JSON.parse((await receiver.arrivalsOf(id, 1))[0]!.body).data).toEqual(hostile.data);
  // As rendered by the gateway, brought to life.
  for (const path of ["/", `/deliveries/${delivery.id}`, `/events/${id}`, "/endpoints/main-webhook", `/?q=${encodeURIComponent(SCRIPT)}`]) {
    await page.goto(gateway.url + path);
    await expectLive(page);
    await expectQuiet(page, path);
  }
  await page.goto(`${gateway.url}/events/${id}`);
  await expectLive(page);
  await expect(page.getByText(SCRIPT).first()).toBeVisible();
  await expect(page.getByText(`key ${IMAGE}`).first()).toBeVisible();
  // And as it comes by the stream.
  await openLive(page, gateway);
  const again = await gateway.post(hostile);
  await settled(gateway, again.id, "delivered");
  await expect(page.getByRole("region", { name: "Event log" }).getByRole("listitem")).toHaveCount(2);
  await expectQuiet(page, "live");
  await expect(connection(page)).toHaveText("Live");
  expect(watch.documents).toBe(7);
});

for (const status of [200, 500] as const) {
  test(`what a receiver says is text: ${status}`, async ({ page, gateway, receiver, watch }) => {
    receiver.behaviour = status;
    receiver.says = BARE;
    const { id } = await gateway.post({ type: "message.sent", data: {} });
    const delivery = await settled(gateway, id, status === 200 ? "delivered" : "failed");
    for (const path of ["/", `/events/${id}`, "/endpoints/main-webhook", `/deliveries/${delivery.id}`]) {
      await page.goto(gateway.url + path);
      await expectLive(page);
      await expectQuiet(page, path);
    }
    const answer = page.getByRole("main").locator("section").filter({ has: page.getByRole("heading", { name: "Response" }) });
    await expect(answer.getByText(BARE)).toHaveCount(2);
    // Another of the kind, as it comes by the stream.
    await page.getByRole("button", { name: /^Redeliver/ }).click();
    await expect(answer.getByText(BARE)).toHaveCount(4);
    await expectQuiet(page, "live");
    expect(watch.documents).toBe(4);
  });
}

test.describe("what comes in", () => {
  test.use({
    inbound: {
      deploy: { agentId: "devops-agent", template: '{{body.text}} {{headers["x-odd"]}}' },
      signed: { agentId: "devops-agent", template: "{{body}}", verify: { scheme: "github", secret: "It's a Secret to Everybody" } },
    },
  });
  const body = { text: BARE, [`key ${BARE}`]: [SCRIPT] };
  const headers = { "X-Odd": BARE, "User-Agent": BARE, "X-Hub-Signature-256": BARE };

  test("a hit, its prompt, the agent's reply and its callback are text", async ({ page, gateway, openclaw, receiver, watch }) => {
    openclaw.reply = `${BARE} ${SCRIPT}`;
    receiver.says = BARE;
    const { id } = await gateway.hit("deploy", body, headers);
    await openHit(page, gateway, id);
    await expectLive(page);
    const callback = step(page, "Callback").getByRole("listitem");
    await expect(callback).toContainText("Delivered");
    await page.reload();
    await expectLive(page);
    const hit = step(page, "Hit");
    await expect(hit).toContainText(`key ${BARE}`);
    await expect(hit).toContainText(SCRIPT);
    await hit.locator("summary").click();
    await expect(hit.locator("details")).toContainText(`x-odd: ${BARE}`);
    await expect(step(page, "Prompt")).toContainText(`${BARE} ${BARE}`);
    await expect(step(page, "Run")).toContainText(`${BARE} ${SCRIPT}`);
    await expectQuiet(page, "the hit");

    await callback.getByRole("link", { name: "main-webhook" }).click();
    await expect(page.getByRole("main").getByText(SCRIPT).first()).toBeVisible();
    await expectQuiet(page, "its callback");
    const [arrival] = receiver.arrivals;
    await page.goto(`${gateway.url}/events/${arrival!.eventId}`);
    await expectLive(page);
    await expect(page.getByRole("main").getByText(SCRIPT).first()).toBeVisible();
    await expectQuiet(page, "its callback's event");
    await openLive(page, gateway);
    await expect(inboundPanel(page)).toContainText(BARE);
    await expectQuiet(page, "the overview");
    expect(watch.documents).toBe(4);
  });

  test("the same as it comes by the stream", async ({ page, gateway, openclaw, watch }) => {
    openclaw.reply = `${BARE} ${SCRIPT}`;
    const answer = openclaw.takeTime();
    await openLive(page, gateway);
    const { id } = await gateway.hit("deploy", body, headers);
    const panel = inboundPanel(page);
    await expect(panel).toContainText(BARE);
    await expectQuiet(page, "the overview");
    await panel.getByRole("link", { name: "deploy" }).click();
    await expect(page).toHaveURL(`${gateway.url}/hits/${id}`);
    await expect(step(page, "Prompt")).toContainText(`${BARE} ${BARE}`);
    answer();
    await expect(step(page, "Run")).toContainText(`${BARE} ${SCRIPT}`);
    await expect(step(page, "Callback").getByRole("listitem")).toContainText("Delivered");
    await expectQuiet(page, "the hit");
    expect(watch.documents).toBe(1);
  });

  test("a hit that is refused and a run that fails are text", async ({ page, gateway, openclaw, watch }) => {
    openclaw.fails = true;
    openclaw.reply = `${BARE} ${SCRIPT}`;
    const refused = await gateway.hit("signed", body, headers);
    expect(refused.statusCode).toBe(401);
    const failed = await gateway.hit("deploy", body, headers);
    await openHit(page, gateway, failed.id);
    await expectLive(page);
    await expect(step(page, "Run")).toContainText(`HTTP 500: ${BARE} ${SCRIPT}`);
    await expectQuiet(page, "the run that failed");
    await openLive(page, gateway);
    await expect(inboundPanel(page)).toContainText(`${BARE} ${SCRIPT}`);
    await expectQuiet(page, "the overview");
    await inboundPanel(page).getByRole("link", { name: "signed" }).click();
    await expect(step(page, "Hit")).toContainText("Refused");
    await expect(step(page, "Hit")).toContainText(`key ${BARE}`);
    await expectQuiet(page, "the hit that was refused");
    expect(watch.documents).toBe(2);
  });
});

const policyOf = (answer: Response) =>
  new Map(
    answer.headers
      .get("content-security-policy")!
      .split(";")
      .map((part) => part.trim().split(" "))
      .map(([name, ...values]) => [name!, values]),
  );

test("the pages' policy lets scripts of ours run and nothing else", async ({ gateway }) => {
  const guarded = await Gateway.start([], {}, "a-token-that-is-long-enough-for-this");
  const nonces = new Set<string>();
  const paths = ["/", "/endpoints", "/endpoints/main-webhook", "/settings", "/events/evt_nothing", "/nothing"];
  // The last two are the page where one signs in.
  const urls = [...paths.map((path) => gateway.url + path), `${guarded.url}/`, `${guarded.url}/settings`];
  try {
    for (const url of urls) {
      const answer = await fetch(url);
      const html = await answer.text();
      expect(html.includes("Sign in"), url).toBe(url.startsWith(guarded.url));
      const policy = policyOf(answer);
      expect(policy.get("default-src"), url).toEqual(["'none'"]);
      expect(policy.get("style-src"), url).toEqual(["'self'"]);
      expect(policy.get("frame-ancestors"), url).toEqual(["'none'"]);
      expect(policy.get("base-uri"), url).toEqual(["'none'"]);
      const scripts = policy.get("script-src")!;
      const nonce = scripts.map((source) => /^'nonce-(.+)'$/.exec(source)?.[1]).find(Boolean)!;
      expect(scripts, url).toEqual(["'self'", `'nonce-${nonce}'`, "'wasm-unsafe-eval'"]);
      expect([...policy.values()].flat().filter((source) => /unsafe-inline|unsafe-eval'?$|\*|https?:/.test(source) && source !== "'wasm-unsafe-eval'"), url).toEqual([]);
      nonces.add(nonce);
      // Each script in the page carries the page's number, and nothing asks for what the policy forbids.
      for (const [tag] of html.matchAll(/<script\b[^>]*>/g)) {
        expect(tag.includes(`nonce="${nonce}"`) || / src="\//.test(tag), tag).toBe(true);
      }
      expect(html.match(/<[^>]+\s(style|on[a-z]+)=/g), url).toBeNull();
      expect(answer.headers.get("x-content-type-options"), url).toBe("nosniff");
      expect(answer.headers.get("referrer-policy"), url).toBe("same-origin");
      expect(answer.headers.get("cache-control"), url).toBe("no-store");
    }
  } finally {
    await guarded.stop();
  }
  expect(nonces.size).toBe(urls.length);
});

test("where the stream stands is told to who may read, and to nobody else", async () => {
  const token = "a-token-that-is-long-enough-for-this";
  const guarded = await Gateway.start([], {}, token);
  const page = async (path: string, headers = {}) => (await fetch(guarded.url + path, { headers })).text();
  try {
    for (const path of ["/", "/nothing", "/settings"]) expect(await page(path), path).not.toContain("data-place");
    expect(await page("/", { authorization: `Bearer ${token}` })).toContain("data-place");
  } finally {
    await guarded.stop();
  }
});

test("the API's page lets nothing run at all", async ({ gateway }) => {
  const answer = await fetch(`${gateway.url}/api/docs`);
  expect(Object.fromEntries(policyOf(answer))).toEqual({
    "default-src": ["'none'"],
    "style-src": ["'self'"],
    "img-src": ["data:"],
    "base-uri": ["'none'"],
    "form-action": ["'none'"],
    "frame-ancestors": ["'none'"],
  });
  expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
  expect(answer.headers.get("referrer-policy")).toBe("same-origin");
  expect((await answer.text()).match(/<script|<[^>]+\s(style|on[a-z]+)=/g)).toBeNull();
});
