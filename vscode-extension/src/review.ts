// Proposals in VS Code's own comparison: one file as a diff, several in the multi-diff editor.
import * as vscode from "vscode";
import type { Board } from "./board";
import type { ProposalChanges } from "./contract";
import type { Server } from "./server/server";

const SCHEME = "tercet-proposal";

/** The proposal that a document of the comparison belongs to. */
export function proposalOf(uri: vscode.Uri): string | undefined {
  return uri.scheme === SCHEME ? (new URLSearchParams(uri.query).get("proposal") ?? undefined) : undefined;
}

export class Review implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly texts = new Map<string, string>();
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
      const here = vscode.Uri.parse(file.uri);
      const before = this.keep(here, proposal, "before", file.before);
      return { here, before, after: this.keep(here, proposal, "after", file.after) };
    });
    const known = this.board.proposals.find((each) => each.id === proposal);
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

  private keep(here: vscode.Uri, proposal: string, side: string, text: string | null): vscode.Uri {
    const uri = here.with({ scheme: SCHEME, authority: "", query: new URLSearchParams({ proposal, side }).toString() });
    this.texts.set(uri.toString(), text ?? "");
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
  }

  private comparedIn(tab: vscode.Tab): string | undefined {
    if (tab.input instanceof vscode.TabInputTextDiff) {
      return proposalOf(tab.input.modified);
    }
    const isOf = (title: string) => tab.label === title || tab.label.startsWith(`${title} (`); // "(2 files)"
    const title = [...this.titles.keys()].find(isOf);
    return title === undefined ? undefined : this.titles.get(title);
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
