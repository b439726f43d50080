// What a list costs the browser that shows it: 100 rows with 20 moves a second, an hour of events in some seconds, and
// minutes of being live. Prints JSON.
//
//     node browser_page.mjs ORIGIN COOKIE [MINUTES]
//
// COOKIE is a session's, as NAME=VALUE; CHROMIUM says which browser. The portal should know at least 100 streams. The
// moves come from an event source in the page that stands in for the server's, because no target may be read that
// often: rows in the server's own markup that change their encryption. Refreshes and the live minutes ask the server.
import { chromium } from "@playwright/test";

const [origin, cookie, minutes = "10"] = process.argv.slice(2);
const LIST = "/streams?per=100";
const MOVES_PER_SECOND = 20;
const SECONDS = 30;
/** What an hour brings at most: a quarter of AWS's 20 reads a second, each of a row that is shown. */
const HOUR = 3_600 * 5;

/** In the page, before anything of it is there: notes long tasks and shifts. */
function observe() {
    window.seen = { tasks: [], shifts: [] };
    const note = (type, take) =>
        new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true });
    note("longtask", ({ duration }) => window.seen.tasks.push(duration));
    note("layout-shift", ({ value, startTime, hadRecentInput, sources }) => {
        const moved = sources.map(({ node, previousRect: from, currentRect: to }) => {
            const words = (node?.textContent ?? "gone").trim().slice(0, 40);
            return `${words}: ${from.y}+${from.height} to ${to.y}+${to.height}`;
        });
        if (!hadRecentInput) window.seen.shifts.push({ value, at: startTime, moved });
    });
}

/** In the page: an event source that brings what the bench says. */
function standIn() {
    window.EventSource = class extends EventTarget {
        static CONNECTING = 0;
        static OPEN = 1;
        static CLOSED = 2;
        readyState = 1;
        constructor(url) {
            super();
            this.url = String(url);
            window.source = this;
            setTimeout(() => window.bring("heartbeat", document.getElementById("bar").dataset.version, ""));
        }
        close() {
            this.readyState = 2;
        }
    };
    window.bring = (kind, data, lastEventId) =>
        window.source.dispatchEvent(new MessageEvent(kind, { data, lastEventId }));
    /** Makes each row twice, once in either state, and counts revisions up. */
    window.prepare = async () => {
        const html = await (await fetch(location.href, { headers: { accept: "text/html" } })).text();
        const rows = [...new DOMParser().parseFromString(html, "text/html").querySelectorAll("tr[data-live]")];
        const cell = (row) => row.querySelector("[data-label=Encryption]");
        const found = (word) => rows.map(cell).find((shown) => shown.textContent.trim().startsWith(word))?.innerHTML;
        const encrypted = found("Encrypted") ?? cell(rows[0]).innerHTML;
        const other = found("Not encrypted") ?? encrypted.replace("Encrypted", "Not encrypted");
        window.rows = rows.map((row) =>
            [encrypted, other].map((state) => {
                cell(row).innerHTML = state;
                return row.outerHTML
                    .replace(/data-rev="\d+"/, 'data-rev="REV"')
                    .replaceAll(/(<time [^>]*datetime=")[^"]*/g, "$1AT");
            }),
        );
        window.moves = 0;
        return rows.length;
    };
    window.move = () => {
        const at = window.moves++;
        const row = window.rows[at % window.rows.length];
        const rev = String(1e9 + at);
        const html = row[Math.floor(at / window.rows.length) % 2].replace("REV", rev);
        // Each was read just now.
        window.bring("fragments", html.replaceAll('datetime="AT', 'datetime="' + new Date().toISOString()), rev);
    };
}

/** CLS: the worst burst of shifts, of at most 5 s with at most 1 s between them. */
function worstBurst(shifts) {
    let worst = 0;
    let burst = { begin: -Infinity, last: -Infinity, sum: 0 };
    for (const { value, at } of shifts) {
        if (at - burst.last > 1_000 || at - burst.begin > 5_000) burst = { begin: at, last: at, sum: 0 };
        burst.last = at;
        burst.sum += value;
        worst = Math.max(worst, burst.sum);
    }
    return worst;
}

/** The largest shift, with what it moved. */
const largest = (shifts) => [...shifts].sort((one, other) => other.value - one.value)[0] ?? null;

