// Tells of what needs the user, with what can be done about it, each once.
import * as vscode from "vscode";
import type { Board } from "./board";
import type { Proposal } from "./contract";
import { settings } from "./server/server";
import { standingOf } from "./views/rows";

export function registerNotices(board: Board): vscode.Disposable {
  let known: ReadonlySet<string> | undefined;
  return board.onDidChange(() => {
    if (!board.snapshot) {
      known = undefined;
      return;
    }
    const before = known;
    known = new Set(board.proposals.map((each) => each.run_id)); // what a discarded part leaves is no news
    for (const proposal of before === undefined ? [] : board.offered.filter((each) => !before.has(each.run_id))) {
      void tell(proposal);
    }
  });
}

async function tell(proposal: Proposal): Promise<void> {
  if (!settings().get("notifications", true)) {
    return;
  }
  const sentence = `Tercet proposes: ${proposal.title} (${standingOf(proposal)})`;
  const chosen = await vscode.window.showInformationMessage(sentence, "Compare", "Apply", "Evidence");
  const commands: Record<string, string> = {
    Compare: "tercet.compare",
    Apply: "tercet.apply",
    Evidence: "tercet.show",
  };
  const command = chosen && commands[chosen];
  if (command) {
    await vscode.commands.executeCommand(command, { proposal: proposal.id });
  }
}
