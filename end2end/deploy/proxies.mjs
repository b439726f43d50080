// Runs Keystream's demo behind Debian's nginx and haproxy, with the configurations in deploy/ and with faults planted
// in them. All proxies listen on one port, each on a loopback address of its own, as the public URL is the same.
// Run it after `.ci/setup test` and `.ci/build dev`: node --test end2end/deploy/proxies.mjs
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { endAll, freePort } from "../docs/commands.mjs";
import { startDemo } from "../docs/demo.mjs";
import { Browser, Http2Browser, makeCertificates } from "./servers.mjs";
import { ROOT, startUnpacked } from "./tools.mjs";

const WORK = mkdtempSync(join(tmpdir(), "keystream-proxies-"));
const SITE = readFileSync(join(ROOT, "deploy/nginx/keystream.conf"), "utf8");
const HAPROXY = readFileSync(join(ROOT, "deploy/haproxy/keystream.cfg"), "utf8");
/** Where the browsers are, and an address that they only claim. */
const [CLIENT, CLAIMED] = ["127.0.0.2", "203.0.113.9"];
/** Longer than the 15 s between heartbeats, and the time that an idle connection must outlast it. */
const [TIMEOUT, IDLE_MS] = ["18s", 40_000];
const STREAMS = "/streams/111122223333/eu-west-1";

let certificates;
let port;
let plainPort;
let keystream;

before(async () => {
    certificates = makeCertificates(WORK, ["localhost"]);
    [port, plainPort] = [await freePort(), await freePort()];
    const listen = `127.0.0.1:${await freePort()}`;
    const demo = await startDemo(WORK, {
        KEYSTREAM_LISTEN: listen,
        KEYSTREAM_PUBLIC_URL: `https://localhost:${port}`,
        KEYSTREAM_TRUSTED_PROXIES: "127.0.0.1/32",
    });
    keystream = demo.keystream;
    keystream.listen = listen;
});
after(async () => {
    await keystream?.end("SIGINT");
    endAll();
    rmSync(WORK, { recursive: true, force: true });
});
process.on("exit", endAll);
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));

/** A text with parts of it replaced; each must be there. */
function changed(text, replacements) {
    return replacements.reduce((changing, [part, by]) => {
        const found = typeof part === "string" ? changing.includes(part) : part.test(changing);
        assert.ok(found, `there is no ${part} in:\n${changing}`);
        return changing.replaceAll(part, by);
    }, text);
}

function nginx(address, changes = []) {
    const directory = mkdtempSync(join(WORK, "nginx-"));
    const site = changed(SITE, [
        [/^ *listen \[::\].*\n/gm, ""],
        ["listen 80;", `listen ${address}:${plainPort};`],
        ["listen 443 ssl", `listen ${address}:${port} ssl`],
        ["server_name keystream.example;", "server_name localhost;"],
        ["/etc/nginx/tls/keystream.pem", certificates.certificate],
        ["/etc/nginx/tls/keystream.key", certificates.key],
        ["127.0.0.1:3000", keystream.listen],
        ...changes,
    ]);
    const kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    const paths = kinds.map((kind) => `${kind}_temp_path ${join(directory, kind)};`).join("\n");
    // Debian's nginx, started by root, would read and write as another user.
    const user = process.getuid() === 0 ? "user root;\n" : "";
    const main = `${user}daemon off;\npid ${join(directory, "pid")};\nevents {}\n`;
    writeFileSync(join(directory, "nginx.conf"), `${main}http {\naccess_log off;\n${paths}\n${site}}\n`);
    mkdirSync(join(directory, "logs"));
    return startUnpacked("proxies", "nginx", ["-p", directory, "-c", "nginx.conf", "-e", "stderr"], directory);
}

