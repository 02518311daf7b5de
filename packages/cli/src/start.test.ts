import { spawn } from 'node:child_process';
import { once } from 'node:events';

it('keeps its exit code where what reads its output ends first', async () => {
  const program = JSON.stringify(require.resolve('./index'));
  const child = spawn(
    process.execPath,
    [
      ...[
        '--require',
        require.resolve('@backstage/cli/config/nodeTransform.cjs'),
      ],
      ...['--eval', `require(${program}).start()`],
      ...['--', 'verify', '--help'],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let said = '';
  child.stderr.on('data', chunk => {
    said += chunk;
  });
  // Before it writes
  child.stdout.destroy();
  const [code] = await once(child, 'close');
  expect({ code, said }).toEqual({ code: 0, said: '' });
});
