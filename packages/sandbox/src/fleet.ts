import { setTimeout as wait } from 'node:timers/promises';
import type {
  KubeObject,
  KubernetesClusterHandle,
  NodeOptions,
} from './kubernetes';
import { exchangeToken } from './kubernetes/runtime/application/calls';
import { SDKS, userAgentOf } from './kubernetes/runtime/application/sdks';
import { createRandom } from './core/random';
import type { ScenarioContext } from './scenarios/scenario';
import { fewAtOnce } from './scenarios/verdicts';
import { DemoCluster, plainCluster } from './seed/clusters';
import { IrsaAccount, makeIrsaAccount } from './seed/irsa/account';
import { ROLE_MAKERS } from './seed/irsa/makers';
import { OTHER_AUDIENCE, TRUST_SHAPES } from './seed/irsa/trust';
import { namespace } from './seed/manifests';

/** So many clusters with so many annotated service accounts each. */
export interface FleetSize {
  clusters: number;
  accounts: number;
  /** Pods of each workload, at most. */
  pods: number;
}

/** Old ones, new ones, and one that is not seen to ask. */
const PROGRAMS = [
  'boto3/1.44.8',
  'boto3/1.28.50',
  'go-v2/1.48.0',
  'go-v1/1.44.300',
  'go-v1/1.55.5',
  'js-v3/3.1173.0',
  'js-v3/3.490.0',
  'js-v2/2.1692.0',
  'java-v2/2.57.8',
  'java-v2/2.20.0',
  'java-v1/1.12.700',
  'aws-cli-v2/2.36.0',
  undefined,
];

const ACCOUNTS_A_NAMESPACE = 30;
const PODS_A_NODE = 50;

/** So many are made before their pods have to run. */
const AT_ONCE = 200;
const ROUND_MS = 50;
const MOST_ROUNDS = 2_000;

const ON_PAPER = 'sandbox.example.com/on-paper';

type Kind = NodeOptions['kind'];

/** Ten nodes are of these kinds. */
const KINDS: Kind[] = [
  ...Array<Kind>(7).fill('managed'),
  'auto',
  'fargate',
  'windows',
];

/** The clusters of a fleet: their nodes are on paper, so that thousands of pods cost little. */
export const fleetClusters = ({
  clusters,
  accounts,
  pods,
}: FleetSize): DemoCluster[] =>
  Array.from({ length: clusters }, (_, at) => {
    const least = Math.ceil((accounts * pods) / PODS_A_NODE);
    const further = Array.from(
      { length: Math.max(least, KINDS.length) },
      (__, index) => ({
        kind: KINDS[index % KINDS.length],
        onPaper: true,
        labels: { [ON_PAPER]: 'true' },
        pods: 2 * PODS_A_NODE,
      }),
    );
    return plainCluster(`fleet-${at + 1}`, 'production', 1, { further });
  });

/** Chooses by the sandbox's seed. */
class Dice {
  constructor(private readonly random: () => number) {}

  below(end: number): number {
    return Math.floor(this.random() * end);
  }

  oneOf<T>(list: readonly T[]): T {
    return list[this.below(list.length)];
  }

  /** True so often, of a hundred. */
  percent(often: number): boolean {
    return this.random() * 100 < often;
  }
}

/** A service account as real clusters have them: half have the plainest trust policy. */
function drawn(
  dice: Dice,
  index: number,
  pods: number,
  nodes: string[],
): IrsaAccount {
  return {
    namespace: `team-${Math.floor(index / ACCOUNTS_A_NAMESPACE)}`,
    name: `service-${index}`,
    shape: dice.percent(50) ? 'T1' : dice.oneOf([...TRUST_SHAPES, 'T2', 'T2']),
    maker: dice.oneOf(ROLE_MAKERS),
    roleGone: dice.percent(2),
    mayAssume: dice.percent(8),
    road: dice.percent(85)
      ? 'irsa'
      : dice.oneOf(['associated', 'static-keys', 'irsa-by-hand', 'kube2iam']),
    sdk: dice.oneOf(PROGRAMS),
    kind: dice.percent(8) ? 'CronJob' : 'Deployment',
    replicas: 1 + dice.below(pods),
    nodeName: dice.oneOf(nodes),
  };
}

