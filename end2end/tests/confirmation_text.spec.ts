// What stands before the form of a confirmation: few lines, among them what a stream's tags say, and the rest folded.
import type { Page } from "@playwright/test";
import { confirmation } from "../fixtures/confirmations.ts";
import { order } from "../fixtures/live.ts";
import type { Stack } from "../fixtures/servers.ts";
import { type Mode, expect, hydrated, signIn, test } from "../fixtures/test.ts";

const mustRead = (page: Page) => page.locator("#confirmation .must-read");
const details = (page: Page) => page.locator("#confirmation details.consequences");
const name = (page: Page) => page.getByLabel("Type the stream name to confirm", { exact: true });

/** Starts the portal again, which reads all tags at its start, with these settings. */
async function readTags(stack: Stack, settings: Record<string, string> = {}): Promise<void> {
    await stack.portal.stop();
    await stack.startPortal(settings);
}

/** Opens a confirmation until it says something. */
async function says(page: Page, stack: Stack, mode: Mode, path: string, words: string | RegExp): Promise<void> {
    await expect(async () => {
        await page.goto(stack.origin + path);
        await expect(mustRead(page)).toContainText(words, { timeout: 1_000 });
    }).toPass({ timeout: 30_000 });
    await hydrated(page, mode);
}

test("CloudFormation and Terraform are named, with what they will do", async ({ page, stack, mode }) => {
    const stackName = { "aws:cloudformation:stack-name": "payments-base", "aws:cloudformation:logical-id": "Orders" };
    await order(stack, "orders-prod", { tags: { ...stackName, managed_by: "terraform", team: "risk" } });
    await order(stack, "refunds", { tags: { Managed_By: "Terraform", owner: " ", Team: "refunds & returns" } });
    await order(stack, "invoices", { tags: { managed_by: "ops", "aws:cloudformation:logical-id": "Invoices" } });
    await order(stack, "web-clicks", { tags: { managed_by: "terraform" } });
    await readTags(stack);
    await signIn(page, stack);
    const cloudFormation = "CloudFormation manages this stream (stack payments-base). The next stack update";
    await says(page, stack, mode, confirmation("orders-prod", "disable"), cloudFormation);
    const warning = page.getByText(`${cloudFormation} will probably re-encrypt it.`, { exact: true });
    await expect(warning).toBeVisible();
    // Before the form, once, and not what the other tag says.
    expect((await warning.boundingBox())!.y).toBeLessThan((await name(page).boundingBox())!.y);
    await expect(page.getByText(/manages this stream/)).toHaveCount(1);
    await expect(page.getByText("Owner: risk (tag team).", { exact: true })).toBeHidden();
    await page.getByText("Details and API call", { exact: true }).click();
    await expect(page.getByText("Owner: risk (tag team).", { exact: true })).toBeVisible();

    const terraform = "Terraform manages this stream (tag Managed_By=Terraform). The next apply will probably";
    await says(page, stack, mode, confirmation("refunds", "disable"), `${terraform} re-encrypt it.`);
    await expect(details(page)).toContainText("Owner: refunds & returns (tag Team).");
    await says(page, stack, mode, confirmation("web-clicks", "enable"), "The next apply will probably undo this.");

    // Tags that say neither, after the others were seen: they have been read.
    await page.goto(stack.origin + confirmation("invoices", "disable"));
    await expect(name(page)).toBeVisible();
    await expect(page.getByText(/manages this stream|Owner: /)).toHaveCount(0);
});

test("the tags of Terraform and of owners are those of the configuration", async ({ page, stack, mode }) => {
    await order(stack, "orders-prod", { tags: { provisioner: "tf", "cost-center": "4711", team: "risk" } });
    await order(stack, "refunds", { tags: { managed_by: "terraform", team: "risk" } });
    await readTags(stack, { KEYSTREAM_TERRAFORM_TAG: "provisioner=TF", KEYSTREAM_OWNER_TAGS: "steward,cost-center" });
    await signIn(page, stack);
    const terraform = "Terraform manages this stream (tag provisioner=tf). The next apply will probably re-encrypt it.";
    await says(page, stack, mode, confirmation("orders-prod", "disable"), terraform);
    await expect(details(page)).toContainText("Owner: 4711 (tag cost-center).");
    await page.goto(stack.origin + confirmation("refunds", "disable"));
    await expect(name(page)).toBeVisible();
    await expect(page.getByText(/manages this stream|Owner: /)).toHaveCount(0);
});

