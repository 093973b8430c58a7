// Copies what a hook handed over, for the events: within a budget, so that a huge or strange value costs OpenClaw no time.

// A tool's parameters and results can be anything that JavaScript can hold.
const DEEPEST = 12;
const UNREADABLE = "[unreadable]";

/**
 * A copy of `value` that JSON can hold, with at most about `budget` characters in all its texts and keys. What is
 * cut says so.
 * @param {unknown} value
 * @param {number} budget
 */
export function cut(value, budget) {
  return copy(value, { left: budget }, 0);
}

/** The start of `text`, whole characters only, and how much there was. */
export function cutText(/** @type {string} */ text, /** @type {number} */ most) {
  if (text.length <= most) return text.toWellFormed();
  let end = most;
  if (/[\ud800-\udbff]/.test(text.charAt(end - 1))) end -= 1; // half of a character that takes two
  return `${text.slice(0, end).toWellFormed()}… [cut: ${text.length} characters]`;
}

/**
 * @param {unknown} value
 * @param {{left: number}} budget
 * @param {number} depth
 * @returns {unknown}
 */
function copy(value, budget, depth) {
  budget.left -= 1; // for everything, or a list of a million nulls would cost nothing
  switch (typeof value) {
    case "string": {
      const kept = cutText(value, Math.max(budget.left, 0));
      budget.left -= kept.length;
      return kept;
    }
    case "number":
    case "boolean":
      return value;
    case "bigint":
      return cutText(value.toString(), 100);
    case "object":
      if (value === null) return null;
      if (depth >= DEEPEST) return "[cut: too deep]";
      try {
        return copyObject(value, budget, depth + 1);
      } catch {
        return UNREADABLE; // a getter that throws, a proxy that refuses
      }
    default:
      return undefined; // functions and symbols, which JSON leaves out too
  }
}

/**
 * @param {object} value
 * @param {{left: number}} budget
 * @param {number} depth
 */
function copyObject(value, budget, depth) {
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
  if (value instanceof Error) return { name: cutText(String(value.name), 100), message: copy(value.message, budget, depth) };
  if (Array.isArray(value)) return copyList(value, budget, depth);
  // Dates, addresses and the like say themselves how they want to be written.
  if ("toJSON" in value && typeof value.toJSON === "function") return copy(value.toJSON(), budget, depth);

  const copied = Object.create(null); // so that a key `__proto__` is a key like any other
  for (const key in value) {
    if (!Object.hasOwn(value, key)) continue;
    if (budget.left <= 0) {
      copied["…"] = "[cut]";
      break;
    }
    const name = cutText(key, 200);
    budget.left -= name.length;
    copied[name] = copy(read(value, key), budget, depth);
  }
  return copied;
}

/**
 * @param {unknown[]} list
 * @param {{left: number}} budget
 * @param {number} depth
 */
function copyList(list, budget, depth) {
  const copied = [];
  for (let index = 0; index < list.length; index += 1) {
    if (budget.left <= 0) {
      copied.push(`[cut: ${list.length} items]`);
      break;
    }
    copied.push(copy(list[index], budget, depth) ?? null);
  }
  return copied;
}

function read(/** @type {any} */ object, /** @type {string} */ key) {
  try {
    return object[key];
  } catch {
    return UNREADABLE;
  }
}
