// Reports what node's test runner says of the tests of one file: one JSON object a line, tests by the path of their names.
const SEPARATOR = ' > ';
const LONGEST = 20000;

const text = (value) => String(value ?? '').slice(0, LONGEST);

export default async function* reporter(source) {
  const names = [];
  for await (const { type, data } of source) {
    if (type === 'test:start') {
      names.length = data.nesting;
      names[data.nesting] = data.name;
    } else if (type === 'test:pass' || type === 'test:fail') {
      const error = data.details?.error;
      const cause = error?.cause instanceof Error ? error.cause : error;
      if (data.details?.type === 'suite' && (type === 'test:pass' || error?.failureType === 'subtestsFailed')) continue;
      const skipped = data.skip !== undefined || data.todo !== undefined;
      yield `${JSON.stringify({
        kind: 'test',
        file: data.file,
        name: [...names.slice(0, data.nesting), data.name].join(SEPARATOR),
        outcome: skipped ? 'skipped' : type === 'test:pass' ? 'passed' : 'failed',
        duration_ms: data.details?.duration_ms,
        message: text(cause?.message ?? cause),
        report: type === 'test:fail' ? text(cause?.stack ?? cause) : '',
      })}\n`;
    }
  }
}