function haproxy(address, changes = []) {
    const directory = mkdtempSync(join(WORK, "haproxy-"));
    const configuration = changed(HAPROXY, [
        ["    log /dev/log local0\n    user haproxy\n    group haproxy\n", ""],
        ["    log global\n", ""],
        ["bind :80", `bind ${address}:${plainPort}`],
        ["bind :443 ssl", `bind ${address}:${port} ssl`],
        ["/etc/haproxy/tls/keystream.pem", certificates.both],
        ["Host keystream.example", `Host localhost:${port}`],
        ["127.0.0.1:3000", keystream.listen],
        ...changes,
    ]);
    writeFileSync(join(directory, "haproxy.cfg"), configuration);
    return startUnpacked("proxies", "haproxy", ["-db", "-f", "haproxy.cfg"], directory);
}

/** Runs a test with somebody in front of a proxy. */
async function behind(proxy, process, act, Kind = Browser) {
    const browser = new Kind({ proxy, port, authority: certificates.authority, address: CLIENT });
    try {
        await browser.untilReady().catch((error) => {
            throw new Error(`${error.message}; ${process.told}`);
        });
        await act(browser);
    } finally {
        await process.end("SIGTERM");
    }
}

/** Signs in as the demo's operator, claiming another address and request id. */
async function signIn(browser) {
    const claims = { "x-forwarded-for": CLAIMED, "x-request-id": "claimed-by-the-client" };
    const signedIn = await browser.post("/api/sign-in-demo", { user_name: "operator" }, claims);
    assert.equal(signedIn.status, 303, signedIn.text);
    assert.notEqual(signedIn.headers["x-request-id"], claims["x-request-id"]);
    browser.cookie = signedIn.headers["set-cookie"][0].split(";")[0];
    assert.match(browser.cookie, /^__Host-keystream=/);
}

const attribute = (html, name) => new RegExp(` ${name}="([^"]*)"`).exec(html)?.[1];

/** Opens the events of the list, and notes what comes and when it ends. */
async function listen(browser, moves) {
    const { text } = await browser.get("/streams");
    const [after, as] = ["data-rev", "data-as"].map((name) => attribute(text, name));
    const answer = await browser.open(`/events?after=${after}&as=${as}&moves=${moves}`);
    assert.equal(answer.statusCode, 200);
    assert.equal(answer.headers["content-type"], "text/event-stream");
    const events = { text: "", isOver: false, close: () => answer.destroy() };
    answer.setEncoding("utf8");
    answer.on("data", (chunk) => (events.text += chunk));
    for (const end of ["end", "error", "close"]) answer.on(end, () => (events.isOver = true));
    return events;
}

/** Waits for a condition; says whether it came in time. */
async function comes(condition, withinMs) {
    for (const deadline = Date.now() + withinMs; Date.now() < deadline; await sleep(10)) {
        if (condition()) return true;
    }
    return condition();
}

/** Requests a disable by the form of its page. */
async function disable(browser, name) {
    const { text } = await browser.get(`${STREAMS}/${name}/disable`);
    const form = text.split('action="/api/disable"')[1]?.split("</form>")[0];
    assert.ok(form, `no form in ${text}`);
    const hidden = [...form.matchAll(/<input type="hidden"[^>]*>/g)].map(([input]) => input);
    const fields = hidden.map((input) => [attribute(input, "name"), attribute(input, "value")]);
    const answer = await browser.post("/api/disable", [...fields, ["typed_name", name], ["reason", "OPS-1"]]);
    assert.equal(answer.status, 303, answer.text);
}

/** Whether the news of a change is among the events. */
function isTold({ text }) {
    return text.split("\n\n").some((event) => /^event: moved$/m.test(event) && /^data: changes$/m.test(event));
}

async function journey(browser, name) {
    const page = await browser.get("/sign-in");
    assert.equal(page.status, 200);
    const hsts = page.rawHeaders.filter((header) => header.toLowerCase() === "strict-transport-security");
    assert.equal(hsts.length, 1, "once");
    await signIn(browser);
    const list = await browser.get("/streams");
    assert.match(list.text, /orders-prod/);
    const settings = await browser.get("/settings");
    assert.ok(settings.text.includes(CLIENT) && !settings.text.includes(CLAIMED), settings.text);
    // As long as the address of the events may be.
    const long = await browser.get(`/streams?q=${"x".repeat(15_000)}`);
    assert.equal(long.status, 200);
    const events = await listen(browser, "changes");
    await disable(browser, name);
    assert.ok(await comes(() => isTold(events), 1_000), `no event came within a second of the answer: ${events.text}`);
    events.close();
}

