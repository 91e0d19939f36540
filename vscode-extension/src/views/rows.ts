// What stands in the Tercet view: rows made of the language server's words, nothing worked out.
import * as vscode from "vscode";
import { type Board, isActive } from "../board";
import type { Check, CheckStatus, FileEdit, ModelState, Proposal, Run, RunState, TextEdit } from "../contract";

const RUN_ICONS: Partial<Record<RunState, string>> = {
  waiting: "bell-dot",
  proposed: "lightbulb",
  applied: "check",
  undone: "discard",
  discarded: "trash",
  superseded: "history",
  completed: "pass",
  no_candidate: "circle-slash",
  failed: "error",
  cancelled: "stop-circle",
};
const CHECK_ICONS: Record<CheckStatus, [string, string]> = {
  passed: ["pass", "testing.iconPassed"],
  failed: ["error", "testing.iconFailed"],
  skipped: ["circle-slash", "testing.iconSkipped"],
  error: ["warning", "testing.iconErrored"],
  warned: ["warning", "problemsWarningIcon.foreground"],
};
const SEVERITIES: [string, string, string][] = [
  ["Errors", "error", "problemsErrorIcon.foreground"],
  ["Warnings", "warning", "problemsWarningIcon.foreground"],
  ["Information", "info", "problemsInfoIcon.foreground"],
  ["Hints", "lightbulb", ""],
];

export interface Looks {
  readonly description?: string | undefined;
  readonly tooltip?: string | vscode.MarkdownString | undefined;
  readonly icon?: string | undefined;
  readonly color?: string | undefined;
  readonly kind?: string;
  readonly command?: vscode.Command | undefined;
  readonly argument?: Readonly<Record<string, unknown>>;
  readonly rows?: readonly Row[];
  readonly isOpen?: boolean;
}

/** One row; `argument` is what a command at it is about. */
export class Row extends vscode.TreeItem {
  readonly rows: readonly Row[];
  readonly argument: Readonly<Record<string, unknown>> | undefined;

  constructor(label: string, looks: Looks) {
    const { Collapsed, Expanded, None } = vscode.TreeItemCollapsibleState;
    super(label, looks.rows?.length ? (looks.isOpen ? Expanded : Collapsed) : None);
    this.rows = looks.rows ?? [];
    this.argument = looks.argument;
    if (looks.description !== undefined) {
      this.description = looks.description;
    }
    if (looks.tooltip !== undefined) {
      this.tooltip = looks.tooltip;
    }
    if (looks.icon) {
      this.iconPath = new vscode.ThemeIcon(looks.icon, looks.color ? new vscode.ThemeColor(looks.color) : undefined);
    }
    if (looks.kind) {
      this.contextValue = looks.kind;
    }
    if (looks.command) {
      this.command = looks.command;
    }
  }
}

export function runRows(board: Board): Row[] {
  return board.runs.map((run) => {
    const row = new Row(titleOf(run), {
      description: [run.state, costOf(run), progressOf(run)].filter(Boolean).join(" · "),
      tooltip: run.problem?.sentence ?? run.instructions,
      icon: isActive(run) ? "loading~spin" : RUN_ICONS[run.state],
      color: run.state === "failed" ? "problemsErrorIcon.foreground" : undefined,
      argument: { run: run.id },
      command: { command: "tercet.run.follow", title: "Follow", arguments: [{ run: run.id }] },
      kind: isActive(run) ? "run.active" : run.state === "waiting" ? "run.waiting" : "run.ended",
      rows: (run.plan?.steps ?? []).map(
        (step) => new Row(step.title, { icon: "list-ordered", tooltip: step.tests?.join("\n") }),
      ),
    });
    row.id = run.id;
    return row;
  });
}

export function proposalRows(board: Board): Row[] {
  return [...board.proposals].reverse().map((proposal) => {
    const command = { command: "tercet.compare", title: "Compare", arguments: [{ proposal: proposal.id }] };
    const row = new Row(proposal.title, {
      description: `${standingOf(proposal)} · ${proposal.state}`,
      tooltip: proposal.evidence.unverified_reason ?? proposal.verdict.reasons.join("\n"),
      icon: proposal.evidence.verified ? "verified" : "unverified",
      color: proposal.evidence.verified ? "testing.iconPassed" : "problemsWarningIcon.foreground",
      kind: `proposal.${proposal.state}`,
      argument: { proposal: proposal.id },
      command,
      isOpen: proposal.state === "offered",
      rows: [
        ...proposal.change_set.files.map((file) => fileRow(file, proposal, command, board)),
        ...proposal.evidence.checks.map(checkRow),
      ],
    });
    row.id = proposal.id;
    return row;
  });
}

