import type { Addon } from '../../aws/addon';
import type { ClusterConfig } from '../../clusters/types';
import { installAgentCommand } from '../../identity/snippets';
import { selectorMatches } from '../../kubernetes/labelSelector';
import { kubectl } from '../../text/bash';
import { foreign } from '../../text/foreign';
import type {
  AgentPodFact,
  DaemonSetFact,
  NodeFact,
} from '../framework/facts/agent';
import type { Fix } from '../framework/fix';
import { CANNOT_PULL } from '../probe/podState';
import { applyAddonCommand, withValues } from './addon';

/** Longest quotation of a container's last words. */
const MOST = 200;
const ONLY_IPV4 = { agent: { additionalArgs: { '-b': '169.254.170.23' } } };
const NO_HOST_PORT = { agent: { advertiseProxyPort: false } };

/** `what` of a pod that shows no reason. */
export const NOT_READY = 'is not ready';

/** Whose agent it is, which decides how it is fixed. */
export interface AgentOwner {
  config: Pick<ClusterConfig, 'name' | 'region'>;
  /** Undefined where it could not be read, `null` for an agent without the add-on. */
  addon: Addon | null | undefined;
  /** Undefined where they could not be read. */
  sets: readonly DaemonSetFact[] | undefined;
}

/** What keeps an agent pod from being ready. */
export interface AgentTrouble {
  /** To follow the name of the pod. */
  what: string;
  fix: Fix;
}

/** What a container said last, in one line; of a structured log line only its message. */
function lastWords(pod: AgentPodFact): string {
  const text = (pod.ended?.message ?? '').trim();
  try {
    const { msg } = JSON.parse(text.split('\n').at(-1) ?? '');
    if (typeof msg === 'string') return foreign(msg, MOST);
  } catch {
    // It is no JSON.
  }
  return foreign(text, MOST);
}

/** Puts the DaemonSet back to what EKS has for it; words where another installer has to. */
function reapply({ config, addon, sets = [] }: AgentOwner) {
  const editors = [...new Set(sets.flatMap(set => set.editors))];
  const by = editors.length
    ? ` Its pod template was changed by ${editors.join(
        ', ',
      )} after EKS had applied it.`
    : '';
  return addon
    ? {
        by,
        actions: [
          'Let EKS apply the add-on again with this command, which undoes every change of its DaemonSet.',
        ],
        commands: [applyAddonCommand(config)],
      }
    : {
        by,
        actions: [
          'Correct the DaemonSet of the agent where it was installed, such as the values of its Helm release.',
        ],
      };
}

/** Sets values of the add-on, beside those that it has. */
export function configure(
  { config, addon }: AgentOwner,
  values: Record<string, unknown>,
  why: string,
) {
  const all = addon && withValues(addon.configurationValues, values);
  const text = JSON.stringify(values);
  return all
    ? {
        actions: [`${why}: this command sets ${text} beside what is set.`],
        commands: [applyAddonCommand(config, all)],
      }
    : {
        actions: [
          `${why}: set ${text} in the ${
            addon ? 'configuration of the add-on' : 'values of its Helm release'
          }.`,
        ],
      };
}

/** Which pods use the network of a node, and so may hold a port of it. */
const hostPods = (node: string) =>
  kubectl('get', {
    kind: 'pods',
  })`-A --field-selector spec.nodeName=${node} -o ${'jsonpath={range .items[?(@.spec.hostNetwork==true)]}{.metadata.namespace}/{.metadata.name}{"\\n"}{end}'}`;

/** The scheduler does not name the port: it is 80 as a rule, else one of the agent's own probes and metrics. */
function waitsForPort(
  { nodeName }: AgentPodFact,
  why: string,
  owner: AgentOwner,
): AgentTrouble {
  const cause = `Another pod has reserved a port that the agent uses: ${why}`;
  const again = configure(
    owner,
    NO_HOST_PORT,
    'Let the agent not reserve port 80, or move the other pod',
  );
  const configured = owner.addon?.configurationValues;
  const done =
    configured &&
    withValues(configured, {}) === withValues(configured, NO_HOST_PORT);
  if (done) {
    return {
      what: 'waits for a port of its node',
      fix: {
        cause,
        actions: [
          'The agent does not reserve port 80 any more, so it is 2703 or 2705: move the pod that has it.',
        ],
        commands: nodeName ? [hostPods(nodeName)] : [],
      },
    };
  }
  return { what: 'waits for a port of its node', fix: { cause, ...again } };
}

function notScheduled(pod: AgentPodFact, owner: AgentOwner): AgentTrouble {
  const why = pod.message ?? '';
  if (/free ports/i.test(why)) return waitsForPort(pod, why, owner);
  const { by, ...again } = reapply(owner);
  return {
    what: 'is not scheduled',
    fix: { cause: `${why || 'The scheduler gives no reason.'}${by}`, ...again },
  };
}

