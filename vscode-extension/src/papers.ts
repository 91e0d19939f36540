// Documents to read: evidence, reports, and the story of a run, which grows while it goes on.
import * as vscode from "vscode";
import type { Board } from "./board";
import type { Event } from "./contract";
import type { Server } from "./server/server";

const SCHEME = "tercet-paper";

export class Papers implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.changed.event;
  private readonly kept = new Map<string, string>();
  private readonly registered: vscode.Disposable;

  constructor(
    private readonly server: Server,
    board: Board,
  ) {
    this.registered = vscode.Disposable.from(
      this.changed,
      vscode.workspace.registerTextDocumentContentProvider(SCHEME, this),
      board.onDidChange(() => {
        for (const { uri } of vscode.workspace.textDocuments.filter(
          (each) => each.uri.scheme === SCHEME && each.uri.query,
        )) {
          this.changed.fire(uri);
        }
      }),
    );
  }

  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    const run = new URLSearchParams(uri.query).get("run");
    return run === null ? (this.kept.get(uri.path) ?? "") : this.story(run);
  }

  dispose(): void {
    this.registered.dispose();
  }

  /** Shows a text once. */
  async show(name: string, markdown: string): Promise<void> {
    const uri = vscode.Uri.from({ scheme: SCHEME, path: `/${name}.md` });
    this.kept.set(uri.path, markdown);
    this.changed.fire(uri);
    await vscode.commands.executeCommand("markdown.showPreview", uri);
  }

  /** Shows a run, now and as it goes on. */
  async follow(run: string): Promise<void> {
    const query = new URLSearchParams({ run }).toString();
    const uri = vscode.Uri.from({ scheme: SCHEME, path: `/Run ${run}.md`, query });
    await vscode.commands.executeCommand("markdown.showPreview", uri);
  }

  /** Everything that happened in a run, one event a line, in an editor from which it can be saved. */
  async exportLog(run: string): Promise<void> {
    const lines = (await this.events(run)).map((event) => JSON.stringify(event));
    const content = `${lines.join("\n")}\n`;
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument({ language: "jsonl", content }));
  }

  private async story(run: string): Promise<string> {
    const [told, events] = await Promise.all([this.server.execute("tercet.show", { run }), this.events(run)]);
    const lines = events.map((event) => `- \`${event.at.slice(11, 19)}\` ${event.type} ${gist(event.data)}`);
    return [String(told), "## What happened", lines.join("\n")].join("\n\n");
  }

  private events(run: string): Promise<Event[]> {
    return this.server.request<Event[]>("tercet/runEvents", { run });
  }
}

/** What is short in an event, in the event's own words. */
function gist(data: Event["data"]): string {
  const short = Object.entries(data).filter(([name, value]) => name !== "client_id" && isShort(value));
  return short.map(([name, value]) => `${name}: ${value}`).join(", ");
}

function isShort(value: unknown): boolean {
  return typeof value === "number" || (typeof value === "string" && value !== "" && value.length < 100);
}
