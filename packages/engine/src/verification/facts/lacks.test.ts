import { spawnSync } from 'node:child_process';
import { KubernetesError } from '../../kubernetes/errors';
import { lackOfKubernetes } from './lacks';

it('offers a command that a shell can read', () => {
  const error = new KubernetesError({ kind: 'unauthorized', message: 'no' });
  const { fix } = lackOfKubernetes(
    error,
    { verb: 'get', resource: 'pods' },
    "o'clock",
  );
  const text = fix!.snippet!.text;
  expect(text).toContain(String.raw`--cluster-name 'o'\''clock'`);
  expect(spawnSync('bash', ['-n', '-c', text])).toMatchObject({ status: 0 });
});
