import { programOf } from '../evidence/sdks';
import { listed } from '../text/listed';
import { minuteOf } from '../text/minuteOf';
import { needsAgent, withoutAgent } from '../verification/agent/agentObjects';
import { asSentence } from '../text/fullStop';
import { valueOf } from '../verification/framework/fact';
import { SDK_RULES } from '../verification/workloads/sdks';
import { addonToUpdate } from './addons';
import type { AccessFacts, NodeInUse } from './facts';
import { type Account, both, otherAccountOf, workloadsOf } from './roads';
import { idleOf, nodesOf } from './runs';
import { unreadNames } from './sessionNames';

/** What stands between the pods of a service account and Pod Identity. */
export interface Obstacles {
  /** Its pods would get no credentials, or those of another principal: sentences. */
  blocked: string[];
  /** Facts that are missing to say so: sentences without a capital and a full stop. */
  unknown: string[];
  /** What is worth a look and decides nothing: sentences. */
  notes: string[];
}

const none = (): Obstacles => ({ blocked: [], unknown: [], notes: [] });

const COMPUTE_NAMES: Record<string, string> = {
  auto: 'Auto Mode',
  hybrid: 'hybrid nodes',
};

export function computeOf(node: NodeInUse | undefined, name: string): string {
  const without = withoutAgent(node, name);
  if (without === 'windows') return 'Windows';
  if (without === 'fargate') return 'Fargate';
  return COMPUTE_NAMES[node?.computeType ?? ''] ?? 'EC2';
}

/** What its pods run on, or ran on last; none where the nodes were not read. */
export function computesOf(account: Account, facts: AccessFacts): string[] {
  const nodes = valueOf(facts.nodes);
  if (!nodes) return [];
  const found = nodesOf(account).map(name => computeOf(nodes.get(name), name));
  return [...new Set(found)].sort();
}

/** Where its pods run. */
function ofPlaces(account: Account, facts: AccessFacts): Obstacles {
  const found = none();
  const { pods } = account;
  if (!facts.pods.known) {
    found.unknown.push(`its pods were not read: ${facts.pods.lack.sentence}`);
    return found;
  }
  const idle = idleOf(account);
  const unseen = idle.find(({ last }) => !last)?.workload;
  if (pods.count === 0 && (unseen || idle.length === 0)) {
    found.unknown.push(
      'no pod of it runs now, so that where they will run is not known',
    );
    return found;
  }
  if (unseen) {
    found.unknown.push(
      `${unseen.kind} ${unseen.name} has no pod now, so that where its pods will run is not known`,
    );
  }
  const [told, ...others] = idle.filter(({ last }) => last);
  if (told) {
    const { kind, name } = told.workload;
    const more = others.length ? ` and ${others.length} more` : '';
    found.notes.push(
      `Where pods of ${kind} ${name}${more} will run is taken from the last run.`,
    );
  }
  const waiting = pods.nodes.get('') ?? 0;
  if (waiting > 0) {
    found.unknown.push(
      `${waiting} of its pods ${
        waiting === 1 ? 'has' : 'have'
      } no node yet, so that where they will run is not known`,
    );
  }
  const { agents, policies } = facts.pods.value;
  if (!policies.known) {
    found.unknown.push(
      `the NetworkPolicies were not read: ${policies.lack.sentence}`,
    );
  } else if (pods.barredBy.size > 0) {
    found.unknown.push(
      `NetworkPolicy ${listed([
        ...pods.barredBy,
      ])} bars its pods from the agent as its rules read, and whether the cluster enforces them is not known`,
    );
  }
  const nodes = valueOf(facts.nodes);
  if (!nodes) {
    found.unknown.push('the nodes were not read');
    return found;
  }
  const compute = computesOf(account, facts);
  const without = compute.filter(one => one === 'Fargate' || one === 'Windows');
  if (without.length > 0) {
    const who =
      compute.length > without.length ? 'Some of its pods' : 'Its pods';
    found.blocked.push(
      `${who} run on ${listed(
        without,
      )}, where Pod Identity does not work. An association would hold for them, too.`,
    );
  }
  const unread = nodesOf(account).filter(
    name => !nodes.has(name) && !withoutAgent(undefined, name),
  );
  if (unread.length > 0) {
    found.unknown.push(`node ${unread[0]} was not among the nodes`);
  }
  const withoutOne = nodesOf(account).filter(name => {
    const node = nodes.get(name);
    return node && needsAgent(node) && !agents.has(name);
  });
  if (withoutOne.length > 0) {
    found.blocked.push(
      `No agent is ready on ${withoutOne.length} of the ${
        nodesOf(account).length
      } nodes that its pods run on, such as ${withoutOne[0]}.`,
    );
  }
  return found;
}

