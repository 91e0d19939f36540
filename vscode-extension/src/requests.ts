// Asking for something: templates, what was asked before, favourites; about the selection, the file or the folder.
import * as vscode from "vscode";
import type { Intent } from "./contract";
import { folders, type Server } from "./server/server";

export interface Request {
  readonly instructions: string;
  readonly intent?: Intent;
}

export type Reach = "selection" | "file" | "folder";

export interface Choice extends vscode.QuickPickItem {
  readonly request?: Request;
}

const TEMPLATES: readonly (Request & { readonly label: string })[] = [
  { label: "Repair what fails", intent: "fix", instructions: "" },
  { label: "Write tests", intent: "test", instructions: "" },
  { label: "Write documentation", intent: "document", instructions: "" },
  { label: "Explain", intent: "explain", instructions: "" },
  { label: "Refactor", intent: "refactor", instructions: "" },
  { label: "Optimise", intent: "optimise", instructions: "" },
  { label: "Remove weaknesses", intent: "secure", instructions: "" },
];
export const HISTORY = "tercet.requests.history";
export const FAVOURITES = "tercet.requests.favourites";
const REMEMBERED = 30;
const STAR: vscode.QuickInputButton = { iconPath: new vscode.ThemeIcon("star-empty"), tooltip: "Make it a favourite" };
const UNSTAR: vscode.QuickInputButton = {
  iconPath: new vscode.ThemeIcon("star-full"),
  tooltip: "No longer a favourite",
};

export class Requests {
  constructor(
    private readonly server: Server,
    private readonly memory: vscode.Memento,
  ) {}

  /** Asks the user what is wanted, and sends it. */
  async ask(): Promise<unknown> {
    const reach = reachHere();
    const request = await this.choose(`What is to be done with the ${reach}?`);
    return request && this.send(request, reach);
  }

  async send(request: Request, reach: Reach): Promise<unknown> {
    const place = await placeOf(reach);
    if (place && request.instructions !== "") {
      await this.remember(HISTORY, [request, ...this.recalled(HISTORY).filter((each) => !isSame(each, request))]);
    }
    return place && this.server.execute("tercet.run", { ...request, ...place });
  }

  /** Newest first. */
  recalled(key: typeof HISTORY | typeof FAVOURITES): Request[] {
    return this.memory.get<Request[]>(key, []);
  }

  async star(request: Request | undefined, isFavourite: boolean): Promise<void> {
    if (request) {
      const others = this.recalled(FAVOURITES).filter((each) => !isSame(each, request));
      await this.remember(FAVOURITES, isFavourite ? [request, ...others] : others);
    }
  }

  private remember(key: string, requests: readonly Request[]): Thenable<void> {
    return this.memory.update(key, requests.slice(0, REMEMBERED));
  }

  private choose(question: string): Promise<Request | undefined> {
    const pick = vscode.window.createQuickPick<Choice>();
    pick.title = "Tercet";
    pick.placeholder = question;
    pick.matchOnDescription = true;
    const fill = () => {
      pick.items = this.choices(pick.value);
    };
    fill();
    return new Promise((resolve) => {
      pick.onDidChangeValue(fill);
      pick.onDidTriggerItemButton(async ({ item, button }) => {
        await this.star(item.request, button === STAR);
        fill();
      });
      pick.onDidAccept(() => {
        resolve(pick.selectedItems[0]?.request);
        pick.hide();
      });
      pick.onDidHide(() => {
        resolve(undefined);
        pick.dispose();
      });
      pick.show();
    });
  }

  /** What the palette lists for what was typed. */
  choices(typed: string): Choice[] {
    const favourites = this.recalled(FAVOURITES);
    const history = this.recalled(HISTORY).filter((each) => !favourites.some((other) => isSame(each, other)));
    const own = typed.trim();
    return [
      ...(own ? [{ label: `$(play) ${own}`, alwaysShow: true, request: { instructions: own } }] : []),
      ...section(
        "Favourites",
        favourites.map((request) => remembered(request, UNSTAR)),
      ),
      ...section(
        "Templates",
        TEMPLATES.map(({ label, ...request }) => ({ label: `$(wand) ${label}`, request })),
      ),
      ...section(
        "Asked before",
        history.map((request) => remembered(request, STAR)),
      ),
    ];
  }
}

function section(label: string, choices: Choice[]): Choice[] {
  return choices.length === 0 ? [] : [{ label, kind: vscode.QuickPickItemKind.Separator }, ...choices];
}

function remembered(request: Request, button: vscode.QuickInputButton): Choice {
  const icon = button === UNSTAR ? "star-full" : "history";
  return { label: `$(${icon}) ${request.instructions}`, description: request.intent ?? "", request, buttons: [button] };
}

function isSame(one: Request, other: Request): boolean {
  return one.instructions === other.instructions && one.intent === other.intent;
}

/** The most particular thing that the user points at. */
export function reachHere(): Reach {
  const editor = vscode.window.activeTextEditor;
  if (editor?.document.uri.scheme !== "file") {
    return "folder";
  }
  return editor.selection.isEmpty ? "file" : "selection";
}

/** What the language server takes as a place. */
export async function placeOf(reach: Reach): Promise<Record<string, unknown> | undefined> {
  const editor = vscode.window.activeTextEditor;
  if (reach === "folder" || editor?.document.uri.scheme !== "file") {
    return folderPlace();
  }
  const { document, selection } = editor;
  const uri = document.uri.toString();
  const { start, end } = selection;
  const position = ({ line, character }: vscode.Position) => ({ line, character });
  return reach === "file" ? { uri } : { uri, range: { start: position(start), end: position(end) } };
}

/** The folder that a file is in; of several, if the file says nothing, the one that the user picks. */
export async function folderPlace(
  near = vscode.window.activeTextEditor?.document.uri,
): Promise<Record<string, unknown> | undefined> {
  if (folders().length < 2) {
    return {};
  }
  const folder = (near && vscode.workspace.getWorkspaceFolder(near)) ?? (await vscode.window.showWorkspaceFolderPick());
  return folder && { uri: folder.uri.toString() };
}
