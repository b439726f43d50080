// Checks the stream of the audit chain with the program itself: killed again and again, it leaves no row out and writes
// none twice. Rows of every kind are validated against the published schema, with a validator that others wrote.
// Run it after `.ci/build dev`: node --test end2end/audit/check.mjs
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { ROOT, python } from "../deploy/tools.mjs";
import { endAll, freePort } from "../docs/commands.mjs";
import { Installation, startSimulator } from "../docs/installation.mjs";

const SCHEMA = join(ROOT, "docs/audit-event.schema.json");
const KINDS = JSON.parse(readFileSync(SCHEMA, "utf8")).properties.action.examples;
const KILLS = 10;
/** What is waited for must happen within this time. */
const PATIENCE_MS = 60_000;

const work = mkdtempSync(join(tmpdir(), "keystream-audit-"));
let simulator;

before(async () => {
    simulator = await startSimulator(work);
});
after(async () => {
    await simulator?.end("SIGINT");
    endAll();
    rmSync(work, { recursive: true, force: true });
});
process.on("exit", endAll);

/** Waits until a condition holds; `told` says what there is instead. */
async function until(condition, told) {
    for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline; await sleep(50)) if (condition()) return;
    assert.fail(told());
}

/** An installation, and where its chain is streamed. */
class Place extends Installation {
    constructor(name, settings) {
        super(work, name, simulator, settings);
    }

    /** Waits until something has as many rows as the chain. */
    async caughtUp(rows) {
        const exported = await this.run("audit", "export");
        const all = linesOf(exported).length;
        await until(() => rows().length >= all, () => `${rows().length} rows arrived of\n${exported}`);
        return exported;
    }

    /** Adds rows and kills the server in the middle, again and again. */
    async killAgainAndAgain() {
        await this.addUser("mira", "viewer");
        for (let kill = 0; kill < KILLS; kill++) {
            const server = await this.serve();
            const adding = (async () => {
                for (const role of ["operator", "viewer", "auditor", "viewer"]) {
                    await this.run("user", "rights", "mira", "--role", role);
                }
            })();
            await sleep(kill * 70);
            await server.end("SIGKILL");
            await adding;
        }
    }
}

const linesOf = (text) => text.split("\n").slice(0, -1);

/** The hash of a row, made as the schema says. */
function hashOf({ seq, at, hash, ...row }) {
    const integer = (value) => {
        const bytes = Buffer.alloc(8);
        bytes.writeBigInt64BE(BigInt(value));
        return bytes;
    };
    const made = createHash("sha256").update(integer(seq)).update(integer(at));
    const names = ["prev_hash", "actor", "address", "user_agent", "action", "target"];
    for (const name of [...names, "reason", "before", "after", "aws_request_id", "result"]) {
        made.update(integer(Buffer.byteLength(row[name]))).update(row[name]);
    }
    return made.digest("hex");
}

function validate(lines) {
    return python([join(ROOT, "end2end/audit/validate.py"), SCHEMA], { input: lines });
}

test("a file has each row once, however often Keystream is killed", async () => {
    const file = join(work, "audit.jsonl");
    const place = new Place("file", { KEYSTREAM_AUDIT_STREAM: `file:${file}` });
    await place.killAgainAndAgain();
    const server = await place.serve();
    const read = () => (existsSync(file) ? readFileSync(file, "utf8") : "");
    const exported = await place.caughtUp(() => linesOf(read()));
    assert.equal(read(), exported);
    assert.ok(linesOf(exported).length > 5 * KILLS, exported);
    const { status, output } = validate(exported);
    assert.equal(status, 0, output);
    for (const row of linesOf(exported).map((line) => JSON.parse(line))) assert.equal(hashOf(row), row.hash);
    assert.match(await place.run("check-config"), /^audit stream file:.*: (\d+) of \1 rows have arrived$/m);
    assert.equal(await server.end("SIGTERM"), 0);
});

