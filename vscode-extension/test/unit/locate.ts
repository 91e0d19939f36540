// Where the language server is looked for, and in which order; programs are files that may be executed.
import * as assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { locate, type Places } from "../../src/server/locate";

describe("The search for the language server", () => {
  let root: string;
  const before = { PATH: process.env.PATH, HOME: process.env.HOME };

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "tercet-locate-"));
    process.env.PATH = ["relative", join(root, "path")].join(delimiter);
    process.env.HOME = join(root, "home");
  });

  afterEach(() => {
    Object.assign(process.env, before);
    rmSync(root, { recursive: true, force: true });
  });

  const places = (wishes: Partial<Places> = {}): Places => ({
    setting: "",
    folders: [join(root, "one"), join(root, "two")],
    interpreter: join(root, "chosen", "bin", "python"),
    ownEnvironment: join(root, "own"),
    uvxPackage: undefined,
    ...wishes,
  });

  function program(...path: string[]): string {
    const file = join(root, ...path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, "");
    chmodSync(file, 0o755);
    return file;
  }

  it("goes from what is nearest to the workspace to what is farthest", async () => {
    const farthestFirst = [
      program("home", ".local", "bin", "tercet-lsp"),
      program("path", "tercet-lsp"),
      program("own", "bin", "tercet-lsp"),
      program("chosen", "bin", "tercet-lsp"),
      program("two", "venv", "bin", "tercet-lsp"),
      program("one", ".venv", "bin", "tercet-lsp"),
    ];
    for (const path of farthestFirst.reverse()) {
      assert.equal((await locate(places()))?.command, path);
      rmSync(path);
    }
    assert.equal(await locate(places()), undefined);
  });

  it("takes what was set and nothing else, with the folder, the home and the environment put in", async () => {
    program("one", ".venv", "bin", "tercet-lsp");
    const there = program("home", "bin", "server");
    for (const setting of ["~/bin/server", `\${env:HOME}/bin/server`, `\${workspaceFolder}/../home/bin/server`]) {
      const found = await locate(places({ setting }));
      assert.equal(found && join(found.command), there);
    }
    assert.equal(await locate(places({ setting: "~/bin/nothing" })), undefined);
  });

  it("looks in no folder and beside no interpreter of a workspace that is not trusted", async () => {
    program("one", ".venv", "bin", "tercet-lsp");
    program("chosen", "bin", "tercet-lsp");
    assert.equal(await locate(places({ folders: [], interpreter: undefined })), undefined);
  });

  it("lets uvx fetch it where that is wanted and nothing is installed", async () => {
    const uvx = program("path", "uvx");
    assert.equal(await locate(places()), undefined);
    const found = await locate(places({ uvxPackage: "tercet==0.1.0" }));
    assert.deepEqual(found && [found.command, ...found.args], [uvx, "--from", "tercet==0.1.0", "tercet-lsp"]);
  });

  it("takes no file that may not be executed", async () => {
    chmodSync(program("path", "tercet-lsp"), 0o644);
    assert.equal(await locate(places()), undefined);
  });
});
