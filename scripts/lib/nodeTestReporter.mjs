import { inspect } from 'node:util';

/** Begins each line that is a test case; whatever else is printed comes from the tests. */
export const caseMark = '# case ';

/** A reporter for `node --test` that prints one JSON line per test case and passes on what the tests print. */
export default async function* report(source) {
  for await (const { type, data } of source) {
    if (type === 'test:stdout' || type === 'test:stderr') {
      yield data.message;
    }
    const isCase =
      (type === 'test:pass' || type === 'test:fail') &&
      data.details?.type !== 'suite';
    // A file that broke outside its tests is reported as a failing test with the file's name
    if (isCase) {
      const error = data.details?.error;
      const result = resultOf(type, data);
      yield `${caseMark}${JSON.stringify({
        name: data.name,
        file: data.file ?? data.name,
        result,
        seconds: (data.details?.duration_ms ?? 0) / 1000,
        text: result === 'failed' ? explain(error?.cause ?? error) : undefined,
      })}\n`;
    }
  }
}

function resultOf(type, data) {
  if (type === 'test:fail') {
    return 'failed';
  }
  return data.skip || data.todo ? 'skipped' : 'passed';
}

/** An assertion's stack says it all; its fields would say it twice more. */
function explain(error) {
  return error instanceof Error && error.stack
    ? error.stack
    : inspect(error, { colors: false });
}
