// What records say of a settled change, and which keys stored records still need.
import type { Page } from "@playwright/test";
import { disable as disableAnother } from "../fixtures/changes.ts";
import type { Stack } from "../fixtures/servers.ts";
import { type Mode, accessible, expect, hydrated, signIn, test } from "../fixtures/test.ts";

const PLACE = { account: "111122223333", region: "eu-west-1" };
const STREAM = "/streams/111122223333/eu-west-1/orders-prod";

/** Confirms a disable of `orders-prod`, which takes AWS so long. */
async function request(page: Page, stack: Stack, mode: Mode, transitionMs: number): Promise<void> {
    await stack.control("settings", { transition_ms: transitionMs });
    await signIn(page, stack);
    await page.goto(`${stack.origin}${STREAM}/disable`);
    await hydrated(page, mode);
    await page.getByLabel("Type the stream name to confirm", { exact: true }).fill("orders-prod");
    await page.getByLabel("Reason", { exact: true }).fill("OPS-21");
    await page.getByRole("button", { name: "Disable encryption", exact: true }).click();
}

/** Disables encryption of `orders-prod` and waits on the change's page until it has settled. */
async function disable(page: Page, stack: Stack, mode: Mode): Promise<void> {
    await request(page, stack, mode, 500);
    await expect(page.locator("[aria-current=step]")).toHaveText(/^\s*Settled/, { timeout: 40_000 });
    await page.goto(page.url().split("?")[0]!);
    await hydrated(page, mode);
}

const proven = (page: Page) => page.getByRole("list", { name: "Progress" }).getByRole("listitem").nth(6);

/** Waits for the result; without wasm a settled change's page does not reload itself. */
async function says(page: Page, mode: Mode, words: RegExp): Promise<void> {
    await expect(async () => {
        if (mode !== "full") await page.reload();
        await expect(proven(page)).toContainText(words, { timeout: 1_000 });
    }).toPass({ timeout: 30_000 });
}

test("a settled disable is verified by write on each shard, and seen on read", async ({ page, stack, mode }) => {
    await stack.control("streams", { ...PLACE, name: "orders-prod", shards: 4, busy_shards: 3 });
    await disable(page, stack, mode);
    const steps = page.getByRole("list", { name: "Progress" }).getByRole("listitem");
    await expect(steps).toHaveCount(6);
    await accessible(page, mode);
    // Folded until somebody wants it.
    await expect(page.getByRole("button", { name: "Check by reading", exact: true })).toBeHidden();
    await page.getByText("Proof by records", { exact: true }).click();
    await page.getByRole("button", { name: "Check by writing test records", exact: true }).click();
    await expect(page.getByRole("alert")).toContainText(
        "Tick the box to agree that a test record will reach every consumer. Nothing was written.",
    );
    expect(await stack.calls("PutRecords")).toBe(0);
    await hydrated(page, mode);
    await page.getByLabel("A test record will reach every consumer of this stream", { exact: true }).check();
    await page.getByRole("button", { name: "Check by writing test records", exact: true }).click();
    await says(page, mode, /^\s*Proven Verified by write \(.*\): PutRecords answered NONE on 4 of 4 shards\./);
    await expect(page.locator("[aria-current=step]")).toHaveText(/^\s*Settled/);
    expect(await stack.calls("PutRecords")).toBe(1);

    await page.getByRole("button", { name: "Check by reading", exact: true }).click();
    await says(
        page,
        mode,
        /Seen on read \(.*\): [1-9]\d* records NONE, 0 KMS; 1 shard without traffic, unproven \(shardId-\d+\)\./,
    );

    const pasted = page.getByLabel("A producer's response from PutRecord or PutRecords", { exact: true });
    await pasted.fill("it said NONE, honestly");
    await page.getByRole("button", { name: "Save response", exact: true }).click();
    await expect(page.getByRole("alert")).toContainText("That isn't a producer's response");
    await hydrated(page, mode);
    const answer = { ShardId: "shardId-000000000002", SequenceNumber: "1", EncryptionType: "NONE" };
    await pasted.fill(JSON.stringify(answer));
    await page.getByRole("button", { name: "Save response", exact: true }).click();
    await says(
        page,
        mode,
        /Reported by mira at .*: a producer's response said NONE on shardId-000000000002\. Keystream hasn't seen it\./,
    );
    await page.goto(`${stack.origin}/audit?q=proof`);
    await expect(page.getByRole("main")).toContainText("change.proof-by-write-asked");
});

