// The sample to begin with: a small project with a mistake in it, copied once to where nothing of the user's is.
import * as vscode from "vscode";

export async function openSample(context: vscode.ExtensionContext): Promise<void> {
  const copy = vscode.Uri.joinPath(context.globalStorageUri, "bookshop");
  const isThere = await vscode.workspace.fs.stat(copy).then(
    () => true,
    () => false,
  );
  if (!isThere) {
    await vscode.workspace.fs.copy(vscode.Uri.joinPath(context.extensionUri, "out", "sample"), copy);
  }
  await vscode.commands.executeCommand("vscode.openFolder", copy, { forceNewWindow: true });
}
