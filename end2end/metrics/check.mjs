// Checks metrics, health, alerts and the dashboard: with Prometheus's own tool, and against what the documents say.
// Run it after `.ci/setup test` and `.ci/build dev`: node --test end2end/metrics/check.mjs
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { readYaml } from "../deploy/tools.mjs";
import { endAll, freePort } from "../docs/commands.mjs";
import { Operator, startDemo } from "../docs/demo.mjs";
import { Document } from "../docs/markdown.mjs";
import { disable } from "../instances/portals.mjs";
import { until } from "../instances/waiting.mjs";
import { ofAnnotation, ofLegend, problemsOf, servedLabels } from "./queries.mjs";

const ROOT = resolve(import.meta.dirname, "../..");
const PROMTOOL = process.env.PROMTOOL ?? "promtool";
const RULES = "deploy/prometheus/keystream.rules.yml";
const RULES_TEST = "deploy/prometheus/keystream.rules.test.yml";
const DASHBOARD = "deploy/grafana/keystream.json";
/** Panels that every Grafana has. */
const PANELS = ["row", "stat", "timeseries"];

const text = (path) => readFileSync(join(ROOT, path), "utf8");
const operations = new Document(ROOT, "docs/operations.md");
const documented = new Set(operations.firstColumn("Metrics", "metric"));
const work = mkdtempSync(join(tmpdir(), "keystream-metrics-"));

let keystream;
let served;
/** Where the server listens. */
let listens;

