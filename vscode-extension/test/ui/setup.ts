// The first minutes: no language server yet, a folder that nobody trusted yet, and a second window.
import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Browser } from "playwright-core";
import { launchBrowser } from "../workbench/browser";
import {
  type Edition,
  LANGUAGE_SERVER,
  project,
  REPOSITORY,
  startWorkbench,
  type Workbench,
  waitFor,
} from "../workbench/workbench";
import { Window } from "./window";

const EDITION = (process.env.EDITION ?? "oldest") as Edition;
const FILE = "src/bookshop/discounts.py";

describe("Tercet's first minutes", () => {
  let workbench: Workbench | undefined;
  let browser: Browser;
  let window: Window;

  before(async () => {
    browser = await launchBrowser();
  });

  after(() => browser?.close());

  afterEach(async function () {
    await window?.ended(this.currentTest);
    await workbench?.stop();
    workbench = undefined;
  });

  it("shows the first-run page where there is no server, and installs one", async () => {
    workbench = await startWorkbench(EDITION, {});
    const folder = project(workbench, "bookshop");
    const settings = join(workbench.folder, "user", "Machine", "settings.json");
    execFileSync(join(REPOSITORY, ".venv/bin/python"), ["test/workbench/wheel.py", workbench.folder, LANGUAGE_SERVER]);
    const wheel = join(workbench.folder, "tercet-0.1.0-py3-none-any.whl");
    execFileSync("sed", ["-i", `1a "tercet.server.package": ${JSON.stringify(wheel)},`, settings]);
    window = await Window.open(browser, workbench.address(folder, [["openFile", join(folder, FILE)]]));
    const install = window.page.locator(".getting-started-step.expanded .monaco-button").first();
    await install.waitFor();
    await window.picture("first-run");
    await install.click();
    await window.ready();
    await window.picture("installed");
    const storage = join(workbench.folder, "user/User/globalStorage/tercet.tercet");
    assert.ok(existsSync(join(storage, "server/bin/tercet-lsp")));
  });

  it("leads from the walkthrough to a repaired sample, and asks before it opens a fresh one", async () => {
    workbench = await startWorkbench(EDITION, {
      asksForTrust: true,
      settings: { "tercet.server.path": LANGUAGE_SERVER },
    });
    const storage = join(workbench.folder, "user/User/globalStorage/tercet.tercet");
    const first = await Window.open(browser, workbench.address());
    window = first;
    await window.command("Tercet: Set Up");
    await window.page.locator(".getting-started-step", { hasText: "Try it on a sample" }).click();
    const button = window.page.locator(".getting-started-step.expanded .monaco-button", { hasText: "Open the Sample" });
    window = await first.opens(() => button.click());
    assert.equal(new URL(window.page.url()).searchParams.get("folder"), join(storage, "bookshop"));
    const trust = window.page.locator(".monaco-dialog-box", { hasText: "trust" });
    await trust.locator(".monaco-button", { hasText: "Yes" }).click();
    await window.command("Tercet: Repair What Fails");
    const offer = window.notification(/Tercet proposes/);
    await offer.hover(); // it goes by itself, but not from under the mouse
    await window.picture("sample");
    await offer.locator(".monaco-button", { hasText: "Apply" }).click();
    const shipped = readFileSync(join(REPOSITORY, "examples/bookshop", FILE), "utf8");
    const copied = (name: string) => readFileSync(join(storage, name, FILE), "utf8");
    await waitFor(async () => {
      await window.command("File: Save All Files"); // again, for the edit may come after it
      return copied("bookshop") !== shipped || undefined;
    }, "the saved repair");
    await window.command("Tercet: Open a Sample");
    const question = window.notification(/The sample was changed/);
    await question.waitFor();
    await question.hover();
    await window.picture("sample-again");
    const fresh = question.locator(".monaco-button", { hasText: "Open a Fresh Copy" });
    window = await window.opens(() => fresh.click());
    assert.equal(new URL(window.page.url()).searchParams.get("folder"), join(storage, "bookshop-2"));
    assert.equal(copied("bookshop-2"), shipped);
  });

  it("starts nothing of a folder that is not trusted, and starts it once it is", async () => {
    workbench = await startWorkbench(EDITION, { asksForTrust: true });
    const folder = project(workbench, "stranger");
    const trap = join(folder, ".venv", "bin", "tercet-lsp");
    const sprung = join(workbench.folder, "sprung");
    mkdirSync(dirname(trap), { recursive: true });
    writeFileSync(trap, `#!/bin/sh\ntouch ${sprung}\nexec ${LANGUAGE_SERVER} "$@"\n`);
    chmodSync(trap, 0o755);
    window = await Window.open(browser, workbench.address(folder, [["openFile", join(folder, FILE)]]));
    const question = window.page.locator(".monaco-dialog-box", { hasText: "trust" });
    await question.waitFor();
    await question.locator(".monaco-button", { hasText: "No" }).click();
    await window.status("The language server is not installed").waitFor();
    assert.ok(!existsSync(sprung), "the workspace's server was started in restricted mode");
    await window.picture("restricted");
    await window.command("Workspaces: Manage Workspace Trust");
    await window.page
      .locator(".workspace-trust-editor .monaco-button", { hasText: /^Trust$/ })
      .first()
      .click();
    await window.ready();
    await waitFor(() => existsSync(sprung) || undefined, "the workspace's own server");
  });

  it("shows a proposal in both of two windows on one folder, and lets one of them apply it", async () => {
    workbench = await startWorkbench(EDITION, { settings: { "tercet.server.path": LANGUAGE_SERVER } });
    const folder = project(workbench, "shared");
    window = await Window.onFile(browser, workbench, folder, FILE);
    const other = await Window.onFile(browser, workbench, folder, FILE);
    await window.command("Tercet: Repair What Fails");
    await Promise.all([window, other].map((each) => each.notification(/Tercet proposes/).hover()));
    await other.picture("second-window");
    await window
      .notification(/Tercet proposes/)
      .locator(".monaco-button", { hasText: "Apply" })
      .click();
    await window.page.locator(".tab.dirty").first().waitFor();
    await other.page.locator('.activitybar [aria-label^="Tercet"]').first().click();
    await other.page.locator('.pane [role="treeitem"]').filter({ hasText: "applied" }).first().waitFor();
    await other.close();
  });
});
