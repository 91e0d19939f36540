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

  async close(): Promise<void> {
    await this.page.context().close();
  }

  async press(...keys: string[]): Promise<void> {
    for (const key of keys) {
      await this.page.keyboard.press(key);
    }
  }

  /** Runs a command by its full title in the command palette. */
  async command(title: string): Promise<void> {
    await this.pickFrom("F1", `>${title}`, title);
  }

  /** Opens the palette with a key, types, and takes the row that has this label; again if the palette was slow to open. */
  private async pickFrom(key: string, typed: string, label: string): Promise<void> {
    const input = this.page.locator(".quick-input-widget input[type=text]");
    const rows = ".quick-input-widget .monaco-list-row";
    const row = this.page.locator(`${rows}[aria-label="${label}"], ${rows}[aria-label^="${label}, "]`).first();
    await waitFor(async () => {
      await this.press("Escape", key);
      try {
        await input.waitFor({ timeout: 5_000 });
        await input.fill(typed);
        await row.click({ timeout: 10_000 });
        return true;
      } catch {
        return undefined;
      }
    }, `the row ${label} after ${typed}`);
  }

  async goToLine(line: number): Promise<void> {
    await this.press("Control+G");
    const input = this.page.locator(".quick-input-widget input[type=text]");
    await input.fill(`:${line}`);
    await this.press("Enter");
    await input.waitFor({ state: "hidden" });
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

  async picture(name: string): Promise<void> {
    mkdirSync(PICTURES, { recursive: true });
    await this.page.screenshot({ path: join(PICTURES, `${name}.png`), animations: "disabled", caret: "hide" });
  }
}
