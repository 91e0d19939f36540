// The entry of the suite that runs inside VS Code's extension host, with the whole `vscode` API.
import Mocha from "mocha";

export async function run(): Promise<void> {
  const mocha = new Mocha({ ui: "bdd", timeout: 600_000, color: false, reporter: "spec", bail: true });
  mocha.suite.emit("pre-require", globalThis, "", mocha);
  await import("./suite.js");
  const failures = await new Promise<number>((done) => mocha.run(done));
  if (failures > 0) {
    throw new Error(`${failures} failed`);
  }
}
