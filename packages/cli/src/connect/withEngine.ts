import type {
  ClusterConfig,
  Engine,
  EngineConfig,
  KubernetesAccess,
  OperationContext,
} from 'eks-pod-identity-engine';
import { CliError, EXIT } from '../exitCodes';
import type { Io } from '../io';
import { libraries } from '../libraries';
import type { ClusterFlags } from './flags';
import { readSettings } from './settings';

/** The engine with one cluster, and how it is used here. */
export interface Connection {
  engine: Engine;
  cluster: ClusterConfig;
  context(emit?: OperationContext['emit']): OperationContext;
}

const LOGIN =
  'Log in (aws sso login, or the keys of a role), or name a profile with --profile; "aws sts get-caller-identity" tells whether it works.';

/** What a portal logs is progress or a finding here, and has its own place. */
const SILENT: OperationContext['logger'] = {
  error() {},
  warn() {},
  info() {},
  debug() {},
};

/** The program changes nothing: a write in here is a mistake of ours, and is stopped. */
const refuse = async (what: string): Promise<never> => {
  throw new Error(`This program writes nothing, but was about to: ${what}`);
};
const READ_ONLY: OperationContext['guard'] = {
  beforeWrite: refuse,
  withLease: key => refuse(`lease ${key.kind} ${key.name}`),
};

/** Connects to the cluster of the flags, and closes everything afterwards. */
export async function withEngine<T>(
  flags: ClusterFlags,
  io: Io,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  const settings = readSettings(flags, io);
  const reach = kubernetesOf(flags);
  const { engine, config } = libraries;
  const { profile } = flags;
  const { requestTimeoutMs: limit } = io;
  const keys = await engine
    .localKeys({
      region: settings.region,
      profile,
      ...(limit
        ? { timeouts: { requestTimeoutMs: limit, connectTimeoutMs: limit } }
        : {}),
    })
    .catch((error: Error) => {
      const said = error.message.replace(/\.?$/, '.');
      // Who cannot reach AWS has nothing from logging in.
      const advice = error.name === 'AwsCredentialsError' ? ` ${LOGIN}` : '';
      throw new CliError(`${said}${advice}`, EXIT.unable);
    });
  const root = new config.ConfigReader({
    app: { baseUrl: settings.appUrl ?? 'http://localhost' },
    eksPodIdentity: settings.section(keys) as {},
  });
  const engineConfig: EngineConfig = {
    ...engine.readEngineConfig(root),
    // Without a portal no page is there to link to
    ...(settings.appUrl === undefined ? { permissionsUrl: undefined } : {}),
  };
  const made = engine.createEngine({
    config: engineConfig,
    credentials: keys.credentials,
    docsUrl: engineConfig.docsUrl,
    logger: SILENT,
    kubernetesAccess: reach,
    voice: engine.PROGRAM,
  });
  try {
    const cluster = made.clusters.get(settings.cluster);
    await checkCluster(made, cluster);
    return await work({
      engine: made,
      cluster,
      context: (emit = async () => {}) => ({
        config: engineConfig,
        clusters: made.clusters,
        clock: engine.systemClock,
        logger: SILENT,
        signal: io.signal,
        emit,
        guard: READ_ONLY,
        granted: new Set(),
        findEntity: async () => undefined,
      }),
    });
  } finally {
    await made.close();
  }
}

/** What else keeps AWS from answering is a finding, and has its check. */
async function checkCluster(
  engine: Engine,
  { id, name, region, accountId }: ClusterConfig,
): Promise<void> {
  try {
    await engine.clusters.session(id, 'read').describeCluster();
  } catch (error) {
    if ((error as Error).name !== 'NotFoundError') return;
    throw new CliError(
      `There is no EKS cluster ${name} in ${region} of account ${accountId}: check the name, the region and the account (--cluster, --region, --profile).`,
      EXIT.unable,
    );
  }
}

function kubernetesOf({ kubernetes, kubeconfig, context }: ClusterFlags) {
  const byFile = kubeconfig !== undefined || context !== undefined;
  if (byFile && kubernetes && kubernetes !== 'kubeconfig') {
    throw new CliError(
      `--kubernetes ${kubernetes} takes neither --kubeconfig nor --context.`,
    );
  }
  if (!byFile && kubernetes !== 'kubeconfig' && kubernetes !== 'in-cluster') {
    return undefined;
  }
  let access: Promise<KubernetesAccess> | undefined;
  return () =>
    (access ??= libraries.engine.kubeconfigAccess({
      file: kubeconfig,
      context,
      inCluster: kubernetes === 'in-cluster',
    }));
}
