// Three instances on one database and behind one balancer.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../docs/commands.mjs";
import { Balancer, at } from "./balancer.mjs";
import { Portals, Simulator, disable, isReady, reads, says } from "./portals.mjs";
import { Postgres } from "./postgres.mjs";
import { until } from "./waiting.mjs";

const INSTANCES = 3;
const READERS = 8;
/** A change's lease lasts 10 s and a reader's 30 s: whoever is suspended for longer loses both. */
const SUSPENDED_MS = 31_000;
/** Both leases end long before Postgres is back. */
const STOPPED_MS = 60_000;
/** An instance lists the streams of a target every 30 s: two instances that did would do it twice in this time. */
const IDLE_MS = 45_000;
const LIST = { path: "/streams", says: "orders-prod" };
const CHANGES = { path: "/changes", says: 'data-rev="' };
/** How long ago a row was read. */
const AGE = /class="age[^"]*">(last known )?\d+ (s|min) ago</;

/** The instances, and an operator who uses them through the balancer. */
class Fleet {
    running = new Map();
    changes = new Map();

    static async start(t, work) {
        const fleet = new Fleet();
        fleet.primary = await Postgres.primary(work);
        fleet.simulator = await Simulator.start(work);
        fleet.ports = [];
        for (let number = 0; number < INSTANCES; number += 1) fleet.ports.push(await freePort());
        fleet.balancer = await Balancer.over(fleet.ports);
        t.after(() => fleet.balancer.close());
        const { origin } = fleet.balancer;
        const settings = { KEYSTREAM_PUBLIC_URL: origin, KEYSTREAM_TRUSTED_PROXIES: "127.0.0.1/32" };
        fleet.portals = await Portals.on(work, fleet.primary.url(), fleet.simulator, settings);
        for (const port of fleet.ports) await fleet.serve(port);
        await until("the balancer", () => isReady(origin));
        fleet.operator = await fleet.portals.signedIn(origin);
        return fleet;
    }

    async serve(port) {
        this.running.set(port, await this.portals.serve(port));
        await this.becomesReady(port);
    }

    becomesReady(port) {
        return until(`the instance at ${port}`, () => isReady(`http://127.0.0.1:${port}`), () => this.told(port));
    }

    told(port) {
        return this.running.get(port).told;
    }

    signal(port, signal) {
        process.kill(-this.running.get(port).child.pid, signal);
    }

    /** Disables a stream's encryption through one instance, which works on the change, and waits until it is sent. */
    async disable(name, port) {
        const change = await disable(at(this.operator, port), name);
        this.changes.set(name, change);
        await this.simulator.sent(name);
    }

    settles(name) {
        return says(this.operator, this.changes.get(name), "<strong>Settled");
    }

    /** Those of these instances that read the target, once all of them say whether they do. */
    readersAmong(ports = this.ports) {
        return until("metrics", async () => {
            const found = await Promise.all(ports.map((port) => reads(this.running.get(port))));
            return !found.includes(undefined) && ports.filter((_, number) => found[number]);
        });
    }

    /** Waits until one of these instances reads the target, and returns which. */
    reader(ports = this.ports) {
        return until("the reader of the target", async () => {
            const readers = await this.readersAmong(ports);
            return readers.length === 1 && readers[0];
        });
    }

    async end() {
        for (const portal of this.running.values()) assert.equal(await portal.end("SIGTERM"), 0, portal.told);
        await Promise.all([this.simulator.process.end("SIGINT"), this.primary.stop()]);
    }
}

/** Operators who read pages again and again, and note each answer that isn't the page. */
class Readers {
    #isOver = false;
    answers = 0;
    failures = [];

    constructor(t, operators, pages) {
        this.all = operators.map((operator, number) => this.#read(operator, pages[number % pages.length]));
        t.after(() => this.end());
    }

    async #read({ origin, headers }, page) {
        for (; !this.#isOver; await sleep(20)) {
            const told = await fetch(origin + page.path, { headers }).then(
                async (answer) => `${answer.status} ${await answer.text()}`,
                (error) => `${error} ${error.cause}`,
            );
            this.answers += 1;
            const isThePage = told.startsWith("200 ") && told.includes(page.says);
            if (!isThePage) this.failures.push(`${page.path}: ${told.slice(0, 500)}`);
        }
    }

