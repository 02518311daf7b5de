import chart from './chart.json';
import { AGENT_NAME } from './clusterNetwork';
import { Partition, partitionOf } from '../../core/partition';

export interface AgentDaemonSetOptions {
  namespace: string;
  version: string;
  region: string;
  clusterName: string;
  /** `EKS` for the add-on, `Helm` for a self-managed one. */
  managedBy: 'EKS' | 'Helm';
  /** Values of the add-on's configuration, as JSON. */
  configurationValues?: string;
}

/** The values of the chart that the sandbox knows. */
interface Values {
  agent?: {
    additionalArgs?: Record<string, string>;
    advertiseProxyPort?: boolean;
  };
  daemonsets?: Partial<Record<string, { create?: boolean }>>;
  nodeSelector?: Record<string, string>;
}

const NAME_LABEL = 'app.kubernetes.io/name';
const COMPUTE_TYPE = 'eks.amazonaws.com/compute-type';

/** The account of the add-ons' images. */
const REGISTRIES: Record<Partition['id'], string> = {
  aws: '602401143452',
  'aws-cn': '918309763551',
  'aws-us-gov': '013241004608',
};

/** Hybrid nodes have agents of their own, those with Bottlerocket another one. */
const HYBRID = ['hybrid', 'hybrid-bottlerocket'];

/** The names of all DaemonSets that the add-on may make. */
export const AGENT_SETS = [
  AGENT_NAME,
  ...HYBRID.map(suffix => `${AGENT_NAME}-${suffix}`),
];

/** The agent's DaemonSets, as in the add-on's chart: those for hybrid nodes are off by default. */
export function agentDaemonSets(options: AgentDaemonSetOptions) {
  const values: Values = JSON.parse(options.configurationValues || '{}');
  const usual = agentDaemonSet(options, values);
  return [
    usual,
    ...HYBRID.filter(suffix => values.daemonsets?.[suffix]?.create).map(
      suffix => forHybridNodes(usual, suffix),
    ),
  ];
}

function forHybridNodes(
  usual: ReturnType<typeof agentDaemonSet>,
  suffix: string,
) {
  const hybrid = structuredClone(usual);
  hybrid.metadata.name = `${AGENT_NAME}-${suffix}`;
  hybrid.spec.selector.matchLabels[NAME_LABEL] = hybrid.metadata.name;
  hybrid.spec.template.metadata.labels[NAME_LABEL] = hybrid.metadata.name;
  const [term] =
    hybrid.spec.template.spec.affinity.nodeAffinity
      .requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms;
  term.matchExpressions = term.matchExpressions.map(one =>
    one.key === COMPUTE_TYPE
      ? { ...one, operator: 'In', values: ['hybrid'] }
      : one,
  );
  return hybrid;
}

function agentDaemonSet(
  options: AgentDaemonSetOptions,
  { agent, nodeSelector }: Values,
): typeof chart {
  const { version, region } = options;
  const { id, dnsSuffix } = partitionOf(region);
  const registry = `${REGISTRIES[id]}.dkr.ecr.${region}.${dnsSuffix}`;
  const values: Record<string, string> = {
    ...options,
    name: AGENT_NAME,
    version: version.replace(/^v|-eksbuild.*$/g, ''),
    image: `${registry}/eks/${AGENT_NAME}:${version.replace(
      /-eksbuild.*$/,
      '',
    )}`,
  };
  const set: typeof chart = JSON.parse(
    JSON.stringify(chart).replace(/\$\{(\w+)\}/g, (_, key) => values[key]),
  );
  const { spec } = set.spec.template;
  const [container] = spec.containers;
  Object.assign(spec, nodeSelector && { nodeSelector });
  container.args.push(...Object.entries(agent?.additionalArgs ?? {}).flat());
  if (agent?.advertiseProxyPort === false) container.ports.shift();
  return set;
}
