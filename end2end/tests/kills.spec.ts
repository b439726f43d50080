// The portal is killed again and again while people send forms. Nothing is lost, nothing is sent twice, the audit chain
// is whole, and what is recorded is on disk before the call goes out.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Client } from "../fixtures/client.ts";
import { Stack } from "../fixtures/servers.ts";
import { PASSWORD, expect, test } from "../fixtures/test.ts";

const KILLS = Number(process.env.KILLS ?? 20);
/** Each has its own budget of reads, so that forms come in faster than one a second. */
const REGIONS = [
    "ap-south-1",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-3",
    "sa-east-1",
    "us-east-2",
    "us-west-2",
];
const STREAMS = ["alpha", "beta", "gamma", "delta", "epsilon"];

interface AuditRow {
    at: number;
    actor: string;
    action: string;
    target: string;
}

test.beforeEach(({ mode }) => test.skip(mode !== "full", "no browser takes part"));

/** Sends forms until told to stop, and tries again while the portal is down. Returns the changes it was led to. */
async function press(stack: Stack, region: string, isOver: () => boolean): Promise<string[]> {
    const changes: string[] = [];
    const client = new Client(stack.origin);
    let isSignedIn = false;
    for (let turn = 0; !isOver(); turn += 1) {
        const name = STREAMS[turn % STREAMS.length]!;
        try {
            if (!isSignedIn) await client.signIn("mira");
            isSignedIn = true;
            const change = await client.disable(region, name);
            if (change) changes.push(change);
            // Somebody else encrypts it again, now and then: there is always something to disable.
            await stack.control("streams", {
                account: "111122223333",
                region,
                name: STREAMS[(turn + 2) % STREAMS.length],
                key: "alias/orders",
            });
        } catch {
            await new Promise((wake) => setTimeout(wake, 50));
        }
    }
    return changes;
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
            for (const name of STREAMS)
                await stack.control("streams", { account: "111122223333", region, name, key: "alias/orders" });
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
        const answered = new Set((await Promise.all(pressing)).flat());

        const audit = () =>
            stack
                .keystream("audit", "export")
                .trim()
                .split("\n")
                .map((line) => JSON.parse(line) as AuditRow);
        const isEnd = (row: AuditRow) =>
            row.actor === "keystream" && ["change.ended", "change.rejected", "change.expired"].includes(row.action);
        const asked = (rows: AuditRow[]) => rows.filter((row) => row.action === "change.requested").length;
        // What was marked as sent and never left takes two minutes of reading to be called not applied.
        await expect
            .poll(() => asked(audit()) - audit().filter(isEnd).length, { timeout: 240_000, intervals: [1_000] })
            .toBe(0);

        const rows = audit();
        const log = (await (await fetch(`${stack.simulatorUrl}/_control/calls`)).json()) as {
            operation: string;
            region: string;
            stream: string;
            at_ms: number;
        }[];
        expect(asked(rows), "the load was a load").toBeGreaterThan(KILLS / 2);
        const client = new Client(stack.origin);
        await client.signIn("mira");
        for (const change of answered)
            expect(await client.get(change), `${change} was answered, so it is there`).toContain("Change of ");
        for (const region of REGIONS) {
            for (const name of STREAMS) {
                const arn = `arn:aws:kinesis:${region}:111122223333:stream/${name}`;
                const calls = log.filter(
                    (call) =>
                        call.operation === "StopStreamEncryption" && call.region === region && call.stream === name,
                );
                // A stream has one active change at a time: each call belongs to the last one that was marked as sent
                // before it.
                const sent = rows
                    .filter((row) => row.target === arn && row.action === "change.sent")
                    .map((row) => row.at);
                const owners = calls.map((call) => sent.filter((at) => at <= call.at_ms).length);
                expect(owners, `${name} in ${region}: no call without a row written before it`).not.toContain(0);
                expect(new Set(owners).size, `${name} in ${region}: no second call of one change`).toBe(owners.length);
                expect(count(rows, arn, isEnd), `${name} in ${region}: every change has one end`).toBe(
                    count(rows, arn, (row) => row.action === "change.requested"),
                );
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
    const built = spawnSync(
        "cc",
        ["-shared", "-fPIC", "-O1", "-o", shim, resolve(import.meta.dirname, "../fixtures/fsync.c"), "-ldl"],
        { encoding: "utf8" },
    );
    expect(built.stderr).toBe("");
    await stack.begin({ LD_PRELOAD: shim, FSYNC_LOG: log });
    try {
        stack.addUser("mira", "operator", PASSWORD);
        const client = new Client(stack.origin);
        await client.signIn("mira");
        // The answer waits, so that nothing is written after the call before we have looked.
        await stack.control("faults", { operation: "StopStreamEncryption", fault: { "hold-answer-ms": 4_000 } });
        await expect(async () =>
            expect(await client.disable("eu-west-1", "orders-prod")).toMatch(/^\/changes\//),
        ).toPass();
        await expect.poll(() => stack.calls("StopStreamEncryption")).toBe(1);
        const database = join(stack.directory, "keystream.db");
        const [file, wal] = [readFileSync(database), readFileSync(`${database}-wal`)];
        const calls = (await (await fetch(`${stack.simulatorUrl}/_control/calls`)).json()) as {
            operation: string;
            at_ms: number;
        }[];
        const called = calls.find((call) => call.operation === "StopStreamEncryption")!.at_ms;

        // What a power loss at the moment of the call would leave: the log as long as it was when it was last synced.
        const syncs = readFileSync(log, "utf8").trim().split("\n").map((line) => /^(\d+) (\d+) (.*)$/.exec(line)!);
        const lengths = syncs
            .filter(([, at, , path]) => path === `${database}-wal` && Number(at) <= called)
            .map(([, , length]) => Number(length));
        const survivor = mkdtempSync(join(stack.directory, "after-power-loss-"));
        writeFileSync(join(survivor, "keystream.db"), file);
        writeFileSync(join(survivor, "keystream.db-wal"), wal.subarray(0, lengths.at(-1)));
        const rows = stack
            .keystreamOn(`sqlite://${join(survivor, "keystream.db")}`, "audit", "export")
            .trim()
            .split("\n")
            .map((line) => (JSON.parse(line) as AuditRow).action);
        expect(rows).toContain("change.requested");
        expect(rows).toContain("change.sent");
    } finally {
        await stack.stop();
    }
});
