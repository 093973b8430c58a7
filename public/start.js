// Starts the browser's half of the dashboard once what came from the gateway is on the screen: its half a megabyte must not
// compete with that for the line, nor bringing the page to life with drawing it. A page that nobody sees is not drawn: it waits
// no longer than this.
import start from "./app.js";

const LONGEST_MS = 200;

const drawn = new Promise((done) => {
  requestAnimationFrame(() => setTimeout(done));
  setTimeout(done, LONGEST_MS);
});

drawn.then(() => start());
