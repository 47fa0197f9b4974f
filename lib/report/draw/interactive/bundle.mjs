// node bundle.mjs: makes figures.min.js of figures.js and its packages in node_modules, and licences.txt of what went into it.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const { metafile } = await build({
  entryPoints: ["figures.js"],
  outfile: "figures.min.js",
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2020",
  charset: "ascii",
  legalComments: "none", // licences.txt has the whole texts
  metafile: true,
  logLevel: "warning",
});

const folder = /^node_modules\/(?:@[^/]+\/)?[^/]+/;
const packages = [...new Set(Object.keys(metafile.inputs).flatMap((file) => file.match(folder)?.[0] ?? []))].sort();

// Packages with the same licence text, letter by letter, share it.
const texts = new Map();
for (const path of packages) {
  const { name, version, license } = JSON.parse(readFileSync(join(path, "package.json"), "utf8"));
  const file = readdirSync(path).find((entry) => /^(licen[cs]e|copying)\b/i.test(entry));
  if (!file) throw new Error(`${name} has no licence file`);
  const text = readFileSync(join(path, file), "utf8").replaceAll("\r\n", "\n").trim();
  texts.set(text, [...(texts.get(text) ?? []), `${name} ${version} (${license})`]);
}
const sections = [...texts].map(([text, names]) => `${names.join(", ")}\n\n${text}\n`);
writeFileSync("licences.txt", sections.join("\n" + "-".repeat(80) + "\n\n"));
