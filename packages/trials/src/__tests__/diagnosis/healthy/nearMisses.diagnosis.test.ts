import type { Stage } from 'eks-sandbox';
import { first } from '../setups/containers';
import { behindTarget, policy, revokeSessions, trust } from '../setups/roles';
import { useWorld } from '../world';
import {
  APP,
  cronJob,
  job,
  skip,
  variables,
  withoutWorkload,
} from '../workload';
import { alarmsOf, type Healthy } from './healthy';

const DAY = 86_400_000;
const LABEL = 'app.kubernetes.io/name';
const PROXY = 'http://proxy.internal.example:3128';

const shell = (script: string) => first({ command: ['sh', '-c', script] });

const at = ({ context }: Stage, days: number) =>
  new Date(context.core.clock.now() + days * DAY).toISOString();

/** A CronJob between two runs, alone. */
const nightly = (change: (template: any) => void) => async (stage: Stage) => {
  await withoutWorkload(stage);
  const made: any = cronJob(stage, 'nightly');
  const { template } = made.spec.jobTemplate.spec;
  template.metadata = { labels: { app: 'nightly' } };
  change(template);
  await stage.kube.apply(made);
};

/** Right beside what a check warns of. */
describe('healthy', () => {
  const world = useWorld();

  it.each<Healthy>([
    {
      what: 'a command that empties its environment and hands the identity on',
      make: shell(
        'exec env -i PATH=$PATH AWS_CONTAINER_CREDENTIALS_FULL_URI=$AWS_CONTAINER_CREDENTIALS_FULL_URI AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=$AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE sleep infinity',
      ),
    },
    {
      what: 'a script that says, prints and takes from others what its program keeps',
      make: shell(
        `# never unset AWS_CONTAINER_CREDENTIALS_FULL_URI here
unset HISTFILE
printenv AWS_CONTAINER_CREDENTIALS_FULL_URI
env -u AWS_CONTAINER_CREDENTIALS_FULL_URI true
exec sleep infinity`,
      ),
    },
    {
      what: 'a script with a proxy for its packages',
      make: shell(
        `export HTTP_PROXY=${PROXY}
http_proxy=${PROXY} true
unset HTTP_PROXY
exec sleep infinity`,
      ),
    },
    {
      what: 'a container beside the main one without variables',
      make: stage =>
        stage.changePods(({ spec }) => {
          spec.containers.push({
            ...APP,
            name: 'web',
            command: ['env', '-i', 'sleep', 'infinity'],
          });
        }),
    },
    {
      what: 'the address of the agent on the command line',
      make: shell(
        'export AWS_CONTAINER_CREDENTIALS_FULL_URI=http://169.254.170.23/v1/credentials; sleep infinity',
      ),
    },
    {
      what: 'a proxy for one program of a command line',
      make: shell(`HTTP_PROXY=${PROXY} true; sleep infinity`),
    },
    {
      what: 'a proxy on the command line that spares the agent',
      make: shell(
        `export HTTP_PROXY=${PROXY} NO_PROXY=169.254.170.23; sleep infinity`,
      ),
    },
    {
      what: 'a profile that the command line makes',
      make: shell(
        'aws configure set region eu-west-1 --profile backup; aws s3 ls --profile backup; sleep infinity',
      ),
    },
    {
      what: 'the former names of keys, empty',
      make: stage => stage.setEnv({ AWS_ACCESS_KEY: '', AWS_SECRET_KEY: '' }),
    },
    {
      what: 'options of Java without credentials',
      make: stage =>
        stage.setEnv({
          JAVA_TOOL_OPTIONS: '-Xmx512m -Daws.region=eu-west-1',
        }),
    },
    {
      what: 'the user of a mail server of AWS',
      make: stage => stage.setEnv({ SMTP_USERNAME: 'AKIAIOSFODNN7EXAMPLE' }),
    },
    {
      what: 'hostAliases of a name of the company',
      make: stage =>
        stage.changePods(({ spec }) => {
          spec.hostAliases = [
            { ip: '10.0.40.7', hostnames: ['ledger.internal.example'] },
          ];
        }),
    },
    {
      what: 'a shell that reads a file of its image',
      make: shell('. /etc/profile; sleep infinity'),
    },
    {
      what: 'a CronJob that leaves a container beside the main one out',
      make: nightly(template => {
        skip(template, 'shipper');
        template.spec.containers.push({ ...APP, name: 'shipper' });
      }),
    },
    {
      what: 'a CronJob with a proxy that spares the agent',
      make: nightly(({ spec }) => {
        spec.containers[0].env = variables({
          HTTP_PROXY: PROXY,
          NO_PROXY: '169.254.170.23',
        });
      }),
    },
    {
      what: 'a NetworkPolicy that opens the way for a CronJob',
      make: async stage => {
        await nightly(() => undefined)(stage);
        await stage.kube.apply({
          apiVersion: 'networking.k8s.io/v1',
          kind: 'NetworkPolicy',
          metadata: { name: 'open', namespace: stage.namespace },
          spec: {
            podSelector: { matchLabels: { app: 'nightly' } },
            policyTypes: ['Egress'],
            egress: [{}],
          },
        });
      },
    },
    {
      what: 'a suspended Job',
      make: async stage => {
        const made: any = job(stage, 'import', ['sleep', 'infinity']);
        made.spec.suspend = true;
        await stage.kube.apply(made);
      },
    },
    {
      what: 'a Deployment at 0 for Linux nodes',
      make: async stage => {
        const { kube, namespace, name } = stage;
        await kube.change('deployments', namespace, name, ({ spec }) => {
          spec.replicas = 0;
          spec.template.spec.nodeSelector = { 'kubernetes.io/os': 'linux' };
        });
        await stage.rolledOut();
      },
    },
    {
      what: 'a policy engine that gives the next pods a label and a variable',
      make: ({ kube, name }) => {
        kube.addWebhook({
          name: 'mutate.policy-engine.example',
          supportsDryRun: true,
          matches: one => one.metadata.labels?.[LABEL] === name,
          mutate: ({ metadata, spec }) => {
            metadata.labels = { ...metadata.labels, team: 'payments' };
            spec.containers[0].env = [
              ...(spec.containers[0].env ?? []),
              { name: 'TEAM', value: 'payments' },
            ];
          },
        });
      },
    },
    {
      what: 'a Fargate profile for other pods of the namespace',
      make: ({ kube, namespace }) =>
        kube.selectForFargate({ namespace, labels: { app: 'web' } }),
    },
    {
      what: 'trust: since a day that is over',
      make: stage =>
        trust({
          Condition: { DateGreaterThan: { 'aws:CurrentTime': at(stage, -2) } },
        })(stage),
    },
    {
      what: 'a session policy that allows something',
      make: async stage => {
        stage.updateAssociation({
          disableSessionTags: true,
          policy: JSON.stringify(
            policy({ Effect: 'Allow', Action: 's3:*', Resource: '*' }),
          ),
        });
        await stage.restart();
      },
    },
    {
      what: 'sessions that were revoked before the pods started',
      make: async stage => {
        revokeSessions(stage, at(stage, 0));
        await stage.later();
        await stage.restart();
      },
    },
    {
      what: 'a target role that was made again before the pods started',
      make: async stage => {
        const { name, arn, trust: same } = behindTarget(stage);
        stage.aws.iam.deleteRole(arn);
        await stage.later();
        stage.aws.iam.putRole({ name, trust: same });
        await stage.later();
        await stage.restart();
      },
    },
  ])('$what', async healthy => {
    expect(await alarmsOf(world(), healthy)).toEqual([]);
  });
});
