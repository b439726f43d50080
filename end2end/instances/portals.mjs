// Instances of Keystream on one database and one simulated AWS, and an operator who uses them.
import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../deploy/tools.mjs";
import { PASSWORD, Process, freePort } from "../docs/commands.mjs";
import { Operator } from "../docs/demo.mjs";
import { until } from "./waiting.mjs";

const PROGRAM = join(ROOT, "target/keystream");
const [ACCOUNT, REGION] = ["111122223333", "eu-west-1"];
const STREAMS = `/streams/${ACCOUNT}/${REGION}`;

/** A simulated AWS. */
export class Simulator {
    static async start(work) {
        const simulator = new Simulator();
        simulator.process = new Process(PROGRAM, ["simulate", "--port", "0", "--transition-ms", "2000"], { cwd: work });
        const { origin } = await simulator.process.outcome();
        assert.ok(origin, simulator.process.told);
        simulator.origin = origin;
        return simulator;
    }

    async order(path, order) {
        const answer = await fetch(`${this.origin}/_control/${path}`, { method: "POST", body: JSON.stringify(order) });
        assert.equal(answer.status, 200, await answer.text());
    }

    /** Keeps a stream UPDATING for a while, as resharding does. Ordered again with 0, it ends. */
    reshard(name, ms) {
        return this.order("streams", { account: ACCOUNT, region: REGION, name, reshard_ms: ms });
    }

    /** The calls of one operation so far. */
    async calls(wanted) {
        const calls = await (await fetch(`${this.origin}/_control/calls`)).json();
        return calls.filter(({ operation }) => operation === wanted);
    }

    /** How often the encryption of a stream was stopped. */
    async stops(name) {
        return (await this.calls("StopStreamEncryption")).filter(({ stream }) => stream === name).length;
    }

    /** Waits until the one call for a stream is there. Then the change is recorded as sent. */
    sent(name) {
        return until(`the call for ${name}`, async () => (await this.stops(name)) === 1);
    }
}

/** The instances on one database, each with checkpoints of its own. */
export class Portals {
    #work;
    #env;

    static async on(work, database, simulator, settings = {}) {
        const portals = new Portals();
        portals.#work = mkdtempSync(join(work, "portals-"));
        portals.#env = {
            PATH: process.env.PATH,
            HOME: portals.#work,
            AWS_ACCESS_KEY_ID: ACCOUNT,
            AWS_SECRET_ACCESS_KEY: "simulated",
            AWS_ENDPOINT_URL: simulator.origin,
            AWS_EC2_METADATA_DISABLED: "true",
            KEYSTREAM_TARGETS: `${ACCOUNT}/${REGION}`,
            KEYSTREAM_SITE_ROOT: join(ROOT, "target/site"),
            KEYSTREAM_DATABASE_URL: database,
            ...settings,
        };
        const key = join(portals.#work, "key.pem");
        await portals.run("audit", "key", key);
        portals.#env.KEYSTREAM_CHECKPOINT_KEY = key;
        return portals;
    }

    #start(args, settings = {}) {
        const checkpoints = { KEYSTREAM_CHECKPOINT_FILE: join(this.#work, "checkpoints.jsonl") };
        return new Process(PROGRAM, args, { env: { ...this.#env, ...checkpoints, ...settings }, cwd: this.#work });
    }

    async run(...args) {
        const command = this.#start(args);
        assert.equal(await command.ended, 0, command.told);
        return command.output;
    }

    /** What a command says that must fail. */
    async refusal(...args) {
        const command = this.#start(args, { KEYSTREAM_LISTEN: "127.0.0.1:0" });
        assert.equal(await command.ended, 1, command.told);
        return command.errors;
    }

    /** Starts an instance at a port, where it also starts again. Its metrics are at a port of their own. */
    async serve(port) {
        const metrics = await freePort();
        const settings = { KEYSTREAM_LISTEN: `127.0.0.1:${port}`, KEYSTREAM_METRICS_LISTEN: `127.0.0.1:${metrics}` };
        settings.KEYSTREAM_CHECKPOINT_FILE = join(this.#work, `checkpoints-${port}.jsonl`);
        const portal = this.#start(["serve"], settings);
        const { origin } = await portal.outcome();
        assert.ok(origin, portal.told);
        const isOver = () => portal.child.exitCode !== null || portal.child.signalCode !== null;
        return Object.assign(portal, { port, metrics, isOver });
    }

    /** Adds an operator, whose password is the one that every process here is given. */
    async signedIn(origin) {
        await this.run("user", "add", "mira", "--role", "operator", "--password-stdin");
        return Operator.signedIn(origin, { user_name: "mira", password: PASSWORD }, "/api/sign-in");
    }
}

/** The status of `/readyz`; 0 if nobody answers. */
export async function readiness(origin, withinMs = 10_000) {
    const asked = fetch(`${origin}/readyz`, { signal: AbortSignal.timeout(withinMs) });
    return asked.then(({ status }) => status, () => 0);
}

export const isReady = async (origin) => (await readiness(origin)) === 200;

/** Whether an instance reads the target in the background, by its metrics; `undefined` if it doesn't answer. */
export async function reads({ metrics }) {
    const asked = fetch(`http://127.0.0.1:${metrics}/metrics`, { signal: AbortSignal.timeout(10_000) });
    const text = await asked.then((answer) => answer.text()).catch(() => "");
    const found = /^keystream_target_reader\{[^}]*\} ([01])$/m.exec(text);
    return found ? found[1] === "1" : undefined;
}

/** Fills in the confirmation of a stream's disable. */
async function confirmation(operator, name, further) {
    const form = await until(`the confirmation of ${name}`, async () => {
        const page = await operator.get(`${STREAMS}/${name}/disable`).catch(() => "");
        return page.split('action="/api/disable"')[1]?.split("</form>")[0];
    });
    const fields = { typed_name: name, reason: "OPS-1", ...further };
    for (const [, input] of form.matchAll(/<input (type="hidden"[^>]*)>/g)) {
        const value = (attribute) => new RegExp(`${attribute}="([^"]*)"`).exec(input)?.[1] ?? "";
        fields[value("name")] = value("value");
    }
    return fields;
}

/** Disables a stream's encryption as an operator does, who sends the same form again until it is answered. */
export async function disable(operator, name, further = {}) {
    const fields = await confirmation(operator, name, further);
    const answer = await until(`the answer to ${name}`, async () => {
        const answered = await operator.post("/api/disable", fields).catch(() => undefined);
        return answered?.status === 303 && answered;
    });
    const path = answer.headers.get("location");
    assert.match(path, /^\/changes\/\w+$/);
    return { path, portal: answer.headers.get("x-portal") };
}

/** Waits until the page of a change says something. */
export function says(operator, { path }, text) {
    let page = "";
    const look = async () => {
        page = await operator.get(path).catch(() => page);
        return page.includes(text);
    };
    return until(`"${text}" on ${path}`, look, () => page);
}

/** One instance on a database, and an operator. */
export async function serveOne(work, database) {
    const simulator = await Simulator.start(work);
    const portals = await Portals.on(work, database, simulator);
    const portal = await portals.serve(await freePort());
    const origin = `http://127.0.0.1:${portal.port}`;
    return { simulator, portals, portal, origin, operator: await portals.signedIn(origin) };
}

export async function endOne({ portal, simulator }) {
    assert.equal(await portal.end("SIGTERM"), 0, portal.told);
    await simulator.process.end("SIGINT");
}
