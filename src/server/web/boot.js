// Starts the browser half of a live page (wasm) and watches it. A page is whole without wasm, but an age such as
// "6 s ago" is true only while something counts on. When wasm doesn't start, panics or falls silent, this script says
// that the page isn't live and since when, and turns every age into a time of day.
const { js, wasm } = document.getElementById("boot").dataset;
const root = document.documentElement;

// Seconds without a sign of life.
const SILENCE = 40;
// Milliseconds until a page with something under way reloads itself.
const RELOAD = 10_000;

// Set once wasm has begun to take the page over.
let isStarted = false;
let notice = null;

// Wasm takes the title away before it sets it anew.
const title = document.title;

// The server's time when it made the page. The browser's own clock may be wrong, so it only counts on from there.
const madeAt = Date.parse(document.querySelector("time.as-of")?.dateTime) || performance.timeOrigin;
const clock = (millis) => `${new Date(millis).toISOString().slice(11, 19)} UTC`;
const now = () => madeAt + Date.now() - performance.timeOrigin;

// The one sentence about it, with a link that loads the page again.
function say(sentence) {
    notice ??= document.createElement("aside");
    notice.className = "not-live";
    notice.setAttribute("aria-label", "Live updates");
    notice.setAttribute("aria-live", "assertive");
    document.body.append(notice);
    const link = document.createElement("a");
    link.href = location.pathname + location.search;
    link.rel = "external";
    link.textContent = "Reload";
    notice.replaceChildren(`${sentence} `, link);
}

function showTimes() {
    for (const age of document.querySelectorAll("time.age[title]")) {
        age.textContent = age.classList.contains("stale") ? `last known ${age.title}` : age.title;
    }
}

// Never while somebody is filling in a form.
function reloadSoon() {
    const address = document.querySelector("[data-self-refresh]")?.dataset.selfRefresh;
    const reload = () =>
        document.querySelector("form:focus-within") ? setTimeout(reload, 1_000) : location.replace(address);
    if (address) setTimeout(reload, RELOAD);
}

function neverStarted() {
    showTimes();
    say(`This page isn't live: it shows what was known at ${clock(madeAt)}.`);
}

function stopped() {
    if ("stopped" in root.dataset) return;
    root.dataset.stopped = "";
    // What is left of wasm may go on, but can't be trusted: it keeps the old nodes and hears of no more clicks, so that
    // links and forms do what they do by themselves.
    const focused = document.activeElement?.id;
    notice?.remove();
    document.body.replaceWith(document.body.cloneNode(true));
    if (focused) document.getElementById(focused)?.focus();
    document.title ||= title;
    for (const name of ["click", "submit"]) addEventListener(name, (event) => event.stopPropagation(), true);
    addEventListener("popstate", () => location.reload());
    for (const control of document.querySelectorAll("button.live, .gap")) control.remove();
    showTimes();
    say(`This page stopped updating at ${clock(now())}: it shows what was known then.`);
    reloadSoon();
}

// A wasm panic is a trap, wherever it happens.
const onError = (event) => {
    if (isStarted && (event.error ?? event.reason) instanceof WebAssembly.RuntimeError) stopped();
};
addEventListener("error", onError);
addEventListener("unhandledrejection", onError);

let silent = 0;
document.addEventListener("keystream:alive", () => {
    silent = 0;
});
setInterval(() => {
    // Hidden tabs are slowed down and a sleeping machine runs nothing, so only this script's own seconds count.
    silent = document.visibilityState === "visible" ? silent + 1 : 0;
    if (silent === SILENCE) (isStarted ? stopped : neverStarted)();
    // A translator puts its own nodes in the place of those that wasm writes to.
    if (isStarted && !notice && document.querySelector("body font")) {
        say("A translator or an extension changed this page, so parts of it may not update. Turn it off here.");
    }
}, 1_000);

import(js)
    .then(async (half) => {
        await half.default({ module_or_path: wasm });
        notice?.remove();
        notice = null;
        isStarted = true;
        half.hydrate();
        root.dataset.hydrated = "";
    })
    .catch((error) => {
        console.warn("Keystream runs without wasm:", String(error));
        if (isStarted) return stopped();
        neverStarted();
        reloadSoon();
    });
