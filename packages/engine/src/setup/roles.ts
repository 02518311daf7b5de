import type { SetupAnswer } from 'backstage-plugin-eks-pod-identity-common';
import { nameOfArn } from '../aws/arn';
import { AwsCredentialsError } from '../aws/errors';
import { principalPolicy, trustOfRoles } from '../aws/portalRights';
import { principalArn } from '../aws/principal';
import { readRole } from '../aws/role';
import type { AwsClients } from '../aws/types';
import type { ClusterSession } from '../clusters/types';
import { answering, artefactsOf, json, wordsOf } from './answers';

/** Who may say whether a role exists that cannot be assumed. */
interface Surroundings {
  principal: Pick<AwsClients, 'iam' | 'sts'>;
  /** Undefined of the role that reads. */
  reader?: ClusterSession;
}

/** Whether the portal can act as its role, or with the account's credentials where none is configured. */
export async function assumes(
  session: ClusterSession,
  { principal, reader }: Surroundings,
): Promise<SetupAnswer> {
  const { role, cluster } = session;
  const arn = cluster.roles[role];
  const { pass, fail, unknown } = answering(role, 'role');
  try {
    return pass(`AWS knows the caller as ${await principalArn(session)}.`);
  } catch (error) {
    const words = wordsOf(error);
    if (!(error instanceof AwsCredentialsError)) return unknown(words);
    if (!arn) return fail(words, undefined, artefactsOf(cluster).config);
    const caller = await principalArn({ aws: principal }).catch(
      () => undefined,
    );
    // Without credentials of the account nothing is known of the role
    if (!caller) return fail(words, undefined, artefactsOf(cluster).config);
    const isThere =
      reader &&
      (await readRole(reader, nameOfArn(arn)).then(
        found => found !== undefined,
        () => undefined,
      ));
    return fail(
      isThere === false ? `There is no role ${arn}.` : words,
      {
        cause:
          isThere === false
            ? 'It was never made, or was deleted.'
            : `The role ${
                isThere ? '' : 'is not there, '
              }does not trust ${caller}, or that is not allowed to assume it.`,
        actions: [
          'Make the role, or give it the first document as its trust policy.',
          `Allow the second document to ${caller}.`,
        ],
        snippet: json([trustOfRoles(caller), principalPolicy(arn)]),
      },
      artefactsOf(cluster).trust,
    );
  }
}
