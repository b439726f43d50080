// Gives the files of a release's `pkg` names with a hash of their content, and compresses them ahead of serving.
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const pkg = process.argv[2];
const hashed = (name, content) => {
    const hash = createHash("sha256").update(content).digest("hex").slice(0, 20);
    const dot = name.lastIndexOf(".");
    return `${name.slice(0, dot)}.${hash}${name.slice(dot)}`;
};
const rename = (name) => {
    const to = hashed(name, readFileSync(join(pkg, name)));
    renameSync(join(pkg, name), join(pkg, to));
    return to;
};

// The font first: the style sheet names it. The script gets the wasm's address from the page, and names nothing.
const fonts = readdirSync(pkg).filter((name) => name.endsWith(".woff2"));
const css = join(pkg, "keystream.css");
for (const font of fonts) {
    const to = rename(font);
    writeFileSync(css, readFileSync(css, "utf8").replaceAll(font, to));
}
for (const name of ["keystream.css", "boot.js", "keystream.js", "keystream.wasm"]) {
    const to = rename(name);
    const content = readFileSync(join(pkg, to));
    const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: content.length };
    writeFileSync(join(pkg, `${to}.br`), brotliCompressSync(content, { params }));
    writeFileSync(join(pkg, `${to}.gz`), gzipSync(content, { level: 9 }));
}
