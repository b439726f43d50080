// Checks what installs Keystream, in deploy/: the chart, the systemd unit and the Containerfile. Each check is also
// seen to fail on a planted fault.
// Run it after `.ci/setup test` and `.ci/build dev`: node --test end2end/deploy/check.mjs
import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, test } from "node:test";
import {
    CHART, ROOT, exposure, hadolint, lintChart, readYaml, render, run, unitProblems, validate,
} from "./tools.mjs";

const WORK = mkdtempSync(join(tmpdir(), "keystream-deploy-"));
const VALUES = readdirSync(join(CHART, "ci")).map((name) => join(CHART, "ci", name));
const [SQLITE, POSTGRES, ALB] = ["sqlite", "postgres", "alb"].map((name) => join(CHART, `ci/${name}-values.yaml`));
const UNIT = join(ROOT, "deploy/systemd/keystream.service");
const ALERTS = join(ROOT, "deploy/prometheus/keystream.rules.yml");
const CONTAINERFILE = join(ROOT, "deploy/Containerfile");
const MOST_EXPOSURE = 2.0;

after(() => rmSync(WORK, { recursive: true }));

const read = (path) => readFileSync(path, "utf8");

function write(name, text) {
    const path = join(WORK, name);
    writeFileSync(path, text);
    return path;
}

/** A copy of a file in which a text is replaced; it must be there. */
function planted(path, text, by) {
    const original = read(path);
    assert.ok(original.includes(text), `${path} has no ${text}`);
    return write(basename(path), original.replace(text, by));
}

/** The manifests that the chart makes of values, in a file and parsed, by kind and name. */
function manifests(values, flags = []) {
    const { status, stdout, output } = render(CHART, values, WORK, flags);
    assert.equal(status, 0, output);
    const file = write("manifests.yaml", stdout);
    const parsed = new Map(readYaml(file).map((one) => [`${one.kind}/${one.metadata.name}`, one]));
    return { file, parsed };
}

/** What the program says of a configuration: its exit code is 0 if it understands every setting. */
function understood(config) {
    const database = `sqlite://${join(mkdtempSync(join(WORK, "database-")), "keystream.db")}`;
    const env = { PATH: process.env.PATH, KEYSTREAM_DATABASE_URL: database };
    const options = { env, cwd: WORK };
    return run(join(ROOT, "target/keystream"), ["user", "list", "--config", write("keystream.toml", config)], options);
}

test("the chart has the version of the program", () => {
    const version = /^version = "(.+)"$/m.exec(read(join(ROOT, "Cargo.toml")))[1];
    const [chart] = readYaml(join(CHART, "Chart.yaml"));
    assert.deepEqual([chart.version, chart.appVersion], [version, version]);
});

for (const values of VALUES) {
    test(`the chart with ${basename(values)}: lint, Kubernetes's schemas, and Keystream's settings`, () => {
        const linted = lintChart(CHART, values, WORK);
        assert.equal(linted.status, 0, linted.output);
        const { file, parsed } = manifests(values);
        const validated = validate(file);
        assert.equal(validated.status, 0, validated.output);
        // Kubernetes has no schema of the Prometheus operator's kind: a test below compares all of it.
        const unread = validated.output.split("\n").filter((line) => line.startsWith("WARN"));
        assert.deepEqual(unread.filter((line) => !line.includes("kind ServiceMonitor ")), []);
        const config = understood(parsed.get("ConfigMap/trial-keystream").data["keystream.toml"]);
        assert.equal(config.status, 0, config.output);
    });
}

test("a pod has no privileges, a read-only root, and probes", () => {
    for (const values of VALUES) {
        const { parsed } = manifests(values);
        const { spec } = parsed.get("StatefulSet/trial-keystream").spec.template;
        const [container, ...others] = spec.containers;
        assert.equal(others.length, 0);
        assert.equal(spec.automountServiceAccountToken, false);
        const { runAsNonRoot, runAsUser, fsGroup, seccompProfile } = spec.securityContext;
        assert.deepEqual([runAsNonRoot, runAsUser, fsGroup], [true, 65532, 65532]);
        assert.equal(seccompProfile.type, "RuntimeDefault");
        assert.deepEqual(container.securityContext, {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ["ALL"] },
        });
        assert.equal(container.livenessProbe.httpGet.path, "/livez");
        assert.equal(container.readinessProbe.httpGet.path, "/readyz");
        assert.ok(container.resources.requests.memory && container.resources.limits.memory);
    }
    assert.match(read(CONTAINERFILE), /^USER 65532:65532$/m);
});

