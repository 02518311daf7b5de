import { KubernetesError } from '../../kubernetes/errors';
import type { V1Pod } from '../../kubernetes/objects';
import { DEFAULT_RESOURCES, sendFitting } from './defaultResources';

const pod = (resources: object = DEFAULT_RESOURCES): V1Pod => ({
  spec: { containers: [{ name: 'probe', resources }, { name: 'other' }] },
});

/** The processor limits of the pods that a cluster is sent which refuses those without one. */
async function sent(message: string, first = pod()) {
  const limits: (string | undefined)[] = [];
  const sending = sendFitting(first, async ({ spec }) => {
    const limit = spec!.containers[0].resources?.limits?.cpu;
    limits.push(limit);
    if (!limit || limit === '1') {
      throw new KubernetesError({ kind: 'forbidden', status: 403, message });
    }
    return 'taken';
  });
  return { result: await sending.catch(error => error.message), limits };
}

it.each([
  'pods "p" is forbidden: failed quota: q: must specify limits.cpu for: probe',
  'pods "p" is forbidden: failed quota: q: must specify limits.cpu for: probe; limits.memory for: probe',
  'pods "p" is forbidden: maximum cpu usage per Pod is 2.  No limit is specified',
  'pods "p" is forbidden: cpu max limit to request ratio per Container is 4, but no limit is specified or limit is 0',
  'admission webhook "validation.gatekeeper.sh" denied the request: [must-limit] container <probe> has no cpu limit',
  'admission webhook "validate.kyverno.svc-fail" denied the request: rule limits failed at path /spec/containers/0/resources/limits/cpu/: CPU limits are required',
])('sets a processor limit where the cluster asks for one: %s', async why => {
  expect(await sent(why)).toEqual({
    result: 'taken',
    limits: [undefined, '500m'],
  });
});

it.each([
  'pods "p" is forbidden: exceeded quota: q, requested: limits.memory=256Mi, used: limits.memory=1Gi, limited: limits.memory=1Gi',
  'pods "p" is forbidden: failed quota: q: must specify limits.ephemeral-storage for: probe',
  'pods "p" is forbidden: maximum memory usage per Container is 64Mi, but limit is 256Mi',
])('sets none where that would not help: %s', async why => {
  expect(await sent(why)).toEqual({ result: why, limits: [undefined] });
});

it('leaves a limit that the cluster’s settings have', async () => {
  const why = 'failed quota: q: must specify limits.cpu for: probe';
  const own = pod({ limits: { cpu: '1' } });
  expect(await sent(why, own)).toEqual({ result: why, limits: ['1'] });
});