/** SDKs that send requests for the agent through a proxy. */
const TAKE_A_PROXY: readonly string[] = SDK_RULES.proxy.affects;

function ofProxy(
  { pods, template, use }: Account,
  { cluster }: AccessFacts,
): Obstacles {
  const found = none();
  const address = cluster.agentAddress;
  const settings = [pods.proxied, template.proxied];
  const programs = use?.programs ?? [];
  const taking = programs.find(({ name }) =>
    TAKE_A_PROXY.includes(programOf(name)?.sdk ?? ''),
  );
  if (!settings.some(Boolean) || (programs.length > 0 && !taking)) return found;
  if (settings.includes('yes') && taking) {
    found.blocked.push(
      `Its pods send requests for the agent through a proxy, which ${
        taking.name
      } obeys. Add ${
        address.includes(':') ? `[${address}]` : address
      } to NO_PROXY.`,
    );
  } else {
    found.unknown.push(
      'its pods have a proxy, and whether they would ask the agent through it is not known',
    );
  }
  return found;
}

/** Containers that may ask, over all its workloads; the runs of a CronJob are not counted beside it. */
function askersOf(account: Account): number {
  return [...workloadsOf(account).values()].reduce(
    (sum, { containers }) => sum + containers,
    0,
  );
}

/** A setting for the global endpoint of STS, which not all SDKs obey. */
const asksGlobalSts = ({ annotated, pods, template }: Account) =>
  annotated?.globalSts || pods.globalSts || template.globalSts;

/** Seconds. CloudTrail shows that every session of Pod Identity lasts this long, whatever the role allows. */
const LONGEST_SESSION = 6 * 3_600;

/** With one decimal, where there is one; never less than it is. */
const hours = (seconds: number) => String(Math.ceil(seconds / 360) / 10);

/** Of its programs: whether they know Pod Identity, where that is not known. */
const agesNotKnown = ({ use }: Account) =>
  (use?.programs ?? [])
    .filter(({ age }) => age === 'unknown')
    .map(({ name, version }) => [name, version].filter(Boolean).join(' '))
    .map(program =>
      program
        ? `whether ${program} knows Pod Identity is not known`
        : 'a program of it names no SDK that is known',
    );

/** Which programs asked by IRSA, and whether they know Pod Identity. */
function ofPrograms(account: Account, facts: AccessFacts): Obstacles {
  const found = none();
  if (!facts.use.known) {
    found.unknown.push(`its SDK was not seen: ${facts.use.lack.sentence}`);
    return found;
  }
  const { programs = [], together = 0 } = account.use ?? {};
  const { since, isCut, ofUnknown, regions, unsearched } = facts.use.value;
  const elsewhere =
    unsearched &&
    `calls to the global endpoint of STS are in ${unsearched.region}. ${unsearched.lack.sentence}`;
  if (programs.length === 0) {
    const silence = [
      `its SDK was not seen: CloudTrail has no call by IRSA of it since ${minuteOf(
        since,
      )} in ${listed(regions)}`,
      ...(ofUnknown
        ? [`calls there that do not say whose they are: ${ofUnknown}`]
        : []),
      ...(elsewhere ? [elsewhere] : []),
    ];
    found.unknown.push(silence.join('; '));
    return found;
  }
  if (elsewhere && asksGlobalSts(account)) {
    found.unknown.push(
      `it is set to the global endpoint of STS, and ${elsewhere}`,
    );
  }
  if (isCut) {
    found.unknown.push(
      `not all that asked by IRSA was seen: only what CloudTrail has since ${minuteOf(
        since,
      )} was read`,
    );
  }
  for (const one of programs) {
    const { name, version, age, minimum, lastAt } = one;
    const { sessionSeconds = 0, sessionAt = lastAt } = one;
    const program = [name, version].filter(Boolean).join(' ');
    if (sessionSeconds > LONGEST_SESSION) {
      found.blocked.push(
        `${program || 'A program of it'} asked for ${hours(
          sessionSeconds,
        )}-hour sessions at ${minuteOf(
          sessionAt,
        )}. Pod Identity's last 6 hours.`,
      );
    }
    if (age === 'too-old') {
      found.blocked.push(
        `${program} does not know Pod Identity; ${minimum} is the oldest version that was seen to.`,
      );
    }
  }
  found.unknown.push(...agesNotKnown(account));
  const askers = askersOf(account);
  if (together < askers) {
    found.unknown.push(
      `${together} of ${askers} containers were seen to ask, as far as their programs tell them apart`,
    );
  } else if (askers > 1) {
    found.notes.push(
      'Its programs were seen for the service account: AWS records neither pod nor container of a call by IRSA.',
    );
  }
  return found;
}

