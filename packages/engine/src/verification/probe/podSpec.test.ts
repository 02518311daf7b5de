import type { V1Pod } from '../../kubernetes/objects';
import { placementOf, probePod } from './podSpec';
import { PROBE_SCRIPT, withoutExpansion } from './script';

const options: Parameters<typeof probePod>[0] = {
  ref: { cluster: 'prod', namespace: 'payments', serviceAccount: 'api' },
  probe: {
    image: 'registry/aws-cli@sha256:abc',
    tolerations: [{ key: 'dedicated', operator: 'Exists' }],
    imagePullSecrets: ['pull'],
    maxConcurrent: 4,
    checkImds: false,
  },
  portalId: 'portal.example.com',
  taskId: 'task-1',
  placement: {},
  deadlineSeconds: 180,
  now: Date.parse('2026-01-01T00:00:00Z'),
  graceSeconds: 12.3, // wall time: only written down
  permissionChecks: [{ name: 's3', command: ['s3', 'ls', 's3://$(HOME)'] }],
};

describe('the probe pod', () => {
  const pod = probePod(options);
  const [container] = pod.spec!.containers;

  it('fits Pod Security restricted', () => {
    expect(pod.spec?.securityContext).toMatchObject({
      runAsNonRoot: true,
      runAsUser: 65532,
      runAsGroup: 65532,
      fsGroup: 65532,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(container.securityContext).toMatchObject({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(pod.spec?.hostNetwork).toBeUndefined();
  });

  it('ends on its own, with its deadline in an annotation', () => {
    expect(pod.spec).toMatchObject({
      restartPolicy: 'Never',
      activeDeadlineSeconds: 180,
      terminationGracePeriodSeconds: 1,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      serviceAccountName: 'api',
    });
    expect(pod.metadata?.annotations).toMatchObject({
      'backstage.io/probe-deadline': '2026-01-01T00:03:00.000Z',
      'backstage.io/portal': 'portal.example.com',
      'backstage.io/task-id': 'task-1',
      'sidecar.istio.io/inject': 'false',
    });
  });

  it('has a new name each time', () => {
    expect(probePod(options).metadata?.name).not.toBe(pod.metadata?.name);
    expect(pod.metadata?.name).toMatch(/^eks-pod-identity-probe-[0-9a-f]{10}$/);
  });

  it('has no processor limit, and the memory that two CLIs need', () => {
    expect(container.resources?.limits).toEqual({ memory: '256Mi' });
  });

  it('passes the words of a check to bash unchanged, unexpanded by Kubernetes', () => {
    expect(container.command).toEqual([
      '/bin/bash',
      '-c',
      PROBE_SCRIPT,
      'probe',
      '/dev/termination-log',
      '13',
      'no',
      'p.s3',
      '3',
      's3',
      'ls',
      's3://$$(HOME)',
    ]);
  });

  it('is placed like the workload, but is no replica of it', () => {
    const workload: V1Pod = {
      metadata: { labels: { app: 'payments' } },
      spec: {
        containers: [],
        nodeSelector: { pool: 'apps', 'kubernetes.io/os': 'windows' },
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [],
            },
          },
          podAntiAffinity: {},
        },
        tolerations: [
          { key: 'pool', operator: 'Equal', value: 'apps' },
          { key: 'node.kubernetes.io/not-ready', operator: 'Exists' },
        ],
      },
    };
    const placed = probePod({ ...options, placement: placementOf(workload) });
    expect(placed.spec?.nodeSelector).toEqual({
      pool: 'apps',
      'kubernetes.io/os': 'linux',
    });
    expect(placed.spec?.affinity).toEqual({
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [],
        },
      },
    });
    expect(placed.spec?.tolerations).toEqual([
      { key: 'dedicated', operator: 'Exists' },
      { key: 'pool', operator: 'Equal', value: 'apps' },
    ]);
    expect(placed.metadata?.labels).not.toHaveProperty('app');
  });
});

/** Kubernetes' expansion of `$(NAME)` in commands (k8s.io/kubernetes third_party/forked/golang/expansion). */
function expand(text: string, env: Record<string, string>): string {
  let out = '';
  for (let i = 0; i < text.length; i++) {
    if (text[i] !== '$' || i + 1 >= text.length) {
      out += text[i];
    } else if (text[i + 1] === '$') {
      out += '$';
      i += 1;
    } else if (text[i + 1] === '(') {
      const end = text.indexOf(')', i);
      if (end < 0) {
        out += '$(';
        i += 1;
      } else {
        const name = text.slice(i + 2, end);
        out += name in env ? env[name] : text.slice(i, end + 1);
        i = end;
      }
    } else {
      out += text.slice(i, i + 2);
      i += 1;
    }
  }
  return out;
}

describe('expansion by Kubernetes', () => {
  const env = { HOME: '/tmp', AWS_REGION: 'x', text: 'x' };

  it.each(['$(HOME)', '$$(HOME)', '$$', '$HOME', 'a$', '$($(HOME))', '$$$(x'])(
    'leaves %s as it was written',
    word => {
      expect(expand(withoutExpansion(word), env)).toBe(word);
    },
  );

  it('leaves the script unchanged', () => {
    expect(expand(PROBE_SCRIPT, env)).toBe(PROBE_SCRIPT);
  });
});