test("standard output leaves no row out, and tears no line", async () => {
    const place = new Place("stdout", { KEYSTREAM_AUDIT_STREAM: "stdout" });
    const outputs = [];
    const starting = place.serve.bind(place);
    place.serve = async () => {
        const server = await starting();
        outputs.push(server);
        return server;
    };
    await place.killAgainAndAgain();
    const server = await place.serve();
    const rows = () => {
        const whole = outputs.flatMap(({ output }) => linesOf(output));
        return [...new Set(whole.filter((line) => line.startsWith("{")))];
    };
    const exported = await place.caughtUp(rows);
    assert.deepEqual(rows(), linesOf(exported), "in order, once repeats are left out");
    for (const { output } of outputs) assert.match(output, /^Listening on .*\n(Setup: .*\n)?(\{"seq":.*\}\n)*(\{.*)?$/);
    assert.equal(await server.end("SIGTERM"), 0);
});

test("standard output that leads nowhere is refused", () => {
    const place = new Place("nowhere", { KEYSTREAM_AUDIT_STREAM: "stdout" });
    const program = join(ROOT, "target/keystream");
    const limits = { timeout: PATIENCE_MS, killSignal: "SIGKILL" };
    const run = (command) => {
        const options = { ...limits, env: place.env, cwd: work, encoding: "utf8" };
        return spawnSync("sh", ["-c", `exec "$0" ${command}`, program], options);
    };
    for (const closed of [">&-", ">/dev/null"]) {
        const { status, stderr } = run(`serve ${closed}`);
        assert.equal(status, 1, `${closed}: ${stderr}`);
        assert.match(stderr, /KEYSTREAM_AUDIT_STREAM: standard output is closed or \/dev\/null/);
    }
    // Its own isn't the server's.
    assert.equal(run("check-config >/dev/null").status, 0);
});

test("a collector gets every row, and the portal serves without it", async () => {
    const taken = [];
    let isDown = true;
    const collector = createServer(async (request, response) => {
        let body = "";
        for await (const chunk of request.setEncoding("utf8")) body += chunk;
        if (isDown) return request.socket.destroy();
        taken.push(...linesOf(body));
        response.end();
    }).listen(0, "127.0.0.1");
    await once(collector, "listening");
    try {
        const url = `http://127.0.0.1:${collector.address().port}/collect`;
        const place = new Place("url", { KEYSTREAM_AUDIT_STREAM: url });
        const server = await place.serve();
        const { origin } = await server.outcome();
        assert.equal((await fetch(`${origin}/readyz`)).status, 200);
        const says = (text) => until(() => server.errors.includes(text), () => server.told);
        await says("the audit chain can't be streamed");
        await place.addUser("mira", "viewer");
        isDown = false;
        const exported = await place.caughtUp(() => taken);
        assert.deepEqual(taken, linesOf(exported));
        await says("the audit chain is streamed");
        const reasons = [...server.errors.matchAll(/trying until it works: ([^"\n]*)/g)].map(([, reason]) => reason);
        assert.ok(reasons.every((reason, index) => reason !== reasons[index - 1]), server.errors);
        assert.equal(await server.end("SIGTERM"), 0);
    } finally {
        collector.closeAllConnections();
        collector.close();
    }
});

test("rows that wait are measured while a collector hangs", async () => {
    const collector = createServer(() => {}).listen(0, "127.0.0.1");
    await once(collector, "listening");
    try {
        const metrics = `127.0.0.1:${await freePort()}`;
        const url = `http://127.0.0.1:${collector.address().port}/`;
        const place = new Place("hanging", { KEYSTREAM_AUDIT_STREAM: url, KEYSTREAM_METRICS_LISTEN: metrics });
        const server = await place.serve();
        // The collector may take 10 s to answer.
        let text = "";
        for (const deadline = Date.now() + 8_000; Date.now() < deadline; await sleep(100)) {
            text = await (await fetch(`http://${metrics}/metrics`)).text();
            if (/^keystream_audit_stream_lag_rows [1-9]/m.test(text)) break;
        }
        assert.match(text, /^keystream_audit_stream_lag_rows [1-9]/m);
        assert.doesNotMatch(server.errors, /can't be streamed/);
        assert.equal(await server.end("SIGTERM"), 0);
    } finally {
        collector.closeAllConnections();
        collector.close();
    }
});

test("rows of every kind are as the schema says, and others aren't", async () => {
    const place = new Place("kinds", {});
    await place.addUser("mira", "viewer");
    const added = python([join(ROOT, "end2end/audit/add_rows.py"), SCHEMA, place.database]);
    assert.equal(added.status, 0, added.output);
    const exported = await place.run("audit", "export");
    const kinds = new Set(linesOf(exported).map((line) => JSON.parse(line).action));
    assert.deepEqual([...kinds].sort(), [...KINDS].sort());
    const { status, output } = validate(exported);
    assert.equal(status, 0, output);
    const [line] = linesOf(exported);
    for (const wrong of [{ seq: 0 }, { at: "1970" }, { hash: "" }, { action: "no kind" }, { reason: null }]) {
        const found = validate(JSON.stringify({ ...JSON.parse(line), ...wrong }));
        assert.equal(found.status, 1, JSON.stringify(wrong));
        assert.match(found.output, new RegExp(`^line 1: \\$\\.${Object.keys(wrong)[0]}: `));
    }
    const { reason, ...without } = JSON.parse(line);
    assert.equal(reason, "");
    assert.equal(validate(JSON.stringify(without)).status, 1);
});
