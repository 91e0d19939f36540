// What happens where no language server is found: the first-run page, and the three ways to get one.
import * as vscode from "vscode";
import { attempt } from "./commands";
import { install } from "./server/install";
import { type Server, settings } from "./server/server";

const PAGE = "tercet.tercet#tercet.start";
const SHOWN = "tercet.firstRunPageShown";

export function registerSetup(
  context: vscode.ExtensionContext,
  server: Server,
  log: vscode.LogOutputChannel,
): vscode.Disposable {
  const command = (name: string, work: () => Promise<unknown>) =>
    vscode.commands.registerCommand(name, () => attempt(work));
  return vscode.Disposable.from(
    server.onDidChange(() => {
      if (server.health === "missing" && !context.globalState.get(SHOWN)) {
        void context.globalState.update(SHOWN, true);
        void openPage();
      }
    }),
    command("tercet.server.setUp", openPage),
    command("tercet.server.restart", () => server.restart()),
    command("tercet.server.install", async () => {
      await server.stop();
      await install(server.ownEnvironment, settings().get("server.package", "tercet"), log).finally(() =>
        server.restart(),
      );
    }),
    command("tercet.server.choose", choose),
    command("tercet.server.useUvx", async () =>
      settings().update("server.uvx", true, vscode.ConfigurationTarget.Global),
    ),
  );
}

async function openPage(): Promise<void> {
  await vscode.commands.executeCommand("workbench.action.openWalkthrough", PAGE, false);
}

async function choose(): Promise<void> {
  const [chosen] = (await vscode.window.showOpenDialog({ title: "Where is tercet-lsp?", openLabel: "Use this" })) ?? [];
  if (chosen) {
    await settings().update("server.path", chosen.fsPath, vscode.ConfigurationTarget.Global);
  }
}
