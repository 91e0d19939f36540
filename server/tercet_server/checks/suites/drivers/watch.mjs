// Writes down which test of a file begins and, if asked, which lines of the project each executes by V8's own counters.
// Preloaded into the test's process; written at once, so that what hangs or dies leaves its name behind.
import { appendFileSync, readFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { afterEach, beforeEach } from 'node:test';
import { fileURLToPath } from 'node:url';

const { TERCET_WATCH: output, TERCET_ROOT: root, TERCET_TRACE: traced } = process.env;
const MOST_LINES = 20000;

const session = new Session();
if (traced) {
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
}

function taken() {
  let result = [];
  session.post('Profiler.takePreciseCoverage', (error, answer) => {
    result = error ? [] : answer.result;
  });
  return result;
}

function executed({ url, functions }) {
  const text = readFileSync(fileURLToPath(url), 'utf8');
  const counts = new Uint8Array(text.length);
  const ranges = functions.flatMap((each) => each.ranges);
  ranges.sort((a, b) => a.startOffset - b.startOffset || b.endOffset - a.endOffset);
  for (const { startOffset, endOffset, count } of ranges) counts.fill(count > 0 ? 1 : 0, startOffset, endOffset);
  const lines = [];
  let offset = 0;
  text.split('\n').forEach((line, number) => {
    const first = line.search(/\S/);
    if (first >= 0 && counts[offset + first]) lines.push(number);
    offset += line.length + 1;
  });
  return lines.slice(0, MOST_LINES);
}

function ofProject({ url, functions }) {
  if (!url.startsWith('file:') || !functions.some((each) => each.ranges.some((range) => range.count > 0))) return false;
  const path = fileURLToPath(url);
  return path.startsWith(`${root}/`) && !path.includes('/node_modules/');
}

function write(value) {
  try {
    appendFileSync(output, `${JSON.stringify(value)}\n`);
  } catch {
    // What cannot be written down is not known; the test's own outcome must not depend on it.
  }
}

function record(name) {
  if (!traced) return;
  const lines = {};
  for (const script of taken().filter(ofProject)) lines[fileURLToPath(script.url)] = executed(script);
  write({ name, lines });
}

let loaded = false;

beforeEach((test) => {
  if (!loaded) record(''); // what loading the modules executed
  else if (traced) taken();
  loaded = true;
  write({ began: test.fullName ?? test.name });
});

afterEach((test) => record(test.fullName ?? test.name));
