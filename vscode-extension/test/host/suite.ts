// What the extension promises to VS Code, asked through its API, against the real language server and daemon.
import * as assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import * as vscode from "vscode";
import type { Exported } from "../../src/extension";

const EXTENSION = "tercet.tercet";

async function exported(): Promise<Exported> {
  const extension = vscode.extensions.getExtension<Exported>(EXTENSION);
  assert.ok(extension, "the extension is not there");
  return extension.activate();
}

async function waitFor<Value>(ask: () => Value | undefined | Promise<Value | undefined>, what: string): Promise<Value> {
  for (let turn = 0; turn < 2000; turn++) {
    const value = await ask();
    if (value !== undefined) {
      return value;
    }
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`waited in vain for ${what}`);
}

async function open(path: string): Promise<vscode.TextEditor> {
  const folder = vscode.workspace.workspaceFolders?.[0];
  assert.ok(folder, "no folder is open");
  return vscode.window.showTextDocument(await vscode.workspace.openTextDocument(vscode.Uri.joinPath(folder.uri, path)));
}

function findings(document: vscode.TextDocument): vscode.Diagnostic[] {
  return vscode.languages.getDiagnostics(document.uri).filter((each) => each.source === "tercet");
}

async function action(document: vscode.TextDocument, at: vscode.Range, title: RegExp): Promise<vscode.CodeAction> {
  return waitFor(async () => {
    const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
      "vscode.executeCodeActionProvider",
      document.uri,
      at,
    );
    return actions.find((each) => title.test(each.title));
  }, `the code action ${title}`);
}

async function pick(chosen: vscode.CodeAction): Promise<unknown> {
  assert.ok(chosen.command, `${chosen.title} is a command`);
  return vscode.commands.executeCommand(chosen.command.command, ...(chosen.command.arguments ?? []));
}

describe("Tercet in the extension host", () => {
  it("does nothing before a supported file or a command", () => {
    assert.equal(vscode.extensions.getExtension(EXTENSION)?.isActive, false);
  });

  it("starts the language server with a Python file", async () => {
    await open("src/bookshop/discounts.py");
    const { server } = await exported();
    await waitFor(() => (server.health === "running" ? true : undefined), `the server (${server.detail})`);
  });

  it("registers every command that it declares", async () => {
    const extension = vscode.extensions.getExtension(EXTENSION);
    const declared: string[] = extension?.packageJSON.contributes.commands.map(
      (each: { command: string }) => each.command,
    );
    const registered = new Set(await vscode.commands.getCommands(true));
    assert.deepEqual(
      declared.filter((name) => !registered.has(name)),
      [],
    );
  });

  it("has key bindings that clash with none of VS Code's", async () => {
    const uri = vscode.Uri.parse("vscode://defaultsettings/keybindings.json");
    const text = (await vscode.workspace.openTextDocument(uri)).getText();
    const defaults = [...text.matchAll(/"key": "([^"]+)",\s*"command": "([^"]+)"/g)].map(([, key, command]) => ({
      key,
      command,
    }));
    assert.ok(defaults.length > 500, "the default key bindings were not read");
    const own = defaults.filter(({ command }) => command?.startsWith("tercet."));
    assert.ok(own.length >= 5);
    const [prefix] = own[0]?.key?.split(" ") ?? [];
    const taken = defaults.filter(
      ({ key, command }) => key?.split(" ")[0] === prefix && !command?.startsWith("tercet."),
    );
    assert.deepEqual(taken, []);
  });

  it("shows runs, proposals and findings in its board", async () => {
    const { board } = await exported();
    await waitFor(() => (board.snapshot?.daemon.state === "connected" ? true : undefined), "the daemon");
    await waitFor(() => (board.snapshot?.workspaces.length === 1 ? true : undefined), "the workspace");
    await waitFor(() => board.models, "the models' report");
  });

  it("repairs a failing test, applies the proposal, and undoes it", async () => {
    const suspected = await open("src/bookshop/discounts.py");
    const before = suspected.document.getText();
    await vscode.commands.executeCommand("tercet.review");
    const finding = await waitFor(() => findings(suspected.document)[0], "a suspicious line");
    await vscode.commands.executeCommand("tercet.fix");
    const proposed = await waitFor(
      () => findings(suspected.document).find((each) => each.message.startsWith("Tercet proposes")),
      `a proposal at ${finding.range.start.line}`,
    );
    await pick(await action(suspected.document, proposed.range, /^Tercet: apply/));
    await waitFor(() => (suspected.document.getText() !== before ? true : undefined), "the applied change");
    await suspected.document.save();
    const saved = await readFile(suspected.document.uri.fsPath, "utf8");
    assert.equal(saved, suspected.document.getText());
    await vscode.commands.executeCommand("tercet.undo");
    await waitFor(() => (suspected.document.getText() === before ? true : undefined), "the undone change");
    await suspected.document.save();
  });

  it("tells of a wrong argument in a sentence and does nothing", async () => {
    const { server } = await exported();
    await assert.rejects(server.execute("tercet.show", { proposal: "nonsense" }), /nonsense/);
  });

  it("restarts the server when a setting of it changes", async () => {
    const { server } = await exported();
    const seen: string[] = [];
    const listener = server.onDidChange(() => seen.push(server.health));
    const settings = vscode.workspace.getConfiguration("tercet");
    await settings.update("hover.symbols", false, vscode.ConfigurationTarget.Workspace);
    await waitFor(() => (seen.includes("stopped") && server.health === "running" ? true : undefined), "the restart");
    await settings.update("hover.symbols", undefined, vscode.ConfigurationTarget.Workspace);
    listener.dispose();
  });
});
