import { CliError } from '../exitCodes';
import { libraries } from '../libraries';

const REF = /^([^/\s]+)\/([^/\s]+)$/;

/** `namespace/name` of a service account. */
export function subjectOf(text: string) {
  const [, namespace, serviceAccount] = REF.exec(text) ?? [];
  const { common } = libraries;
  const parsed = common.serviceAccountRefSchema
    .pick({ namespace: true, serviceAccount: true })
    .safeParse({ namespace, serviceAccount });
  if (!namespace || !parsed.success) {
    throw new CliError(
      `"${text}" is not a service account: write NAMESPACE/NAME, such as payments/payments-api.`,
    );
  }
  return parsed.data;
}
