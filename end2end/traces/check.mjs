// Checks traces with a receiver that others wrote: oteltest, from PyPI. Keystream exports the trace of a change to it,
// continues it after it was killed, and doesn't mind when the receiver is down.
// Run it after `.ci/setup test` and `.ci/build dev`: node --test end2end/traces/check.mjs
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { TOOLS } from "../deploy/tools.mjs";
import { PASSWORD, Process, endAll, freePort } from "../docs/commands.mjs";
import { Operator, startDemo } from "../docs/demo.mjs";
import { Installation, startSimulator } from "../docs/installation.mjs";

const PYTHON = join(TOOLS, "traces/bin/python");
const REASON = "a reason that is nobody's business";
/** What a proxy in front says about its own trace. */
const CALLER = { trace: "4bf92f3577b34da6a3ce929d0e0e4736", span: "00f067aa0ba902b7" };
/** Nothing here takes longer, on however slow a machine. */
const PATIENCE_MS = 120_000;

const work = mkdtempSync(join(tmpdir(), "keystream-traces-"));
after(() => {
    endAll();
    rmSync(work, { recursive: true, force: true });
});
process.on("exit", endAll);

/** Waits until something is there, and returns it. */
async function until(what, look) {
    for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline; await sleep(50)) {
        const found = await look();
        if (found) return found;
    }
    throw new Error(`waited in vain for ${what}`);
}

const accepts = (port) =>
    new Promise((done) => {
        const socket = connect(port, "127.0.0.1");
        socket.on("connect", () => socket.end(() => done(true)));
        socket.on("error", () => done(false));
    });

/** The receiver, and what it has received. */
class Receiver {
    static async on(port) {
        const receiver = new Receiver();
        receiver.process = new Process(PYTHON, [join(import.meta.dirname, "receiver.py"), `${port}`], { cwd: work });
        await until("the receiver", () => accepts(port));
        return receiver;
    }

    get requests() {
        const lines = this.process.output.split("\n").slice(0, -1);
        return lines.map((line) => JSON.parse(line));
    }

    get spans() {
        const ofResources = this.requests.flatMap(({ request }) => request.resourceSpans);
        return ofResources.flatMap(({ scopeSpans }) => scopeSpans).flatMap(({ spans }) => spans);
    }

    /** All spans, once the root is among them. */
    async trace() {
        return until("the root of a trace", () => this.spans.some(isRoot) && this.spans);
    }
}

const isRoot = ({ parentSpanId }) => parentSpanId === undefined;
const hex = (base64) => Buffer.from(base64, "base64").toString("hex");
const attributes = (span) => Object.fromEntries(span.attributes.map(({ key, value }) => [key, value.stringValue]));
const names = (spans) => spans.map(({ name }) => name).filter((name) => name !== "updating");

/** The demo, whose traces go to a port. */
const demo = (port, variables = {}) =>
    startDemo(work, {
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
        OTEL_BSP_SCHEDULE_DELAY: "100",
        ...variables,
    });

/** Disables the encryption of orders-prod as an operator would, and returns the id of the change. */
async function disable(operator) {
    const link = await until("the stream", async () => {
        const list = await operator.get("/streams?q=orders-prod");
        return /href="(\/streams\/\d{12}\/[a-z0-9-]+\/orders-prod\/disable)"/.exec(list)?.[1];
    });
    const form = (await operator.get(link)).split('action="/api/disable"')[1].split("</form>")[0];
    const fields = { typed_name: "orders-prod", reason: REASON };
    for (const [, input] of form.matchAll(/<input (type="hidden"[^>]*)>/g)) {
        const value = (attribute) => new RegExp(`${attribute}="([^"]*)"`).exec(input)?.[1] ?? "";
        fields[value("name")] = value("value");
    }
    const answer = await operator.post("/api/disable", fields, { traceparent: `00-${CALLER.trace}-${CALLER.span}-01` });
    assert.equal(answer.status, 303, await answer.text());
    return answer.headers.get("location").replace("/changes/", "");
}

/** The lines of a log that say something. */
function logged(keystream, part) {
    const lines = keystream.errors.split("\n").filter((line) => line.startsWith("{"));
    return lines.map((line) => JSON.parse(line)).filter(({ fields }) => fields.message?.includes(part));
}

