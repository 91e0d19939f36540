// The link to VS Code's test explorer: "Repair with Tercet" at a failing test, whichever extension found that test.
import * as vscode from "vscode";
import type { Server } from "./server/server";

export async function repairTest(server: Server, item: vscode.TestItem | undefined): Promise<unknown> {
  if (!item?.uri) {
    throw new Error("Choose a test in the test explorer.");
  }
  const folder = vscode.workspace.getWorkspaceFolder(item.uri);
  const path = vscode.workspace.asRelativePath(item.uri, false);
  const [file, ...names] = item.id.split("::"); // pytest's own notation, in which the Python extension names its tests
  if (names.length === 0 || (file !== path && file !== item.uri.fsPath)) {
    return server.execute("tercet.fix", { uri: item.uri.toString() });
  }
  const tests = [[path, ...names].join("::")];
  return server.execute("tercet.fix", folder ? { uri: folder.uri.toString(), tests } : { tests });
}
