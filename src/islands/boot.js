// Starts the islands of a page (wasm) and watches them. A page is whole without wasm, but an age such as "6 s ago" is
// true only while something counts on. When wasm doesn't start, panics or falls silent, this script says that the page
// isn't live and since when, and turns every age into a time of day.
const { js, wasm } = document.getElementById("boot").dataset;
const root = document.documentElement;

// Seconds without a sign of life.
const SILENCE = 40;
// Milliseconds until the page of an active change reloads itself.
const RELOAD = 10_000;

// Set once islands have begun to run.
let isStarted = false;
let notice = null;

// The server's time when it made the page. The browser's own clock may be wrong, so it only counts on from there.
const madeAt = Date.parse(document.querySelector("time.as-of")?.dateTime) || performance.timeOrigin;
const clock = (millis) => `${new Date(millis).toISOString().slice(11, 19)} UTC`;
const now = () => madeAt + Date.now() - performance.timeOrigin;
const address = () => location.pathname + location.search;
const isLivePage = () => document.getElementById("bar") !== null;

// The one sentence about it, with a link that loads the page again.
function say(sentence) {
    notice ??= document.createElement("aside");
    notice.className = "not-live";
    notice.setAttribute("aria-label", "Live updates");
    notice.setAttribute("aria-live", "assertive");
    document.body.append(notice);
    const link = document.createElement("a");
    link.href = address();
    link.textContent = "Reload";
    notice.replaceChildren(`${sentence} `, link);
}

function showTimes() {
    for (const age of document.querySelectorAll("time.age")) {
        const whole = new Date(age.dateTime).toUTCString().slice(5).replace("GMT", "UTC");
        const time = "beforeClock" in age.dataset ? whole.slice(0, 11) : whole;
        age.textContent = age.classList.contains("stale") ? `${age.dataset.stale ?? ""}${time}` : time;
    }
}

// Never while somebody is filling in a form.
function reloadSoon() {
    const sentence = document.querySelector("[data-self-refresh]");
    const target = sentence?.dataset.selfRefresh;
    const reload = () =>
        document.querySelector("form:focus-within") ? setTimeout(reload, 1_000) : location.replace(target);
    if (!target) return;
    sentence.hidden = false;
    setTimeout(reload, RELOAD);
}

function neverStarted() {
    if (!isLivePage()) return;
    showTimes();
    say(`This page isn't live: it shows what was known at ${clock(madeAt)}.`);
    reloadSoon();
}

function stopped() {
    if ("stopped" in root.dataset) return;
    root.dataset.stopped = "";
    // What is left of wasm can't be trusted: islands that still run see the mark and rest, and hear of no more clicks,
    // so that links and forms do what they do by themselves.
    for (const name of ["click", "submit", "keydown"]) {
        addEventListener(name, (event) => event.stopImmediatePropagation(), true);
    }
    const shown = address();
    addEventListener("popstate", () => {
        // A link within the page changes only what follows its address.
        if (address() !== shown) location.reload();
    });
    for (const button of document.querySelectorAll("[data-act]:disabled")) button.disabled = false;
    for (const control of document.querySelectorAll("#live-state, #live-pause, #gap")) control.remove();
    if (!isLivePage()) return;
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
    silent = document.visibilityState === "visible" && isLivePage() ? silent + 1 : 0;
    if (silent === SILENCE) (isStarted ? stopped : neverStarted)();
}, 1_000);

import(js)
    .then(async (half) => {
        await half.default({ module_or_path: wasm });
        notice?.remove();
        notice = null;
        isStarted = true;
        half.hydrate();
        for (const island of document.querySelectorAll("leptos-island")) half[island.dataset.component](island);
        root.dataset.hydrated = "";
    })
    .catch((error) => {
        console.warn("Keystream runs without wasm:", String(error));
        if (isStarted) return stopped();
        neverStarted();
    });