/** What a page holds once its garbage was collected. */
async function held(page, devtools) {
    for (let time = 0; time < 5; time++) {
        await page.waitForTimeout(500);
        await devtools.send("HeapProfiler.collectGarbage");
    }
    const { metrics } = await devtools.send("Performance.getMetrics");
    const of = (name) => metrics.find((metric) => metric.name === name).value;
    const wasm = await page.evaluate(async () => {
        const half = await import(document.getElementById("boot").dataset.js);
        return (await half.default()).memory.buffer.byteLength;
    });
    return { js_heap: of("JSHeapUsedSize"), wasm, nodes: of("Nodes"), listeners: of("JSEventListeners") };
}

/** Opens the list with a source of moves. */
async function open(context) {
    const page = await context.newPage();
    await page.addInitScript(observe);
    await page.addInitScript(standIn);
    await page.goto(origin + LIST);
    await page.waitForSelector("html[data-hydrated]", { state: "attached" });
    await page.waitForFunction(() => window.source !== undefined);
    const devtools = await context.newCDPSession(page);
    await devtools.send("Performance.enable");
    await devtools.send("HeapProfiler.enable");
    return { page, devtools, rows: await page.evaluate(() => window.prepare()) };
}

/** 20 moves a second; with `refreshes`, each also says that the list has moved, as the server does. */
async function moving(context, refreshes) {
    const { page, devtools, rows } = await open(context);
    await page.waitForTimeout(2_000);
    await page.evaluate(() => (window.seen = { tasks: [], shifts: [] }));
    const busy = async () => {
        const { metrics } = await devtools.send("Performance.getMetrics");
        return metrics.find(({ name }) => name === "TaskDuration").value;
    };
    const before = await busy();
    const ran = await page.evaluate(
        ({ every, lasting, refreshes }) =>
            new Promise((done) => {
                const began = performance.now();
                const ticking = setInterval(() => {
                    window.move();
                    if (refreshes) window.bring("moved", "list", "");
                    if (performance.now() - began < lasting) return;
                    clearInterval(ticking);
                    done((performance.now() - began) / 1_000);
                }, every);
            }),
        { every: 1_000 / MOVES_PER_SECOND, lasting: SECONDS * 1_000, refreshes },
    );
    const after = await busy();
    const { tasks, shifts } = await page.evaluate(() => window.seen);
    const moves = await page.evaluate(() => window.moves);
    await page.close();
    return {
        rows,
        moves_per_second: moves / ran,
        longest_task_ms: Math.max(0, ...tasks),
        tasks_over_50_ms: tasks.length,
        main_thread_busy: (after - before) / ran,
        cls: worstBurst(shifts),
        largest_shift: largest(shifts),
    };
}

/** As many events as an hour brings, one after the other. */
async function hour(context) {
    const { page, devtools, rows } = await open(context);
    const bring = (events) =>
        page.evaluate(async (events) => {
            const began = performance.now();
            for (let at = 0; at < events; at++) {
                window.move();
                if (at % 100 === 99) await new Promise((next) => setTimeout(next));
            }
            return performance.now() - began;
        }, events);
    // What is made once is there before the first look.
    await bring(2 * rows);
    const before = await held(page, devtools);
    const took = await bring(HOUR);
    const after = await held(page, devtools);
    await page.close();
    return { events: HOUR, ms_per_event: took / HOUR, before, after };
}

/** A list that is left alone, with the server's own events. */
async function live(context) {
    const page = await context.newPage();
    await page.addInitScript(observe);
    await page.goto(origin + LIST);
    await page.waitForSelector("html[data-hydrated]", { state: "attached" });
    await page.waitForTimeout(Number(minutes) * 60_000);
    const { tasks, shifts } = await page.evaluate(() => window.seen);
    await page.close();
    return {
        minutes: Number(minutes),
        cls: worstBurst(shifts),
        shifts: shifts.length,
        largest_shift: largest(shifts),
        tasks_over_50_ms: tasks.length,
        longest_task_ms: Math.max(0, ...tasks),
    };
}

if (!origin || !cookie?.includes("=")) throw new Error("usage: node browser_page.mjs ORIGIN NAME=VALUE [MINUTES]");
const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"],
});
try {
    // The size of wasm's memory is asked of its module, from outside of the page's policy.
    const context = await browser.newContext({ viewport: { width: 1366, height: 768 }, bypassCSP: true });
    const [name, ...value] = cookie.split("=");
    await context.addCookies([{ name, value: value.join("="), url: origin }]);
    const measured = {
        moves: await moving(context, false),
        moves_and_refreshes: await moving(context, true),
        hour: await hour(context),
        live: Number(minutes) > 0 ? await live(context) : null,
    };
    console.log(JSON.stringify(measured, null, 4));
} finally {
    await browser.close();
}
