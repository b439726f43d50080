// What the tests of proxies and networks have in common: certificates, free ports, and requests over TLS.
import { readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:http2";
import { request } from "node:https";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { run } from "./tools.mjs";

/** Something that is started must answer within this time. */
const STARTED_WITHIN_MS = 30_000;
/** The head of an answer must come within this time. */
const ANSWERED_WITHIN_MS = 10_000;

function openssl(args) {
    const { status, output } = run("openssl", args);
    if (status !== 0) throw new Error(`openssl ${args.join(" ")}: ${output}`);
}

/** Makes an authority and a certificate for these names, in files of a directory. */
export function makeCertificates(directory, names) {
    const file = (name) => join(directory, name);
    const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
    openssl(["req", "-x509", ...key, "-keyout", file("ca.key"), "-out", file("ca.pem"), "-subj", "/CN=Authority"]);
    openssl(["req", "-new", ...key, "-keyout", file("server.key"), "-out", file("server.csr"), "-subj", "/CN=server"]);
    writeFileSync(file("server.ext"), `subjectAltName=${names.map((name) => `DNS:${name}`).join(",")}\n`);
    const signed = ["-CA", file("ca.pem"), "-CAkey", file("ca.key"), "-extfile", file("server.ext")];
    openssl(["x509", "-req", "-in", file("server.csr"), ...signed, "-out", file("server.pem")]);
    const both = readFileSync(file("server.pem"), "utf8") + readFileSync(file("server.key"), "utf8");
    writeFileSync(file("both.pem"), both);
    const [authority, certificate, own, withKey] = ["ca.pem", "server.pem", "server.key", "both.pem"].map(file);
    return { authority, certificate, key: own, both: withKey };
}

/** A browser at an address of its own, with its cookie, that reaches a public URL by way of a proxy. */
export class Browser {
    cookie = "";

    constructor({ proxy, port, authority, address }) {
        const headers = { host: `localhost:${port}`, origin: `https://localhost:${port}`, accept: "text/html" };
        this.headers = { ...headers, "sec-fetch-site": "same-origin" };
        this.options = { host: proxy, port, localAddress: address, servername: "localhost", agent: false };
        this.options.ca = readFileSync(authority);
    }

    /** Sends a request; resolves with the answer once its head is there. */
    open(path, { method = "GET", form, headers = {} } = {}) {
        const body = form === undefined ? undefined : new URLSearchParams(form).toString();
        const all = { ...this.headers, ...headers };
        if (this.cookie !== "") all.cookie = this.cookie;
        if (body !== undefined) {
            all["content-type"] = "application/x-www-form-urlencoded";
            all["content-length"] = Buffer.byteLength(body);
        }
        return new Promise((done, failed) => {
            const sent = request({ ...this.options, method, path, headers: all });
            const late = setTimeout(() => sent.destroy(new Error(`${path} isn't answered`)), ANSWERED_WITHIN_MS);
            sent.on("response", done).on("error", failed);
            for (const end of ["response", "error"]) sent.on(end, () => clearTimeout(late));
            sent.end(body);
        });
    }

    /** Sends a request; resolves with the status, the headers and the whole text. */
    async get(path, options) {
        const answer = await this.open(path, options);
        answer.setEncoding("utf8");
        let text = "";
        for await (const chunk of answer) text += chunk;
        return { status: answer.statusCode, headers: answer.headers, rawHeaders: answer.rawHeaders, text };
    }

    post(path, form, headers) {
        return this.get(path, { method: "POST", form, headers });
    }

    /** Waits until the server behind the proxy answers. */
    async untilReady() {
        let why;
        for (const deadline = Date.now() + STARTED_WITHIN_MS; Date.now() < deadline; await sleep(50)) {
            const answer = await this.get("/readyz").catch((error) => ({ status: error.message }));
            if (answer.status === 200) return;
            why = answer.status;
        }
        throw new Error(`no answer from ${this.options.host} within ${STARTED_WITHIN_MS / 1_000} s: ${why}`);
    }
}

/** A browser that speaks HTTP/2 to the proxy, with each request on a connection of its own. */
export class Http2Browser extends Browser {
    open(path, { method = "GET", form, headers = {} } = {}) {
        const { host, port, ...options } = this.options;
        const session = connect(`https://${host}:${port}`, options);
        const { host: authority, ...own } = this.headers;
        const all = { ":method": method, ":path": path, ":authority": authority, ...own, ...headers };
        if (this.cookie !== "") all.cookie = this.cookie;
        if (form !== undefined) all["content-type"] = "application/x-www-form-urlencoded";
        return new Promise((done, failed) => {
            const sent = session.request(all);
            const late = setTimeout(() => sent.destroy(new Error(`${path} isn't answered`)), ANSWERED_WITHIN_MS);
            sent.on("response", (received) => {
                const rawHeaders = Object.entries(received).flatMap(([name, value]) => [name, String(value)]);
                done(Object.assign(sent, { statusCode: received[":status"], headers: received, rawHeaders }));
            });
            for (const failing of [session, sent]) failing.on("error", failed);
            for (const end of ["response", "error"]) sent.on(end, () => clearTimeout(late));
            sent.on("close", () => session.close());
            sent.end(form === undefined ? undefined : new URLSearchParams(form).toString());
        });
    }
}
