// The entry of the suite that runs inside VS Code's extension host, with the whole `vscode` API.
import Mocha from "mocha";
import * as vscode from "vscode";
import { WITHOUT_FOLDERS } from "./unusable";

export async function run(): Promise<void> {
  await foldersOpened();
  const mocha = new Mocha({ ui: "bdd", timeout: 600_000, color: false, reporter: "spec", bail: true });
  mocha.suite.emit("pre-require", globalThis, "", mocha);
  await import("./suite.js");
  const failures = await new Promise<number>((done) => mocha.run(done));
  if (failures > 0) {
    throw new Error(`${failures} failed`);
  }
}

async function foldersOpened(): Promise<void> {
  for (let turn = 0; turn < 100; turn++) {
    if (vscode.workspace.workspaceFolders?.length) {
      return;
    }
    await new Promise((done) => setTimeout(done, 100));
  }
  console.log(WITHOUT_FOLDERS);
  throw new Error(WITHOUT_FOLDERS);
}
