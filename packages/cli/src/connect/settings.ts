import type { LocalKeys } from 'eks-pod-identity-engine';
import { CliError } from '../exitCodes';
import type { Io } from '../io';
import { libraries } from '../libraries';
import type { ClusterFlags } from './flags';
import type { Located } from './located';

const PORTAL_ID = 'eks-pod-identity-cli';

/** As the EKS API has it: CreateCluster, `name`. */
const CLUSTER = /^[0-9A-Za-z][A-Za-z0-9_-]{0,99}$/;

const OPEN = {
  managedPolicies: { allow: ['arn:*:iam::*:policy/*'] },
  roles: { adopt: ['arn:*:iam::*:role/*'] },
  targetRoles: { allow: ['arn:*:iam::*:role/*'] },
  tags: { allow: ['*'] },
  inlinePolicies: true,
};

/** The section `eksPodIdentity`, as app-config has it. */
type Section = Record<string, unknown> & {
  clusters?: Array<{ name?: string; id?: string; region?: string }>;
};

/** A value that is left out, because a variable of the environment is not set. */
interface LeftOut {
  /** As in `clusters.0.probe.image`. */
  key: string;
  variable: string;
}

/**
 * Replaces `${NAME}` and `${NAME:-text}` as Backstage does; a variable that is not set leaves the value out, and
 * `leftOut` notes that.
 */
function substituted(
  value: unknown,
  env: Io['env'],
  leftOut: LeftOut[] = [],
  path = '',
): unknown {
  if (typeof value === 'string') {
    const before = leftOut.length;
    const text = value.replace(
      /\$?\$\{([^{}]*)\}/g,
      (whole: string, inner: string) => {
        if (whole.startsWith('$$')) return whole.slice(1);
        const [name, ...rest] = inner.split(':-').map(one => one.trim());
        const found = rest.length
          ? env[name] || rest.join(':-') || undefined
          : env[name];
        if (found === undefined) leftOut.push({ key: path, variable: name });
        return found ?? '';
      },
    );
    return leftOut.length > before ? undefined : text;
  }
  const inside = (key: string | number, one: unknown) =>
    substituted(one, env, leftOut, path ? `${path}.${key}` : `${key}`);
  if (Array.isArray(value)) {
    return value
      .map((one, index) => inside(index, one))
      .filter(one => one !== undefined);
  }
  if (value && typeof value === 'object') {
    return Object.fromEntries(
      Object.entries(value)
        .map(([key, one]) => [key, inside(key, one)])
        .filter(([, one]) => one !== undefined),
    );
  }
  return value;
}

/** The text of a file that an argument names. */
export function readText(path: string, io: Io): string {
  try {
    return io.readFile(path);
  } catch (error) {
    throw new CliError(`${path} cannot be read: ${(error as Error).message}`);
  }
}

/** The YAML of a file. */
export function readYaml(path: string, io: Io): unknown {
  const text = readText(path, io);
  try {
    return libraries.yaml.parse(text);
  } catch (error) {
    throw new CliError(`${path} is not YAML: ${(error as Error).message}`);
  }
}

/** What an app-config says of the portal. */
interface AppConfig {
  /** `app.baseUrl` */
  appUrl?: string;
  section: Section;
  /** Of the section. */
  leftOut: LeftOut[];
}

function readAppConfig(path: string, io: Io): AppConfig {
  const file = readYaml(path, io) as {
    app?: { baseUrl?: unknown };
    eksPodIdentity?: unknown;
  } | null;
  const section = file?.eksPodIdentity;
  if (!section || typeof section !== 'object') {
    throw new CliError(`${path} has no section eksPodIdentity.`);
  }
  const appUrl = substituted(file?.app?.baseUrl, io.env);
  const leftOut: LeftOut[] = [];
  return {
    section: substituted(section, io.env, leftOut) as Section,
    leftOut,
    ...(typeof appUrl === 'string' ? { appUrl } : {}),
  };
}

