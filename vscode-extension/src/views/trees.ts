// The Tercet view's trees: drawn anew from the board whenever it changes.
import * as vscode from "vscode";
import type { Board } from "../board";
import { findingRows, modelRows, proposalRows, type Row, runRows } from "./rows";

export function registerTrees(board: Board): vscode.Disposable {
  const runs = new Tree(() => runRows(board));
  const proposals = new Tree(() => proposalRows(board));
  const findings = new Tree(findingRows);
  const models = new Tree(() => modelRows(board));
  const proposalView = vscode.window.createTreeView("tercet.proposals", { treeDataProvider: proposals });
  return vscode.Disposable.from(
    proposalView,
    vscode.window.createTreeView("tercet.runs", { treeDataProvider: runs }),
    vscode.window.createTreeView("tercet.findings", { treeDataProvider: findings }),
    vscode.window.createTreeView("tercet.models", { treeDataProvider: models }),
    vscode.languages.onDidChangeDiagnostics(() => findings.changed()),
    board.onDidChange(() => {
      runs.changed();
      proposals.changed();
      models.changed();
      const count = board.offered.length;
      const tooltip = count === 1 ? "1 proposal waits" : `${count} proposals wait`;
      proposalView.badge = count === 0 ? undefined : { value: count, tooltip };
    }),
  );
}

class Tree implements vscode.TreeDataProvider<Row> {
  private readonly emitter = new vscode.EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.emitter.event;

  constructor(private readonly roots: () => Row[]) {}

  changed(): void {
    this.emitter.fire(undefined);
  }

  getTreeItem(row: Row): vscode.TreeItem {
    return row;
  }

  getChildren(row?: Row): Row[] {
    return row ? [...row.rows] : this.roots();
  }
}
