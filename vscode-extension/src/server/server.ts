// The language server's life: found, started, restarted when what it was started with changes, and asked.
import * as vscode from "vscode";
import {
  CloseAction,
  type CloseHandlerResult,
  ErrorAction,
  type ErrorHandler,
  ExecuteCommandRequest,
  LanguageClient,
  type LanguageClientOptions,
  type ServerOptions,
  State,
} from "vscode-languageclient/node";
import { OPTIONS, type ServerCommand } from "../contract";
import { type Found, locate } from "./locate";
import { pythonExtension } from "./python";

export type Health = "missing" | "starting" | "running" | "failed" | "stopped";

/** The settings that the language server is started with. */
export const RESTARTING = ["tercet.server", "tercet.interpreter", ...OPTIONS.map((name) => `tercet.${name}`)];

/** Of all languages: a proposal may change any file, and must be worked out for its unsaved text. */
const DOCUMENTS = [{ scheme: "file" }];
/** Asks for the notifications below. */
const ABILITIES = { tercet: { events: true } };
const NOTIFICATIONS = ["tercet/event", "tercet/daemon"];
const RESTARTS = { most: 4, withinMs: 180_000 };

export class Server implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<Server>();
  private readonly notified = new vscode.EventEmitter<{ method: string; params: unknown }>();
  readonly onDidChange = this.changed.event;
  /** What the server tells beyond the Language Server Protocol. */
  readonly onNotification = this.notified.event;
  health: Health = "stopped";
  /** Why it failed, or where it was found. */
  detail = "";
  private client: LanguageClient | undefined;
  private turn: Promise<void> = Promise.resolve();
  private disposed = false;

  constructor(
    private readonly log: vscode.LogOutputChannel,
    readonly ownEnvironment: string,
  ) {}

  /** Starts it, or starts it anew. One after the other, however often it is called. */
  restart(): Promise<void> {
    this.turn = this.turn.then(() => this.stopNow()).then(() => this.startNow());
    return this.turn;
  }

  stop(): Promise<void> {
    this.turn = this.turn.then(() => this.stopNow());
    return this.turn;
  }

  dispose(): void {
    this.disposed = true;
    void this.stop();
    this.changed.dispose();
    this.notified.dispose();
  }

  /** Throws an Error with a sentence for the user. */
  async execute(command: ServerCommand, argument?: object): Promise<unknown> {
    const given = { command, arguments: argument === undefined ? [] : [argument] };
    return (await this.running()).sendRequest(ExecuteCommandRequest.type, given);
  }

  async request<Answer>(method: string, params?: object): Promise<Answer> {
    return (await this.running()).sendRequest<Answer>(method, params);
  }

  private async running(): Promise<LanguageClient> {
    if (this.health === "stopped" && !this.disposed) {
      void this.restart();
    }
    await this.turn;
    if (this.client && this.health === "running") {
      return this.client;
    }
    throw new Error(this.health === "missing" ? "Tercet's language server is not installed." : this.detail);
  }

  private async startNow(): Promise<void> {
    this.set("starting", "");
    try {
      const interpreter = await chosenInterpreter();
      const found = await this.find(interpreter);
      if (found === undefined) {
        const setting = settings().get("server.path", "");
        this.set("missing", setting && `The setting tercet.server.path names no program: ${setting}`);
        return;
      }
      this.log.info(`starting ${[found.command, ...found.args].join(" ")} (from ${found.place})`);
      this.client = this.connect(found, interpreter);
      await this.client.start();
      this.set("running", found.place);
    } catch (error) {
      this.set("failed", sentence(error));
      this.log.error(this.detail);
    }
  }

  private find(interpreter: string | undefined): Promise<Found | undefined> {
    const isTrusted = vscode.workspace.isTrusted;
    return locate({
      setting: settings().get("server.path", ""),
      folders: isTrusted ? folders().map((each) => each.uri.fsPath) : [],
      interpreter: isTrusted ? interpreter : undefined,
      ownEnvironment: this.ownEnvironment,
      uvxPackage: settings().get("server.uvx", false) ? settings().get("server.package", "tercet") : undefined,
    });
  }

  private connect(found: Found, interpreter: string | undefined): LanguageClient {
    const server: ServerOptions = {
      command: found.command,
      args: [...found.args],
      options: { cwd: this.workingFolder() },
    };
    const options: LanguageClientOptions = {
      documentSelector: DOCUMENTS,
      initializationOptions: initializationOptions(interpreter),
      outputChannel: this.log,
      diagnosticPullOptions: { onChange: true, onSave: true, onTabs: true },
      errorHandler: this.persistence(),
      initializationFailedHandler: () => false,
      middleware: { workspace: { didChangeConfiguration: async () => undefined } }, // it is started anew, and may be ending
    };
    const client = new Client("tercet", "Tercet", server, options);
    client.registerFeature({
      fillClientCapabilities: (capabilities) => {
        capabilities.experimental = { ...capabilities.experimental, ...ABILITIES };
      },
      initialize: () => undefined,
      getState: () => ({ kind: "static" }),
      clear: () => undefined,
    });
    for (const method of NOTIFICATIONS) {
      client.onNotification(method, (params: unknown) => this.notified.fire({ method, params }));
    }
    client.onDidChangeState(({ newState }) => this.clientChanged(client, newState));
    return client;
  }

  /** A folder of nobody's: what runs in a workspace's folder may import its files by accident. */
  private workingFolder(): string {
    return process.env.HOME ?? process.env.USERPROFILE ?? process.cwd();
  }

  private clientChanged(client: LanguageClient, state: State): void {
    if (client !== this.client) {
      return;
    }
    if (state === State.Running && this.health === "failed") {
      this.set("running", "");
    } else if (state === State.Stopped && this.health === "running") {
      this.set("failed", "Tercet's language server ended; it is being started again.");
    }
  }

  /** A server that ends is started again, unless it keeps ending. */
  private persistence(): ErrorHandler {
    const ends: number[] = [];
    return {
      error: () => ({ action: ErrorAction.Continue }),
      closed: (): CloseHandlerResult => {
        const now = Date.now();
        ends.push(now);
        if (ends.filter((end) => now - end < RESTARTS.withinMs).length <= RESTARTS.most) {
          return { action: CloseAction.Restart, handled: true };
        }
        this.set("failed", "Tercet's language server keeps ending. Its log says why.");
        return { action: CloseAction.DoNotRestart, handled: true };
      },
    };
  }

  private async stopNow(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    try {
      if (client?.needsStop()) {
        await client.stop();
      }
      await client?.dispose();
    } catch (error) {
      this.log.warn(`stopping the language server: ${sentence(error)}`);
    }
    this.set("stopped", "");
  }

  private set(health: Health, detail: string): void {
    this.health = health;
    this.detail = detail;
    this.changed.fire(this);
  }
}

