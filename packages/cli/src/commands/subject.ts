import type { ServiceAccountRef } from 'backstage-plugin-eks-pod-identity-common';
import type { KindWithAccount } from 'eks-pod-identity-engine';
import type { Located } from '../connect/located';
import type { Connection } from '../connect/withEngine';
import { CliError } from '../exitCodes';
import type { Io } from '../io';
import { libraries } from '../libraries';

type Account = Omit<ServiceAccountRef, 'cluster'>;

/** What the flags say of a service account. */
type SubjectFlags = Pick<Located, 'byContext' | 'kubernetes' | 'quiet'>;

/** As kubectl knows the kinds, and prints them with "-o name". */
const KINDS: Record<string, KindWithAccount> = {
  deployment: 'Deployment',
  deploy: 'Deployment',
  'deployment.apps': 'Deployment',
  statefulset: 'StatefulSet',
  sts: 'StatefulSet',
  'statefulset.apps': 'StatefulSet',
  daemonset: 'DaemonSet',
  ds: 'DaemonSet',
  'daemonset.apps': 'DaemonSet',
  cronjob: 'CronJob',
  cj: 'CronJob',
  'cronjob.batch': 'CronJob',
  job: 'Job',
  'job.batch': 'Job',
  pod: 'Pod',
  po: 'Pod',
};

const PARTS = /^(?:([^/\s]+)\/)?([^/\s]+)$/;

function accountOf(text: string, account: Partial<Account>): Account {
  const parsed = libraries.common.serviceAccountRefSchema
    .pick({ namespace: true, serviceAccount: true })
    .safeParse(account);
  if (parsed.success) return parsed.data;
  throw new CliError(
    `"${text}" is not a service account: write NAMESPACE/NAME, such as payments/payments-api.`,
  );
}

/**
 * `namespace/name` of a service account, or its name alone.
 *
 * @param namespace - that of --namespace; else it is that of the kubeconfig's context, where the cluster is its
 * @throws CliError for another text, or where the namespace is not known
 */
export function subjectOf(
  text: string,
  { byContext }: SubjectFlags,
  namespace?: string,
): Account {
  const [, written, serviceAccount] = PARTS.exec(text) ?? [];
  if (written && namespace && written !== namespace) {
    throw new CliError(`${text} contradicts --namespace ${namespace}.`);
  }
  return accountOf(text, {
    namespace: written ?? namespace ?? byContext?.namespace,
    serviceAccount,
  });
}

/**
 * A service account as `subjectOf` knows it, or that of `kind/name` of a workload, read from the cluster.
 *
 * @returns how to find it; nothing is asked before
 * @throws CliError for another text, or where the namespace is not known
 */
export function subjectOrWorkload(
  text: string,
  flags: SubjectFlags,
  namespace?: string,
): (connection: Connection, io: Io) => Promise<Account> {
  const [, written, name] = PARTS.exec(text) ?? [];
  const kind = KINDS[written?.toLowerCase()];
  if (!kind) {
    const account = subjectOf(text, flags, namespace);
    return async () => account;
  }
  if (flags.kubernetes === 'none') {
    throw new CliError(
      `${text} is read from Kubernetes: with --kubernetes none, name its service account.`,
    );
  }
  const where = namespace ?? flags.byContext?.namespace;
  if (!where) {
    throw new CliError(`${text} of which namespace? Name it with --namespace.`);
  }
  // The name of a workload is looked for in a list, and is no part of a call.
  accountOf(`${where}/default`, {
    namespace: where,
    serviceAccount: 'default',
  });
  return async ({ engine: { clusters }, cluster }, io) => {
    const found = await libraries.engine.accountOfWorkload(
      clusters.session(cluster.id, 'read'),
      { kind, namespace: where, name },
      io.signal,
    );
    const account = accountOf(text, {
      namespace: where,
      serviceAccount: found ?? 'default',
    });
    if (!flags.quiet) {
      io.stderr.write(
        `${kind} ${where}/${name} ${
          found
            ? `runs as service account ${found}`
            : 'names no service account, so its pods run as "default"'
        }.\n`,
      );
    }
    return account;
  };
}
