// The sample to begin with: a small project with a mistake in it, copied to where nothing of the user's is.
import * as vscode from "vscode";

const FRESH = "Open a Fresh Copy";
const CHANGED = "Open It as It Is";
const files = vscode.workspace.fs;

export async function openSample(context: vscode.ExtensionContext): Promise<void> {
  const shipped = vscode.Uri.joinPath(context.extensionUri, "out", "sample");
  const copy = await sampleCopy(shipped, context.globalStorageUri, asksForFresh);
  if (copy) {
    await vscode.commands.executeCommand("vscode.openFolder", copy, { forceNewWindow: true });
  }
}

/** The latest copy; once it was changed, a new one beside it if that is wanted. No copy is ever written to again. */
export async function sampleCopy(
  shipped: vscode.Uri,
  storage: vscode.Uri,
  wantsFresh: () => Promise<boolean | undefined>,
): Promise<vscode.Uri | undefined> {
  const named = (number: number) => vscode.Uri.joinPath(storage, number === 1 ? "bookshop" : `bookshop-${number}`);
  let next = 1;
  while (await isThere(named(next))) {
    next++;
  }
  const latest = next === 1 ? undefined : named(next - 1);
  if (latest) {
    const isFresh = await isSame(shipped, latest);
    const fresh = isFresh ? false : await wantsFresh();
    if (!fresh) {
      return fresh === undefined ? undefined : latest;
    }
  }
  await files.copy(shipped, named(next));
  return named(next);
}

async function asksForFresh(): Promise<boolean | undefined> {
  const question = "The sample was changed since it was copied. What was changed stays where it is.";
  const answer = await vscode.window.showInformationMessage(question, FRESH, CHANGED);
  return answer && answer === FRESH;
}

function isThere(uri: vscode.Uri): Promise<boolean> {
  return Promise.resolve(files.stat(uri)).then(
    () => true,
    () => false,
  );
}

/** Whether every file that is shipped stands in the copy as it was shipped. */
async function isSame(shipped: vscode.Uri, copy: vscode.Uri): Promise<boolean> {
  for (const [name, type] of await files.readDirectory(shipped)) {
    const [here, there] = [shipped, copy].map((each) => vscode.Uri.joinPath(each, name)) as [vscode.Uri, vscode.Uri];
    const same = type === vscode.FileType.Directory ? isSame(here, there) : hasSameBytes(here, there);
    if (!(await same)) {
      return false;
    }
  }
  return true;
}

async function hasSameBytes(one: vscode.Uri, other: vscode.Uri): Promise<boolean> {
  const [first, second] = await Promise.all([one, other].map((each) => read(each)));
  return first !== undefined && second !== undefined && Buffer.compare(first, second) === 0;
}

/** Undefined for a file that is gone. */
function read(uri: vscode.Uri): Promise<Uint8Array | undefined> {
  return Promise.resolve(files.readFile(uri)).catch(() => undefined);
}
