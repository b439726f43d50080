// Parses documents: their links, anchors and fenced blocks, and the problems in them.
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import GithubSlugger from "github-slugger";
import { lexer, walkTokens } from "marked";

/** The allowed languages of fenced blocks. Commands are always `sh`, so that all of them are run. */
const LANGUAGES = ["sh", "toml", "json", "text", "mermaid"];
/** The widest line, apart from rows of tables. */
const WIDEST = 120;
/** What a build creates. It exists here, but not where people read the documents. */
const BUILT = ["target", "end2end/node_modules", "end2end/test-results"];

/** The text of inline tokens, from which GitHub derives an anchor. */
function plainText(tokens) {
    return tokens.map((token) => (token.tokens ? plainText(token.tokens) : (token.text ?? ""))).join("");
}

/** A document by its path from the root of the repository. */
export class Document {
    links = [];
    anchors = new Set();
    blocks = [];
    problems = [];

    constructor(root, path, text = readFileSync(join(root, path), "utf8")) {
        this.root = root;
        this.path = path;
        this.lines = text.trimEnd().split("\n").length;
        const wide = text.split("\n").filter((line) => line.length > WIDEST && !line.startsWith("|"));
        this.problems.push(...wide.map((line) => `a line has more than ${WIDEST} columns: ${line.slice(0, 80)}`));
        this.tokens = lexer(text);
        const slugger = new GithubSlugger();
        walkTokens(this.tokens, (token) => this.#take(token, slugger));
    }

    #take(token, slugger) {
        const at = token.raw.trim().split("\n")[0].slice(0, 80);
        switch (token.type) {
            case "heading":
                this.anchors.add(slugger.slug(plainText(token.tokens)));
                break;
            case "link":
            case "image":
            case "def":
                this.links.push(token.href);
                break;
            case "html":
                this.problems.push(`raw HTML, whose links would go unchecked: ${at}`);
                break;
            case "text":
                // A link that doesn't parse, or without a definition, leaves its brackets in the text.
                if (!token.tokens && /\]\s?[[(]/.test(token.text)) {
                    this.problems.push(`a link that doesn't parse: ${at}`);
                }
                break;
            case "code":
                this.#takeBlock(token, at);
                break;
        }
    }

    #takeBlock(token, at) {
        const [language, file] = (token.lang ?? "").split(/\s+/);
        if (!LANGUAGES.includes(language)) {
            this.problems.push(`a block must be fenced as one of ${LANGUAGES.join(", ")}: ${at}`);
        }
        if (language === "json") {
            try {
                JSON.parse(token.text);
            } catch (error) {
                this.problems.push(`a block isn't JSON: ${error.message}`);
            }
        }
        this.blocks.push({ language, file, text: token.text });
    }

    /** The text of the cells in the first column of the table that follows a heading. */
    firstColumn(heading, word) {
        const start = this.tokens.findIndex((token) => token.type === "heading" && plainText(token.tokens) === heading);
        const tables = this.tokens.slice(start + 1).filter((token) => token.type === "table");
        const table = tables.find((table) => plainText(table.header[0].tokens) === word);
        if (start < 0 || !table) throw new Error(`${this.path} has no table of "${word}" after "${heading}"`);
        const words = (row) => row[0].tokens.filter((token) => token.type === "codespan");
        return table.rows.flatMap(words).map((token) => token.text);
    }
}

/** What is wrong with an external link. It is never fetched. */
function externalProblem(href) {
    if (!URL.canParse(href) || /\s/.test(href)) return "it can't be parsed";
    const url = new URL(href);
    if (url.protocol !== "https:") return `it is ${url.protocol} and not https:`;
    if (url.username || url.password) return "it has credentials in it";
    return url.hostname.includes(".") ? null : "its host has no domain";
}

/** What is wrong with a link in a document, or null. `documents` caches the documents that links lead to. */
export function linkProblem(document, href, documents) {
    if (/^[a-z][a-z0-9+.-]*:/i.test(href)) return externalProblem(href);
    const [path, anchor] = href.split("#");
    if (path.startsWith("/")) return "it begins with a slash, so it leads out of the repository";
    const target = path === "" ? document.path : normalize(join(dirname(document.path), decodeURIComponent(path)));
    if (target.startsWith("..")) return "it leads out of the repository";
    const isBuilt = BUILT.some((built) => target === built || target.startsWith(`${built}/`));
    if (isBuilt) return "it leads to what a build makes";
    if (!existsSync(join(document.root, target))) return `there is no ${target}`;
    if (anchor === undefined) return null;
    if (!target.endsWith(".md")) return "only documents have anchors";
    if (!documents.has(target)) documents.set(target, new Document(document.root, target));
    return documents.get(target).anchors.has(anchor) ? null : `${target} has no heading #${anchor}`;
}

/** The commands in a block: one per line, continued after a backslash at the end of a line. */
export function commandsOf(block) {
    const whole = block.text.replace(/\\\n/g, "\u0000").split("\n");
    const lines = whole.map((line) => line.replaceAll("\u0000", "\\\n").trim());
    return lines.filter((line) => line !== "" && !line.startsWith("#"));
}

/** A command without its comment, as exceptions name it. */
export function nameOf(command) {
    return command.replace(/\s+#\s.*$/, "").trim();
}
