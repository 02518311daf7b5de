import type { Expected } from './expected';
import { setProbe } from '../world';
import { must } from '../shell';

/** No pod can be created, or the one that was does not run. */
const NO_ROOM = {
  cause: 'admission.injects',
  status: 'could-not-check',
} as const;
const NO_PROBE = {
  cause: 'credentials.agent-answers',
  status: 'could-not-check',
} as const;
const NO_AGENT = { cause: 'workloads.unsupported', status: 'broken' } as const;

/** Of pods: whether there is room for them, and where they run. */
export const OF_ROOM: Record<string, Expected> = {
  'quota-full': { ...NO_ROOM, says: /exceeded quota: small/ },
  'limit-range-too-narrow': {
    ...NO_ROOM,
    says: /minimum memory usage per Container is 1Gi/,
    repair: async ({ world, command: printed }) => {
      await setProbe(world, printed);
      return `put into app-config:\n${printed}`;
    },
    why: 'The size of the probe is a setting of the portal.',
  },
  'nodes-tainted': {
    ...NO_PROBE,
    says: /untolerated taint \{dedicated: gpu\}/,
  },
  'probe-image-not-pulled': {
    ...NO_PROBE,
    says: /could not pull public\.ecr\.aws/,
    repair: async ({ world, command: printed }) => {
      const mirror = printed.replace(
        '<your registry>',
        'registry.acme.example',
      );
      if (mirror === printed) throw new Error(`Asks for none: ${printed}`);
      await setProbe(world, mirror);
      return `put into app-config:\n${mirror}`;
    },
    why: 'The registry of the probe image is a setting of the portal, and only its owner knows another one.',
  },
  'pods-on-windows': {
    ...NO_AGENT,
    status: 'no-pod-has-it',
    says: /run on Windows nodes/,
    repair: async ({ shell, ref }) => {
      // Without a selector the pods may go to Windows again: nothing taints that node
      await must(
        shell,
        `kubectl -n ${ref.namespace} patch deployment ${ref.serviceAccount} --type json -p '[{"op":"replace","path":"/spec/template/spec/nodeSelector","value":{"kubernetes.io/os":"linux"}}]'`,
      );
      return 'moved the workload to Linux';
    },
    why: 'Whether its image runs on Linux, only the owner of the workload knows.',
  },
  'pods-on-fargate': {
    ...NO_AGENT,
    says: /run on Fargate/,
    repair: async ({ world, shell, ref }) => {
      world.sandbox.cluster(ref.cluster).clearFargate();
      await must(
        shell,
        `kubectl -n ${ref.namespace} rollout restart deployment/${ref.serviceAccount}`,
      );
      return 'deleted the Fargate profile';
    },
    why: 'A Fargate profile cannot be changed, and other workloads may need it: its owner moves the workload. The add-on of that cluster is degraded besides.',
  },
};
