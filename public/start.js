// Starts the browser's half of the dashboard.
import start from "./app.js";

start();
