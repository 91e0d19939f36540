// The language server's commands as VS Code's: arguments out of whatever the user clicked on, errors as messages.
import * as vscode from "vscode";
import { type Board, isActive } from "./board";
import { COMMANDS, type Run, type ServerCommand } from "./contract";
import type { Papers } from "./papers";
import { folderPlace, placeOf, reachHere } from "./requests";
import { proposalOf, type Review } from "./review";
import { type Server, sentence } from "./server/server";
import { Row, standingOf, titleOf } from "./views/rows";

export interface Parts {
  readonly server: Server;
  readonly board: Board;
  readonly papers: Papers;
  readonly review: Review;
}

type Argument = Record<string, unknown>;

/** What a command is about when nothing was clicked on: asked of the user or taken from the active editor. */
const SUBJECTS: Partial<Record<ServerCommand, (board: Board) => Promise<Argument | undefined>>> = {
  "tercet.fix": async () => folderPlace(),
  "tercet.review": async () => folderPlace(),
  "tercet.trust": async () => folderPlace(),
  "tercet.doctor": async () => folderPlace(),
  "tercet.index": async () => folderPlace(),
  "tercet.test": async () => activePlace(),
  "tercet.document": async () => activePlace(),
  "tercet.explain": async () => activePlace(),
  "tercet.refactor": async () => activePlace(),
  "tercet.optimise": async () => activePlace(),
  "tercet.secure": async () => activePlace(),
  "tercet.implement": instructed,
  "tercet.run": instructed,
  "tercet.plan": instructed,
  "tercet.approve": (board) => pickRun(board, isWaiting),
  "tercet.steer": (board) => pickRun(board, (run) => isActive(run) || isWaiting(run)),
  "tercet.retry": (board) => pickRun(board, (run) => !isActive(run) && !isWaiting(run)),
  "tercet.apply": pickProposal,
  "tercet.discard": pickProposal,
  "tercet.compare": pickProposal,
  "tercet.show": (board) => pickRun(board),
};

/** Commands that need words, and how to ask for them. */
const QUESTIONS: Partial<Record<ServerCommand, string>> = {
  "tercet.steer": "What is the run to heed from now on?",
};

export function registerServerCommands(parts: Parts): vscode.Disposable {
  const each = COMMANDS.map((command) =>
    vscode.commands.registerCommand(command, (clicked?: unknown) => attempt(() => execute(parts, command, clicked))),
  );
  return vscode.Disposable.from(...each);
}

/** Does it; what goes wrong is told to the user. */
export async function attempt<Result>(work: () => Promise<Result> | Result): Promise<Result | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof vscode.CancellationError)) {
      void vscode.window.showErrorMessage(`Tercet: ${sentence(error)}`);
    }
    return undefined;
  }
}

/** The run that a row or another caller names, or one that the user picks. */
export async function runOf(board: Board, clicked: unknown): Promise<string | undefined> {
  const named = argumentOf(clicked) ?? (await pickRun(board));
  return typeof named?.run === "string" ? named.run : undefined;
}

async function execute(parts: Parts, command: ServerCommand, clicked: unknown): Promise<unknown> {
  if (parts.server.health === "missing") {
    await vscode.commands.executeCommand("tercet.server.setUp");
    return undefined;
  }
  const subject = SUBJECTS[command];
  const argument = await worded(command, argumentOf(clicked) ?? (subject ? await subject(parts.board) : {}));
  if (argument === undefined) {
    return undefined;
  }
  if (command === "tercet.compare" && typeof argument.proposal === "string") {
    return parts.review.open(argument.proposal);
  }
  const { open: _, ...rest } = argument; // VS Code shows what is to be read itself, rendered
  const answer = await parts.server.execute(command, rest);
  if (typeof answer === "string") {
    await parts.papers.show(command === "tercet.doctor" ? "Check of this machine" : "Evidence", answer);
  }
  return answer;
}

async function worded(command: ServerCommand, argument: Argument | undefined): Promise<Argument | undefined> {
  const prompt = QUESTIONS[command];
  if (argument === undefined || prompt === undefined || argument.instructions !== undefined) {
    return argument;
  }
  const instructions = await vscode.window.showInputBox({ title: "Tercet", prompt });
  return instructions ? { ...argument, instructions } : undefined;
}

function argumentOf(clicked: unknown): Argument | undefined {
  if (clicked instanceof vscode.Uri) {
    const proposal = proposalOf(clicked);
    const file = clicked.scheme === "file" ? { uri: clicked.toString() } : undefined; // else VS Code's own, of a multi-diff editor
    return proposal ? { proposal } : file;
  }
  if (clicked instanceof Row) {
    return clicked.argument;
  }
  if (typeof clicked !== "object" || clicked === null) {
    return undefined;
  }
  return { ...clicked };
}

async function activePlace(): Promise<Argument | undefined> {
  if (reachHere() === "folder") {
    throw new Error("Open the file that this is about, or select a part of it.");
  }
  return placeOf(reachHere());
}

async function instructed(): Promise<Argument | undefined> {
  const reach = reachHere();
  const instructions = await vscode.window.showInputBox({
    title: "Tercet",
    prompt: `What is to be done with the ${reach}?`,
  });
  const place = instructions ? await placeOf(reach) : undefined;
  return place && { instructions, ...place };
}

async function pickProposal(board: Board): Promise<Argument | undefined> {
  const rows = board.offered.map((each) => ({ label: each.title, description: standingOf(each), proposal: each.id }));
  const [only] = rows;
  if (!only) {
    throw new Error("No proposal waits. *Repair What Fails* makes one.");
  }
  const chosen = rows.length === 1 ? only : await vscode.window.showQuickPick(rows, { title: "Which proposal?" });
  return chosen && { proposal: chosen.proposal };
}

async function pickRun(board: Board, isMeant: (run: Run) => boolean = () => true): Promise<Argument | undefined> {
  const runs = board.runs.filter(isMeant);
  const rows = runs.map((run) => ({ label: titleOf(run), description: run.state, run: run.id }));
  if (rows.length === 0) {
    throw new Error("There is no such run now. *Repair What Fails* starts one.");
  }
  const chosen = await vscode.window.showQuickPick(rows, { title: "Which run?" });
  return chosen && { run: chosen.run };
}

function isWaiting(run: Run): boolean {
  return run.state === "waiting";
}

/** What has changed since the last commit, staged or not, in the repository that was clicked on; the run is followed. */
export async function reviewChanges({ server, papers }: Parts, clicked: unknown): Promise<void> {
  const root = typeof clicked === "object" && clicked !== null && "rootUri" in clicked ? clicked.rootUri : undefined;
  const place = await folderPlace(root instanceof vscode.Uri ? root : undefined);
  if (place) {
    const started = (await server.execute("tercet.review", { ...place, base: "HEAD" })) as { run: string };
    await papers.follow(started.run);
  }
}
