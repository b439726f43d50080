// Fails unless a page names the files of its site that browsers need, and the server has each of them as it is on disk.
//   check-site.mjs ORIGIN SITE
import { readFileSync } from "node:fs";
import { join } from "node:path";

const [ORIGIN, SITE] = process.argv.slice(2);
const TYPES = {
    css: "text/css",
    js: "text/javascript",
    svg: "image/svg+xml",
    wasm: "application/wasm",
    woff2: "font/woff2",
};
/** What no page does without. */
const NEEDED = ["css", "js", "wasm"];

const endOf = (path) => path.slice(path.lastIndexOf(".") + 1);

/** What is wrong with a file that a page names. */
async function problemOf(path) {
    const answer = await fetch(ORIGIN + path);
    const served = Buffer.from(await answer.arrayBuffer());
    if (answer.status !== 200) return `${path} gets ${answer.status}`;
    const type = answer.headers.get("content-type").split(";")[0];
    if (type !== TYPES[endOf(path)]) return `${path} is served as ${type}`;
    const isWhole = served.length > 0 && served.equals(readFileSync(join(SITE, path)));
    return isWhole ? null : `${path} isn't what the site has`;
}

const page = await fetch(`${ORIGIN}/sign-in`);
const html = await page.text();
const named = new Set([...html.matchAll(/="(\/[^"?#]+\.(?:css|js|svg|wasm|woff2))"/g)].map(([, path]) => path));
const problems = page.status === 200 ? [] : [`/sign-in gets ${page.status}`];
const lacking = NEEDED.filter((end) => ![...named].some((path) => endOf(path) === end));
problems.push(...lacking.map((end) => `/sign-in names no .${end}`));
problems.push(...(await Promise.all([...named].map(problemOf))).filter((problem) => problem !== null));
if (problems.length > 0) {
    console.error(`The site isn't served:\n${problems.join("\n")}`);
    process.exit(1);
}