/** Leaves the registration of commands to the extension, which has them before there is a server. */
class Client extends LanguageClient {
  override registerFeature(feature: Parameters<LanguageClient["registerFeature"]>[0]): void {
    const method = "registrationType" in feature ? feature.registrationType.method : undefined;
    if (method !== ExecuteCommandRequest.method) {
      super.registerFeature(feature);
    }
  }
}

export function settings(): vscode.WorkspaceConfiguration {
  return vscode.workspace.getConfiguration("tercet");
}

export function folders(): readonly vscode.WorkspaceFolder[] {
  return (vscode.workspace.workspaceFolders ?? []).filter((folder) => folder.uri.scheme === "file");
}

export function sentence(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function chosenInterpreter(): Promise<string | undefined> {
  const setting = settings().get("interpreter", "");
  if (setting !== "" || !vscode.workspace.isTrusted) {
    return setting || undefined;
  }
  return (await pythonExtension())?.getActiveEnvironmentPath(folders()[0]?.uri)?.path;
}

function initializationOptions(interpreter: string | undefined): Record<string, unknown> {
  const configured = OPTIONS.map((name) => [name, settings().get(name)] as const);
  const known = { trust: vscode.workspace.isTrusted ? "trusted" : "untrusted", interpreter };
  return { ...Object.fromEntries(configured.filter(([, value]) => value !== undefined)), ...known };
}
