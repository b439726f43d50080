// What a list of 100 rows costs the browser that shows it: 20 moves a second for SECONDS, and EVENTS events, as many as
// an hour brings, one after the other.
//
// They come from an event source in the page that stands in for the server's, because no target may be read that often:
// rows in the server's own markup that change their encryption. Refreshes ask the server.
import { forgetTasks, longestTask, measured, opened } from "./browser.mjs";

const MOVES_PER_SECOND = 20;
const { SECONDS, EVENTS } = process.env;

/** In the page, before anything of it is there: an event source that brings what the bench says, and a look at wasm. */
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
    for (const name of ["instantiate", "instantiateStreaming"]) {
        const own = WebAssembly[name].bind(WebAssembly);
        WebAssembly[name] = async (...args) => {
            const made = await own(...args);
            const exported = Object.values((made.instance ?? made).exports);
            window.wasmMemory = exported.find((value) => value instanceof WebAssembly.Memory);
            return made;
        };
    }
}

/** In the page: makes each row twice, once in either state, and counts revisions up. */
async function prepare() {
    const page = await (await fetch(location.href, { headers: { accept: "text/html" } })).text();
    const rows = [...new DOMParser().parseFromString(page, "text/html").querySelectorAll("tr[data-live]")];
    const cell = (row) => row.querySelector('[data-label="Encryption"]');
    const states = ["Encrypted", "Not encrypted"].map((word) => {
        const shown = rows.map(cell).find((found) => found.textContent.trim().startsWith(word));
        if (!shown) throw new Error(`no row says ${word}`);
        return shown.innerHTML;
    });
    const markup = rows.map((row) =>
        states.map((state) => {
            cell(row).innerHTML = state;
            return row.outerHTML
                .replace(/data-rev="\d+"/, 'data-rev="REV"')
                .replaceAll(/(<time [^>]*datetime=")[^"]*/g, "$1AT");
        }),
    );
    window.moves = 0;
    window.move = () => {
        const at = window.moves++;
        const rev = String(1e9 + at);
        // Each was read just now.
        const html = markup[at % rows.length][Math.floor(at / rows.length) % 2]
            .replace("REV", rev)
            .replaceAll('datetime="AT', `datetime="${new Date().toISOString()}`);
        window.bring("fragments", html, rev);
    };
    // Whether the page shows what was brought last.
    window.isShown = () => document.querySelector(`tr[data-live][data-rev="${1e9 + window.moves - 1}"]`) !== null;
    return rows.length;
}

/** Opens the list with a source of moves. */
async function withMoves(context) {
    const page = await opened(context, "/streams?per=100");
    await page.waitForFunction(() => window.source !== undefined);
    const devtools = await context.newCDPSession(page);
    await devtools.send("Performance.enable");
    await devtools.send("HeapProfiler.enable");
    const metric = async (name) => {
        const { metrics } = await devtools.send("Performance.getMetrics");
        return metrics.find((found) => found.name === name).value;
    };
    return { page, devtools, metric, rows: await page.evaluate(prepare) };
}

/** Fails unless the page shows the last move. */
async function expectShown(page) {
    if (!(await page.evaluate(() => window.isShown()))) throw new Error("the page doesn't show the last move");
}

/** 20 moves a second; with `refreshes`, each also says that the list has moved, as the server does. */
async function moving(context, refreshes) {
    const { page, metric, rows } = await withMoves(context);
    await page.waitForTimeout(1_000);
    await forgetTasks(page);
    const before = await metric("TaskDuration");
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
        { every: 1_000 / MOVES_PER_SECOND, lasting: Number(SECONDS) * 1_000, refreshes },
    );
    const after = await metric("TaskDuration");
    await expectShown(page);
    const told = {
        rows,
        moves_per_second: (await page.evaluate(() => window.moves)) / ran,
        longest_task: await longestTask(page),
        busy: (after - before) / ran,
    };
    await page.close();
    return told;
}

/** What a page holds once its garbage was collected. */
async function held({ page, devtools, metric }) {
    for (let time = 0; time < 4; time++) {
        await page.waitForTimeout(300);
        await devtools.send("HeapProfiler.collectGarbage");
    }
    return {
        heap: await metric("JSHeapUsedSize"),
        wasm: await page.evaluate(() => window.wasmMemory.buffer.byteLength),
        nodes: await metric("Nodes"),
        listeners: await metric("JSEventListeners"),
    };
}

/** As many events as an hour brings. */
async function hour(context) {
    const opened = await withMoves(context);
    const bring = (events) =>
        opened.page.evaluate(async (events) => {
            const began = performance.now();
            for (let at = 0; at < events; at++) {
                window.move();
                if (at % 100 === 99) await new Promise((next) => setTimeout(next));
            }
            return performance.now() - began;
        }, events);
    // What is made once is there before the first look.
    await bring(2 * opened.rows);
    const before = await held(opened);
    const took = await bring(Number(EVENTS));
    await expectShown(opened.page);
    const after = await held(opened);
    await opened.page.close();
    return { ms_per_event: took / Number(EVENTS), before, after };
}

await measured(async (context) => {
    await context.addInitScript(standIn);
    return {
        moves: await moving(context, false),
        moves_and_refreshes: await moving(context, true),
        hour: await hour(context),
    };
});
