// Starts the browser's half of the dashboard once what came from the gateway is on the screen: it must not compete with that
// for the line, nor for the processor that draws. A page that nobody sees is not drawn.
import start from "./app.js";

const LONGEST_MS = 1000;

const drawn = new Promise((done) => {
  if (document.hidden) return done();
  new PerformanceObserver(() => done()).observe({ type: "paint", buffered: true });
  setTimeout(done, LONGEST_MS);
});

drawn.then(() => {
  // The other pages need the second file at once: on its way along with the first, it is there when that asks for it.
  if (location.pathname !== "/") {
    fetch(new URL("./split_rest.wasm", import.meta.url))
      .then((answer) => answer.arrayBuffer())
      .catch(() => {});
  }
  start();
});
