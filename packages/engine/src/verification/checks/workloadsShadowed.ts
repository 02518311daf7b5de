import { defineCheck, pass, skip, warn } from '../check';

export const workloadsShadowed = defineCheck({
  id: 'workloads.shadowed',
  category: 'workloads',
  title: 'Nothing in the pods comes before the identity',
  question:
    'Do running pods carry keys, profiles or other variables that every SDK prefers to Pod Identity?',
  neededBy: [],
  needs: ['pods'],
  evaluate({ pods }) {
    if (pods.length === 0) {
      return skip('Not applicable: no pod runs under this ServiceAccount.');
    }
    const found = pods.flatMap(pod =>
      pod.containers
        .map(container => ({
          pod: pod.name,
          owner: pod.owner,
          container: container.name,
          names: [
            ...container.shadowing,
            ...(container.foreignCredentialsUri
              ? ['AWS_CONTAINER_CREDENTIALS_FULL_URI (of its own)']
              : []),
          ],
        }))
        .filter(one => one.names.length > 0),
    );
    if (found.length === 0) {
      return pass('Nothing in the running pods comes before Pod Identity.');
    }
    const [first] = found;
    const affected = new Set(found.map(one => one.pod)).size;
    const names = [...new Set(found.flatMap(one => one.names))];
    return warn(
      `${affected} of ${pods.length} running pods set ${names.join(
        ', ',
      )}, which every SDK reads before Pod Identity.`,
      {
        observed: `container ${first.container} of ${first.owner.kind} ${first.owner.name}`,
        fix: {
          cause:
            'The order of the SDKs is: keys, profile, web identity (IRSA), then the container credentials of Pod Identity.',
          actions: [
            `Take ${names.join(', ')} out of the pod template and roll it out.`,
          ],
        },
      },
    );
  },
});