test("proof is offered once a change has settled, folded until somebody asks for it", async ({ page, stack, mode }) => {
    await request(page, stack, mode, 6_000);
    const proof = page.locator("main details").filter({ has: page.getByText("Proof by records", { exact: true }) });
    const read = page.getByRole("button", { name: "Check by reading", exact: true });
    await expect(page.locator("[aria-current=step]")).toHaveText(/^\s*(Requested|Sent|Accepted|Updating)/);
    await hydrated(page, mode);
    await expect(proof).toHaveCount(0);
    // It comes into the page by itself, or with the reload that the page makes.
    await expect(proof).toHaveCount(1, { timeout: 60_000 });
    await expect(page.locator("[aria-current=step]")).toHaveText(/^\s*Settled/);
    await expect(proof).not.toHaveAttribute("open");
    await expect(proof.locator("summary")).toBeVisible();
    for (const control of await proof.locator("button, textarea, input:not([type=hidden])").all()) {
        await expect(control).toBeHidden();
    }
    await proof.locator("summary").click();
    await expect(read).toBeVisible();
    await hydrated(page, mode);
    await read.click();
    // Somebody who asked sees the forms and the result, and so does whoever comes later.
    await says(page, mode, /Seen on read/);
    await expect(proof).toHaveAttribute("open", "");
    await page.goto(page.url().split(/[?#]/)[0]!);
    await expect(read).toBeVisible();

    await stack.control("faults", {
        operation: "StopStreamEncryption",
        stream: "invoices",
        fault: { refuse: { code: "AccessDeniedException", message: "not authorized" } },
    });
    await disableAnother(page, stack, "invoices");
    await expect(page.getByRole("paragraph").filter({ hasText: /^Rejected/ })).toBeVisible();
    await expect(proof, "nothing of a refused change can be proven").toHaveCount(0);
});

test("a key that stored records need is listed, and every page warns when it goes", async ({ page, stack, mode }) => {
    await disable(page, stack, mode);
    await expect(page.getByText(/Keys still needed: key\/\S+ until .* \(alias\/orders\)/)).toBeVisible();
    await page.goto(`${stack.origin}${STREAM}`);
    await expect(page.getByText(/Keys still needed: key\/\S+ until .* \(alias\/orders\)/)).toBeVisible();
    await page.goto(`${stack.origin}/streams?q=orders-prod&cols=needed-keys`);
    await expect(page.getByRole("cell", { name: /^key\/\S+ until .* \(alias\/orders\)/ })).toBeVisible();
    await page.goto(`${stack.origin}/keys`);
    const keys = page.getByRole("table", { name: "Keys", exact: true });
    const row = keys.getByRole("row").filter({ hasText: "alias/orders" });
    await expect(row).toContainText("1 stream");
    await expect(row).toContainText("From ");
    await accessible(page, mode);
    await row.getByRole("link").click();
    await expect(page.getByRole("table", { name: "Streams", exact: true }).getByRole("rowheader")).toHaveText([
        "orders-prod",
    ]);
    await accessible(page, mode);
    await expect(page.getByRole("complementary", { name: "Keys in danger" })).toHaveCount(0);

    await stack.control("keys", { ...PLACE, alias: "alias/payments", state: "Disabled" });
    // A key is looked at every five minutes, and at a start.
    await stack.portal.stop();
    await stack.startPortal();
    await expect(async () => {
        await page.goto(`${stack.origin}/streams`);
        await expect(page.getByRole("complementary", { name: "Keys in danger" })).toContainText(
            /is disabled, and \d+ streams use or still need it\./,
            { timeout: 1_000 },
        );
    }).toPass({ timeout: 60_000 });
    await hydrated(page, mode);
    await accessible(page, mode);
    const danger = page.getByRole("complementary", { name: "Keys in danger" });
    await danger.getByRole("link", { name: "See the key" }).click();
    await expect(page.getByRole("alert")).toContainText("Records under it can't be read without it.");
});