/** The second service account that a role of shape T2 lets in. */
const workerOf = (ns: string, roleOf: string): Partial<IrsaAccount> => ({
  namespace: ns,
  name: `${roleOf}-worker`,
  roleOf,
  shape: 'T2',
});

/** Lets the program of a service account ask STS, as one of its pods would; STS answers, or refuses. */
async function ask(
  kube: KubernetesClusterHandle,
  endpoint: string,
  account: IrsaAccount,
  roleArn: string,
): Promise<void> {
  const { road, kind, sdk, shape } = account;
  const goesByIrsa = road === 'irsa' || road === 'irsa-by-hand';
  if (!sdk || kind === 'CronJob' || !goesByIrsa) return;
  const [name, version] = sdk.split('/');
  const token = await kube.serviceAccountToken({
    namespace: account.namespace,
    serviceAccount: account.name,
    audience: shape === 'T8' ? OTHER_AUDIENCE : 'sts.amazonaws.com',
  });
  await exchangeToken(roleArn, token, {
    endpoint,
    region: kube.key.region,
    userAgent: userAgentOf(SDKS[name], version, 'irsa', 'sts'),
    signal: AbortSignal.timeout(60_000),
  });
}

/** Looks now and then, because thousands of pods change a status each. */
async function untilAllRun(kube: KubernetesClusterHandle): Promise<void> {
  for (let rounds = MOST_ROUNDS; rounds > 0; rounds -= 1) {
    const isWhole = ({ spec, status }: KubeObject) =>
      status?.readyReplicas === spec.replicas;
    if (kube.list('deployments').every(isWhole)) return;
    await wait(ROUND_MS);
  }
}

/** The service accounts of a cluster. */
function drawAll(
  { accounts, pods }: FleetSize,
  dice: Dice,
  nodes: string[],
): IrsaAccount[] {
  const all: IrsaAccount[] = [];
  for (let index = 0; index < accounts; index += 1) {
    const before = all.at(-1);
    const account = drawn(dice, index, pods, nodes);
    if (before?.shape === 'T2' && !before.roleOf) {
      const { namespace: ns, name: roleOf } = before;
      Object.assign(account, workerOf(ns, roleOf));
    }
    all.push(account);
  }
  return all;
}

/** Fills a cluster of the fleet; its programs ask once each, so that CloudTrail knows them. */
export async function fillFleet(
  { aws, cluster }: ScenarioContext,
  name: string,
  { seed, endpoint, ...size }: FleetSize & { seed: number; endpoint: string },
): Promise<void> {
  const kube = cluster(name);
  const nodes = kube
    .list('nodes')
    .filter(({ metadata }) => metadata.labels?.[ON_PAPER])
    .map(({ metadata }) => metadata.name);
  const at = Number(name.split('-')[1]);
  // By a source of its own: what draws from the sandbox's does so when it comes to it
  const dice = new Dice(createRandom(seed * 100 + at));
  const all = drawAll(size, dice, nodes);
  const place = { aws, cluster: name, issuer: kube.issuer };
  const keyOf = (one: IrsaAccount) => `${one.namespace}/${one.name}`;
  const roles = new Map<string, string>();
  await kube.apply(
    [...new Set(all.map(one => one.namespace))].map(ns => namespace(ns)),
  );
  for (let from = 0; from < all.length; from += AT_ONCE) {
    const some = all.slice(from, from + AT_ONCE);
    for (const [index, account] of some.entries()) {
      const serial = at * 10_000 + from + index;
      const made = makeIrsaAccount(place, account, serial, roles);
      roles.set(keyOf(account), made.roleArn);
      await kube.apply(made.manifests);
    }
    await untilAllRun(kube);
    await fewAtOnce(some, account =>
      ask(kube, endpoint, account, roles.get(keyOf(account))!),
    );
  }
}
