// Starts the browser's half of the dashboard once what came from the gateway is on the screen: it must not compete with that
// for the line, nor for the processor that draws. A page that nobody sees is not drawn.
import start from "./app.js";

const LONGEST_MS = 1000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;
const FIRST = "app_bg.wasm";
const SECOND = "split_rest.wasm";

const drawn = new Promise((done) => {
  if (document.hidden) return done();
  new PerformanceObserver(() => done()).observe({ type: "paint", buffered: true });
  setTimeout(done, LONGEST_MS);
});

// A gateway of another version than the page's has none of its files, and draws the page anew. Once: among several gateways,
// some of them older, more tries lead to the right one too.
async function renew(file) {
  const url = new URL(`./${file}`, import.meta.url);
  try {
    const { status } = await fetch(url, { method: "HEAD" });
    if (status !== 404 || sessionStorage.getItem("renewed") === url.href) return;
    sessionStorage.setItem("renewed", url.href);
    location.reload();
  } catch {
    // Out of reach, or the browser keeps nothing.
  }
}

function live(wait) {
  start().catch(async (error) => {
    console.warn(error);
    await renew(FIRST);
    setTimeout(live, wait, Math.min(2 * wait, LONGEST_WAIT_MS));
  });
}

// Who goes back from a page that does not live yet sees the page that was gone back to. (A place on the same page is no other.)
const page = () => location.pathname + location.search;
const drawnPage = page();
addEventListener("popstate", () => {
  if (page() !== drawnPage && !document.documentElement.classList.contains("alive")) location.reload();
});

drawn.then(() => {
  // The other pages need the second file at once: on its way along with the first, it is there when that asks for it.
  if (location.pathname !== "/") {
    fetch(new URL(`./${SECOND}`, import.meta.url))
      .then((answer) => answer.arrayBuffer())
      .catch(() => {});
  }
  // The first file says so where the second can't be fetched.
  addEventListener("missing", () => renew(SECOND));
  live(FIRST_WAIT_MS);
});