/** Nginx with nothing set but what Keystream can't do without. */
const BARE = [
    ["        proxy_http_version 1.1;\n", ""],
    ["    client_max_body_size 64k;\n", ""],
    ["ssl http2;", "ssl;"],
];

for (const [what, address, program, changes, stream, kind] of [
    ["nginx", "127.0.0.11", nginx, [], "orders-prod", Browser],
    ["nginx, over HTTP/2", "127.0.0.21", nginx, [], "audit-trail", Http2Browser],
    ["nginx with HTTP/1.0 to Keystream", "127.0.0.12", nginx, BARE, "refunds", Browser],
    ["haproxy", "127.0.0.13", haproxy, [], "invoices", Browser],
    ["haproxy, over HTTP/2", "127.0.0.22", haproxy, [], "ledger-entries", Http2Browser],
]) {
    test(`pages, sign-in, the client's address and events work behind ${what}`, () =>
        behind(address, program(address, changes), (browser) => journey(browser, stream), kind));
}

test("the plain port leads to https", async () => {
    for (const [address, program] of [["127.0.0.14", nginx], ["127.0.0.15", haproxy]]) {
        await behind(address, program(address), async () => {
            const answer = await fetch(`http://${address}:${plainPort}/streams`, { redirect: "manual" });
            assert.equal(answer.status, 308);
            assert.match(answer.headers.get("location"), /^https:\/\/.*\/streams$/);
        });
    }
});

test("without the header, nginx holds events back", () => {
    const ignoring = [["proxy_http_version 1.1;", "proxy_http_version 1.1;\nproxy_ignore_headers X-Accel-Buffering;"]];
    return behind("127.0.0.16", nginx("127.0.0.16", ignoring), async (browser) => {
        await signIn(browser);
        // Even the head may be held back.
        const opening = listen(browser, "changes");
        let events = { text: "" };
        let failure;
        opening.then((opened) => (events = opened), (error) => (failure = error));
        await disable(browser, "chargebacks");
        await sleep(3_000);
        assert.equal(failure, undefined);
        assert.equal(isTold(events), false, events.text);
        events.close?.();
    });
});

/** Whether an idle connection is still open after a time. */
async function lasts(browser, ms) {
    await signIn(browser);
    const events = await listen(browser, "none");
    const isOver = await comes(() => events.isOver, ms);
    events.close();
    return !isOver && events.text.includes("event: heartbeat");
}

test("idle connections outlast the timeouts of proxies, and would not without heartbeats", async () => {
    const version = "proxy_http_version 1.1;";
    const ofNginx = (timeout) => [[version, `${version}\nproxy_read_timeout ${timeout};`]];
    const ofHaproxy = (timeout) => [
        ["timeout client 60s", `timeout client ${timeout}`],
        ["timeout server 60s", `timeout server ${timeout}`],
    ];
    const found = {};
    const cases = [
        ["nginx", "127.0.0.17", nginx, ofNginx(TIMEOUT)],
        ["haproxy", "127.0.0.18", haproxy, ofHaproxy(TIMEOUT)],
        ["nginx, shorter than the heartbeats", "127.0.0.19", nginx, ofNginx("5s")],
        ["haproxy, shorter than the heartbeats", "127.0.0.20", haproxy, ofHaproxy("5s")],
    ];
    await Promise.all(
        cases.map(([what, address, program, changes]) =>
            behind(address, program(address, changes), async (browser) => {
                found[what] = await lasts(browser, IDLE_MS);
            }),
        ),
    );
    assert.deepEqual(found, {
        nginx: true,
        haproxy: true,
        "nginx, shorter than the heartbeats": false,
        "haproxy, shorter than the heartbeats": false,
    });
});