    /** Ends, after no failure. */
    async end() {
        this.#isOver = true;
        await Promise.all(this.all);
        assert.deepEqual(this.failures, []);
    }
}

/** The instance that works on a change is killed. */
async function killWorker(fleet) {
    const [worker] = fleet.ports;
    await fleet.disable("orders-prod", worker);
    await fleet.running.get(worker).end("SIGKILL");
    await fleet.settles("orders-prod");
    await fleet.serve(worker);
}

/** The instance that reads the target, and works on a change, is suspended for longer than its leases. */
async function suspendReader(fleet) {
    const first = await fleet.reader();
    const others = fleet.ports.filter((port) => port !== first);
    await fleet.disable("refunds", first);
    fleet.signal(first, "SIGSTOP");
    const [next] = await Promise.all([fleet.reader(others), sleep(SUSPENDED_MS)]);
    await fleet.settles("refunds");
    fleet.signal(first, "SIGCONT");
    assert.deepEqual(await fleet.readersAmong(), [next], "right after it woke");
    await fleet.becomesReady(first);
    assert.deepEqual(await fleet.readersAmong(), [next]);
}

/** All instances are replaced one after the other, each while it works on a change. */
async function replaceAll(fleet) {
    const names = ["invoices", "chargebacks", "fraud-scores"];
    for (const [number, port] of fleet.ports.entries()) {
        await fleet.disable(names[number], port);
        assert.equal(await fleet.running.get(port).end("SIGTERM"), 0, fleet.told(port));
        await fleet.serve(port);
    }
    for (const name of names) await fleet.settles(name);
}

/** Postgres is stopped for a minute, while a change is under way and everybody looks at the list. */
async function stopPostgres(t, fleet) {
    const operators = fleet.ports.map((port) => at(fleet.operator, port));
    await fleet.disable("ledger-entries", fleet.ports[0]);
    // Each instance has to know who they are.
    await Promise.all(operators.map((operator) => operator.get(LIST.path)));
    const readers = new Readers(t, operators, [LIST]);
    await fleet.primary.stop();
    const isUnready = async (port) => !(await isReady(`http://127.0.0.1:${port}`));
    await Promise.all([
        sleep(STOPPED_MS),
        ...fleet.ports.map((port) => until(`${port} not to be ready`, () => isUnready(port))),
        until("leases to end", async () => (await fleet.readersAmong()).length === 0),
    ]);
    for (const page of await Promise.all(operators.map((operator) => operator.get(LIST.path)))) {
        assert.ok(page.includes(LIST.says) && AGE.test(page), page);
    }
    assert.deepEqual(await Promise.all(fleet.ports.map(isUnready)), [true, true, true]);
    await readers.end();
    await fleet.primary.start();
    for (const port of fleet.ports) await fleet.becomesReady(port);
    await fleet.reader();
    await fleet.settles("ledger-entries");
    await fleet.disable("settlement-files", fleet.ports[1]);
    await fleet.settles("settlement-files");
}

export function checkFleets(work) {
    test("three instances outlast a kill, a suspension, a rolling restart and a stop of Postgres", async (t) => {
        const fleet = await Fleet.start(t, work);
        const readers = new Readers(t, Array(READERS).fill(fleet.operator), [LIST, CHANGES]);
        await killWorker(fleet);
        await suspendReader(fleet);
        await replaceAll(fleet);
        await readers.end();
        assert.ok(readers.answers > 100, `${readers.answers} answers`);
        await stopPostgres(t, fleet);
        for (const name of fleet.changes.keys()) assert.equal(await fleet.simulator.stops(name), 1, name);
        await fleet.portals.run("audit", "verify");
        await fleet.end();
    });

    test("three idle instances list streams as often as one does", async (t) => {
        const fleet = await Fleet.start(t, work);
        await fleet.reader();
        const since = Date.now();
        await sleep(IDLE_MS);
        const calls = await fleet.simulator.calls("ListStreams");
        const count = calls.filter(({ at_ms }) => at_ms > since).length;
        assert.ok(calls.length > 0 && count <= 2, `${count} calls`);
        await fleet.end();
    });
}
