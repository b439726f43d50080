// The main job against servers that nobody here wrote: npm `kinesis-local` and PyPI `moto`, two accounts, two Regions.
import type { Page } from "@playwright/test";
import {
    EmulatedPortal,
    type Emulator,
    assumeRole,
    call,
    callKms,
    startKinesisLocal,
    startMoto,
} from "../fixtures/emulators.ts";
import { cell, expect, test, signIn } from "../fixtures/test.ts";

const OWN = "111122223333";
const OTHER = "444455556666";

const target = (account: string, region: string, profile: string) =>
    `[[target]]\naccount = "${account}"\nregion = "${region}"\nprofile = "${profile}"\n`;

/** 155 streams in the first place, one in each of the others; `orders-prod` is encrypted. */
async function fill(emulator: Emulator, own: string, other: string): Promise<void> {
    const create = (key: string, region: string, name: string) =>
        call(emulator, key, region, "CreateStream", { StreamName: name, ShardCount: 1 });
    for (let number = 0; number < 154; number++)
        await create(own, "eu-west-1", `stream-${String(number).padStart(3, "0")}`);
    await create(own, "eu-west-1", "orders-prod");
    await create(own, "us-east-1", "orders-us");
    await create(other, "eu-west-1", "orders-other");
    const encryption = { StreamName: "orders-prod", EncryptionType: "KMS", KeyId: "alias/aws/kinesis" };
    await expect(() => call(emulator, own, "eu-west-1", "StartStreamEncryption", encryption)).toPass();
    await expect(async () => {
        const answer = (await call(emulator, own, "eu-west-1", "DescribeStreamSummary", {
            StreamName: "orders-prod",
        })) as {
            StreamDescriptionSummary: { StreamStatus: string; EncryptionType: string };
        };
        expect(answer.StreamDescriptionSummary).toMatchObject({ StreamStatus: "ACTIVE", EncryptionType: "KMS" });
    }).toPass({ timeout: 20_000 });
}

async function openConfirmation(page: Page, portal: EmulatedPortal): Promise<void> {
    await page.goto(`${portal.origin}/streams/${OWN}/eu-west-1/orders-prod/disable`);
    // While the stream is UPDATING the form is another one, with another button.
    await expect(page.getByRole("button", { name: "Disable encryption", exact: true })).toBeVisible({ timeout: 1_000 });
    await page.getByLabel("Type the stream name to confirm", { exact: true }).fill("orders-prod", { timeout: 2_000 });
    await page.getByLabel("Reason", { exact: true }).fill("OPS-10");
}

async function listsEverything(page: Page, portal: EmulatedPortal): Promise<void> {
    await expect(async () => {
        await page.goto(`${portal.origin}/streams?per=100&page=2`);
        // Beyond the first hundred names of one listing, and all three places.
        await expect(page.getByText("Watching 3 of 3 targets")).toBeVisible({ timeout: 1_000 });
        await expect(page.getByRole("table", { name: "Streams" }).getByRole("row")).toHaveCount(58, { timeout: 1_000 });
    }).toPass({ timeout: 30_000 });
    for (const [name, account, region] of [
        ["orders-prod", OWN, "eu-west-1"],
        ["orders-us", OWN, "us-east-1"],
        ["orders-other", OTHER, "eu-west-1"],
    ] as const) {
        await page.goto(`${portal.origin}/streams?q=${name}`);
        await expect(cell(page, name, 3)).toContainText(account);
        await expect(cell(page, name, 4)).toHaveText(region);
    }
}