before(async () => {
    const port = await freePort();
    const demo = await startDemo(work, { KEYSTREAM_METRICS_LISTEN: `127.0.0.1:${port}` });
    keystream = demo.keystream;
    listens = new URL(demo.origin).host;
    // Once a change has ended, every metric has a series.
    await disable(await Operator.signedIn(demo.origin), "orders-prod");
    served = await until("the end of a change", async () => {
        const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
        const printed = await answer.text();
        return /^keystream_changes_ended_total\{/m.test(printed) && Object.assign(answer, { text: printed });
    });
});
after(async () => {
    await keystream?.end("SIGINT");
    endAll();
    rmSync(work, { recursive: true, force: true });
});
process.on("exit", endAll);

/** Runs Prometheus's tool, which must find nothing. */
function promtool(args, input) {
    const { error, status, stdout, stderr } = spawnSync(PROMTOOL, args, { cwd: ROOT, input, encoding: "utf8" });
    assert.ifError(error);
    assert.equal(status, 0, `promtool ${args.join(" ")}:\n${stdout}${stderr}`);
    return stdout + stderr;
}

/** Every query, where it is, and the labels that texts show of its result. */
function* queries() {
    const { panels, templating } = JSON.parse(text(DASHBOARD));
    for (const { title, targets = [] } of panels) {
        for (const { expr, legendFormat = "" } of targets) {
            yield { where: `panel "${title}"`, query: expr, shown: ofLegend(legendFormat) };
        }
    }
    for (const { name, query } of templating.list.filter(({ type }) => type === "query")) {
        const [, metric, label] = /^label_values\((.+), (\w+)\)$/s.exec(query.query);
        yield { where: `variable ${name}`, query: metric, shown: [label] };
    }
    const [alerts] = readYaml(join(ROOT, RULES));
    for (const { alert, expr, annotations } of alerts.groups.flatMap(({ rules }) => rules)) {
        yield { where: alert, query: expr, shown: Object.values(annotations).flatMap(ofAnnotation) };
    }
    const [{ tests }] = readYaml(join(ROOT, RULES_TEST));
    for (const { name, input_series: series } of tests) {
        yield* series.map(({ series }) => ({ where: `the test "${name}"`, query: series, shown: [] }));
    }
}

/** The metrics that an expression names and the documents don't. */
function unknown(expressions) {
    const named = expressions.match(/\b(keystream|process)_[a-z_]+\b/g) ?? [];
    return named.filter((name) => !documented.has(name) && !documented.has(name.replace(/_(bucket|sum|count)$/, "")));
}

test("what the program serves passes Prometheus's linter", () => {
    assert.equal(served.status, 200);
    assert.equal(served.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    assert.equal(promtool(["check", "metrics"], served.text), "");
});

test("every metric that the program serves is in the table", () => {
    const names = [...served.text.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name);
    assert.ok(names.length > 20, served.text);
    assert.deepEqual(names.filter((name) => !documented.has(name)), []);
});

test("the alerts are valid, and do what their tests say", () => {
    promtool(["check", "rules", RULES]);
    promtool(["test", "rules", RULES_TEST]);
    assert.deepEqual(unknown(text(RULES)), []);
    assert.deepEqual(unknown(text(RULES_TEST)), []);
});

test("every alert is tested both ways, and has a runbook", () => {
    const rules = text(RULES).split(/^ {6}- alert: /m).slice(1);
    assert.ok(rules.length > 10);
    for (const rule of rules) {
        const name = /^\w+/.exec(rule)[0];
        for (const outcome of ["fires", "stays quiet"]) {
            const isTested = text(RULES_TEST).includes(`name: ${name} ${outcome}\n`);
            assert.ok(isTested, `${name} has no test that it ${outcome}`);
        }
        const [, path, anchor] = /^ +runbook: (\S+)#(\S+)$/m.exec(rule);
        assert.deepEqual([path, anchor], ["docs/operations.md", name.toLowerCase()]);
        assert.ok(operations.anchors.has(anchor), `${path} has no heading ${name}`);
        assert.match(rule, /^ +severity: (critical|warning)$/m);
    }
    const runbooks = [...text("docs/operations.md").matchAll(/^### (Keystream[A-Z]\w+)$/gm)].map(([, name]) => name);
    assert.deepEqual(runbooks, rules.map((rule) => /^\w+/.exec(rule)[0]), "in the order of the alerts");
});

test("the dashboard needs no plugin, and shows metrics that there are", () => {
    const { panels, templating, uid } = JSON.parse(text(DASHBOARD));
    assert.equal(uid, "keystream");
    assert.deepEqual(panels.map(({ type }) => type).filter((type) => !PANELS.includes(type)), []);
    assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length, "two panels have one id");
    const variables = templating.list.map(({ name }) => name);
    const targets = panels.flatMap((panel) => panel.targets ?? []);
    assert.ok(targets.length > 20);
    const records = targets.map(({ expr, datasource }, index) => {
        assert.equal(datasource.uid, "${datasource}", expr);
        assert.deepEqual(unknown(expr), [], expr);
        const used = [...expr.matchAll(/\$(?!__)(\w+)/g)].map(([, name]) => name);
        assert.deepEqual(used.filter((name) => !variables.includes(name)), [], expr);
        return { record: `dashboard:expression:${index}`, expr: expr.replaceAll("$__rate_interval", "5m") };
    });
    // JSON is YAML.
    const file = join(work, "dashboard.rules.yml");
    writeFileSync(file, JSON.stringify({ groups: [{ name: "dashboard", rules: records }] }));
    promtool(["check", "rules", file]);
    const shown = new Set(targets.flatMap(({ expr }) => expr.match(/\b(keystream|process)_[a-z_]+\b/g)));
    const isShown = (name) => ["", "_bucket"].some((suffix) => shown.has(name + suffix));
    assert.deepEqual([...documented].filter((name) => !isShown(name)), [], "metrics without a panel");
});

test("queries and texts use labels that the metrics have", () => {
    const labels = servedLabels(served.text);
    const all = [...queries()];
    assert.ok(all.length > 80, `only ${all.length} queries`);
    const problems = all.flatMap(({ where, query, shown }) =>
        problemsOf(query, shown, (metric) => labels.get(metric)).map((problem) => `${where}: ${problem}`),
    );
    assert.deepEqual(problems, []);
});

const BEHIND = "keystream_target_behind";
const DURATION = "keystream_http_request_duration_seconds";
for (const [query, shown, ...expected] of [
    ["keystream_panics", [], "keystream_panics isn't served"],
    [`${BEHIND}{stream="a"} == 1`, [], `${BEHIND} has {instance, job, target}, not stream`],
    [`sum by (region) (${BEHIND})`, [], "what sum by takes has {instance, job, target}, not region"],
    [`max(${BEHIND}) without (pod)`, [], "what max without takes has {instance, job, target}, not pod"],
    [`sum by (job) (${BEHIND})`, ofLegend("{{target}}"), "the result has {job}, and a text shows target"],
    [
        `${BEHIND} > 0`,
        ofAnnotation("{{ $labels.target }} of {{ $labels.account }}"),
        "the result has {instance, job, target}, and a text shows account",
    ],
    [
        `${BEHIND} unless on (target, part) keystream_target_paused`,
        [],
        "a side of unless has {instance, job, target}, not part",
        "a side of unless has {instance, job, target}, not part",
    ],
    [`${BEHIND} unless keystream_parts_down`, [], "{instance, job, target} unless {instance, job} never match"],
    [
        `histogram_quantile(0.9, sum by (route) (rate(${DURATION}_bucket[5m])))`,
        ["route"],
        "what histogram_quantile takes has {route}, not le",
    ],
    [`${DURATION}_sum{le="1"}`, [], `${DURATION}_sum has {instance, job, route}, not le`],
    [`${BEHIND} * on (instance) group_left (version) keystream_build_info`, ["target", "version"]],
]) {
    test(`labels are looked for in ${query}`, () => {
        const labels = servedLabels(served.text);
        assert.deepEqual(problemsOf(query, shown, (metric) => labels.get(metric)), expected);
    });
}

test("a query that isn't understood is an error, not passed over", () => {
    for (const query of ["count_values(\"v\", up)", "label_replace(up, \"a\", \"b\", \"c\", \"d\")", "up{", "up up"]) {
        assert.throws(() => problemsOf(query, [], () => new Set()), Error, query);
    }
});

test("`keystream health` exits with 0 while the server is well, and otherwise says why in one line", async () => {
    const health = (listen, ...flags) => {
        const env = { PATH: process.env.PATH, KEYSTREAM_LISTEN: listen };
        return spawnSync(join(ROOT, "target/keystream"), ["health", ...flags], { cwd: work, env, encoding: "utf8" });
    };
    for (const flags of [[], ["--live"]]) {
        const { status, stdout, stderr } = health(listens, ...flags);
        assert.deepEqual([status, stdout, stderr], [0, "", ""]);
    }
    const nowhere = health(`127.0.0.1:${await freePort()}`);
    assert.equal(nowhere.status, 1);
    assert.match(nowhere.stderr, /^keystream: http:\/\/127\.0\.0\.1:\d+\/readyz can't be reached: [^\n]+\n$/);
});
