// The status bar: how the language server and the daemon are, what is going on, and a menu of what one does most.
import * as vscode from "vscode";
import type { Board } from "./board";
import type { Health, Server } from "./server/server";
import { dollars } from "./views/rows";

const LOOKS: Record<Health, { icon: string; says: string }> = {
  missing: { icon: "$(cloud-download)", says: "The language server is not installed" },
  starting: { icon: "$(loading~spin)", says: "Starting" },
  running: { icon: "$(verified)", says: "Ready" },
  failed: { icon: "$(warning)", says: "Not running" },
  stopped: { icon: "$(circle-slash)", says: "Stopped" },
};

const MENU: readonly (readonly [label: string, command: string])[] = [
  ["$(comment) Ask for something", "tercet.request.new"],
  ["$(wrench) Repair what fails", "tercet.fix"],
  ["$(checklist) Run all checks and tests", "tercet.review"],
  ["$(stop-circle) Cancel runs", "tercet.cancel"],
  ["$(discard) Undo what was applied last", "tercet.undo"],
  ["$(list-tree) Show runs and proposals", "tercet.runs.focus"],
  ["$(pulse) Check this machine", "tercet.doctor"],
  ["$(output) Show the log", "tercet.server.log"],
  ["$(refresh) Restart the language server", "tercet.server.restart"],
];

export function registerStatus(server: Server, board: Board): vscode.Disposable {
  const item = vscode.window.createStatusBarItem("tercet.status", vscode.StatusBarAlignment.Left, 0);
  item.name = "Tercet";
  const show = () => {
    const { icon, says } = look(server, board);
    const detail = [server.detail, board.snapshot?.daemon.problem, spending(board)].filter(Boolean).join(". ");
    item.text = `${icon} Tercet`;
    item.tooltip = detail ? `Tercet: ${says}. ${detail}.` : `Tercet: ${says}.`;
    item.accessibilityInformation = { label: `Tercet: ${says}` };
    item.command = server.health === "missing" ? "tercet.server.setUp" : "tercet.view.menu";
    item.backgroundColor =
      server.health === "failed" ? new vscode.ThemeColor("statusBarItem.warningBackground") : undefined;
    void vscode.commands.executeCommand("setContext", "tercet.server", server.health);
  };
  show();
  item.show();
  const menu = vscode.commands.registerCommand("tercet.view.menu", showMenu);
  return vscode.Disposable.from(item, server.onDidChange(show), board.onDidChange(show), menu);
}

function look(server: Server, board: Board): { icon: string; says: string } {
  const daemon = board.snapshot?.daemon.state;
  if (server.health !== "running" || daemon === "connected") {
    const count = board.active.length;
    return count === 0 ? LOOKS[server.health] : { icon: `$(loading~spin) ${count}`, says: `${count} running` };
  }
  return daemon === "lost"
    ? { icon: "$(debug-disconnect)", says: "The daemon is away" }
    : { icon: "$(loading~spin)", says: "Looking for the daemon" };
}

function spending(board: Board): string | undefined {
  return board.models && `${dollars(board.models.spent_usd)} of ${dollars(board.models.day_usd)} spent today`;
}

async function showMenu(): Promise<void> {
  const rows = MENU.map(([label, command]) => ({ label, command }));
  const chosen = await vscode.window.showQuickPick(rows, { title: "Tercet" });
  if (chosen) {
    await vscode.commands.executeCommand(chosen.command);
  }
}