/** Those of its programs; of a role of another account what no look can see is no lack of this one. */
function ofCalls(account: Account, facts: AccessFacts): Obstacles {
  const found = ofPrograms(account, facts);
  const of = otherAccountOf(account, facts);
  // EKS knows of the programs of its add-on whether they support it
  if (addonToUpdate(account, facts)) return { ...found, unknown: [] };
  return of
    ? {
        ...found,
        unknown: [],
        notes: [
          `CloudTrail of account ${of} has its calls by IRSA, and is not read here: look there which SDKs ask, and whether they know Pod Identity.`,
          ...agesNotKnown(account).map(asSentence),
          ...found.notes,
        ],
      }
    : found;
}

/** What was not read and may show another road. */
function ofGaps({
  annotated,
  associations,
  templates,
}: AccessFacts): Obstacles {
  const found = none();
  if (!annotated.known) {
    found.unknown.push(
      `the annotations of service accounts were not read: ${annotated.lack.sentence}`,
    );
  }
  if (!associations.known) {
    found.unknown.push(
      `the associations were not read: ${associations.lack.sentence}`,
    );
  }
  if (!templates.known) {
    found.unknown.push(
      `its workloads were not read: ${templates.lack.sentence}`,
    );
  } else if (templates.value.unseen.size > 0) {
    found.unknown.push(
      `workloads of some kinds were not read: ${listed([
        ...templates.value.unseen.keys(),
      ])}`,
    );
  }
  return found;
}

/** A Secret may hold keys, and is never read. Where all containers asked by IRSA, it held none. */
export function unreadSecrets(
  account: Account,
  what: 'secrets' | 'keySecrets',
): string[] {
  const secrets = both(account, what);
  const { together = 0 } = account.use ?? {};
  return secrets.length > 0 && together < askersOf(account)
    ? [
        `Secrets are not read here, so that it is not known whether ${listed(
          secrets,
        )} ${
          secrets.length === 1 ? 'holds' : 'hold'
        } access keys. SDKs would use those first.`,
      ]
    : [];
}

/** What would keep the pods of a service account from Pod Identity, and what is not known of it. */
export function obstaclesOf(account: Account, facts: AccessFacts): Obstacles {
  const rest = none();
  const pinned = both(account, 'pinned');
  if (pinned.length > 0) {
    rest.blocked.push(
      `The settings of ${listed(
        pinned,
      )} allow web identity alone, so that its programs would not ask for Pod Identity.`,
    );
  }
  const { pods, template } = account;
  if (pods.hostNetwork || template.hostNetwork) {
    rest.notes.push(
      'Its pods use the network of their node, which works with the VPC CNI of AWS and was reported once to fail with another.',
    );
  }
  if (pods.bare > 0) {
    rest.unknown.push(
      `${pods.bare} of its pods ${
        pods.bare === 1 ? 'has' : 'have'
      } no workload that would make them again`,
    );
  }
  const [keys] = both(account, 'keys');
  if (keys) rest.notes.push(`Some of its containers ${keys}.`);
  rest.notes.push(...unreadSecrets(account, 'secrets'));
  rest.notes.push(...unreadNames(account));
  const all = [
    ofCalls(account, facts),
    ofPlaces(account, facts),
    ofProxy(account, facts),
    rest,
    ofGaps(facts),
  ];
  return {
    blocked: all.flatMap(({ blocked }) => blocked),
    unknown: all.flatMap(({ unknown }) => unknown),
    notes: all.flatMap(({ notes }) => notes),
  };
}
