// The portal is suspended while it asks something of AWS before it sends a change, as on a machine that sleeps.
// Meanwhile somebody else changes the stream. What was read before that decides nothing any more: nothing may be sent.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "../fixtures/client.ts";
import { Stack } from "../fixtures/servers.ts";
import { PASSWORD, expect, test } from "../fixtures/test.ts";

const STREAM = { account: "111122223333", region: "eu-west-1", name: "orders-prod" };
/** Longer than a read that decides may be old. */
const SUSPENDED_MS = 8_000;
const ROLE = "arn:aws:iam::111122223333:role/keystream-change";

test.beforeEach(({ mode }) => test.skip(mode !== "full", "no browser takes part"));

/**
 * Sends a confirmation and suspends the portal as soon as the simulator has got the call that is held; meanwhile does
 * what somebody else does. Returns the page of the change once it has ended.
 */
async function suspendedDuring(
    stack: Stack,
    client: Client,
    operation: string,
    send: () => Promise<Response>,
    meanwhile: object,
): Promise<string> {
    const before = await stack.calls(operation);
    await stack.control("faults", { operation, times: 4, fault: { "hold-answer-ms": 1_500 } });
    const sending = send();
    await expect.poll(() => stack.calls(operation), { intervals: [10] }).toBeGreaterThan(before);
    stack.portal.suspend();
    try {
        await stack.control("streams", { ...STREAM, ...meanwhile });
        await new Promise((wake) => setTimeout(wake, SUSPENDED_MS));
    } finally {
        stack.portal.resume();
    }
    const location = (await sending).headers.get("location");
    expect(location).toMatch(/^\/changes\//);
    const page = async () => (await client.get(location!)).replace(/<script.*?<\/script>/gs, "");
    const words = (html: string) => html.replace(/<[^>]*>/g, "");
    const summary = async () => words(/<p [^>]*class="summary.*?<\/p>/s.exec(await page())?.[0] ?? "");
    // A change that was sent after all comes to an end too, and is seen in the calls.
    const end = /^(Rejected|Expired|Settled|Superseded|Not applied)/;
    await expect.poll(summary, { timeout: 30_000 }).toMatch(end);
    return words(await page());
}

async function signedIn(stack: Stack): Promise<Client> {
    stack.addUser("mira", "operator", PASSWORD);
    const client = new Client(stack.origin);
    await client.signIn("mira");
    return client;
}

test("an enable that was suspended while KMS was asked is not sent on the read from before", async () => {
    test.setTimeout(120_000);
    const stack = await Stack.start();
    try {
        const client = await signedIn(stack);
        const fields = (await client.filled("enable", STREAM.region, STREAM.name, "alias/ledger"))!;
        expect(fields).not.toBeNull();
        // After the suspension KMS's answer counts as late: the warning that the key can't be seen has been read
        // already.
        fields.warned_key = "alias/ledger";
        // Somebody disables the stream: an enable would encrypt it again, unseen.
        const page = await suspendedDuring(stack, client, "DescribeKey", () => client.post("/api/enable", fields), {
            key: "",
        });
        expect(await stack.calls("StartStreamEncryption"), "nothing was sent").toBe(0);
        expect(page).toMatch(/Rejected|Expired/);
        expect(page).toMatch(/Not(hing was)? sent|Never sent|Nothing has been sent/);
    } finally {
        await stack.stop();
    }
});

test("a disable that was suspended while its role was assumed is not sent on the read from before", async () => {
    test.setTimeout(120_000);
    const stack = new Stack();
    const target = `[[target]]\naccount = "111122223333"\nregion = "eu-west-1"\nchange_role = "${ROLE}"\n`;
    writeFileSync(join(stack.directory, "keystream.toml"), target);
    await stack.begin({ KEYSTREAM_TARGETS: "" });
    try {
        const client = await signedIn(stack);
        const fields = (await client.filled("disable", STREAM.region, STREAM.name))!;
        expect(fields).not.toBeNull();
        // Somebody gives it another key: what was confirmed is not what would be disabled.
        const page = await suspendedDuring(stack, client, "AssumeRole", () => client.post("/api/disable", fields), {
            key: "alias/ledger",
        });
        expect(await stack.calls("StopStreamEncryption"), "nothing was sent").toBe(0);
        expect(page).toMatch(/Rejected|Expired/);
        expect(page).toMatch(/Not(hing was)? sent|Never sent|Nothing has been sent/);
    } finally {
        await stack.stop();
    }
});
