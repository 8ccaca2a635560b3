// Bundles GraphiQL, its workers and the examples into dist/: hashed files under assets/, and the page that loads them.
import { readFile, rm, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { build } from "esbuild";

const BASE = "/ide/assets/";

const WORKERS = {
  editor: "monaco-editor/esm/vs/editor/editor.worker.js",
  graphql: "monaco-graphql/esm/graphql.worker.js",
  json: "monaco-editor/esm/vs/language/json/json.worker.js",
};

const shared = {
  bundle: true,
  minify: true,
  metafile: true,
  target: "es2022",
  logLevel: "warning",
  outdir: "dist/assets",
  publicPath: BASE,
  entryNames: "[name]-[hash]",
  assetNames: "[name]-[hash]",
  chunkNames: "chunk-[hash]",
  loader: { ".graphql": "text", ".svg": "copy", ".ttf": "file" },
};

const address = (file) => BASE + basename(file);

/** What an entry point became: its file, and the style sheet beside it. */
function outputOf({ metafile }, source) {
  const [file, { cssBundle }] = Object.entries(metafile.outputs).find(([, output]) =>
    output.entryPoint?.endsWith(source),
  );
  return { script: address(file), style: cssBundle && address(cssBundle) };
}

async function buildWorkers() {
  const result = await build({ ...shared, format: "iife", entryPoints: WORKERS });
  return Object.fromEntries(
    Object.entries(WORKERS).map(([name, source]) => [name, outputOf(result, source).script]),
  );
}

async function buildPage(workers) {
  const result = await build({
    ...shared,
    format: "esm",
    splitting: true,
    jsx: "automatic",
    entryPoints: { main: "main.jsx", icon: "icon.svg" },
    define: { "process.env.NODE_ENV": '"production"', WORKERS: JSON.stringify(workers) },
  });
  return { ...outputOf(result, "main.jsx"), icon: outputOf(result, "icon.svg").script };
}

await rm("dist", { recursive: true, force: true });
const addresses = await buildPage(await buildWorkers());
const template = await readFile("index.html", "utf8");
await writeFile("dist/index.html", template.replace(/\{(\w+)\}/g, (_, name) => addresses[name]));
