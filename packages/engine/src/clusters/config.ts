import { trimEnd } from '../text/search';
import type { Config } from '@backstage/config';
import { InputError } from '@backstage/errors';
import {
  PERMISSIONS_PATH,
  PROOF_MAX_AGE_MS,
} from 'backstage-plugin-eks-pod-identity-common';
import { accountOfArn, partitionOfArn } from '../aws/arn';
import { partitionOfRegion } from '../aws/partition';
import {
  DEFAULT_DENIED_NAMESPACES,
  DEFAULT_LIMITS,
  DEFAULT_LOCATORS_REFRESH_MS,
  DEFAULT_MANAGED_POLICIES,
  DEFAULT_POLICY_TESTS,
  DEFAULT_PROBE_COMMANDS,
  DEFAULT_PROBE_IMAGE,
  DEFAULT_SWEEP,
  DEFAULT_TIMINGS,
} from './defaults';
import { describeIssues } from './didYouMean';
import { checkCommand } from './probeCommand';
import {
  clusterSchema,
  engineSchema,
  type RawCluster,
  type RawEngine,
  type RawGuardrails,
} from './schema';
import type {
  ClusterConfig,
  EngineConfig,
  GuardrailsConfig,
  LocatorsConfig,
  MoveRule,
} from './types';

const ROOT = 'eksPodIdentity';

/** The sections of app-config that apply to every cluster unless its entry overrides them. */
type ClusterDefaults = Pick<RawEngine, 'guardrails' | 'role'>;

function wrong(problems: string[]): InputError {
  const [first] = problems;
  return new InputError(
    problems.length === 1
      ? `Configuration is wrong: ${first}${first.endsWith('?') ? '' : '.'}`
      : `Configuration is wrong: ${problems
          .map(text => `\n- ${text}`)
          .join('')}`,
  );
}

function guardrailsOf(
  raw: RawCluster,
  defaults: ClusterDefaults,
  partition: string,
): GuardrailsConfig {
  // A cluster's own value replaces the global one; lists are not merged, so that a cluster can be stricter.
  const own: RawGuardrails = { ...defaults.guardrails, ...raw.guardrails };
  return {
    managedPolicies: own.managedPolicies ?? {
      allow: DEFAULT_MANAGED_POLICIES.map(
        name => `arn:${partition}:iam::aws:policy/${name}`,
      ),
    },
    roles: {
      adopt: own.roles?.adopt ?? [],
      editTrust: own.roles?.editTrust ?? [],
    },
    targetRoles: own.targetRoles ?? { allow: [] },
    tags: own.tags ?? { allow: [] },
    inlinePolicies: own.inlinePolicies ?? false,
    inlineActions: own.inlineActions ?? { add: [] },
    permissionsBoundaryArn:
      raw.guardrails?.permissionsBoundaryArn ??
      defaults.role?.permissionsBoundaryArn ??
      defaults.guardrails?.permissionsBoundaryArn,
    probe: probeOf(own.probe, partition),
  };
}

function probeOf(
  own: RawGuardrails['probe'],
  partition: string,
): GuardrailsConfig['probe'] {
  const commands = own?.commands ?? DEFAULT_PROBE_COMMANDS;
  const tests = Object.entries(DEFAULT_POLICY_TESTS)
    .filter(([, command]) => Object.hasOwn(commands, command.join(' ')))
    .map(([name, command]) => [
      `arn:${partition}:iam::aws:policy/${name}`,
      command,
    ]);
  return {
    commands,
    policyTests: own?.policyTests ?? Object.fromEntries(tests),
    trustClaims: own?.trustClaims ?? false,
  };
}

/** What is wrong with the commands that test policies. */
function problemsOfTests(
  cluster: Pick<ClusterConfig, 'id' | 'guardrails'>,
  path: string,
): string[] {
  const { policyTests } = cluster.guardrails.probe;
  return Object.entries(policyTests).flatMap(([arn, command]) => {
    try {
      checkCommand(`guardrails.probe.policyTests["${arn}"]`, command, cluster);
      return [];
    } catch (error) {
      return [`for ${path}, ${(error as Error).message}`];
    }
  });
}

/**
 * One cluster with all defaults applied; cluster suppliers and locators use it too, to complete what they name.
 *
 * @param path - where it is configured, for errors
 * @throws InputError when its parts contradict each other
 */
