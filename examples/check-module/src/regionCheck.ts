import type { PodIdentityCheck } from 'backstage-plugin-eks-pod-identity-node';

/** Whether every container works in the region of the cluster. */
export const regionCheck: PodIdentityCheck = {
  id: 'workloads.region',
  category: 'workloads',
  title: 'Region of the pods',
  docsUrl: 'https://wiki.example.com/aws/regions',
  evaluate: ({ pods, cluster: { region } }) => {
    if (!pods) {
      return { status: 'unknown', message: 'The pods could not be read' };
    }
    const elsewhere = pods.filter(({ containers }) =>
      containers.some(({ regions }) =>
        regions.some(one => one !== `AWS_REGION ${region}`),
      ),
    );
    return elsewhere.length === 0
      ? { status: 'pass', message: `Every pod works in ${region}` }
      : {
          status: 'warn',
          message: `${elsewhere.length} of ${pods.length} pods work in another region than ${region}`,
          observed: elsewhere.map(({ name }) => name).join(', '),
          fix: {
            cause: 'Our data stays in the region of the cluster',
            actions: ['Take AWS_REGION out of the pod template'],
          },
        };
  },
};