/** One file of several can be applied or discarded alone, and one hunk of several. */
function fileRow({ path, edits }: FileEdit, proposal: Proposal, command: vscode.Command, board: Board): Row {
  const { files } = proposal.change_set;
  const isOffered = proposal.state === "offered";
  const folder = board.snapshot?.workspaces.find((each) => each.id === proposal.workspace_id);
  const uri = folder && vscode.Uri.joinPath(vscode.Uri.file(folder.root), path).toString();
  const hunk = ({ range, new_text }: TextEdit, number: number) =>
    new Row(`line ${range.start.line + 1}`, {
      description: new_text.trim() || "removed",
      tooltip: new_text,
      icon: "diff",
      kind: isOffered ? "hunk.offered" : "hunk",
      argument: { proposal: proposal.id, uri, hunk: number },
      command,
    });
  return new Row(path, {
    icon: "file",
    command,
    kind: isOffered && files.length > 1 ? "file.offered" : "file",
    argument: { proposal: proposal.id, paths: [path] },
    rows: edits.length > 1 || files.length > 1 ? edits.map(hunk) : [],
  });
}

function checkRow(check: Check): Row {
  const [icon, color] = CHECK_ICONS[check.status];
  const command = (check.command ?? []).join(" ");
  const details = [check.summary, command && `\`${command}\``, check.details && `\`\`\`\n${check.details}\n\`\`\``];
  return new Row(check.name.replace("_", " "), {
    description: check.summary,
    tooltip: new vscode.MarkdownString(details.filter(Boolean).join("\n\n")),
    icon,
    color,
  });
}

export function findingRows(): Row[] {
  const found = vscode.languages
    .getDiagnostics()
    .flatMap(([uri, diagnostics]) =>
      diagnostics.filter((each) => each.source === "tercet").map((each) => ({ uri, each })),
    )
    .filter(({ each }) => each.code !== "proposal");
  return SEVERITIES.flatMap(([label, icon, color], severity) => {
    const rows = found.filter(({ each }) => each.severity === severity).map(({ uri, each }) => findingRow(uri, each));
    return rows.length === 0
      ? []
      : [new Row(label, { description: `${rows.length}`, icon, color, rows, isOpen: severity < 2 })];
  });
}

function findingRow(uri: vscode.Uri, diagnostic: vscode.Diagnostic): Row {
  const [first = ""] = diagnostic.message.split("\n", 1);
  const place = `${vscode.workspace.asRelativePath(uri)}:${diagnostic.range.start.line + 1}`;
  return new Row(first, {
    description: place,
    tooltip: diagnostic.message,
    command: { command: "vscode.open", title: "Open", arguments: [uri, { selection: diagnostic.range }] },
  });
}

export function modelRows(board: Board): Row[] {
  const { snapshot, models } = board;
  if (!snapshot) {
    return [];
  }
  const { state, version, pid, problem } = snapshot.daemon;
  const isConnected = state === "connected";
  const daemon = new Row("Daemon", {
    description: isConnected ? `${version} · process ${pid}` : (state ?? "connecting"),
    tooltip: problem ?? undefined,
    icon: isConnected ? "vm-running" : "vm-outline",
  });
  if (!models) {
    return [daemon];
  }
  const spent = new Row("Spent today", {
    description: `${dollars(models.spent_usd)} of ${dollars(models.day_usd)}`,
    icon: "credit-card",
  });
  return [daemon, spent, ...models.models.map(modelRow)];
}

function modelRow(model: ModelState): Row {
  const spent = `${model.calls ?? 0} calls · ${dollars(model.cost_usd ?? 0)}`;
  return new Row(model.name, {
    description: model.problem || spent,
    tooltip: [model.endpoint, model.problem, spent].filter(Boolean).join("\n"),
    icon: model.problem ? "warning" : "hubot",
  });
}

export function titleOf(run: Run): string {
  const target = run.target.symbol ?? run.target.path ?? run.target.tests?.join(", ");
  return [run.intent, target || run.instructions].filter(Boolean).join(" ");
}

export function standingOf(proposal: Proposal): string {
  return proposal.evidence.verified ? "verified" : "unverified";
}

export function dollars(amount: number): string {
  return amount > 0 && amount < 0.01 ? "< $0.01" : `$${amount.toFixed(2)}`;
}

/** As `tercet runs` words it. */
function costOf({ cost_usd = 0, unpriced_calls = 0 }: Run): string {
  const unknown = `${unpriced_calls} call${unpriced_calls === 1 ? "" : "s"} of unknown cost`;
  return [cost_usd > 0 && dollars(cost_usd), unpriced_calls > 0 && unknown].filter(Boolean).join(" + ");
}

function progressOf(run: Run): string | undefined {
  if (!isActive(run) || !run.progress) {
    return undefined;
  }
  const { percent, message } = run.progress;
  return typeof percent === "number" ? `${Math.round(percent)} % ${message}` : message;
}
