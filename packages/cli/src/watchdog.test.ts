import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Runs a program that is watched for so many seconds, with this as its work. */
async function watched(seconds: number, work: string) {
  const child = spawn(
    process.execPath,
    [
      '--require',
      require.resolve('@backstage/cli/config/nodeTransform.cjs'),
      '--eval',
      `const stop = require(${JSON.stringify(
        require.resolve('./watchdog'),
      )}).watch(${seconds}); ${work}`,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let said = '';
  child.stderr.on('data', chunk => {
    said += chunk;
  });
  const [code, signal] = await once(child, 'close');
  return { code, signal, said };
}

describe('the watch over a verification', () => {
  it('ends a program that does nothing but compute', async () => {
    expect(await watched(1, 'for (;;);')).toEqual({
      code: null,
      signal: 'SIGKILL',
      said: 'The program has done nothing but compute for 1 s, the time of --timeout, so it was ended.\n',
    });
  });

  it('leaves one alone that waits, however long, and ends with it', async () => {
    expect(await watched(4, 'setTimeout(stop, 6_000);')).toEqual({
      code: 0,
      signal: null,
      said: '',
    });
    expect(await watched(1, '')).toMatchObject({ code: 0 });
  });
});
