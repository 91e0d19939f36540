// What is shipped: small, and with what it needs.
import * as assert from "node:assert/strict";
import { existsSync, readFileSync, statSync } from "node:fs";
import { listFiles, PackageManager } from "@vscode/vsce";

const MOST_BYTES = 1_000_000;
const manifest = JSON.parse(readFileSync("package.json", "utf8"));

describe("The package", () => {
  it("is smaller than a megabyte", () => {
    assert.ok(statSync("out/tercet.vsix").size < MOST_BYTES);
  });

  it("has the bundle, the sample and the pictures, and neither sources nor tests", async () => {
    const files = await listFiles({ cwd: process.cwd(), packageManager: PackageManager.None });
    for (const needed of ["out/extension.js", "out/sample/pyproject.toml", "images/icon.png", "README.md", "LICENSE"]) {
      assert.ok(files.includes(needed), `${needed} is missing`);
    }
    const allowed = /^(out\/extension\.js|out\/sample\/.*|images\/.*|package\.json|README\.md|CHANGELOG\.md|LICENSE)$/;
    assert.deepEqual(
      files.filter((each) => !allowed.test(each)),
      [],
    );
    assert.deepEqual(
      files.filter((each) => /__pycache__|\.pyc$/.test(each)),
      [],
    );
  });

  it("shows pictures that are there in its README", () => {
    const pictures = [...readFileSync("README.md", "utf8").matchAll(/!\[[^\]]*\]\(([^)]+)\)/g)].map(([, path]) => path);
    assert.ok(pictures.length > 0);
    assert.deepEqual(
      pictures.filter((path) => !existsSync(path ?? "")),
      [],
    );
  });
});

describe("The manifest", () => {
  const { commands, menus, walkthroughs, viewsWelcome, keybindings } = manifest.contributes;
  const declared = new Set(commands.map(({ command }: { command: string }) => command));
  const languages = manifest.activationEvents.map((each: string) => each.replace("onLanguage:", ""));

  it("offers commands in the menus of exactly the files that wake the extension", () => {
    for (const menu of ["editor/context", "explorer/context"]) {
      const [, pattern = ""] = /LangId =~ \/(.*)\/$/.exec(menus[menu][0].when) ?? [];
      const isOffered = new RegExp(pattern);
      assert.deepEqual(
        languages.filter((each: string) => !isOffered.test(each)),
        [],
      );
      assert.ok(!["markdown", "java", "pythonx", "plaintext"].some((each) => isOffered.test(each)));
    }
  });

  it("names no command that is not declared", () => {
    const inMenus = Object.values(menus as Record<string, { command?: string }[]>).flat();
    const linked = [...JSON.stringify([walkthroughs, viewsWelcome]).matchAll(/command:([\w.]+)/g)].map(
      ([, name]) => name,
    );
    const named = [...inMenus, ...keybindings].map(({ command }) => command).concat(linked);
    assert.deepEqual(
      named.filter((each) => each !== undefined && !declared.has(each)),
      [],
    );
  });

  it("runs where the files are, in limited trust, and in no virtual workspace", () => {
    assert.deepEqual(manifest.extensionKind, ["workspace"]);
    assert.equal(manifest.browser, undefined);
    assert.equal(manifest.capabilities.virtualWorkspaces.supported, false);
    const { supported, restrictedConfigurations } = manifest.capabilities.untrustedWorkspaces;
    assert.equal(supported, "limited");
    for (const setting of ["tercet.server.path", "tercet.interpreter"]) {
      assert.ok(restrictedConfigurations.includes(setting), setting);
    }
  });
});
