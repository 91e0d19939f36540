// The files, the language server, the daemon and its port are all on another side than the window, as in a dev container.
import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { Window } from "../ui/window";
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

const EDITION = (process.env.EDITION ?? "oldest") as Edition;
const FILE = "src/bookshop/discounts.py";
const FAILING = "tests/test_checkout.py";
const FAILING_LINE = 43;
const WHEEL = "tercet-0.1.0-py3-none-any.whl";

describe("Tercet in a container", () => {
  let workbench: Workbench;
  let browser: Browser;
  let window: Window;

  before(async function () {
    if (process.platform !== "linux") {
      this.skip(); // bubblewrap is of Linux
    }
    workbench = await startWorkbench(EDITION, {
      contained: true,
      settings: { "tercet.server.package": `/mnt/${WHEEL}` },
    });
    browser = await launchBrowser();
  });

  after(async () => {
    await browser?.close();
    await workbench?.stop();
  });

  afterEach(async function () {
    await window?.ended(this.currentTest);
  });

  it("installs the server there, shows what fails there, and applies a repair there", async () => {
    const copy = project(workbench, `remote-${Date.now()}`);
    const folder = copy.replace(workbench.folder, workbench.within);
    assert.ok(!existsSync(folder), "the folder is on this side too");
    execFileSync(join(REPOSITORY, ".venv/bin/python"), ["test/workbench/wheel.py", workbench.folder, LANGUAGE_SERVER]);
    window = await Window.open(browser, workbench.address(folder, [["openFile", join(folder, FAILING)]]));
    await window.command("Tercet: Install the Language Server");
    await window.ready();
    await window.close(); // with the first-run page that covers the file
    window = await Window.onFile(browser, workbench, folder, FAILING);
    await window.goToLine(FAILING_LINE);
    await window.command("Tercet: Run All Checks and Tests");
    await window.page.locator(".squiggly-error").first().waitFor();
    await window.page.locator('.activitybar [aria-label^="Tercet"]').first().click();
    await window.command("Tercet: Repair What Fails");
    const offer = window.notification(/Tercet proposes/);
    await offer.hover(); // it goes by itself, but not from under the mouse
    await window.picture("remote");
    await offer.locator(".monaco-button", { hasText: "Apply" }).click();
    const before = readFileSync(join(REPOSITORY, "examples/bookshop", FILE), "utf8");
    await waitFor(async () => {
      await window.command("File: Save All Files"); // again, for the edit may come after it
      return readFileSync(join(copy, FILE), "utf8") !== before || undefined;
    }, "the repair in the container");
    await window.page.locator('.pane [role="treeitem"]').filter({ hasText: "applied" }).first().waitFor();
  });
});
