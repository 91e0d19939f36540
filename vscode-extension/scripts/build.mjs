// Bundles the extension into out/extension.js, and with --tests its suites; --watch goes on doing so.
import { cpSync, readdirSync } from "node:fs";
import { context } from "esbuild";

const shared = {
  bundle: true,
  platform: "node",
  target: "node20",
  format: "cjs",
  sourcemap: true,
  logLevel: "warning",
};
const jobs = [
  { ...shared, entryPoints: ["src/extension.ts"], outfile: "out/extension.js", external: ["vscode"], minify: true },
];
if (process.argv.includes("--tests")) {
  const suites = ["test", "test/unit", "test/host", "test/ui", "test/remote", "test/measure"].flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith(".ts"))
      .map((name) => `${folder}/${name}`),
  );
  jobs.push({
    ...shared,
    entryPoints: suites,
    outbase: ".",
    outdir: "out",
    external: ["vscode", "mocha", "playwright-core", "@vscode/vsce"],
  });
}

// The sample to begin with is the repository's example.
cpSync("../examples/bookshop", "out/sample", {
  recursive: true,
  filter: (path) => !/__pycache__|[\\/]\.[^\\/.][^\\/]*$/.test(path),
});

for (const job of jobs) {
  const builder = await context(job);
  if (process.argv.includes("--watch")) {
    await builder.watch();
  } else {
    await builder.rebuild();
    await builder.dispose();
  }
}
