// Runs check-config against the hosts that AWS has, without a network: a proxy leads all of them to the simulator,
// behind a certificate of an authority of our own.
// Run it after `.ci/build dev`: node --test end2end/deploy/network.mjs
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createServer as createTlsServer } from "node:tls";
import { Process, endAll } from "../docs/commands.mjs";
import { startSimulator } from "../docs/installation.mjs";
import { makeCertificates } from "./servers.mjs";
import { ROOT } from "./tools.mjs";

const WORK = mkdtempSync(join(tmpdir(), "keystream-network-"));
const KEYSTREAM = join(ROOT, "target/keystream");
const [ACCOUNT, REGION] = ["111122223333", "eu-west-1"];
const OF_AWS = ["", ".control-kinesis", ".data-kinesis"].map((service) => `*${service}.${REGION}.amazonaws.com`);

/** The hosts that the proxy was asked for. */
const asked = new Set();
let ours;
let theirs;
let aws;
let proxy;
let simulator;

function directory(name) {
    const path = join(WORK, name);
    mkdirSync(path);
    return path;
}

/** Passes on what comes from either side, until one of them ends. */
function joined(one, other) {
    one.pipe(other).pipe(one);
    for (const side of [one, other]) side.on("error", () => [one, other].forEach((end) => end.destroy()));
}

async function listening(server) {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return server;
}

before(async () => {
    ours = makeCertificates(directory("ours"), ["localhost", ...OF_AWS]);
    theirs = makeCertificates(directory("theirs"), ["localhost"]);
    simulator = await startSimulator(WORK);
    const { port } = new URL(simulator.origin);
    const [key, cert] = [ours.key, ours.certificate].map((path) => readFileSync(path));
    aws = await listening(createTlsServer({ key, cert }, (client) => joined(client, connect(port, "127.0.0.1"))));
    // Whoever doesn't trust the certificate breaks off.
    aws.on("tlsClientError", () => {});
    proxy = createHttpServer((_, answer) => answer.writeHead(405).end());
    proxy.on("connect", ({ url }, client) => {
        asked.add(url);
        client.write("HTTP/1.1 200 Connection established\r\n\r\n");
        joined(client, connect(aws.address().port, "127.0.0.1"));
    });
    await listening(proxy);
});
after(async () => {
    await simulator?.end("SIGINT");
    for (const server of [aws, proxy]) server?.close();
    proxy?.closeAllConnections();
    endAll();
    rmSync(WORK, { recursive: true, force: true });
});
process.on("exit", endAll);
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));

/** Runs a command with these variables; it must end. The system's authorities are somebody else's. */
async function keystream(args, variables) {
    asked.clear();
    const cwd = mkdtempSync(join(WORK, "run-"));
    const env = {
        PATH: process.env.PATH,
        HOME: cwd,
        AWS_ACCESS_KEY_ID: ACCOUNT,
        AWS_SECRET_ACCESS_KEY: "simulated",
        AWS_EC2_METADATA_DISABLED: "true",
        KEYSTREAM_TARGETS: `${ACCOUNT}/${REGION}`,
        KEYSTREAM_LISTEN: "127.0.0.1:0",
        KEYSTREAM_SITE_ROOT: join(ROOT, "target/site"),
        SSL_CERT_FILE: theirs.authority,
        HTTPS_PROXY: `http://127.0.0.1:${proxy.address().port}`,
        ...variables,
    };
    const ran = new Process(KEYSTREAM, args, { env, cwd });
    const { code } = await ran.outcome();
    return { code, output: ran.output, errors: ran.errors, told: ran.told };
}

/** The hosts that check-config names, without repeats. */
const named = (output) => [...output.matchAll(/^ {2}host +(\S+) for /gm)].map(([, host]) => host);

test("through a proxy, to hosts with certificates of an authority in AWS_CA_BUNDLE", async () => {
    const { code, output, told } = await keystream(["check-config"], { AWS_CA_BUNDLE: ours.authority });
    assert.equal(code, 0, told);
    const services = ["sts", "kinesis", `${ACCOUNT}.control-kinesis`, `${ACCOUNT}.data-kinesis`];
    const expected = [...services, "kms", "cloudtrail", "tagging"];
    assert.deepEqual(named(output), expected.map((service) => `${service}.${REGION}.amazonaws.com:443`));
    assert.deepEqual([...asked].sort(), named(output).sort(), `exactly those are called; ${told}`);
    const lines = output.split("\n").filter((line) => /^ {2}(sts|kinesis|kms|cloudtrail|tag):/.test(line));
    assert.ok(lines.length >= 12, output);
    assert.deepEqual(lines.filter((line) => !/^ {2}\S+ +ok/.test(line)), []);
});

test("an authority that isn't named is not trusted", async () => {
    const { code, output, told } = await keystream(["check-config"], {});
    assert.equal(code, 1, told);
    assert.match(output, /sts:GetCallerIdentity +not answered: AWS could not be reached: /);
    assert.ok(asked.size > 0, "the proxy was asked");
});

test("the hosts in NO_PROXY are called directly", async () => {
    const variables = {
        AWS_CA_BUNDLE: ours.authority,
        AWS_ENDPOINT_URL: `https://localhost:${aws.address().port}`,
        NO_PROXY: "localhost",
    };
    const { code, told } = await keystream(["check-config"], variables);
    assert.equal(code, 0, told);
    assert.deepEqual([...asked], []);
});

for (const command of ["check-config", "serve"]) {
    test(`${command} says in one sentence that the machine has no authorities`, async () => {
        const { code, errors, told } = await keystream([command], { SSL_CERT_FILE: join(WORK, "none") });
        assert.equal(code, 1, told);
        const last = errors.trimEnd().split("\n").at(-1);
        assert.equal(
            last,
            "keystream: no certificate authorities were found on this machine; install its package of CA " +
                "certificates, or set AWS_CA_BUNDLE",
        );
        assert.doesNotMatch(told, /panicked/);
        assert.deepEqual([...asked], []);
    });
}

test("a file of authorities that isn't there is named with its setting", async () => {
    const missing = join(WORK, "missing.pem");
    const { code, errors } = await keystream(["check-config"], { AWS_CA_BUNDLE: missing });
    assert.equal(code, 1);
    assert.ok(errors.startsWith(`keystream: AWS_CA_BUNDLE: ${missing}: `), errors);
});
