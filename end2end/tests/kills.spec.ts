// The portal is killed again and again while people send forms. Nothing is lost, nothing is sent twice, the audit chain is
// whole, and what is recorded is on disk before the call goes out.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Client } from "../fixtures/client.ts";
import { Stack } from "../fixtures/servers.ts";
import { PASSWORD, expect, test } from "../fixtures/test.ts";

const KILLS = Number(process.env.KILLS ?? 20);
/** Each has its own budget of reads, so that forms come in faster than one a second. */
const REGIONS = ["ap-south-1", "ca-central-1", "eu-central-1", "eu-north-1", "eu-west-3", "sa-east-1", "us-east-2", "us-west-2"];
const STREAMS = ["alpha", "beta", "gamma", "delta", "epsilon"];

interface AuditRow {
    actor: string;
    action: string;
    target: string;
}

test.beforeEach(({ mode }) => test.skip(mode !== "full", "no browser takes part"));

/** Sends forms until told to stop; a portal that is down is tried again. */
async function press(stack: Stack, region: string, isOver: () => boolean): Promise<void> {
    for (let turn = 0; !isOver(); turn += 1) {
        const name = STREAMS[turn % STREAMS.length]!;
        try {
            const client = new Client(stack.origin);
            await client.signIn("mira");
            await client.disable(region, name);
            // Somebody else encrypts it again, now and then: there is always something to disable.
            await stack.control("streams", { account: "111122223333", region, name: STREAMS[(turn + 2) % STREAMS.length], key: "alias/orders" });
        } catch {
            await new Promise((wake) => setTimeout(wake, 50));
        }
    }
}

function count(rows: AuditRow[], target: string, wanted: (row: AuditRow) => boolean): number {
    return rows.filter((row) => row.target === target && wanted(row)).length;
}

test(`${KILLS} kills under load lose nothing and send nothing twice`, async () => {
    test.setTimeout(400_000 + KILLS * 4_000);
    const stack = await Stack.start({ KEYSTREAM_TARGETS: REGIONS.map((region) => `111122223333/${region}`).join(",") });
    try {
        await stack.control("settings", { transition_ms: 300 });
        for (const region of REGIONS) {
            for (const name of STREAMS) await stack.control("streams", { account: "111122223333", region, name, key: "alias/orders" });
        }
        stack.addUser("mira", "operator", PASSWORD);
        let isOver = false;
        const pressing = REGIONS.map((region) => press(stack, region, () => isOver));
        for (let kill = 0; kill < KILLS; kill += 1) {
            await new Promise((wake) => setTimeout(wake, 200 + Math.random() * 1_500));
            await stack.portal.stop("SIGKILL");
            await stack.startPortal();
        }
        isOver = true;
        await Promise.all(pressing);

        const audit = () => stack.keystream("audit", "export").trim().split("\n").map((line) => JSON.parse(line) as AuditRow);
        const isEnd = (row: AuditRow) => row.actor === "keystream" && ["change.ended", "change.rejected", "change.expired"].includes(row.action);
        const asked = (rows: AuditRow[]) => rows.filter((row) => row.action === "change.requested").length;
        // What was marked as sent and never left takes two minutes of reading to be called not applied.
        await expect.poll(() => asked(audit()) - audit().filter(isEnd).length, { timeout: 240_000, intervals: [1_000] }).toBe(0);

        const rows = audit();
        const log = (await (await fetch(`${stack.simulatorUrl}/_control/calls`)).json()) as { operation: string; region: string; stream: string }[];
        expect(asked(rows), "the load was a load").toBeGreaterThan(KILLS / 2);
        for (const region of REGIONS) {
            for (const name of STREAMS) {
                const arn = `arn:aws:kinesis:${region}:111122223333:stream/${name}`;
                const calls = log.filter((call) => call.operation === "StopStreamEncryption" && call.region === region && call.stream === name).length;
                const sent = count(rows, arn, (row) => row.action === "change.sent");
                expect(calls, `${name} in ${region}: every call has its row, written before it`).toBeLessThanOrEqual(sent);
                expect(count(rows, arn, isEnd), `${name} in ${region}: every change has one end`).toBe(count(rows, arn, (row) => row.action === "change.requested"));
            }
        }
        expect(stack.keystream("audit", "verify")).toContain("The audit chain is whole");
    } finally {
        await stack.stop();
    }
});

test("intent and sent are on disk before the call goes out", async () => {
    const stack = new Stack();
    const shim = join(stack.directory, "fsync.so");
    const log = join(stack.directory, "fsync.log");
    const built = spawnSync("cc", ["-shared", "-fPIC", "-O1", "-o", shim, resolve(import.meta.dirname, "../fixtures/fsync.c"), "-ldl"], { encoding: "utf8" });
    expect(built.stderr).toBe("");
    await stack.begin({ LD_PRELOAD: shim, FSYNC_LOG: log });
    try {
        stack.addUser("mira", "operator", PASSWORD);
        const client = new Client(stack.origin);
        await client.signIn("mira");
        // The answer waits, so that nothing is written after the call but before we look.
        await stack.control("faults", { operation: "StopStreamEncryption", fault: { "hold-answer-ms": 1_000 } });
        const before = () => readFileSync(log, "utf8").trim().split("\n").filter((line) => line.endsWith("keystream.db-wal")).map((line) => Number(line.split(" ")[0]));
        let asked = 0;
        await expect(async () => {
            asked = Date.now();
            expect(await client.disable("eu-west-1", "orders-prod")).toMatch(/^\/changes\//);
        }).toPass();
        await expect.poll(() => stack.calls("StopStreamEncryption")).toBe(1);
        const calls = (await (await fetch(`${stack.simulatorUrl}/_control/calls`)).json()) as { operation: string; at_ms: number }[];
        const called = calls.find((call) => call.operation === "StopStreamEncryption")!.at_ms;
        const synced = before().filter((at) => at >= asked && at <= called);
        expect(synced.length, `${synced} in ${asked}..${called}: the intent and that it is sent`).toBeGreaterThanOrEqual(2);
    } finally {
        await stack.stop();
    }
});