test("a change arrives as one trace, which logs name too", async () => {
    const port = await freePort();
    const receiver = await Receiver.on(port);
    const { keystream, origin } = await demo(port, {
        OTEL_EXPORTER_OTLP_HEADERS: "x-tenant=seven%20seas",
        OTEL_SERVICE_NAME: "portal",
        OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=test",
    });
    const id = await disable(await Operator.signedIn(origin));
    const spans = await receiver.trace();
    const call = "Kinesis.StopStreamEncryption";
    const expected = ["requested", "sent", "accepted", call, "reached", "settled", "disable encryption"];
    assert.deepEqual(names(spans), expected);

    const root = spans.find(isRoot);
    const traceId = hex(root.traceId);
    for (const span of spans) {
        assert.equal(hex(span.traceId), traceId);
        assert.ok(isRoot(span) || span.parentSpanId === root.spanId, span.name);
        assert.ok(BigInt(span.startTimeUnixNano) <= BigInt(span.endTimeUnixNano), span.name);
        assert.equal(attributes(span)["keystream.change.id"], id);
    }
    const [requested] = spans;
    assert.equal(requested.kind, "SPAN_KIND_SERVER");
    const links = requested.links.map((link) => ({ trace: hex(link.traceId), span: hex(link.spanId) }));
    assert.deepEqual(links, [CALLER]);
    const called = spans.find(({ name }) => name === call);
    assert.equal(called.kind, "SPAN_KIND_CLIENT");
    assert.match(attributes(called)["aws.request_id"], /^[0-9a-f-]{36}$/);
    assert.equal(attributes(root)["keystream.change.end"], "settled");

    const [{ headers, request }] = receiver.requests;
    assert.equal(headers["content-type"] ?? headers["Content-Type"], "application/x-protobuf");
    assert.equal(headers["x-tenant"], "seven seas");
    const resource = attributes(request.resourceSpans[0].resource);
    assert.equal(resource["service.name"], "portal");
    assert.equal(resource["deployment.environment.name"], "test");
    for (const secret of [REASON, "seven seas"]) {
        assert.ok(!JSON.stringify(receiver.spans).includes(secret), secret);
        assert.ok(!keystream.errors.includes(secret), secret);
    }

    const [ended] = await until("a line about the end", () => {
        const lines = logged(keystream, `change ${id} of `);
        return lines.length > 0 && lines;
    });
    const fields = Object.assign({}, ...ended.spans);
    assert.equal(fields.trace_id, traceId);
    assert.equal(fields.span_id, hex(root.spanId));
    assert.ok(fields.request_id, "the request that began it");
    assert.equal(await keystream.end("SIGINT"), 0, keystream.told);
    await receiver.process.end("SIGTERM");
});

test("a change that a kill interrupts stays one trace", async () => {
    const port = await freePort();
    const receiver = await Receiver.on(port);
    // Long enough to be killed and started again meanwhile.
    const simulator = await startSimulator(work, "--transition-ms", "15000");
    const collector = { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` };
    const durable = new Installation(work, "durable", simulator, collector);
    await durable.addUser("mira", "operator");

    // What it recorded is still in its queue when it is killed.
    const first = await durable.serve({ OTEL_BSP_SCHEDULE_DELAY: "3600000" });
    const operator = await Operator.signedIn(first.origin, { user_name: "mira", password: PASSWORD }, "/api/sign-in");
    const id = await disable(operator);
    const isUpdating = async () => (await operator.get(`/changes/${id}`)).includes("AWS has reported UPDATING since");
    await until("UPDATING", isUpdating);
    await first.end("SIGKILL");
    assert.deepEqual(receiver.requests, []);

    const second = await durable.serve({ OTEL_BSP_SCHEDULE_DELAY: "100" });
    const spans = await receiver.trace();
    const call = "Kinesis.StopStreamEncryption";
    const expected = ["requested", "sent", "accepted", call, "resumed", "reached", "settled", "disable encryption"];
    assert.deepEqual(names(spans), expected);
    assert.equal(new Set(spans.map(({ traceId }) => traceId)).size, 1);
    assert.equal(new Set(spans.map(({ spanId }) => spanId)).size, spans.length);
    const [root, ...others] = spans.filter(isRoot);
    assert.equal(others.length, 0);
    assert.equal(attributes(root)["keystream.change.id"], id);
    assert.equal(attributes(root)["keystream.change.end"], "settled");
    const resumed = spans.find(({ name }) => name === "resumed");
    assert.equal(attributes(resumed)["keystream.change.rung"], "updating");
    assert.equal(spans[0].links, undefined, "only the process that took the form knew the caller");
    assert.equal(await second.end("SIGINT"), 0, second.told);
    await simulator.end("SIGINT");
    await receiver.process.end("SIGTERM");
});

test("a receiver that is down costs one line, and gets what waited when it is back", async () => {
    const port = await freePort();
    const { keystream, origin } = await demo(port, { OTEL_BSP_EXPORT_TIMEOUT: `${PATIENCE_MS}` });
    const id = await disable(await Operator.signedIn(origin));
    await until("a line about the end", () => logged(keystream, `change ${id} of `).length > 0);
    const said = (part) => logged(keystream, part).length;
    assert.deepEqual([said("doesn't take spans"), said("takes spans again")], [1, 0]);
    const receiver = await Receiver.on(port);
    assert.equal(names(await receiver.trace()).length, 7);
    await until("a line that it is back", () => said("takes spans again") > 0);
    assert.deepEqual([said("doesn't take spans"), said("takes spans again")], [1, 1]);
    assert.equal(await keystream.end("SIGINT"), 0, keystream.told);
    await receiver.process.end("SIGTERM");
});

test("what can't be done is one line, and traces are off", async () => {
    const { keystream } = await demo(await freePort(), {
        OTEL_EXPORTER_OTLP_PROTOCOL: "grpc",
        OTEL_SPAN_LINK_COUNT_LIMIT: "3",
    });
    const lines = logged(keystream, "OpenTelemetry's variables");
    assert.equal(lines.length, 1, keystream.errors);
    for (const part of ["OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_SPAN_LINK_COUNT_LIMIT", "traces are off"]) {
        assert.ok(lines[0].fields.message.includes(part), lines[0].fields.message);
    }
    assert.equal(await keystream.end("SIGINT"), 0, keystream.told);
});