test("one replica keeps SQLite on a volume, and several share Postgres", () => {
    const one = manifests(SQLITE).parsed;
    const claims = (parsed) => {
        const { replicas, volumeClaimTemplates } = parsed.get("StatefulSet/trial-keystream").spec;
        return [replicas, volumeClaimTemplates.map(({ metadata }) => metadata.name)];
    };
    assert.deepEqual(claims(one), [1, ["data", "checkpoints"]]);
    assert.equal(one.get("PodDisruptionBudget/trial-keystream"), undefined);
    const several = manifests(POSTGRES).parsed;
    assert.deepEqual(claims(several), [3, ["checkpoints"]]);
    assert.equal(several.get("PodDisruptionBudget/trial-keystream").spec.maxUnavailable, 1);
    const role = several.get("ServiceAccount/trial-keystream").metadata.annotations["eks.amazonaws.com/role-arn"];
    assert.equal(role, "arn:aws:iam::111122223333:role/keystream");
    const { annotations } = several.get("Ingress/trial-keystream").metadata;
    assert.equal(annotations["nginx.ingress.kubernetes.io/proxy-buffering"], "off");
    assert.equal(annotations["nginx.ingress.kubernetes.io/proxy-read-timeout"], "120", "values win");
    const { egress } = several.get("NetworkPolicy/trial-keystream").spec;
    assert.deepEqual(egress.flatMap(({ ports }) => ports.map(({ port }) => port)), [53, 53, 443, 5432, 80, 3128]);
});

test("a load balancer of AWS serves https on the port of the public URL", () => {
    const ports = (flags) => {
        const { annotations } = manifests(ALB, flags).parsed.get("Ingress/trial-keystream").metadata;
        return JSON.parse(annotations["alb.ingress.kubernetes.io/listen-ports"]);
    };
    assert.deepEqual(ports([]), [{ HTTPS: 443 }]);
    assert.deepEqual(ports(["--set", "publicUrl=https://keystream.example:8443/"]), [{ HTTPS: 8443 }]);
});

/** The manifests of a kind. */
const ofKind = (parsed, wanted) => [...parsed.values()].filter(({ kind }) => kind === wanted);

test("a ServiceMonitor leads Prometheus to each pod's metrics, under the job of the alerts", () => {
    const { parsed } = manifests(POSTGRES);
    const [{ metadata, spec }, ...others] = ofKind(parsed, "ServiceMonitor");
    assert.equal(others.length, 0);
    assert.equal(metadata.name, "trial-keystream");
    assert.equal(metadata.labels.release, "kube-prometheus-stack");
    const selected = { "app.kubernetes.io/name": "keystream", "app.kubernetes.io/instance": "trial" };
    const credentials = { name: "keystream-metrics", key: "token" };
    assert.deepEqual(spec, {
        jobLabel: "app.kubernetes.io/name",
        selector: { matchLabels: selected },
        endpoints: [
            { port: "metrics", path: "/metrics", interval: "30s", authorization: { type: "Bearer", credentials } },
        ],
    });

    const hasLabels = (labels) => Object.entries(selected).every(([key, value]) => labels[key] === value);
    const services = ofKind(parsed, "Service").filter((service) => hasLabels(service.metadata.labels));
    const found = services.filter(({ spec: { ports } }) => ports.some(({ name }) => name === spec.endpoints[0].port));
    assert.deepEqual(found.map((service) => service.metadata.name), ["trial-keystream-pods"]);
    const jobs = new Set([...read(ALERTS).matchAll(/\bjob="([^"]*)"/g)].map(([, job]) => job));
    assert.deepEqual([...jobs], [found[0].metadata.labels[spec.jobLabel]]);

    const { port, targetPort } = found[0].spec.ports.find(({ name }) => name === "metrics");
    const [{ ports, env }] = parsed.get("StatefulSet/trial-keystream").spec.template.spec.containers;
    assert.equal(ports.find(({ name }) => name === targetPort).containerPort, port);
    const config = parsed.get("ConfigMap/trial-keystream").data["keystream.toml"];
    assert.ok(config.includes(`metrics_listen = "0.0.0.0:${port}"\n`), config);
    const token = env.find(({ name }) => name === "KEYSTREAM_METRICS_TOKEN");
    assert.deepEqual(token.valueFrom.secretKeyRef, credentials);
    const [, { from }] = parsed.get("NetworkPolicy/trial-keystream").spec.ingress;
    assert.deepEqual(from, [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "monitoring" } } }]);
});

test("there is no ServiceMonitor unless values ask for one, and none sends a token that isn't set", () => {
    for (const [values, flags] of [[SQLITE, []], [ALB, []], [SQLITE, ["--set", "metrics.enabled=true"]]]) {
        assert.deepEqual(ofKind(manifests(values, flags).parsed, "ServiceMonitor"), []);
    }
    const { parsed } = manifests(ALB, ["--set", "metrics.enabled=true,serviceMonitor.enabled=true"]);
    const [{ spec }] = ofKind(parsed, "ServiceMonitor");
    assert.deepEqual(spec.endpoints, [{ port: "metrics", path: "/metrics" }]);
});

test("pods listen on IPv6 where the values say so", () => {
    const { parsed } = manifests(POSTGRES, ["--set", "bindAddress=[::]"]);
    const [{ env }] = parsed.get("StatefulSet/trial-keystream").spec.template.spec.containers;
    assert.equal(env.find(({ name }) => name === "KEYSTREAM_LISTEN").value, "[::]:3000");
    const config = parsed.get("ConfigMap/trial-keystream").data["keystream.toml"];
    assert.match(config, /^metrics_listen = "\[::\]:9100"$/m);
    const { status, output } = understood(config);
    assert.equal(status, 0, output);
});

