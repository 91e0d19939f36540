// One window of the workbench as its user sees it: typed into, clicked on, looked at.
import { mkdirSync } from "node:fs";
import { basename, join } from "node:path";
import type { Browser, Locator, Page } from "playwright-core";
import { EXTENSION, PATIENCE_MS, type Workbench, waitFor } from "../workbench/workbench";

const PICTURES = join(EXTENSION, "out", "pictures");

export class Window {
  private constructor(readonly page: Page) {}

  /** A window on a folder, with a file of it open and the language server ready. */
  static async onFile(browser: Browser, workbench: Workbench, folder: string, file: string): Promise<Window> {
    const window = await Window.open(browser, workbench.address(folder, [["openFile", join(folder, file)]]));
    await window.page.locator(`.tab.active[data-resource-name="${basename(file)}"]`).waitFor();
    await window.editor().waitFor();
    await window.ready();
    return window;
  }

  static async open(browser: Browser, address: string): Promise<Window> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, deviceScaleFactor: 1 });
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    await page.goto(address);
    await page.locator(".monaco-workbench .part.statusbar").waitFor();
    return new Window(page);
  }

  /** The window that this one opens, within the same browser session. */
  async opens(work: () => Promise<void>): Promise<Window> {
    const other = this.page.context().waitForEvent("page", { timeout: PATIENCE_MS });
    await work();
    const page = await other;
    page.setDefaultTimeout(PATIENCE_MS);
    return new Window(page);
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }

  /** After a test: what one that did not pass showed is told first, of a first try too. */
  async ended(test: Mocha.Test | undefined): Promise<void> {
    if (test && !test.isPassed()) {
      await this.report(test.title);
    }
    await this.close();
  }

  async press(...keys: string[]): Promise<void> {
    for (const key of keys) {
      await this.page.keyboard.press(key);
    }
  }

  /** Runs a command by its full title in the command palette. */
  async command(title: string): Promise<void> {
    const rows = ".quick-input-widget .monaco-list-row";
    const row = this.page.locator(`${rows}[aria-label="${title}"], ${rows}[aria-label^="${title}, "]`).first();
    await this.inPalette(`>${title}`, () => row.click({ timeout: 10_000 }));
  }

  async goToLine(line: number): Promise<void> {
    await this.inPalette(`:${line}`, async (input) => {
      await input.press("Enter");
      await input.waitFor({ state: "hidden", timeout: 10_000 });
    });
  }

  /**
   * Types into the palette and ends what was begun; all of it again as long as one step was too slow. The palette is opened with
   * the mouse: a webview that took the focus while it loads passes no key on to the workbench.
   */
  private async inPalette(typed: string, end: (input: Locator) => Promise<void>): Promise<void> {
    const input = this.page.locator(".quick-input-widget input[type=text]");
    await waitFor(async () => {
      try {
        if (await input.isVisible()) {
          await input.press("Escape", { timeout: 5_000 });
        }
        await this.page.locator(".command-center .command-center-center").click({ timeout: 5_000 });
        await input.fill(typed, { timeout: 5_000 });
        await end(input);
        return true;
      } catch {
        return undefined;
      }
    }, `the palette's answer to ${typed}`);
  }

  /** Takes a code action at the cursor, as soon as it is among the light bulb's. */
  async takeAction(title: RegExp, whileOpen?: () => Promise<unknown>): Promise<void> {
    const rows = this.page.locator(".action-widget .monaco-list-row.action");
    await waitFor(async () => {
      await this.press("Escape", "Control+Period");
      try {
        await rows.filter({ hasText: title }).first().waitFor({ timeout: 5_000 });
      } catch {
        return undefined;
      }
      await whileOpen?.();
      return this.chooseFocused(title);
    }, `the code action ${title}`);
  }

  /** The light bulb's menu is gone with the first click elsewhere, so it is walked through with the keys. */
  private async chooseFocused(title: RegExp): Promise<true | undefined> {
    const focused = this.page.locator(".action-widget .monaco-list-row.action.focused");
    for (let step = 0; step < 20 && (await focused.count()) > 0; step++) {
      if (title.test((await focused.first().textContent()) ?? "")) {
        await this.press("Enter");
        return true;
      }
      await this.press("ArrowDown");
    }
    return undefined;
  }

  async focusEditor(): Promise<void> {
    await this.command("View: Focus Active Editor Group");
  }

  editor(): Locator {
    return this.page.locator(".editor-instance .monaco-editor").first();
  }

  /** Tercet in the status bar, when it says this. */
  status(says: string): Locator {
    return this.page
      .locator(`.statusbar-item[aria-label="Tercet: ${says}"], .statusbar-item [aria-label="Tercet: ${says}"]`)
      .first();
  }

  notification(text: RegExp): Locator {
    return this.page.locator(".notification-toast").filter({ hasText: text }).first();
  }

  async ready(): Promise<void> {
    await this.status("Ready").waitFor();
  }

  /** After a test that did not pass: what the window showed, as a picture and in words. */
  private async report(test: string): Promise<void> {
    await this.picture(`failed ${test}`);
    const shown = await this.page.locator("body").ariaSnapshot();
    console.error(`"${test}" did not pass; the window (see out/pictures) showed:\n${shown.slice(0, 6000)}`);
  }

  async picture(name: string): Promise<void> {
    mkdirSync(PICTURES, { recursive: true });
    await this.page.screenshot({ path: join(PICTURES, `${name}.png`), animations: "disabled", caret: "hide" });
  }
}
