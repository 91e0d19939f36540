// The input of the Tercet view: what is wanted, of what kind, about what. Sends it; knows nothing else.
import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import { attempt } from "../commands";
import type { Intent } from "../contract";
import type { Reach, Requests } from "../requests";

const INTENTS: readonly [Intent | "", string][] = [
  ["", "As it is worded"],
  ["implement", "Implement"],
  ["fix", "Repair"],
  ["test", "Write tests"],
  ["document", "Document"],
  ["explain", "Explain"],
  ["refactor", "Refactor"],
  ["optimise", "Optimise"],
  ["secure", "Secure"],
];
const REACHES: readonly [Reach, string][] = [
  ["file", "this file"],
  ["selection", "the selection"],
  ["folder", "the folder"],
];

interface Sent {
  readonly instructions: string;
  readonly intent: Intent | "";
  readonly reach: Reach;
}

export function registerRequestView(requests: Requests): vscode.Disposable {
  return vscode.window.registerWebviewViewProvider("tercet.request", {
    resolveWebviewView: ({ webview }) => {
      webview.options = { enableScripts: true, localResourceRoots: [] };
      webview.html = page();
      webview.onDidReceiveMessage(({ instructions, intent, reach }: Sent) =>
        attempt(async () => {
          await requests.send(intent === "" ? { instructions } : { instructions, intent }, reach);
          await webview.postMessage("sent");
        }),
      );
    },
  });
}

function page(): string {
  const nonce = randomBytes(16).toString("base64");
  const policy = `default-src 'none'; style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<style nonce="${nonce}">
  body { padding: 8px 12px; display: grid; gap: 6px; }
  textarea, select, button { font: inherit; padding: 4px 6px; border-radius: 2px; }
  textarea { resize: vertical; color: var(--vscode-input-foreground); background: var(--vscode-input-background);
    border: 1px solid var(--vscode-input-border, var(--vscode-widget-border, transparent)); }
  select { color: var(--vscode-dropdown-foreground); background: var(--vscode-dropdown-background);
    border: 1px solid var(--vscode-dropdown-border); min-width: 0; }
  button { color: var(--vscode-button-foreground); background: var(--vscode-button-background); border: 0; cursor: pointer; }
  button:hover { background: var(--vscode-button-hoverBackground); }
  :focus-visible { outline: 1px solid var(--vscode-focusBorder); }
  div { display: grid; grid-template-columns: 1fr 1fr auto; gap: 6px; }
</style>
</head>
<body>
<textarea id="instructions" rows="3" placeholder="What is to be done?" aria-label="What is to be done?"></textarea>
<div>${select("intent", "Kind of request", INTENTS)}${select("reach", "What it is about", REACHES)}<button>Send</button></div>
<script nonce="${nonce}">
  const code = acquireVsCodeApi();
  const [instructions, intent, reach] = ["instructions", "intent", "reach"].map((id) => document.getElementById(id));
  instructions.value = code.getState() ?? "";
  instructions.addEventListener("input", () => code.setState(instructions.value));
  const send = () => code.postMessage({ instructions: instructions.value.trim(), intent: intent.value, reach: reach.value });
  document.querySelector("button").addEventListener("click", send);
  instructions.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) send();
  });
  addEventListener("message", () => { instructions.value = ""; code.setState(""); });
</script>
</body>
</html>`;
}

function select(id: string, label: string, options: readonly (readonly [string, string])[]): string {
  const rows = options.map(([value, text]) => `<option value="${value}">${text}</option>`).join("");
  return `<select id="${id}" aria-label="${label}">${rows}</select>`;
}