function crashed(pod: AgentPodFact, owner: AgentOwner): AgentTrouble {
  const { exitCode, reason, container } = pod.ended ?? {};
  const words = lastWords(pod);
  if (/cannot assign requested address/.test(words)) {
    return {
      what: 'crashes, because its node has IPv6 disabled',
      fix: {
        cause: `The agent listens on IPv4 and IPv6, and says: ${words}`,
        ...configure(owner, ONLY_IPV4, 'Let it listen on IPv4 only'),
      },
    };
  }
  if (/address already in use/.test(words)) {
    const { by, actions, ...again } = reapply(owner);
    const edited = by !== '' && Boolean(owner.addon);
    const { nodeName } = pod;
    const look = nodeName ? { commands: [hostPods(nodeName)] } : {};
    return {
      what: 'crashes, because port 80 of its node is in use',
      fix: {
        cause: `Another program listens on port 80 of the node${
          nodeName ? ` ${nodeName}` : ''
        }. The agent says: ${words}${by && `.${by}`}`,
        actions: [
          'Move the program that listens there: a process of the node, or a pod that uses its network.',
          ...(edited ? actions : []),
        ],
        ...(edited ? again : look),
      },
    };
  }
  const { by, actions, ...again } = reapply(owner);
  const log = kubectl('logs', pod)`${
    container ? `-c=${container}` : '--all-containers'
  } --previous --tail=20`;
  let why = 'Kubernetes kept no termination message; its log says more.';
  if (words) why = `Its last words: ${words}`;
  if (reason === 'OOMKilled') why = 'It ran out of memory.';
  return {
    what: `crashes${
      exitCode === undefined ? '' : ` with exit code ${exitCode}`
    }`,
    fix: {
      cause: `${why}${by}`,
      actions: [
        `Read its log: ${log.text}`,
        'If it says "cannot assign requested address", the node has IPv6 disabled: set {"agent":{"additionalArgs":{"-b":"169.254.170.23"}}} in the configuration of the add-on. If it says "address already in use", another program has port 80 of the node.',
        ...actions,
      ],
      ...again,
    },
  };
}

/** Why an agent pod is not ready, and what fixes it. */
export function podTrouble(pod: AgentPodFact, owner: AgentOwner): AgentTrouble {
  if (pod.unscheduled) return notScheduled(pod, owner);
  const waiting = pod.waitingReason ?? '';
  const message = pod.message ?? '';
  if (CANNOT_PULL.test(waiting)) {
    const { by, actions, ...again } = reapply(owner);
    return {
      what: `cannot pull its image: ${waiting}`,
      fix: {
        cause: `${message || 'The node cannot pull the image of the agent.'}${
          by && `.${by}`
        }`,
        actions: [
          ...actions,
          'If the image is that of EKS, the node has no way to ECR: it needs the endpoints ecr.api, ecr.dkr and s3, or NAT, and AmazonEC2ContainerRegistryPullOnly on its role.',
        ],
        ...again,
      },
    };
  }
  if (pod.ended || waiting === 'CrashLoopBackOff') return crashed(pod, owner);
  if (
    waiting &&
    waiting !== 'ContainerCreating' &&
    waiting !== 'PodInitializing'
  ) {
    const { by, ...again } = reapply(owner);
    return {
      what: `does not start: ${waiting}`,
      fix: { cause: `${message || waiting}${by && `.${by}`}`, ...again },
    };
  }
  return {
    what: NOT_READY,
    fix: {
      cause: 'It is starting, or it does not answer its own probes.',
      actions: [
        'Verify again in a minute. If it stays so, look at its events and its log.',
      ],
      commands: [kubectl('describe', { ...pod, kind: 'pod' })``],
    },
  };
}

/** What keeps a DaemonSet from a node; undefined if nothing does. */
function keptOff(
  { placement, name }: DaemonSetFact,
  node: NodeFact,
): string | undefined {
  const { nodeSelector, terms, toleratesAll } = placement;
  if (!selectorMatches({ matchLabels: nodeSelector }, node.labels)) {
    return `The nodeSelector of DaemonSet ${name} leaves out the node ${node.name}.`;
  }
  if (terms && !terms.some(term => selectorMatches(term, node.labels))) {
    return `The node affinity of DaemonSet ${name} leaves out the node ${node.name}.`;
  }
  if (node.tainted && !toleratesAll) {
    return `The node ${node.name} has a taint, and DaemonSet ${name} does not tolerate all taints as the one of EKS does.`;
  }
  return undefined;
}

/** An agent that is nowhere in the cluster. */
function noDaemonSet(owner: AgentOwner): Fix {
  const cause = 'The DaemonSet of the agent is not in the cluster.';
  if (owner.addon === null) {
    return {
      cause,
      actions: ['Install the add-on with this command.'],
      commands: [installAgentCommand(owner.config)],
    };
  }
  const { by: _, ...again } = reapply(owner);
  return { cause, ...again };
}

/** Why a node has no ready agent, and what fixes it. */
export function nodeTrouble(
  name: string,
  node: NodeFact | undefined,
  agents: readonly AgentPodFact[],
  owner: AgentOwner,
): Fix {
  const pod = agents.find(agent => agent.nodeName === name);
  if (pod) {
    const { what, fix } = podTrouble(pod, owner);
    return { ...fix, cause: `The agent pod ${pod.name} ${what}. ${fix.cause}` };
  }
  const { sets } = owner;
  if (sets?.length === 0) return noDaemonSet(owner);
  const reasons = (sets ?? []).map(set => node && keptOff(set, node));
  const [first] = reasons;
  if (first && reasons.every(Boolean)) {
    const { by, ...again } = reapply(owner);
    return { cause: `${first}${by}`, ...again };
  }
  return {
    cause: `The DaemonSet of the agent has no pod there${
      node && sets ? ', although nothing keeps it from the node' : ''
    }: it has only begun, or the cluster refuses its pods.`,
    actions: [
      'Verify again in a minute. If it stays so, the events of the DaemonSet say why.',
    ],
    commands: [
      kubectl('get', {
        kind: 'events',
      })`-A --field-selector involvedObject.kind=DaemonSet,type=Warning`,
    ],
  };
}
