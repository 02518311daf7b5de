import type { Located } from '../connect/located';
import { CliError } from '../exitCodes';
import { libraries } from '../libraries';

const REF = /^(?:([^/\s]+)\/)?([^/\s]+)$/;

/**
 * `namespace/name` of a service account, or its name alone.
 *
 * @param namespace - that of -n; else it is that of the kubeconfig's context, if the cluster is
 * @throws CliError for another text, or where the namespace is not known
 */
export function subjectOf(
  text: string,
  { byContext }: Pick<Located, 'byContext'>,
  namespace?: string,
) {
  const [, written, serviceAccount] = REF.exec(text) ?? [];
  if (written && namespace && written !== namespace) {
    throw new CliError(`${text} contradicts --namespace ${namespace}.`);
  }
  const { common } = libraries;
  const parsed = common.serviceAccountRefSchema
    .pick({ namespace: true, serviceAccount: true })
    .safeParse({
      namespace: written ?? namespace ?? byContext?.namespace,
      serviceAccount,
    });
  if (parsed.success) return parsed.data;
  throw new CliError(
    `"${text}" is not a service account: write NAMESPACE/NAME, such as payments/payments-api.`,
  );
}
