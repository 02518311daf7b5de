import { inspect } from 'node:util';

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
      const failedNow = type === 'test:fail';
      const result = failedNow ? 'failed' : data.skip ? 'skipped' : 'passed';
      const error = data.details?.error;
      yield `${JSON.stringify({
        name: data.name,
        file: data.file ?? data.name,
        result,
        seconds: (data.details?.duration_ms ?? 0) / 1000,
        text: failedNow ? explain(error?.cause ?? error) : undefined,
      })}\n`;
    }
  }
}

/** An assertion's stack says it all; its fields would say it twice more. */
function explain(error) {
  return error instanceof Error && error.stack
    ? error.stack
    : inspect(error, { colors: false });
}
