// Generates src/contract.ts, the types of everything that Tercet's language server sends and takes, from docs/schema.
import { readFileSync, writeFileSync } from "node:fs";
import { compile } from "json-schema-to-typescript";

const read = (name) => JSON.parse(readFileSync(new URL(`../../docs/schema/${name}`, import.meta.url), "utf8"));

// A property's title would become a type of its own beside its model's; what is described once is enough.
function withoutTitles(node, isModel) {
  if (Array.isArray(node)) return node.map((each) => withoutTitles(each, false));
  if (node === null || typeof node !== "object") return node;
  const entries = Object.entries(node).filter(
    ([key, value]) => isModel || key !== "title" || typeof value !== "string",
  );
  return Object.fromEntries(
    entries.map(([key, value]) => [
      key,
      key === "$defs" ? mapped(value, (each) => withoutTitles(each, true)) : withoutTitles(value, false),
    ]),
  );
}

function mapped(object, change) {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]));
}

const editor = read("editor.json");
const schema = withoutTitles(read("tercet.schema.json"), true);
const types = await compile({ ...schema, title: "TercetContract" }, "TercetContract", {
  bannerComment: "// Generated from docs/schema by scripts/contract.mjs; not for editing.",
  additionalProperties: false,
  unreachableDefinitions: true,
  enableConstEnums: false,
  format: false,
});
const lists = `
export const COMMANDS = ${JSON.stringify(editor.commands)} as const;
export type ServerCommand = (typeof COMMANDS)[number];
export const OPTIONS = ${JSON.stringify(editor.options)} as const;
`;
writeFileSync(new URL("../src/contract.ts", import.meta.url), types + lists);
