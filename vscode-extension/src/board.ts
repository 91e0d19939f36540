// How everything stands, as the language server last said: asked anew after every event, never more than once at a time.
import * as vscode from "vscode";
import type { ModelsReport, Proposal, Run, RunState, Snapshot } from "./contract";
import { folders, type Server } from "./server/server";

const SETTLE_MS = 150;
/** Until the daemon knows every folder, nothing tells of what was there before: asked again so often, so many times. */
const FOLDERS = { everyMs: 1000, times: 60 };
const RESTING: ReadonlySet<RunState> = new Set<RunState>([
  "waiting",
  "proposed",
  "applied",
  "undone",
  "discarded",
  "superseded",
  "completed",
  "no_candidate",
  "failed",
  "cancelled",
]);

export class Board implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<Board>();
  readonly onDidChange = this.changed.event;
  snapshot: Snapshot | undefined;
  models: ModelsReport | undefined;
  private due: NodeJS.Timeout | undefined;
  private asking = false;
  private again = false;
  private missed = 0;
  private disposed = false;
  private readonly listeners: vscode.Disposable;

  constructor(
    private readonly server: Server,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.listeners = vscode.Disposable.from(
      server.onDidChange(() => this.serverChanged()),
      server.onNotification(() => this.refresh()),
    );
  }

  get runs(): readonly Run[] {
    return this.snapshot?.runs ?? [];
  }

  get proposals(): readonly Proposal[] {
    return this.snapshot?.proposals ?? [];
  }

  get offered(): readonly Proposal[] {
    return this.proposals.filter((each) => each.state === "offered");
  }

  get active(): readonly Run[] {
    return this.runs.filter(isActive);
  }

  refresh(withinMs = SETTLE_MS): void {
    if (this.disposed) {
      return;
    }
    this.due ??= setTimeout(() => {
      this.due = undefined;
      void this.ask();
    }, withinMs);
  }

  dispose(): void {
    this.disposed = true;
    clearTimeout(this.due);
    this.listeners.dispose();
    this.changed.dispose();
  }

  private serverChanged(): void {
    if (this.server.health === "running") {
      this.refresh();
    } else {
      this.snapshot = undefined;
      this.models = undefined;
      this.missed = 0;
      this.changed.fire(this);
    }
  }

  private async ask(): Promise<void> {
    if (this.asking) {
      this.again = true;
      return;
    }
    this.asking = true;
    try {
      this.snapshot = await this.server.request<Snapshot>("tercet/snapshot");
      if (this.snapshot.daemon.state === "connected") {
        this.models = await this.server.request<ModelsReport>("tercet/models");
      }
      this.changed.fire(this);
      if (this.snapshot.workspaces.length < folders().length && this.missed++ < FOLDERS.times) {
        this.refresh(FOLDERS.everyMs);
      }
    } catch (error) {
      this.log.debug(`no snapshot: ${error}`);
    } finally {
      this.asking = false;
      if (this.again) {
        this.again = false;
        this.refresh();
      }
    }
  }
}

export function isActive(run: Run): boolean {
  return !RESTING.has(run.state);
}
