import { useWorld } from '../world';
import { APP, job, workload } from '../workload';
import { alarmsOf, type Healthy } from './healthy';

describe('healthy', () => {
  const world = useWorld();

  it.each<Healthy>([
    {
      what: 'no workload',
      status: 'no-workload',
      make: ({ kube, namespace, name }) =>
        kube.delete('deployments', namespace, name),
    },
    {
      what: 'a Deployment of no pods',
      make: async ({ kube, namespace, name }) => {
        await kube.change('deployments', namespace, name, object => {
          object.spec.replicas = 0;
        });
      },
    },
    {
      what: 'a StatefulSet',
      make: stage =>
        stage.kube.apply(
          workload(stage, 'StatefulSet', 'ledger-db', {
            serviceName: 'ledger-db',
            replicas: 1,
          }),
        ),
    },
    {
      what: 'a DaemonSet',
      make: stage => stage.kube.apply(workload(stage, 'DaemonSet', 'shipper')),
    },
    {
      what: 'a finished Job from before the association',
      make: async stage => {
        const again = stage.dissociate();
        await stage.kube.apply(job(stage, 'migrate', ['true']));
        await stage.kube.waitFor(
          'jobs',
          stage.namespace,
          'migrate',
          one => one?.status?.succeeded === 1,
        );
        again();
        await stage.restart();
      },
    },
    {
      what: 'hostNetwork',
      make: async stage => {
        // Or Pod Security refuses its pods, and those of the former template run on.
        await stage.kube.change(
          'namespaces',
          undefined,
          stage.namespace,
          ({ metadata }) => {
            metadata.labels!['pod-security.kubernetes.io/enforce'] =
              'privileged';
          },
        );
        await stage.changePods(({ spec }) => {
          spec.hostNetwork = true;
          spec.dnsPolicy = 'ClusterFirstWithHostNet';
        });
      },
    },
    {
      what: 'an init container and a sidecar',
      make: stage =>
        stage.changePods(({ spec }) => {
          spec.initContainers = [{ ...APP, name: 'init', command: ['true'] }];
          spec.containers.push({ ...APP, name: 'log-shipper' });
        }),
    },
    {
      what: 'region by environment',
      make: stage =>
        stage.setEnv({
          AWS_REGION: 'eu-west-1',
          AWS_DEFAULT_REGION: 'eu-west-1',
        }),
    },
    {
      what: 'AWS_STS_REGIONAL_ENDPOINTS and retry settings',
      make: stage =>
        stage.setEnv({
          AWS_STS_REGIONAL_ENDPOINTS: 'regional',
          AWS_MAX_ATTEMPTS: '5',
          AWS_RETRY_MODE: 'adaptive',
        }),
    },
    {
      what: 'a proxy that exempts the agent',
      make: stage =>
        stage.setEnv({
          HTTP_PROXY: 'http://proxy.internal.example:3128',
          HTTPS_PROXY: 'http://proxy.internal.example:3128',
          NO_PROXY: '169.254.170.23,[fd00:ec2::23],.svc',
        }),
    },
    {
      what: 'a proxy for HTTPS alone',
      make: stage =>
        stage.setEnv({ HTTPS_PROXY: 'http://proxy.internal.example:3128' }),
    },
    {
      what: 'a ConfigMap of settings by envFrom',
      make: async stage => {
        await stage.kube.apply({
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: 'settings', namespace: stage.namespace },
          data: { LOG_LEVEL: 'info' },
        });
        await stage.changePods(({ spec }) => {
          spec.containers[0].envFrom = [{ configMapRef: { name: 'settings' } }];
        });
      },
    },
  ])('$what', async healthy => {
    expect(await alarmsOf(world(), healthy)).toEqual([]);
  });
});
