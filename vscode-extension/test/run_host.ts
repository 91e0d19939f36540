// Runs a suite (test/host, if none is named) inside the extension host of one edition of the workbench, and prints what it prints.
// The window is on two folders: what one folder makes easy, the suites in Chromium show.
import { join } from "node:path";
import { format } from "node:util";
import { WITHOUT_FOLDERS } from "./host/unusable";
import { launchBrowser } from "./workbench/browser";
import { type Edition, EXTENSION, LANGUAGE_SERVER, startWorkbench, twoFolders } from "./workbench/workbench";

const LIMIT_MS = 1_200_000;
const MOST_WINDOWS = 5;

/** How many tests failed, or null where the window was of no use. */
async function inWindow(edition: Edition, suite: string): Promise<number | null> {
  const settings = { "tercet.server.path": LANGUAGE_SERVER };
  const workbench = await startWorkbench(edition, { settings, installed: false });
  const browser = await launchBrowser();
  try {
    const page = await (await browser.newContext()).newPage();
    let exit: (code: number) => void = () => undefined;
    const code = new Promise<number>((resolve) => {
      exit = resolve;
    });
    const limit = setTimeout(() => {
      console.error(`the suite did not end within ${LIMIT_MS / 1000} s\n${workbench.log()}`);
      exit(1);
    }, LIMIT_MS);
    const complaints: string[] = []; // of VS Code, about what it cannot load here: of interest when something fails
    let usable = true;
    await page.exposeFunction("codeAutomationLog", (type: string, args: unknown[]) => {
      const said = format(...args);
      usable &&= said !== WITHOUT_FOLDERS;
      return /error|warn/.test(type) ? complaints.push(said) : console.log(said);
    });
    await page.exposeFunction("codeAutomationExit", (number: number) => exit(number));
    const payload = [
      ["extensionDevelopmentPath", EXTENSION],
      ["extensionTestsPath", join(EXTENSION, suite)],
    ] as const;
    await page.goto(workbench.address(twoFolders(workbench), payload));
    const failures = await code.finally(() => clearTimeout(limit));
    if (!usable) {
      return null;
    }
    if (failures !== 0) {
      console.error(complaints.join("\n").slice(-5000));
    }
    return failures;
  } finally {
    await browser.close();
    await workbench.stop();
  }
}

async function main(edition: Edition, suite: string): Promise<number> {
  for (let window = 0; window < MOST_WINDOWS; window++) {
    const failures = await inWindow(edition, suite);
    if (failures !== null) {
      return failures;
    }
    console.error("a fresh window is opened");
  }
  return 1;
}

/** As with the suites in Chromium, what fails is told and tried once more, in a window and a folder of its own. */
async function onceMore(edition: Edition, suite: string): Promise<number> {
  const failures = await main(edition, suite);
  if (failures === 0) {
    return 0;
  }
  console.error(`the suite failed in the ${edition} edition (see above): once more`);
  return main(edition, suite);
}

const [edition = "oldest", suite = "out/test/host/index.js"] = process.argv.slice(2);
onceMore(edition as Edition, suite).then(
  (code) => process.exit(code),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
