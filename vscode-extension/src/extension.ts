// Wires the parts together. The extension only shows and asks: everything that is decided, the language server decides.
import * as vscode from "vscode";
import { Board } from "./board";
import { attempt, registerServerCommands, reviewChanges, runOf } from "./commands";
import { reportIssue } from "./issue";
import { registerNotices } from "./notices";
import { Papers } from "./papers";
import { Requests } from "./requests";
import { partOf, Review } from "./review";
import { openSample } from "./sample";
import { pythonExtension } from "./server/python";
import { RESTARTING, Server } from "./server/server";
import { registerSetup } from "./setup";
import { registerStatus } from "./status";
import { repairTest } from "./tests";
import { registerRequestView } from "./views/request";
import { registerTrees } from "./views/trees";

let started: Server | undefined;

export interface Exported {
  readonly server: Server;
  readonly board: Board;
}

export function activate(context: vscode.ExtensionContext): Exported {
  const log = vscode.window.createOutputChannel("Tercet", { log: true });
  const server = new Server(log, vscode.Uri.joinPath(context.globalStorageUri, "server").fsPath);
  const board = new Board(server, log);
  const papers = new Papers(server, board);
  const review = new Review(server, board);
  const requests = new Requests(server, context.workspaceState);
  const command = (name: string, work: (clicked?: unknown) => unknown) =>
    vscode.commands.registerCommand(name, (clicked?: unknown) => attempt(() => work(clicked)));
  context.subscriptions.push(
    log,
    server,
    board,
    papers,
    review,
    registerSetup(context, server, log),
    registerStatus(server, board),
    registerTrees(board),
    registerRequestView(requests),
    registerNotices(board),
    registerServerCommands({ server, board, papers, review }),
    command("tercet.server.log", () => log.show()),
    command("tercet.request.new", () => requests.ask()),
    command("tercet.run.follow", async (clicked) => followed(await runOf(board, clicked), (run) => papers.follow(run))),
    command("tercet.run.export", async (clicked) =>
      followed(await runOf(board, clicked), (run) => papers.exportLog(run)),
    ),
    command("tercet.tests.repair", (item) => repairTest(server, item as vscode.TestItem | undefined)),
    command("tercet.changes.review", (clicked) => reviewChanges({ server, board, papers, review }, clicked)),
    command("tercet.comparison.discardFile", (side) => server.execute("tercet.discard", { ...partOf(side) })),
    command("tercet.sample.open", () => openSample(context)),
    command("tercet.issue.report", () => reportIssue(context, server)),
    vscode.workspace.onDidGrantWorkspaceTrust(() => server.restart()),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (RESTARTING.some((section) => change.affectsConfiguration(section))) {
        void server.restart();
      }
    }),
  );
  started = server;
  void server.restart().then(() => followInterpreter(context, server));
  return { server, board };
}

export function deactivate(): Promise<void> | undefined {
  return started?.stop();
}

function followed(run: string | undefined, work: (run: string) => Promise<void>): Promise<void> | undefined {
  return run === undefined ? undefined : work(run);
}

async function followInterpreter(context: vscode.ExtensionContext, server: Server): Promise<void> {
  const environments = await pythonExtension();
  if (environments) {
    context.subscriptions.push(environments.onDidChangeActiveEnvironmentPath(() => server.restart()));
  }
}
