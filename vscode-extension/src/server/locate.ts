// Where tercet-lsp is: the first of the places below that has it. Runs nothing.
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, dirname, isAbsolute, join, resolve } from "node:path";

export interface Found {
  readonly command: string;
  readonly args: readonly string[];
  /** Where it was found, in words for the log. */
  readonly place: string;
}

export interface Places {
  /** What the user set; nothing else is tried then. */
  readonly setting: string;
  /** The workspace's folders, if it is trusted; else none. */
  readonly folders: readonly string[];
  /** The interpreter chosen in the Python extension, if the workspace is trusted. */
  readonly interpreter: string | undefined;
  /** The virtual environment that this extension installs into. */
  readonly ownEnvironment: string;
  /** The package for uvx to fetch and run, if the user wants that. */
  readonly uvxPackage: string | undefined;
}

const isWindows = process.platform === "win32";

export async function locate(places: Places): Promise<Found | undefined> {
  if (places.setting !== "") {
    const path = expand(places.setting, places.folders[0]);
    return (await isExecutable(path)) ? { command: path, args: [], place: "setting tercet.server.path" } : undefined;
  }
  for (const [path, place] of candidates(places)) {
    if (await isExecutable(path)) {
      return { command: path, args: [], place };
    }
  }
  return uvx(places);
}

export function inEnvironment(environment: string, program: string): string {
  return join(environment, isWindows ? "Scripts" : "bin", executable(program));
}

/** The first of the programs that is on the PATH. */
export async function onPath(...programs: string[]): Promise<string | undefined> {
  for (const program of programs) {
    for (const folder of searchPath()) {
      const path = join(folder, executable(program));
      if (await isExecutable(path)) {
        return path;
      }
    }
  }
  return undefined;
}

function* candidates(places: Places): Generator<[path: string, place: string]> {
  for (const folder of places.folders) {
    yield [inEnvironment(join(folder, ".venv"), "tercet-lsp"), "the workspace's .venv"];
    yield [inEnvironment(join(folder, "venv"), "tercet-lsp"), "the workspace's venv"];
  }
  if (places.interpreter) {
    yield [join(dirname(places.interpreter), executable("tercet-lsp")), "the Python extension's environment"];
  }
  yield [inEnvironment(places.ownEnvironment, "tercet-lsp"), "Tercet's own environment"];
  for (const folder of searchPath()) {
    yield [join(folder, executable("tercet-lsp")), "the PATH"];
  }
  yield [join(homedir(), ".local", "bin", executable("tercet-lsp")), "pipx or uv tool"];
}

async function uvx(places: Places): Promise<Found | undefined> {
  if (places.uvxPackage === undefined) {
    return undefined;
  }
  const command = await onPath("uvx");
  return command === undefined
    ? undefined
    : { command, args: ["--from", places.uvxPackage, "tercet-lsp"], place: "uvx" };
}

function expand(setting: string, folder: string | undefined): string {
  const path = setting
    .replace(/^~(?=$|[\\/])/, homedir())
    .replaceAll(/\$\{workspaceFolder\}/g, folder ?? "")
    .replaceAll(/\$\{env:([^}]+)\}/g, (_, name: string) => process.env[name] ?? "");
  return isAbsolute(path) ? path : resolve(folder ?? homedir(), path);
}

/** Absolute folders only: a relative one would mean whatever the current folder is. */
function searchPath(): string[] {
  return (process.env.PATH ?? "").split(delimiter).filter((folder) => isAbsolute(folder));
}

function executable(program: string): string {
  return isWindows ? `${program}.exe` : program;
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
