// Checks the documents: links, anchors, lengths, the tables of settings, and every command.
// Run it after `.ci/build dev`: node --test end2end/docs/check.mjs
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { Stage, endAll } from "./commands.mjs";
import { NOT_RUN, REPLACED } from "./exceptions.mjs";
import { Document, commandsOf, linkProblem, nameOf } from "./markdown.mjs";

const ROOT = resolve(import.meta.dirname, "../..");
const LONGEST_README = 120;

const inDocs = readdirSync(join(ROOT, "docs"), { recursive: true }).filter((name) => name.endsWith(".md"));
const paths = ["README.md", ...inDocs.map((name) => `docs/${name}`).sort(), "end2end/bench/README.md"];
const documents = new Map(paths.map((path) => [path, new Document(ROOT, path)]));

const used = new Set();
let stage;

before(async () => {
    stage = new Stage(ROOT);
    await stage.start();
});
after(async () => {
    await stage?.end();
    endAll();
});
process.on("exit", endAll);
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));

test("README has at most 120 lines and leads to every document", () => {
    const readme = documents.get("README.md");
    assert.ok(readme.lines <= LONGEST_README, `README.md has ${readme.lines} lines`);
    for (const name of inDocs) {
        assert.ok(readme.links.includes(`docs/${name}`), `README.md has no link to docs/${name}`);
    }
});

test("links and anchors lead somewhere, lines are short, and blocks have a known language", () => {
    const problems = paths.flatMap((path) => {
        const document = documents.get(path);
        const links = document.links.map((href) => [href, linkProblem(document, href, documents)]);
        const broken = links.filter(([, problem]) => problem !== null).map(([href, problem]) => `${href}: ${problem}`);
        return [...document.problems, ...broken].map((problem) => `${path}: ${problem}`);
    });
    assert.deepEqual(problems, []);
});

test("the tables of settings are the program's own", async () => {
    const operations = documents.get("docs/operations.md");
    const listed = (printed) => /; the settings are (.+)$/m.exec(printed)?.[1].split(", ").sort();
    const settings = await stage.printed(["check-config"], { KEYSTREAM_UNHEARD_OF: "1" });
    assert.deepEqual(operations.firstColumn("Settings", "variable").sort(), listed(settings), settings);
    const keys = await stage.printed(["check-config"], {}, "[[target]]\nunheard_of = 1\n");
    assert.deepEqual(operations.firstColumn("Targets", "key").sort(), listed(keys), keys);
});

/** Checks what can be checked of a command that isn't run: a rule of make, or files of the repository. */
function checkNotRun(command) {
    if (command.startsWith("make ")) {
        const dryRun = command.replace("make ", "make --dry-run ");
        execFileSync("bash", ["-c", dryRun], { cwd: ROOT, stdio: "pipe" });
    }
    for (const word of command.split(/\s+/).filter((word) => /^(\.ci|end2end|deploy)\b/.test(word))) {
        assert.ok(existsSync(join(ROOT, word)), `there is no ${word}`);
    }
}

/** A command with its parts replaced. */
function replaced(command) {
    return REPLACED.filter(({ part }) => command.includes(part)).reduce((replaced, replacement) => {
        used.add(replacement);
        return replaced.replace(replacement.part, replacement.by);
    }, command);
}

for (const path of paths) {
    const blocks = documents.get(path).blocks.filter(({ language, file }) => language === "sh" || file);
    if (blocks.length === 0) continue;
    test(`the commands of ${path} work`, async (t) => {
        const place = stage.place();
        for (const block of blocks) {
            if (block.file) place.write(block.file, block.text);
            if (block.language !== "sh") continue;
            place.beginBlock();
            for (const command of commandsOf(block)) {
                const exception = NOT_RUN.find((exception) => exception.command === nameOf(command));
                if (exception) {
                    used.add(exception);
                    await t.test(exception.command, (t) => {
                        checkNotRun(exception.command);
                        t.skip(exception.reason);
                    });
                } else {
                    await t.test(nameOf(command), () => place.run(replaced(command)));
                }
            }
        }
    });
}

test("every exception is still needed, and says why", () => {
    const stale = [...NOT_RUN, ...REPLACED].filter((exception) => !used.has(exception));
    assert.deepEqual(stale, []);
    for (const { reason } of [...NOT_RUN, ...REPLACED]) assert.ok(reason?.length > 10, "an exception has no reason");
});