export function buildClusterConfig(
  raw: RawCluster,
  defaults: ClusterDefaults,
  path: string,
): ClusterConfig {
  const partition = partitionOfRegion(raw.region);
  const guardrails = guardrailsOf(raw, defaults, partition);
  const problems: string[] = [];

  for (const [role, arn] of Object.entries(raw.roles ?? {})) {
    const arnPartition = partitionOfArn(arn);
    const account = accountOfArn(arn);
    if (account !== raw.accountId) {
      problems.push(
        `${path}.roles.${role} is a role of account ${account}, but the cluster is in ${raw.accountId}: name a role of the cluster's account`,
      );
    } else if (arnPartition !== partition) {
      problems.push(
        `${path}.roles.${role} is in partition ${arnPartition}, but ${raw.region} is in ${partition}`,
      );
    }
  }
  const boundary = guardrails.permissionsBoundaryArn;
  const owner = accountOfArn(boundary ?? '');
  if (boundary && owner !== 'aws' && owner !== raw.accountId) {
    problems.push(
      `the permissions boundary for ${path} is a policy of account ${owner}, but the cluster is in ${raw.accountId}: set ${path}.guardrails.permissionsBoundaryArn to a policy of that account`,
    );
  }
  if (raw.sweep?.probe === 'admission' && raw.kubernetes?.access === 'none') {
    problems.push(
      `${path}.sweep.probe is admission, which asks the Kubernetes API, but ${path}.kubernetes.access is none: drop one of them`,
    );
  }
  const id = raw.id ?? raw.name;
  problems.push(...problemsOfTests({ id, guardrails }, path));
  if (problems.length) throw wrong(problems);

  return {
    id,
    name: raw.name,
    title: raw.title ?? raw.id ?? raw.name,
    region: raw.region,
    accountId: raw.accountId,
    partition,
    arn: `arn:${partition}:eks:${raw.region}:${raw.accountId}:cluster/${raw.name}`,
    roles: raw.roles ?? {},
    kubernetes: { access: raw.kubernetes?.access ?? 'eks' },
    namespaces: {
      allow: raw.namespaces?.allow ?? ['*'],
      deny: raw.namespaces?.deny ?? DEFAULT_DENIED_NAMESPACES,
    },
    allow: {
      changes: raw.allow?.changes ?? true,
      installAgent: raw.allow?.installAgent ?? false,
      createNamespace: raw.allow?.createNamespace ?? false,
    },
    probe: {
      image: raw.probe?.image ?? DEFAULT_PROBE_IMAGE,
      tolerations: raw.probe?.tolerations ?? [],
      imagePullSecrets: raw.probe?.imagePullSecrets ?? [],
      maxConcurrent: raw.probe?.maxConcurrent ?? 4,
      checkImds: raw.probe?.checkImds ?? false,
      ...(raw.probe?.resources ? { resources: raw.probe.resources } : {}),
    },
    sweep: { probe: raw.sweep?.probe ?? 'none' },
    guardrails,
    rolePath: raw.role?.path ?? defaults.role?.path ?? '/backstage/',
  };
}

/**
 * The clusters that a supplier names, with the same keys as entries of app-config.
 *
 * @param by - who names them, in errors
 * @throws InputError naming every problem of the first that is wrong, or those that are there twice
 * @public
 */
export function readClusterDefinitions(
  definitions: readonly unknown[],
  config: Config,
  by: string,
): ClusterConfig[] {
  const engine = readRaw(config);
  const named = definitions.map((definition, index) => {
    const path = `cluster ${index + 1} of ${by}`;
    const parsed = clusterSchema.safeParse(definition);
    if (!parsed.success) {
      throw wrong(describeIssues(clusterSchema, path, parsed.error));
    }
    return { path, cluster: buildClusterConfig(parsed.data, engine, path) };
  });
  assertDistinct(named);
  return named.map(({ cluster }) => cluster);
}

/** The section as it stands, which was read before. */
export function readRaw(config: Config): RawEngine {
  return engineSchema.parse(config.getOptional(ROOT) ?? {});
}

/** A cluster that a supplier brings, or that is looked for, is not known yet. */
function moveRulesOf({ inventory, moves }: RawEngine): MoveRule[] {
  const rules = moves?.rules ?? [];
  if (rules.length > 0 && inventory?.enabled === false) {
    throw wrong([
      `${ROOT}.moves.rules needs ${ROOT}.inventory.enabled: rules move what its looks find`,
    ]);
  }
  return rules;
}

/** Undefined where clusters are not looked for. What is set for an account has to fit each of its regions. */
function locatorsOf(engine: RawEngine): LocatorsConfig | undefined {
  const { locators } = engine;
  locators?.accounts.forEach(({ regions, names: _, ...settings }, index) =>
    regions.forEach(region =>
      buildClusterConfig(
        { ...settings, name: 'any', region },
        engine,
        `${ROOT}.locators.accounts[${index}]`,
      ),
    ),
  );
  return (
    locators && {
      catalog: locators.catalog ?? false,
      kubernetes: locators.kubernetes ?? false,
      refreshMs: locators.refresh ?? DEFAULT_LOCATORS_REFRESH_MS,
    }
  );
}

