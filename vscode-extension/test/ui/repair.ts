// From a failing test to an applied and undone repair, with the mouse and the keyboard.
import * as assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { launchBrowser } from "../workbench/browser";
import {
  type Edition,
  isAlive,
  LANGUAGE_SERVER,
  project,
  riskyProject,
  startWorkbench,
  type Workbench,
  waitFor,
  writeJson,
} from "../workbench/workbench";
import { Window } from "./window";

const EDITION = (process.env.EDITION ?? "oldest") as Edition;
const FAILING = "tests/test_checkout.py";
const FAILING_LINE = 43;
const REPAIRED = "src/bookshop/discounts.py";

describe(`Tercet in the ${EDITION} workbench`, () => {
  let workbench: Workbench;
  let browser: Browser;
  let window: Window;

  before(async () => {
    workbench = await startWorkbench(EDITION, { settings: { "tercet.server.path": LANGUAGE_SERVER } });
    browser = await launchBrowser();
  });

  after(async () => {
    await browser?.close();
    await workbench?.stop();
  });

  afterEach(async function () {
    await window?.ended(this.currentTest);
  });

  it("shows what fails, repairs it, compares, applies and undoes", async () => {
    const folder = project(workbench, "bookshop");
    const path = join(folder, REPAIRED);
    const before = readFileSync(path, "utf8");
    window = await Window.onFile(browser, workbench, folder, FAILING);
    await window.goToLine(FAILING_LINE);
    await window.command("Tercet: Run All Checks and Tests");
    await window.page.locator(".squiggly-error").first().waitFor();
    await window.page.locator('.activitybar [aria-label^="Tercet"]').first().click();
    await window.picture("findings");
    await window.focusEditor();
    await window.takeAction(/Tercet: repair this failure/, () => window.picture("light-bulb"));
    await window.status("1 running").waitFor();
    await window.picture("progress");
    const offer = window.notification(/Tercet proposes/);
    await offer.waitFor();
    await offer.hover(); // it goes by itself, but not from under the mouse
    await window.picture("proposal");
    await offer.locator(".monaco-button", { hasText: "Compare" }).click();
    await window.page.locator(".monaco-diff-editor .line-insert").first().waitFor();
    await window.picture("comparison");
    await window.page.locator('.editor-actions [aria-label^="Apply the Proposal"]').first().click();
    await window.page.locator(".monaco-diff-editor").waitFor({ state: "detached" });
    const saved = await waitFor(async () => {
      await window.command("File: Save All Files"); // again, for the edit may come after it
      return changed(path, before);
    }, "the saved repair");
    assert.equal(saved.split("\n").length, before.split("\n").length);
    await window.picture("applied");
    await window.command("Tercet: Undo What Was Applied");
    await waitFor(async () => {
      await window.command("File: Save All Files");
      return readFileSync(path, "utf8") === before ? true : undefined;
    }, "the undone file");
    await window.picture("undone");
  });

  it("compares two files of a proposal at once, with their hunks in the view", async () => {
    window = await Window.onFile(browser, workbench, riskyProject(workbench), "loads.py");
    await window.page.locator('.activitybar [aria-label^="Tercet"]').first().click();
    await window.command("View: Close All Editors"); // so the request is about the folder
    await window.command("Tercet: Ask for Something");
    const template = window.page.locator(".quick-input-widget .monaco-list-row", { hasText: "Remove weaknesses" });
    await template.waitFor();
    await window.picture("request");
    await template.click();
    const offer = window.notification(/Tercet proposes/);
    await offer.waitFor();
    await offer.hover(); // it goes by itself, but not from under the mouse
    await offer.locator(".monaco-button", { hasText: "Compare" }).click();
    await window.page.locator(".monaco-diff-editor .line-insert").first().waitFor();
    await window.page
      .locator('.pane [role="treeitem"][aria-level="2"]', { hasText: "loads.py" })
      .locator(".monaco-tl-twistie.collapsible") // the finding of the same file, in another view, holds nothing
      .click();
    const hunk = window.page.locator('.pane [role="treeitem"]', { hasText: "line 9" });
    await hunk.hover();
    await hunk.locator('.action-label[aria-label^="Discard"]').waitFor();
    await window.picture("files-and-hunks");
    await window.page.locator('.editor-actions [aria-label^="Apply the Proposal"]').first().click();
    await window.page.locator(".monaco-diff-editor").first().waitFor({ state: "detached" });
  });

  it("cancels a run in the view", async () => {
    const folder = project(workbench, "cancelled");
    writeFileSync(join(folder, "tests", "test_slow.py"), "import time\n\n\ndef test_slow():\n    time.sleep(100)\n");
    window = await Window.onFile(browser, workbench, folder, FAILING);
    await window.page.locator('.activitybar [aria-label^="Tercet"]').first().click();
    await window.command("Tercet: Repair What Fails");
    const row = window.page.locator('.pane [role="treeitem"]').filter({ hasText: "fix" }).first();
    await row.hover();
    await row.locator('.action-label[aria-label^="Cancel Runs"]').click();
    await window.notification(/cancelled/).waitFor();
    await window.picture("cancelled");
  });

  it("goes on when the daemon was killed", async () => {
    window = await Window.onFile(browser, workbench, project(workbench, "killed"), FAILING);
    await window.command("Tercet: Run All Checks and Tests");
    const first = await waitFor(() => workbench.daemon(), "the daemon");
    await window.goToLine(FAILING_LINE);
    process.kill(first, "SIGKILL");
    const second = await waitFor(() => {
      const pid = workbench.daemon();
      return pid !== undefined && pid !== first && isAlive(pid) ? pid : undefined;
    }, "another daemon");
    assert.notEqual(first, second);
    await window.command("Tercet: Run All Checks and Tests");
    await window.page.locator(".squiggly-error").first().waitFor();
    await window.picture("daemon-back");
  });

  it("starts the server anew when a setting of it changes", async () => {
    const folder = project(workbench, "settings");
    window = await Window.onFile(browser, workbench, folder, FAILING);
    const settings = join(folder, ".vscode", "settings.json");
    writeJson(settings, { "tercet.server.path": "/nowhere/tercet-lsp" });
    await window.status("The language server is not installed").waitFor();
    await window.picture("setting-changed");
    assert.equal(await window.notification(/failed/).count(), 0);
    writeJson(settings, {});
    await window.ready();
  });
});

function changed(path: string, before: string): string | undefined {
  const text = readFileSync(path, "utf8");
  return text === before ? undefined : text;
}
