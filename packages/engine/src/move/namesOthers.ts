import { asList, parsePolicyDocument } from '../iam/policyDocument';
import { POD_IDENTITY_SERVICE } from '../identity/trust';
import { ACTION, SUBJECT } from '../identity/webIdentityStatement';
import type { Subject } from './subject';
import { ACCOUNT_TAG, conditionsOf, rehearsalName, TAG } from './trustStage';

/** Conditions by which a statement of Pod Identity names one service account, or the account as a whole. */
const OWN_KEYS = [
  `${TAG}eks-cluster-arn`,
  `${TAG}kubernetes-namespace`,
  ACCOUNT_TAG,
  'aws:SourceAccount',
];

/**
 * Whether the trust policy of a role names nothing beyond service accounts on IRSA and this one: else its text tells of
 * others, whom a reader of the service account is not allowed to know.
 */
export function namesOthers(subject: Subject): boolean {
  const { account, role } = subject;
  const names = [account.name, rehearsalName(account.name)];
  return parsePolicyDocument(role.role.trustPolicy).Statement.some(
    statement => {
      const { Effect, Principal, Action } = statement;
      const known =
        typeof Principal === 'object' && Principal !== null
          ? (Principal as Record<string, unknown>)
          : {};
      const [kind, ...more] = Object.keys(known);
      const keys = Object.values(conditionsOf(statement)).flatMap(one =>
        Object.entries(one),
      );
      if (Effect !== 'Allow' || !kind || more.length > 0) return true;
      if (kind === 'Federated') {
        return (
          asList(Action).some(
            one => one !== ACTION && one !== 'sts:TagSession',
          ) ||
          keys.some(
            ([key, values]) =>
              !/:(sub|aud)$/.test(key) ||
              asList(values).some(
                value =>
                  key.endsWith(':sub') &&
                  (!String(value).startsWith(SUBJECT) ||
                    String(value).includes('*')),
              ),
          )
        );
      }
      return (
        asList(known.Service).join() !== POD_IDENTITY_SERVICE ||
        keys.some(
          ([key, values]) =>
            !OWN_KEYS.includes(key) ||
            (key === `${TAG}kubernetes-namespace` &&
              asList(values).join() !== account.namespace) ||
            (key === ACCOUNT_TAG &&
              asList(values).some(one => !names.includes(String(one)))),
        )
      );
    },
  );
}
