import type { NodeInstance } from '../../core/contract';
import { NodeFacts } from '../controllers/nodes';
import { EksAuthPath, NodeCredentials } from './eksAuthPath';

/** A setting of all nodes or of single ones. */
export class PerNode<T> {
  readonly #single = new Map<string, T>();
  readonly #usual: T;
  #all: T;

  constructor(usual: T) {
    this.#usual = usual;
    this.#all = usual;
  }

  /** Without a node the setting is every node's. */
  set(value: T, node?: string) {
    if (node === undefined) {
      this.#all = value;
      this.#single.clear();
    } else {
      this.#single.set(node, value);
    }
  }

  of(node: string): T {
    return this.#single.get(node) ?? this.#all;
  }

  clear() {
    this.set(this.#usual);
  }
}

/** What keeps a program from port 80 of the agent's addresses: no IPv6 on the node, or another program. */
export type AgentPort = 'free' | 'no-ipv6' | 'in-use';

/** Why a program on a node cannot listen there. */
export function listenOn(
  address: string,
  port: number,
  state: AgentPort,
): string | undefined {
  const isV6 = address.includes(':');
  const failed = (why: string) =>
    `listen tcp ${isV6 ? `[${address}]` : address}:${port}: bind: ${why}`;
  if (state === 'no-ipv6' && isV6) {
    return failed('cannot assign requested address');
  }
  return state === 'in-use' && port === 80
    ? failed('address already in use')
    : undefined;
}

/** What can be changed of an instance. */
export type InstanceChange = Partial<
  Pick<NodeInstance, 'roleArn' | 'hasProfile' | 'imdsEnabled' | 'imdsHopLimit'>
>;

/** What is wrong with nodes, or was changed of them since they were made. */
export class NodeConditions {
  readonly eksAuth = new PerNode<EksAuthPath>('open');
  readonly agentPort = new PerNode<AgentPort>('free');
  readonly #credentials = new PerNode<NodeCredentials>('present');
  readonly #changed = new Map<string, InstanceChange>();

  /** Takes the instance profile from nodes, or switches their metadata off; `present` undoes both. */
  setCredentials(credentials: NodeCredentials, node?: string) {
    this.#credentials.set(credentials, node);
    for (const [name, change] of this.#changed) {
      if (node === undefined || node === name) {
        delete change.hasProfile;
        delete change.imdsEnabled;
      }
    }
  }

  change(node: string, change: InstanceChange) {
    this.#changed.set(node, { ...this.#changed.get(node), ...change });
  }

  /** A node as EC2 knows it. */
  instance(node: NodeFacts): NodeInstance {
    const { name, instanceId, ip, zone, roleArn, imdsHopLimit } = node;
    const credentials = this.#credentials.of(name);
    return {
      name,
      instanceId,
      ip,
      zone,
      roleArn,
      imdsHopLimit,
      hasProfile: credentials !== 'no-instance-profile',
      imdsEnabled: credentials !== 'no-imds',
      ...this.#changed.get(name),
    };
  }

  /** What its agent has for credentials. */
  credentials(node: NodeFacts): NodeCredentials {
    const { hasProfile, imdsEnabled } = this.instance(node);
    if (!imdsEnabled) return 'no-imds';
    return hasProfile ? 'present' : 'no-instance-profile';
  }

  clear() {
    this.eksAuth.clear();
    this.agentPort.clear();
    this.#credentials.clear();
    this.#changed.clear();
  }
}
