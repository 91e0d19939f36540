// "Report an issue": what helps to understand it, gathered into VS Code's own reporter. Nothing of the workspace, no secrets.
import * as vscode from "vscode";
import type { Server } from "./server/server";

export async function reportIssue(context: vscode.ExtensionContext, server: Server): Promise<void> {
  const health = `Extension ${context.extension.packageJSON.version}, server ${server.health}: ${server.detail}`;
  const report = await server.execute("tercet.doctor").catch((error) => `The doctor could not be asked: ${error}`);
  await vscode.commands.executeCommand("workbench.action.openIssueReporter", {
    extensionId: context.extension.id,
    issueBody: "What did you do, what did you expect, and what happened?\n",
    data: withoutHome(`${health}\n\n${report}`),
  });
}

/** Paths in the report name the user's home folder, and so the user. */
function withoutHome(text: string): string {
  const home = process.env.HOME ?? process.env.USERPROFILE;
  return home ? text.replaceAll(home, "~") : text;
}
