// Proposals in VS Code's own comparison: one file as a diff, several in the multi-diff editor.
import * as vscode from "vscode";
import type { Board } from "./board";
import type { ChangedText, ProposalChanges } from "./contract";
import type { Server } from "./server/server";

const SCHEME = "tercet-proposal";

/** The proposal that a document of the comparison belongs to. */
export function proposalOf(uri: vscode.Uri): string | undefined {
  return uri.scheme === SCHEME ? (new URLSearchParams(uri.query).get("proposal") ?? undefined) : undefined;
}

/** The file that a document of the comparison shows, as a part of its proposal. Throws an Error for anything else. */
export function partOf(side: unknown): { proposal: string; paths: string[] } {
  const proposal = side instanceof vscode.Uri ? proposalOf(side) : undefined;
  const path = side instanceof vscode.Uri ? new URLSearchParams(side.query).get("path") : null;
  if (proposal === undefined || path === null) {
    throw new Error("Choose this at a file of a comparison that was opened by *Tercet: Compare*.");
  }
  return { proposal, paths: [path] };
}

export class Review implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly texts = new Map<string, string>();
  /** Whose run a proposal that was compared is: where a part of it is discarded, the run offers what is left. */
  private readonly runs = new Map<string, string>();
  /** By its title, the proposal that a multi-diff editor shows: its tab tells nothing else. */
  private readonly titles = new Map<string, string>();
  private readonly registered: vscode.Disposable;

  constructor(
    private readonly server: Server,
    private readonly board: Board,
  ) {
    this.registered = vscode.Disposable.from(
      vscode.workspace.registerTextDocumentContentProvider(SCHEME, this),
      vscode.workspace.onDidCloseTextDocument((document) => this.texts.delete(document.uri.toString())),
      vscode.window.tabGroups.onDidChangeTabs(() => this.tabsChanged()),
      vscode.window.tabGroups.onDidChangeTabGroups(() => this.tabsChanged()),
      board.onDidChange(() => this.closeSettled()),
    );
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.texts.get(uri.toString()) ?? "";
  }

  dispose(): void {
    this.registered.dispose();
  }

  /** Throws an Error with a sentence once the text has moved on. */
  async open(proposal: string): Promise<void> {
    const { files } = await this.server.request<ProposalChanges>("tercet/changes", { proposal });
    const pairs = files.map((file) => {
      const before = this.keep(file, proposal, "before");
      return { here: vscode.Uri.parse(file.uri), before, after: this.keep(file, proposal, "after") };
    });
    const known = this.board.proposals.find((each) => each.id === proposal);
    if (known) {
      this.runs.set(proposal, known.run_id);
    }
    const title = `Tercet: ${known?.title ?? "proposal"}`;
    const [only] = pairs;
    if (pairs.length === 1 && only) {
      await vscode.commands.executeCommand("vscode.diff", only.before, only.after, title, { preview: true });
    } else {
      const rows = pairs.map(({ here, before, after }) => [here, before, after]);
      this.titles.set(title, proposal);
      await vscode.commands.executeCommand("vscode.changes", title, rows);
    }
  }

  private keep(file: ChangedText, proposal: string, side: "before" | "after"): vscode.Uri {
    const query = new URLSearchParams({ proposal, side, path: file.path }).toString();
    const uri = vscode.Uri.parse(file.uri).with({ scheme: SCHEME, authority: "", query });
    this.texts.set(uri.toString(), file[side] ?? "");
    return uri;
  }

  /** A comparison with a proposal that is no longer offered would mislead. */
  private closeSettled(): void {
    const waiting = new Set(this.board.offered.map((each) => each.id));
    const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
    const settled = tabs.filter((tab) => {
      const compared = this.comparedIn(tab);
      return compared !== undefined && this.board.snapshot !== undefined && !waiting.has(compared);
    });
    if (settled.length > 0) {
      void vscode.window.tabGroups.close(settled);
    }
    for (const compared of settled.map((tab) => this.comparedIn(tab) ?? "")) {
      const left = this.board.offered.find((each) => each.run_id === this.runs.get(compared));
      this.runs.delete(compared);
      void (left && this.open(left.id).catch(() => undefined)); // of a text that has moved on there is nothing to compare
    }
  }

  private comparedIn(tab: vscode.Tab): string | undefined {
    if (tab.input instanceof vscode.TabInputTextDiff) {
      return proposalOf(tab.input.modified);
    }
    return this.titles.get(tab.label) ?? this.titles.get(tab.label.replace(/ \([^()]*\)$/, "")); // "(2 files)"
  }

  /** The multi-diff editor's buttons go by this, for it has no resource of ours. */
  private tabsChanged(): void {
    const tab = vscode.window.tabGroups.activeTabGroup.activeTab;
    void vscode.commands.executeCommand(
      "setContext",
      "tercet.isComparing",
      tab !== undefined && !!this.comparedIn(tab),
    );
  }
}
