// What the extension promises to VS Code, asked through its API, against the real language server and daemon.
import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import * as vscode from "vscode";
import type { Board } from "../../src/board";
import type { Proposal, Run } from "../../src/contract";
import type { Exported } from "../../src/extension";
import { FAVOURITES, HISTORY, Requests } from "../../src/requests";
import { sampleCopy } from "../../src/sample";
import type { Server } from "../../src/server/server";
import { proposalRows, type Row, runRows } from "../../src/views/rows";

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

function folder(number: 0 | 1): vscode.WorkspaceFolder {
  const found = vscode.workspace.workspaceFolders?.[number];
  assert.ok(found, "the folder is not open");
  return found;
}

async function open(path: string, within = folder(0)): Promise<vscode.TextEditor> {
  const uri = vscode.Uri.joinPath(within.uri, path);
  return vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri));
}

/** The row of a run, once the run is in that state. */
async function runRow(id: string, state: Run["state"], round = 0): Promise<Row> {
  const { board } = await exported();
  return waitFor(() => {
    const run = board.runs.find((each) => each.id === id);
    return run?.state === state && (run.round ?? 0) >= round ? runRows(board).find((row) => row.id === id) : undefined;
  }, `the run ${id} to be ${state}`);
}

async function started(command: string, argument?: unknown): Promise<string> {
  const answer = await vscode.commands.executeCommand<{ run: string } | undefined>(command, argument);
  assert.ok(answer, `${command} started no run`);
  return answer.run;
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

function memory(): vscode.Memento {
  const kept = new Map<string, unknown>();
  return {
    keys: () => [...kept.keys()],
    get: (key: string, otherwise?: unknown) => kept.get(key) ?? otherwise,
    update: async (key: string, value: unknown) => void kept.set(key, value),
  } as vscode.Memento;
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
    await waitFor(() => (board.snapshot?.workspaces.length === 2 ? true : undefined), "both folders");
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

  it("plans first, is steered, and offers a change of two files of another folder by hunk", async () => {
    const { board } = await exported();
    const loads = (await open("loads.py", folder(1))).document;
    const runs = (await open("runs.py", folder(1))).document;
    const [loadsBefore, runsBefore] = [loads.getText(), runs.getText()];
    const run = await started("tercet.plan", { intent: "secure", uri: folder(1).uri.toString() });
    assert.equal((await runRow(run, "waiting")).contextValue, "run.waiting");
    await vscode.commands.executeCommand("tercet.steer", { run, instructions: "Keep the names." });
    await vscode.commands.executeCommand("tercet.approve", (await runRow(run, "waiting", 1)).argument);
    const proposal = await waitFor(
      () => board.offered.find((each) => each.change_set.files.length === 2),
      "a proposal of two files",
    );
    await vscode.commands.executeCommand("tercet.compare", { proposal: proposal.id });
    const comparison = () =>
      vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs).find(({ label }) => label.startsWith("Tercet: "));
    await waitFor(comparison, "the comparison of both files");
    const row = proposalRows(board).find(({ id }) => id === proposal.id);
    const hunks = row?.rows.find(({ label }) => label === "loads.py")?.rows ?? [];
    assert.deepEqual(
      hunks.map(({ contextValue }) => contextValue),
      ["hunk.offered", "hunk.offered"],
    );
    await vscode.commands.executeCommand("tercet.applyHunk", hunks[1]?.argument);
    await waitFor(() => (loads.getText() !== loadsBefore ? true : undefined), "the applied hunk");
    assert.equal(loads.getText().split("safe_load").length, 2);
    assert.equal(runs.getText(), runsBefore);
    await waitFor(() => (comparison() === undefined ? true : undefined), "the end of the comparison");
    await vscode.commands.executeCommand("tercet.undo");
    await waitFor(() => (loads.getText() === loadsBefore ? true : undefined), "the undone hunk");
    await vscode.workspace.saveAll();
  });

  it("discards a hunk and a file of a proposal, and compares what is left", async () => {
    const { board } = await exported();
    const [loads, runs] = [(await open("loads.py", folder(1))).document, (await open("runs.py", folder(1))).document];
    const before = [loads.getText(), runs.getText()];
    await runRow(await started("tercet.secure", { uri: folder(1).uri.toString() }), "proposed");
    const offered = (what: string, ...counts: number[]) =>
      waitFor(() => {
        const fits = (each: Proposal) =>
          each.change_set.files.map(({ edits }) => edits.length).join() === counts.join();
        return board.offered.length === 1 ? board.offered.find(fits) : undefined;
      }, what);
    const whole = await offered("a proposal of three hunks", 2, 1);
    await vscode.commands.executeCommand("tercet.compare", { proposal: whole.id });
    const compared = () =>
      vscode.workspace.textDocuments.filter(({ uri }) => uri.scheme === "tercet-proposal").map(({ uri }) => uri);
    const isOf = (id: string) => (uri: vscode.Uri) => uri.query.includes(id) && uri.query.includes("after");
    await waitFor(() => compared().find(isOf(whole.id)), "the comparison");

    const [file] = proposalRows(board).find(({ id }) => id === whole.id)?.rows ?? [];
    await vscode.commands.executeCommand("tercet.discardHunk", file?.rows[0]?.argument);
    const left = await offered("the other two hunks", 1, 1);
    assert.equal(left.run_id, whole.run_id);
    const row = proposalRows(board).find(({ id }) => id === left.id);
    assert.match(String(row?.description), /^unverified/);
    assert.match(String(row?.tooltip), /was not proved by itself/);
    const side = await waitFor(() => compared().find(isOf(left.id)), "the comparison of what is left");
    await runRow(await started("tercet.review", { uri: folder(0).uri.toString() }), "completed");
    const shown = vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs.map(({ label }) => label));
    assert.ok(
      shown.some((label) => label.includes("(in part)")),
      shown.join(),
    ); // whatever else changes meanwhile
    await assert.rejects(
      (await exported()).server.execute("tercet.discard", { proposal: whole.id, paths: ["loads.py"] }),
      new RegExp(left.id),
    );

    await vscode.commands.executeCommand("tercet.comparison.discardFile", side);
    const last = await offered("the only hunk of the other file", 1);
    await vscode.commands.executeCommand("tercet.discard", { proposal: last.id });
    await runRow(last.run_id, "discarded");
    await waitFor(() => (board.offered.length === 0 ? true : undefined), "the end of the proposal");
    assert.deepEqual([loads.getText(), runs.getText()], before);
  });

  it("repairs from the test explorer, by a test's name or by its file, and does a run again", async () => {
    const { board } = await exported();
    const tests = vscode.tests.createTestController("tests-of-somebody", "Tests");
    const file = vscode.Uri.joinPath(folder(0).uri, "tests", "test_checkout.py");
    const named = tests.createTestItem(`${file.fsPath}::test_an_empty_basket_cannot_be_checked_out`, "named", file);
    const unnamed = tests.createTestItem("checkout > empty basket", "unnamed", file);
    const first = await started("tercet.tests.repair", named);
    const second = await started("tercet.tests.repair", unnamed);
    const third = await started("tercet.retry", { run: first });
    await vscode.commands.executeCommand("tercet.cancel");
    const found = await waitFor(() => {
      const runs = [first, second, third].map((id) => board.runs.find((each) => each.id === id));
      return runs.every((run) => run !== undefined && !board.active.includes(run)) ? runs : undefined;
    }, "the end of the runs");
    const test = "tests/test_checkout.py::test_an_empty_basket_cannot_be_checked_out";
    assert.deepEqual(
      found.map((run) => run?.target.tests),
      [[test], [], [test]],
    );
    assert.equal(found[1]?.target.path, "tests/test_checkout.py");
    tests.dispose();
  });

  it("reviews what has changed since the last commit", async () => {
    const { board } = await exported();
    const root = folder(1).uri;
    const git = (...args: string[]) =>
      execFileSync("git", ["-c", "user.name=T", "-c", "user.email=t@localhost", "-C", root.fsPath, ...args]);
    git("init", "--quiet");
    git("add", ".");
    git("commit", "--quiet", "--no-verify", "--message", "first");
    await vscode.workspace.fs.writeFile(vscode.Uri.joinPath(root, "fresh.py"), Buffer.from("VALUE = 1\n"));
    await vscode.commands.executeCommand("tercet.changes.review", { rootUri: root });
    const run = await waitFor(
      () => board.runs.find((each) => each.target.base === "HEAD" && each.state === "completed"),
      "the review",
    );
    assert.match(run.answer ?? "", /1 file changed since/);
  });

  it("follows a run in words, and exports its log", async () => {
    const { board } = await exported();
    const run = await waitFor(() => board.runs.find((each) => each.state === "completed")?.id, "a run that is over");
    await vscode.commands.executeCommand("tercet.run.follow", { run });
    const tabs = () => vscode.window.tabGroups.all.flatMap((group) => group.tabs);
    await waitFor(() => tabs().find(({ label }) => label.includes(run)), "the run's page");
    const query = new URLSearchParams({ run }).toString();
    const page = vscode.Uri.from({ scheme: "tercet-paper", path: `/Run ${run}.md`, query });
    assert.match((await vscode.workspace.openTextDocument(page)).getText(), /## What happened[\s\S]*run\./);
    await vscode.commands.executeCommand("tercet.run.export", { run });
    const log = await waitFor(
      () => vscode.workspace.textDocuments.find(({ uri, isDirty }) => uri.scheme === "untitled" && isDirty),
      "the log",
    );
    const events: { run_id: string }[] = log
      .getText()
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    assert.ok(events.length > 1);
    assert.deepEqual(
      events.filter((event) => event.run_id !== run),
      [],
    );
  });

  it("says what a run cost, and of how much of it nobody knows", async () => {
    const { board } = await exported();
    const [run] = board.runs;
    assert.ok(run, "no run is known");
    const description = (cost_usd: number, unpriced_calls: number) => {
      const paid: Run = { ...run, state: "completed", cost_usd, unpriced_calls };
      const [row] = runRows({ runs: [paid] } as unknown as Board);
      return row?.description;
    };
    assert.equal(description(0, 0), "completed");
    assert.equal(description(0.004, 0), "completed · < $0.01");
    assert.equal(description(0.126, 0), "completed · $0.13");
    assert.equal(description(0, 1), "completed · 1 call of unknown cost");
    assert.equal(description(1.5, 2), "completed · $1.50 + 2 calls of unknown cost");
  });

  it("remembers what was asked, newest first and once, and keeps favourites above it", async () => {
    const { document } = await open("src/bookshop/discounts.py");
    const sent: unknown[] = [];
    const server = { execute: async (...call: unknown[]) => sent.push(call) } as unknown as Server;
    const requests = new Requests(server, memory());
    for (const instructions of ["one", "two", "one", ""]) {
      await requests.send({ instructions, intent: "implement" }, "file");
    }
    assert.deepEqual(sent[0], [
      "tercet.run",
      { instructions: "one", intent: "implement", uri: document.uri.toString() },
    ]);
    const asked = () => requests.recalled(HISTORY).map(({ instructions }) => instructions);
    assert.deepEqual(asked(), ["one", "two"]);
    const [, two] = requests.recalled(HISTORY);
    await requests.star(two, true);
    const labels = requests.choices(" three ").map(({ label }) => label);
    const [typed, heading, favourite] = labels;
    assert.deepEqual([typed, heading, favourite], ["$(play) three", "Favourites", "$(star-full) two"]);
    assert.deepEqual(labels.slice(-2), ["Asked before", "$(history) one"]);
    await requests.star(two, false);
    assert.deepEqual(requests.recalled(FAVOURITES), []);
    assert.deepEqual(asked(), ["one", "two"]);
    for (let number = 0; number < 40; number++) {
      await requests.send({ instructions: `request ${number}` }, "file");
    }
    assert.deepEqual([asked().length, asked()[0]], [30, "request 39"]);
  });

  it("opens the sample again as it is, or a fresh copy beside what was changed", async () => {
    const extension = vscode.extensions.getExtension(EXTENSION);
    assert.ok(extension);
    const shipped = vscode.Uri.joinPath(extension.extensionUri, "out", "sample");
    const storage = vscode.Uri.file(await mkdtemp(join(tmpdir(), "tercet-sample-")));
    let answer: boolean | undefined;
    let asked = 0;
    const copy = async () => {
      const uri = await sampleCopy(shipped, storage, async () => {
        asked++;
        return answer;
      });
      return uri && basename(uri.path);
    };
    assert.deepEqual([await copy(), await copy(), asked], ["bookshop", "bookshop", 0]);
    const changed = vscode.Uri.joinPath(storage, "bookshop", "src", "bookshop", "discounts.py");
    await vscode.workspace.fs.writeFile(changed, Buffer.from("mine"));
    assert.deepEqual([await copy(), asked], [undefined, 1]);
    answer = false;
    assert.equal(await copy(), "bookshop");
    answer = true;
    assert.deepEqual([await copy(), await copy(), asked], ["bookshop-2", "bookshop-2", 3]);
    assert.equal(await readFile(changed.fsPath, "utf8"), "mine");
    await vscode.workspace.fs.delete(vscode.Uri.joinPath(storage, "bookshop-2", "pyproject.toml"));
    assert.equal(await copy(), "bookshop-3");
    await rm(storage.fsPath, { recursive: true });
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
