// Installs tercet-lsp into a virtual environment of the extension's own, with progress and cancel.
import { type ChildProcess, spawn } from "node:child_process";
import { rm } from "node:fs/promises";
import * as vscode from "vscode";
import { inEnvironment, onPath } from "./locate";

const MINIMUM = "3.11";
const PROBE = `import sys, venv, ensurepip; sys.exit(sys.version_info < (${MINIMUM.replace(".", ", ")}))`;

/** Throws an Error with a sentence for the user; leaves no half-made environment behind. */
export async function install(environment: string, requirement: string, log: vscode.LogOutputChannel): Promise<void> {
  const options = { location: vscode.ProgressLocation.Notification, title: "Tercet", cancellable: true };
  await vscode.window.withProgress(options, async (progress, cancelled) => {
    try {
      progress.report({ message: `looking for Python ${MINIMUM} or newer` });
      const python = await findPython(log, cancelled);
      progress.report({ message: "making a virtual environment" });
      await run(python, ["-m", "venv", "--clear", environment], log, cancelled);
      progress.report({ message: `installing ${requirement}` });
      const pip = ["-m", "pip", "install", "--disable-pip-version-check", "--no-input", requirement];
      await run(inEnvironment(environment, "python"), pip, log, cancelled);
    } catch (error) {
      await rm(environment, { recursive: true, force: true });
      throw error;
    }
  });
}

async function findPython(log: vscode.LogOutputChannel, cancelled: vscode.CancellationToken): Promise<string> {
  for (const name of ["python3", "python3.14", "python3.13", "python3.12", "python3.11", "python"]) {
    const path = await onPath(name);
    if (
      path &&
      (await run(path, ["-c", PROBE], log, cancelled).then(
        () => true,
        () => false,
      ))
    ) {
      return path;
    }
  }
  throw new Error(`No Python ${MINIMUM} or newer with venv was found on the PATH. Install one and try again.`);
}

async function run(
  command: string,
  args: readonly string[],
  log: vscode.LogOutputChannel,
  cancelled: vscode.CancellationToken,
): Promise<void> {
  if (cancelled.isCancellationRequested) {
    throw new vscode.CancellationError();
  }
  log.info([command, ...args].join(" "));
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
  const stop = cancelled.onCancellationRequested(() => child.kill());
  try {
    const { code, lastLine } = await ended(child, log);
    if (cancelled.isCancellationRequested) {
      throw new vscode.CancellationError();
    }
    if (code !== 0) {
      throw new Error(`${command} ended with exit code ${code}: ${lastLine}`);
    }
  } finally {
    stop.dispose();
  }
}

function ended(child: ChildProcess, log: vscode.LogOutputChannel): Promise<{ code: number | null; lastLine: string }> {
  let lastLine = "";
  const listen = (data: Buffer) => {
    for (const line of data
      .toString()
      .split(/\r?\n/)
      .filter((each) => each.trim() !== "")) {
      log.info(line);
      lastLine = line;
    }
  };
  child.stdout?.on("data", listen);
  child.stderr?.on("data", listen);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, lastLine }));
  });
}
