// Measures the extension in the extension host: how long until it is active, until its server runs, until the first finding.
// Prints one line of JSON; `node out/test/run_host.js EDITION out/test/measure/index.js` runs it. See docs/benchmarks.md.
import * as vscode from "vscode";
import type { Exported } from "../../src/extension";

const BROKEN = "def broken(:\n    pass\n";

export async function run(): Promise<void> {
  const extension = vscode.extensions.getExtension<Exported>("tercet.tercet");
  const folder = vscode.workspace.workspaceFolders?.[0];
  if (!extension || !folder || extension.isActive) {
    throw new Error("the extension must be there, inactive, with a folder open");
  }
  const uri = vscode.Uri.joinPath(folder.uri, "src", "bookshop", "broken.py");
  await vscode.workspace.fs.writeFile(uri, Buffer.from(BROKEN));
  const begun = performance.now();
  const since = () => Math.round(performance.now() - begun);
  await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri));
  const { server } = await extension.activate();
  const active_ms = since();
  await until(() => server.health === "running");
  const server_ms = since();
  await until(() => vscode.languages.getDiagnostics(uri).some((each) => each.source === "tercet"));
  const first_finding_ms = since();
  const startup = await startupPerformance(extension.id);
  console.log(JSON.stringify({ vscode: vscode.version, active_ms, server_ms, first_finding_ms, startup }));
}

/** The extension's row in VS Code's own "Startup Performance", in milliseconds: load code, call activate, finish activate. */
async function startupPerformance(id: string): Promise<Record<string, number>> {
  await vscode.commands.executeCommand("perfview.show");
  const document = await vscode.workspace.openTextDocument(vscode.Uri.parse("perf:Startup Performance"));
  const row = document
    .getText()
    .split("\n")
    .find((line) => line.startsWith(`| ${id} `));
  const [, , load_code, call_activate, finish_activate] = (row ?? "").split("|").slice(1).map(Number);
  return {
    load_code: load_code ?? Number.NaN,
    call_activate: call_activate ?? Number.NaN,
    finish_activate: finish_activate ?? Number.NaN,
  };
}

async function until(holds: () => boolean): Promise<void> {
  for (let turn = 0; !holds(); turn++) {
    if (turn > 12_000) {
      throw new Error("waited in vain");
    }
    await new Promise((done) => setTimeout(done, 5));
  }
}