/** Duplicates among all clusters, from app-config and suppliers. */
export function assertDistinct(
  clusters: Array<{ cluster: ClusterConfig; path: string }>,
): void {
  const problems: string[] = [];
  const ids = new Map<string, string>();
  const arns = new Map<string, string>();
  for (const { cluster, path } of clusters) {
    const sameId = ids.get(cluster.id);
    if (sameId) {
      problems.push(
        `${path} has the id "${cluster.id}", which ${sameId} has too: give one of them another "id"`,
      );
    }
    const sameArn = arns.get(cluster.arn);
    if (sameArn && !sameId) {
      problems.push(
        `${path} is the same EKS cluster as ${sameArn} (${cluster.arn}): remove one of them`,
      );
    }
    ids.set(cluster.id, sameId ?? path);
    arns.set(cluster.arn, sameArn ?? path);
  }
  if (problems.length) throw wrong(problems);
}

/** The portal's own page, also where the app has its pages elsewhere: then docsUrl names the page beside it. */
function permissionsUrl(appBaseUrl: string, docsUrl: string = ''): string {
  const beside = /^(.*)\/checks$/.exec(docsUrl)?.[1];
  return beside?.startsWith(`${appBaseUrl}/`)
    ? `${beside}/permissions`
    : `${appBaseUrl}${PERMISSIONS_PATH}`;
}

function portalOf(config: Config): { appBaseUrl: string; host: string } {
  const text = config.getString('app.baseUrl');
  try {
    return { appBaseUrl: trimEnd(text, '/'), host: new URL(text).host };
  } catch {
    throw wrong([`app.baseUrl "${text}" is not a URL`]);
  }
}

/**
 * Reads the section `eksPodIdentity` of app-config, defaults applied.
 *
 * @throws InputError naming the path of every problem
 * @public
 */
export function readEngineConfig(config: Config): EngineConfig {
  const raw = config.getOptional(ROOT) ?? {};
  const parsed = engineSchema.safeParse(raw);
  if (!parsed.success) {
    throw wrong(describeIssues(engineSchema, ROOT, parsed.error));
  }
  const engine = parsed.data;
  const clusters = (engine.clusters ?? []).map((entry, index) => {
    const path = `${ROOT}.clusters[${index}]`;
    return { path, cluster: buildClusterConfig(entry, engine, path) };
  });
  assertDistinct(clusters);

  const timings = { ...DEFAULT_TIMINGS, ...engine.timings };
  if (timings.leaseHeartbeat * 2 > timings.leaseTtl) {
    throw wrong([
      `${ROOT}.timings.leaseHeartbeat (${timings.leaseHeartbeat} ms) must be at most half of leaseTtl (${timings.leaseTtl} ms), or a lease is lost between two heartbeats`,
    ]);
  }
  if (timings.gateMinPause > timings.gateMaxPause) {
    throw wrong([
      `${ROOT}.timings.gateMinPause (${timings.gateMinPause} ms) must not be longer than gateMaxPause (${timings.gateMaxPause} ms)`,
    ]);
  }

  const portal = portalOf(config);
  return {
    portalId: engine.portalId ?? portal.host,
    appBaseUrl: portal.appBaseUrl,
    docsUrl: engine.docsUrl,
    permissionsUrl: permissionsUrl(portal.appBaseUrl, engine.docsUrl),
    clusters: clusters.map(({ cluster }) => cluster),
    locators: locatorsOf(engine),
    administrators: engine.administrators ?? [],
    tags: engine.tags ?? {},
    pacing: {
      eksPerSecond: engine.pacing?.eksPerSecond ?? 5,
      iamPerSecond: engine.pacing?.iamPerSecond ?? 2,
      iamMostPerSecond: engine.pacing?.iamMostPerSecond ?? 10,
      cloudTrailPerSecond: engine.pacing?.cloudTrailPerSecond ?? 2,
      burst: engine.pacing?.burst ?? 30,
      replicas: engine.pacing?.replicas ?? 1,
    },
    actions: { allowPods: engine.actions?.allowPods ?? false },
    evidence: { cloudTrail: engine.evidence?.cloudTrail ?? false },
    inventory: { enabled: engine.inventory?.enabled ?? true },
    moves: { rules: moveRulesOf(engine) },
    retention: {
      reportsPerRef: engine.retention?.reportsPerRef ?? 50,
      days: engine.retention?.days ?? 90,
    },
    limits: { ...DEFAULT_LIMITS, ...engine.limits },
    notifications: {
      recipients: engine.notifications?.recipients ?? 'tagged',
      use: engine.notifications?.use ?? false,
      digest: engine.notifications?.digest ?? false,
    },
    proof: { maxAgeMs: engine.proof?.maxAge ?? PROOF_MAX_AGE_MS },
    sweep: {
      frequencyMs:
        engine.sweep?.schedule?.frequency ?? DEFAULT_SWEEP.frequencyMs,
      timeoutMs: engine.sweep?.schedule?.timeout ?? DEFAULT_SWEEP.timeoutMs,
      maxAgeMs: engine.sweep?.maxAge ?? DEFAULT_SWEEP.maxAgeMs,
    },
    timings,
  };
}
