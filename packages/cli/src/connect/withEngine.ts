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
import { checksUrl } from './checksUrl';
import type { Located } from './located';
import { readSettings, timeoutOf } from './settings';

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
  flags: Located & { cloudtrail?: boolean },
  io: Io,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  const settings = readSettings(flags, io);
  const reach = await kubernetesOf(flags);
  const { engine, config } = libraries;
  const { profile } = flags;
  const limit = timeoutOf(flags, io);
  const keys = await engine
    .localKeys({
      region: settings.region,
      regionIn: regionOf(flags, io),
      profile,
      ...(limit
        ? { timeouts: { requestTimeoutMs: limit, connectTimeoutMs: limit } }
        : {}),
    })
    .catch((error: Error) => {
      if (error.name === 'InputError') throw error;
      if (error.name === 'NotFoundError') {
        throw new CliError(
          `${error.message} Name one with --region, or set AWS_REGION.`,
          EXIT.unable,
        );
      }
      const said = error.message.replace(/\.?$/, '.');
      // Who cannot reach AWS has nothing from logging in.
      const advice = error.name === 'AwsCredentialsError' ? ` ${LOGIN}` : '';
      throw new CliError(`${said}${advice}`, EXIT.unable);
    });
  checkAccount(flags, keys.accountId);
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
    docsUrl: engineConfig.docsUrl ?? checksUrl(),
    logger: SILENT,
    kubernetesAccess: reach,
    // Who has a file sets there what it says
    voice: { ...engine.PROGRAM, ...(flags.config && { flags: undefined }) },
    ...(flags.cloudtrail || engineConfig.evidence.cloudTrail
      ? {
          evidence: request =>
            engine.readEvidence(
              engine.cloudTrailSource(made.clusters),
              request,
              engine.systemClock.now(),
            ),
        }
      : {}),
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

/** Where the region that is used was written. */
function regionOf({ config, region, byContext }: Located, { env }: Io): string {
  if (config) return `the region of the cluster in ${config}`;
  if (byContext?.region) {
    return `context "${byContext.context}" of the kubeconfig`;
  }
  if (region) return '--region';
  return env.AWS_REGION ? 'AWS_REGION' : 'the region of the AWS profile';
}

/** @throws CliError where the keys are of another account than the cluster: one of the same name may be there */
function checkAccount(
  { byContext, assumeRole }: Located,
  accountOfKeys: string,
): void {
  const accountId = assumeRole
    ? libraries.engine.accountOfArn(assumeRole)
    : accountOfKeys;
  if (!byContext?.accountId || byContext.accountId === accountId) return;
  throw new CliError(
    `Context "${byContext.context}" of the kubeconfig is of a cluster in account ${byContext.accountId}, but the AWS keys are of account ${accountId}: use those of the cluster's account with --profile or --assume-role, or choose another context with --context.`,
    EXIT.unable,
  );
}

/** @throws InputError where the flags, the kubeconfig or the place where the program runs are wrong */
async function kubernetesOf({ kubernetes, kubeconfig, context }: Located) {
  const byFile = kubeconfig !== undefined || context !== undefined;
  if (byFile && kubernetes && kubernetes !== 'kubeconfig') {
    throw new CliError(
      `--kubernetes ${kubernetes} takes neither --kubeconfig nor --context.`,
    );
  }
  if (!byFile && kubernetes !== 'kubeconfig' && kubernetes !== 'in-cluster') {
    return undefined;
  }
  const access: Promise<KubernetesAccess> = libraries.engine.kubeconfigAccess({
    file: kubeconfig,
    context,
    inCluster: kubernetes === 'in-cluster',
  });
  // What its plugin says is a finding, and has its check.
  await access.catch(error => {
    if (error.name === 'InputError') throw error;
  });
  return () => access;
}