test("what wasn't checked is said as such, and never as none", async ({ page, stack, mode }) => {
    await signIn(page, stack);
    await stack.control("faults", {
        operation: "LookupEvents",
        times: 1_000,
        fault: { refuse: { code: "AccessDeniedException", message: "not authorized" } },
    });
    await says(page, stack, mode, confirmation("orders-prod", "disable"), "Read from AWS");
    await page.getByText("Details and API call", { exact: true }).click();
    const said = details(page).getByRole("listitem");
    await expect(said.filter({ hasText: "registered consumers" })).toHaveText(
        /^AWS reports \d+ registered consumers \(enhanced fan-out\)\. Keystream didn't check for other readers or for/,
    );
    await expect(said.filter({ hasText: "in 24 hours" })).toHaveText(
        /^Disables of this stream in 24 hours: 0 of 25 used \(CloudTrail (not checked|couldn't be read: .+)\)\./,
    );
});

/** The texts that are seen above the field for the name, apart from the heading, each with its lines on the screen. */
function textsBeforeForm(page: Page): Promise<{ text: string; lines: number }[]> {
    return page.locator("#confirmation").evaluate((article) => {
        const field = article.querySelector("#field-typed_name")!;
        const nodes = document.createTreeWalker(article, NodeFilter.SHOW_TEXT);
        const blocks = new Set<Element>();
        while (nodes.nextNode() && !field.contains(nodes.currentNode)) {
            const parent = nodes.currentNode.parentElement!;
            const isSeen = parent.checkVisibility({ visibilityProperty: true, opacityProperty: true });
            if (!nodes.currentNode.textContent!.trim() || !isSeen) continue;
            if (!parent.closest("h1, .visually-hidden")) blocks.add(parent.closest("p, li, label, summary, div")!);
        }
        return [...blocks].map((block) => {
            const style = getComputedStyle(block);
            const height = block.clientHeight - parseFloat(style.paddingTop) - parseFloat(style.paddingBottom);
            const text = block.textContent.trim().replace(/\s+/g, " ");
            return { text, lines: Math.round(height / parseFloat(style.lineHeight)) };
        });
    });
}

test("a disable has at most six lines before its form, and eight with every warning", async ({ page, stack, mode }) => {
    await page.setViewportSize({ width: 1366, height: 768 });
    await stack.control("settings", { trail_lag_ms: 0 });
    await order(stack, "refunds", { tags: { managed_by: "terraform", team: "risk" }, stops_today: 24 });
    await order(stack, "invoices", { tags: { managed_by: "terraform", team: "risk" } });
    const place = { account: "111122223333", region: "us-east-1" };
    await stack.control("streams", { ...place, name: "refunds", key: "alias/payments" });
    await readTags(stack, { KEYSTREAM_TARGETS: "111122223333/eu-west-1,111122223333/us-east-1" });
    await signIn(page, stack);
    for (const [stream, most, words] of [
        ["orders-prod", 6, "You can't cancel this once it's sent. You can re-enable encryption later."],
        ["invoices", 6, "Terraform manages this stream"],
        ["card-authorizations", 6, "Another card-authorizations exists in us-east-1"],
        ["refunds", 8, "24 of 25 disables of this stream in the last 24 hours are used."],
    ] as const) {
        await says(page, stack, mode, confirmation(stream, "disable"), words);
        const texts = await textsBeforeForm(page);
        expect(texts.length, JSON.stringify(texts)).toBeLessThanOrEqual(most);
        for (const { text, lines } of texts) expect(lines, text).toBeLessThanOrEqual(2);
        // What they are: the place, the state, both warnings, and that there is no way back.
        for (const said of ["eu-west-1", "Read from AWS", "unencrypted", "Keep ", "You can't cancel this"]) {
            expect(texts.filter(({ text }) => text.includes(said)), said).toHaveLength(1);
        }
        await expect(details(page).locator("summary")).toBeVisible();
        await expect(details(page)).not.toHaveAttribute("open");
        await expect(details(page).getByText("aws kinesis stop-stream-encryption")).toBeHidden();
        const below = (await details(page).boundingBox())!.y;
        expect(below, "the details follow the form").toBeGreaterThan((await name(page).boundingBox())!.y);
        const button = page.getByRole("button", { name: "Disable encryption", exact: true });
        for (const control of [name(page), button]) await expect(control).toBeInViewport({ ratio: 1 });
    }
});

test("the dialog says the same lines as the page", async ({ page, stack, mode }) => {
    test.skip(mode !== "full", "only wasm opens a dialog");
    await page.setViewportSize({ width: 1366, height: 768 });
    await order(stack, "orders-prod", { tags: { "aws:cloudformation:stack-name": "payments-base" } });
    await readTags(stack);
    await signIn(page, stack);
    await says(page, stack, mode, confirmation("orders-prod", "disable"), "CloudFormation manages this stream");
    const stable = async () =>
        (await textsBeforeForm(page)).map(({ text }) => text.replace(/Read from AWS .*/, "Read from AWS"));
    const onPage = await stable();
    await page.goto(`${stack.origin}/streams?q=orders-prod`);
    await hydrated(page, mode);
    await page.getByRole("link", { name: "Disable encryption of orders-prod", exact: true }).click();
    await expect(page.getByRole("dialog").getByLabel("Reason", { exact: true })).toBeVisible();
    expect(await stable()).toEqual(onPage);
    await expect(page.getByRole("dialog").getByText("aws kinesis stop-stream-encryption")).toBeHidden();
});