const MONITORED = "serviceMonitor.enabled=true";
const onPostgres = ["--set", "database.kind=postgres,database.existingSecret=db,checkpoints.existingSecret=key"];
for (const [what, flags, says] of [
    ["no public URL", ["--set", "publicUrl="], "/publicUrl"],
    ["a public URL of plain http", ["--set", "publicUrl=http://keystream.example"], "/publicUrl"],
    ["a public URL with a path", ["--set", "publicUrl=https://keystream.example/x"], "/publicUrl"],
    ["no image", ["--set", "image.repository="], "/image/repository"],
    ["several replicas on SQLite", ["--set", "replicas=2"], "/replicas"],
    ["Postgres without a Secret", [...onPostgres, "--set", "database.existingSecret="], "/database/existingSecret"],
    ["Postgres without a key", [...onPostgres, "--set", "checkpoints.existingSecret="], "/checkpoints/existingSecret"],
    ["another database", ["--set", "database.kind=mysql"], "/database/kind"],
    ["a provider without rules", ["--set", "oidc.issuer=https://a.example,oidc.clientId=k"], "/oidc"],
    ["a secret in plain sight", ["--set", "settings.oidc_client_secret=secret"], "'oidc_client_secret'"],
    ["a token in plain sight", ["--set", "settings.audit_stream_token=secret"], "'audit_stream_token'"],
    ["the database's URL in plain sight", ["--set", "settings.database_url=postgres://u:p@h/d"], "'database_url'"],
    ["a setting as a variable", ["--set", "env[0].name=KEYSTREAM_LISTEN,env[0].value=x"], "/env/0/name"],
    ["the portal's port for metrics", ["--set", "metrics.port=3000"], "/metrics/port"],
    ["a ServiceMonitor without metrics", ["--set", `${MONITORED},networkPolicy.enabled=false`], "/metrics/enabled"],
    [
        "a ServiceMonitor that the network policy locks out",
        ["--set", `${MONITORED},metrics.enabled=true`],
        "/networkPolicy/metricsFrom",
    ],
    ["an interval that isn't one", ["--set", "serviceMonitor.interval=often"], "/serviceMonitor/interval"],
    ["an unknown value", ["--set", "replicaCount=1"], "replicaCount"],
]) {
    test(`the chart refuses ${what}`, () => {
        const { status, output } = render(CHART, SQLITE, WORK, flags);
        assert.equal(status, 1, output);
        assert.match(output, /values don't meet the specifications of the schema/);
        assert.ok(output.includes(says), output);
    });
}

test("two replicas on Postgres are not refused", () => {
    const { parsed } = manifests(SQLITE, [...onPostgres, "--set", "replicas=2"]);
    assert.equal(parsed.get("StatefulSet/trial-keystream").spec.replicas, 2);
});

test("faults of the chart are found", () => {
    const chart = join(WORK, "keystream");
    cpSync(CHART, chart, { recursive: true });
    const service = join(chart, "templates/service.yaml");
    writeFileSync(service, read(service).replace("{{ .Values.service.port }}", "{{ .Values.service.port"));
    assert.equal(lintChart(chart, SQLITE, WORK).status, 1);
    const { file } = manifests(SQLITE);
    for (const [text, by] of [["replicas: 1", "replicas: one"], ["livenessProbe:", "livenesProbe:"]]) {
        const { status, output } = validate(planted(file, text, by));
        assert.notEqual(status, 0, output);
        manifests(SQLITE);
    }
    const { parsed } = manifests(SQLITE, ["--set", "settings.unheard_of=1"]);
    const { status, output } = understood(parsed.get("ConfigMap/trial-keystream").data["keystream.toml"]);
    assert.equal(status, 1);
    assert.match(output, /^keystream: unheard_of is not a setting/m);
});

test("the unit is understood, and its sandbox is closed", () => {
    assert.deepEqual(unitProblems(UNIT), []);
    assert.ok(exposure(UNIT) <= MOST_EXPOSURE, `${exposure(UNIT)}`);
    const config = understood(read(join(ROOT, "deploy/systemd/keystream.toml")));
    assert.equal(config.status, 0, config.output);
});

test("faults of the unit are found", () => {
    const open = planted(UNIT, "CapabilityBoundingSet=\n", "");
    assert.ok(exposure(open) > MOST_EXPOSURE, `${exposure(open)}`);
    const [problem, ...others] = unitProblems(planted(UNIT, "PrivateTmp=yes", "PrivateTemp=yes"));
    assert.match(problem, /Unknown key( name)? 'PrivateTemp'/);
    assert.deepEqual(others, []);
});

test("the Containerfile is as hadolint wants it, and a fault is found", () => {
    const { status, output } = hadolint(CONTAINERFILE);
    assert.equal(status, 0, output);
    const faulty = hadolint(planted(CONTAINERFILE, "FROM scratch", "FROM debian\nRUN apt-get install curl"));
    assert.equal(faulty.status, 1);
    assert.match(faulty.output, /DL3006/);
});