async function disablesAndSettles(page: Page, portal: EmulatedPortal, sees: RegExp): Promise<void> {
    await openConfirmation(page, portal);
    await page.getByRole("button", { name: "Disable encryption", exact: true }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Change of orders-prod", exact: true })).toBeVisible();
    await expect(page.locator("[aria-current=step]")).toHaveText(/^\s*Settled/, { timeout: 40_000 });
    await expect(page.getByRole("list", { name: "Progress" }).getByRole("listitem").nth(3)).toContainText(sees);
    await page.goto(`${portal.origin}/streams?q=orders-prod`);
    await expect(cell(page, "orders-prod", 0)).toHaveText(/^\s*Not encrypted/);
    await expect(cell(page, "orders-prod", 2)).toHaveText(/^\s*ACTIVE/);
}

/** Enables `orders-prod` with a key, and waits until the change has settled. */
async function enablesAndSettles(page: Page, portal: EmulatedPortal, key: string): Promise<void> {
    await confirmsEnable(page, portal, key);
    await expect(page.getByRole("heading", { level: 1, name: "Change of orders-prod", exact: true })).toBeVisible();
    await expect(page.locator("[aria-current=step]")).toHaveText(/^\s*Settled/, { timeout: 40_000 });
    await page.goto(`${portal.origin}/streams?q=orders-prod`);
    await expect(cell(page, "orders-prod", 0)).toHaveText(/^\s*Encrypted/);
}

async function confirmsEnable(page: Page, portal: EmulatedPortal, key: string): Promise<void> {
    await page.goto(`${portal.origin}/streams/${OWN}/eu-west-1/orders-prod/enable`);
    await page.getByLabel("Key", { exact: true }).fill(key);
    await page.getByLabel("Type the stream name to confirm", { exact: true }).fill("orders-prod");
    await page.getByLabel("Reason", { exact: true }).fill("OPS-10");
    await page.getByRole("button", { name: "Enable encryption", exact: true }).click();
}

/** Writes a marked record for the newest change, and looks at the records that are there. */
async function provesByRecords(
    page: Page,
    portal: EmulatedPortal,
    words: RegExp,
    write: () => Promise<unknown>,
    seen: RegExp,
): Promise<void> {
    await page.goto(`${portal.origin}/changes`);
    await page.getByRole("link", { name: "Change of orders-prod", exact: true }).first().click();
    await page.getByText("Proof by records", { exact: true }).click();
    await page.getByLabel("A test record will reach every consumer of this stream", { exact: true }).check();
    await page.getByRole("button", { name: "Check by writing test records", exact: true }).click();
    const proven = page.getByRole("list", { name: "Progress" }).getByRole("listitem").nth(6);
    await expect(proven).toContainText(words, { timeout: 20_000 });
    await page.getByRole("button", { name: "Check by reading", exact: true }).click();
    await expect(async () => {
        // Somebody writes while Keystream looks at the tip.
        await write();
        await expect(proven).toContainText(seen, { timeout: 200 });
    }).toPass({ timeout: 30_000 });
}

/** What changes between opening and confirming is refused, and nothing is sent. */
async function refusesWhatIsGone(page: Page, portal: EmulatedPortal, emulator: Emulator, own: string): Promise<void> {
    await expect(() =>
        call(emulator, own, "eu-west-1", "StartStreamEncryption", {
            StreamName: "orders-prod",
            EncryptionType: "KMS",
            KeyId: "alias/aws/kinesis",
        }),
    ).toPass();
    await expect(async () => openConfirmation(page, portal)).toPass({ timeout: 20_000 });
    await call(emulator, own, "eu-west-1", "DeleteStream", { StreamName: "orders-prod" });
    await page.getByRole("button", { name: "Disable encryption", exact: true }).click();
    const summary = page.getByRole("paragraph").filter({ hasText: /^Rejected/ });
    await expect(summary).toContainText("This request changed nothing.");
}

test.describe("independent servers", () => {
    test.skip(({ mode }) => mode !== "full", "the modes are told apart against the simulator");
    test.slow();

    test("kinesis-local: list, disable, watch, refuse", async ({ page }) => {
        const emulator = await startKinesisLocal();
        await fill(emulator, OWN, OTHER);
        const credentials = [OWN, OTHER]
            .map((key) => `[${key}]\naws_access_key_id = ${key}\naws_secret_access_key = x\n`)
            .join("");
        const targets =
            target(OWN, "eu-west-1", OWN) + target(OWN, "us-east-1", OWN) + target(OTHER, "eu-west-1", OTHER);
        const portal = await EmulatedPortal.start(emulator, targets, credentials);
        try {
            await signIn(page, portal);
            await listsEverything(page, portal);
            await disablesAndSettles(page, portal, /AWS reported UPDATING at/);
            const write = () =>
                call(emulator, OWN, "eu-west-1", "PutRecord", {
                    StreamName: "orders-prod",
                    PartitionKey: "p",
                    Data: "eA==",
                });
            await provesByRecords(
                page,
                portal,
                /PutRecords answered NONE on 1 of 1 shards\./,
                write,
                /[1-9]\d* records NONE, 0 KMS\./,
            );
            await enablesAndSettles(page, portal, "alias/aws/kinesis");
            await provesByRecords(
                page,
                portal,
                /PutRecords answered KMS on 1 of 1 shards\./,
                write,
                /0 records NONE, [1-9]\d* KMS\./,
            );
            await refusesWhatIsGone(page, portal, emulator, OWN);
        } finally {
            await test.info().attach("the portal's output", { body: await portal.stop() });
            await emulator.stop();
        }
    });

    test("moto: list, disable, watch, refuse", async ({ page }) => {
        const emulator = await startMoto();
        // moto's own account is 123456789012: ours are entered by roles.
        const role = (account: string) => `arn:aws:iam::${account}:role/keystream`;
        const [own, other] = [await assumeRole(emulator, role(OWN)), await assumeRole(emulator, role(OTHER))];
        await fill(emulator, own, other);
        const profile = (account: string) =>
            `[profile ${account}]\nrole_arn = ${role(account)}\nsource_profile = base\nregion = us-east-1\n`;
        const credentials = "[base]\naws_access_key_id = test\naws_secret_access_key = test\n";
        const targets =
            target(OWN, "eu-west-1", OWN) + target(OWN, "us-east-1", OWN) + target(OTHER, "eu-west-1", OTHER);
        const portal = await EmulatedPortal.start(emulator, targets, credentials, profile(OWN) + profile(OTHER));
        try {
            await signIn(page, portal);
            await listsEverything(page, portal);
            // Everything happens at once there: UPDATING is never seen, and never claimed.
            await disablesAndSettles(page, portal, /not observed/);
            const { KeyMetadata: key } = (await callKms(emulator, own, "eu-west-1", "CreateKey", {})) as {
                KeyMetadata: { KeyId: string };
            };
            await callKms(emulator, own, "eu-west-1", "CreateAlias", {
                AliasName: "alias/orders",
                TargetKeyId: key.KeyId,
            });
            await callKms(emulator, own, "eu-west-1", "DisableKey", { KeyId: key.KeyId });
            await confirmsEnable(page, portal, "alias/orders");
            await expect(page.getByRole("paragraph").filter({ hasText: /^Rejected/ })).toContainText(
                "is disabled. This request changed nothing.",
            );
            await callKms(emulator, own, "eu-west-1", "EnableKey", { KeyId: key.KeyId });
            await enablesAndSettles(page, portal, "alias/orders");
            await expect(cell(page, "orders-prod", 1)).toContainText("alias/orders");
            await refusesWhatIsGone(page, portal, emulator, own);
        } finally {
            await test.info().attach("the portal's output", { body: await portal.stop() });
            await emulator.stop();
        }
    });
});