/** The settings of the cluster that the flags mean, and the region of its keys. */
export interface Settings {
  /** Id of the cluster. */
  cluster: string;
  region?: string;
  /** Of the portal whose app-config it is, if that says so. */
  appUrl?: string;
  section(keys: LocalKeys): Section;
}

/** Those of an app-config. */
interface PortalSettings extends Settings {
  section(): Section;
  /** Keys of the cluster are as in its entry. */
  leftOut: LeftOut[];
}

/** Until a request counts as unanswered, where that is set. */
export const timeoutOf = ({ requestTimeout }: ClusterFlags, io: Io) =>
  requestTimeout ? requestTimeout * 1000 : io.requestTimeoutMs;

/** @throws CliError where the flags contradict each other, or an app-config and they choose no cluster */
export function readSettings(flags: Located, io: Io): Settings {
  if (flags.config) return readPortal(flags.config, flags, io);
  const { region, assumeRole, kubernetes, probeImage } = flags;
  const requestTimeoutMs = timeoutOf(flags, io);
  // located() has found one
  const cluster = flags.cluster!;
  if (!CLUSTER.test(cluster)) {
    throw new CliError(
      `"${cluster}" is not the name of an EKS cluster: correct ${
        flags.byContext
          ? `context "${flags.byContext.context}" of the kubeconfig`
          : '--cluster'
      }.`,
    );
  }
  return {
    cluster,
    region,
    section: keys => ({
      portalId: flags.portalId ?? PORTAL_ID,
      ...(requestTimeoutMs
        ? { timings: { requestTimeout: requestTimeoutMs } }
        : {}),
      clusters: [
        {
          name: cluster,
          region: keys.region,
          accountId: assumeRole
            ? libraries.engine.accountOfArn(assumeRole)
            : keys.accountId,
          kubernetes: { access: kubernetes === 'none' ? 'none' : 'eks' },
          // No portal stands between: AWS and Kubernetes say what the caller may do.
          namespaces: { deny: [] },
          guardrails: OPEN,
          ...(assumeRole
            ? { roles: { read: assumeRole, verify: assumeRole } }
            : {}),
          ...(probeImage ? { probe: { image: probeImage } } : {}),
        },
      ],
    }),
  };
}

/**
 * The settings of a portal for one of its clusters.
 *
 * @param path - of its app-config
 * @throws CliError where the flags contradict it or choose no cluster
 */
export function readPortal(
  path: string,
  flags: ClusterFlags,
  io: Io,
): PortalSettings {
  const { appUrl, section, leftOut } = readAppConfig(path, io);
  const { clusters = [] } = section;
  const idOf = (one: { name?: string; id?: string }) => one.id ?? one.name;
  const ids = clusters.map(idOf);
  const id = flags.cluster ?? (ids.length === 1 ? ids[0] : undefined);
  const index = ids.indexOf(id);
  const chosen = clusters[index];
  if (!id || !chosen) {
    throw new CliError(
      id
        ? `${path} names no cluster "${id}". It names ${
            ids.join(', ') || 'none'
          }.`
        : `Which cluster? ${path} names ${
            ids.join(', ') || 'none'
          }: choose one with --cluster.`,
    );
  }
  const inFile = [
    flags.assumeRole && '--assume-role',
    flags.kubernetes === 'none' && '--kubernetes none',
    flags.probeImage && '--probe-image',
    flags.region && '--region',
    flags.requestTimeout && '--request-timeout',
  ].find(Boolean);
  if (inFile) {
    throw new CliError(
      `${inFile} cannot be combined with --config: set it in the file.`,
    );
  }
  return {
    cluster: id,
    region: chosen.region,
    appUrl,
    leftOut: leftOut.map(({ key, variable }) => ({
      key: key.replace(`clusters.${index}.`, ''),
      variable,
    })),
    section: () => ({
      ...section,
      // Without its own, a portal is named after the host of its app
      portalId:
        flags.portalId ?? section.portalId ?? (appUrl ? undefined : PORTAL_ID),
      clusters: [chosen],
    }),
  };
}
