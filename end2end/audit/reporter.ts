// After the browser tests: whether every audit event that their servers wrote is as the published schema says and, if
// no test was left out, whether every kind of event was among them.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import type { FullConfig, FullResult, Reporter, Suite } from "@playwright/test/reporter";
import { COLLECTED, type Chain } from "../fixtures/audit.ts";

const SCHEMA = resolve(import.meta.dirname, "../../docs/audit-event.schema.json");
const VALIDATOR = join(import.meta.dirname, "validate.py");
const CACHE = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
const PYTHON = join(CACHE, "keystream/tools/deploy/bin/python");
/** The most problems that are printed, and how much of an event with them. */
const MOST_PRINTED = 20;
const EVENT_PRINTED = 1_000;
/** Flags with which a part of the tests runs, beside names of files and projects. */
const CHOOSES = /^(-[gG]|--grep|--last-failed|--only-changed|--shard|--test-list)/;

/** The kinds of events that browser tests don't cause, each with the reason. */
const NOT_CAUSED: Record<string, string> = {
    "change.slow": "5 minutes after a change was sent, which no test waits for",
    "change.closed": "5 minutes after a change was sent at the earliest, which no test waits for",
};

/** An event and the test whose server wrote it. */
interface Written {
    test: string;
    line: string;
}

export default class AuditEvents implements Reporter {
    #config!: FullConfig;
    #suite?: Suite;

    onBegin(config: FullConfig, suite: Suite): void {
        [this.#config, this.#suite] = [config, suite];
    }

    /** Playwright takes an error that is thrown here for a failed run too. */
    async onEnd({ status }: FullResult): Promise<{ status: "failed" } | undefined> {
        // Workers were ended in the middle of something, or tests were only listed.
        if (!["passed", "failed"].includes(status) || !this.#results().some((count) => count > 0)) return undefined;
        const chains = collected(this.#config);
        const written = chains.flatMap(({ test, lines }) => lines.map((line) => ({ test, line })));
        const problems = [
            ...chains.flatMap(({ test, failure }) => (failure ? [`${test}: the export failed: ${failure}`] : [])),
            ...invalid(written),
            ...this.#wrongKinds(written, status === "passed" && this.#isWhole()),
        ];
        if (problems.length === 0) {
            const all = `${written.length} audit events in ${chains.length} databases`;
            if (chains.length > 0) console.log(`${all} are as the schema says`);
            return undefined;
        }
        console.error(`Audit events aren't as ${SCHEMA} says:`);
        for (const problem of problems.slice(0, MOST_PRINTED)) console.error(`  ${problem}`);
        if (problems.length > MOST_PRINTED) console.error(`  and ${problems.length - MOST_PRINTED} more`);
        return { status: "failed" };
    }

    /** How many results each test has. */
    #results(): number[] {
        return this.#suite?.allTests().map(({ results }) => results.length) ?? [];
    }

    /** Whether no test was left out: each has a result, also one that is skipped in a mode. */
    #isWhole(): boolean {
        if (process.argv.some((flag) => CHOOSES.test(flag)) || this.#results().includes(0)) return false;
        return this.#config.projects.every(({ name, testDir }) => {
            const files = this.#suite?.suites.find((suite) => suite.title === name)?.suites ?? [];
            const ran = new Set(files.map(({ location }) => location?.file));
            const specs = readdirSync(testDir, { recursive: true, encoding: "utf8" });
            return specs.filter((spec) => spec.endsWith(".spec.ts")).every((spec) => ran.has(join(testDir, spec)));
        });
    }

    /** Kinds that the schema doesn't know, and known ones that nothing caused. */
    #wrongKinds(written: Written[], isWhole: boolean): string[] {
        const known: string[] = JSON.parse(readFileSync(SCHEMA, "utf8")).properties.action.examples;
        const seen = new Map(written.map((event) => [(JSON.parse(event.line) as { action: string }).action, event]));
        const problems: string[] = [];
        for (const [kind, event] of seen) {
            if (!known.includes(kind)) problems.push(told(event, `${kind} isn't among the examples of action`));
        }
        for (const kind of isWhole ? known : []) {
            if (!seen.has(kind) && !(kind in NOT_CAUSED)) problems.push(`no test caused an event of the kind ${kind}`);
        }
        return problems;
    }
}

/** What the workers collected. */
function collected({ projects }: FullConfig): Chain[] {
    const directories = new Set(projects.map(({ outputDir }) => join(outputDir, COLLECTED)));
    const files = [...directories].filter(existsSync).flatMap((at) => readdirSync(at).map((name) => join(at, name)));
    return files.flatMap((file) => readFileSync(file, "utf8").trimEnd().split("\n").map((line) => JSON.parse(line)));
}

/** What the validator says against events. */
function invalid(written: Written[]): string[] {
    const input = written.map(({ line }) => line).join("\n");
    if (input === "") return [];
    const limits = { encoding: "utf8", maxBuffer: 1 << 30 } as const;
    const { status, stdout, stderr, error } = spawnSync(PYTHON, [VALIDATOR, SCHEMA], { input, ...limits });
    if (error) throw new Error(`${PYTHON} can't be run; .ci/setup test installs it`, { cause: error });
    const found = [...stdout.matchAll(/^line (\d+): (.*)$/gm)];
    if (status !== Math.min(found.length, 1)) throw new Error(`${VALIDATOR} failed: ${stdout}${stderr}`);
    return found.map(([, number, why]) => told(written[Number(number) - 1]!, why!));
}

function told({ test, line }: Written, why: string): string {
    return `${test}: ${why}\n    ${line.slice(0, EVENT_PRINTED)}`;
}
