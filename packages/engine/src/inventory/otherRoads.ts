import type { WebIdentityTrust } from '../identity/webIdentityTrust';
import { foreign } from '../text/foreign';
import { listed } from '../text/listed';
import { addonOf } from './addons';
import { cannotTell, type Judgement } from './judgement';
import { unreadSecrets } from './obstacles';
import {
  type Account,
  both,
  isBehind,
  onKeysAlone,
  type Order,
  orders,
} from './roads';

/** `SDKs take before`, as far as the programs that were seen do not differ. */
function takers({ association }: Account, { before, after }: Order): string {
  if (!association || after.length === 0) return 'SDKs take before';
  return `${listed(before)} ${
    before.length === 1 ? 'takes' : 'take'
  }, and ${listed(after)} ${
    after.length === 1 ? 'does' : 'do'
  } not take, before`;
}

/** What to do with a road from which nothing can be moved. */
export function withoutMove(account: Account): Judgement | undefined {
  const [keys] = both(account, 'keys');
  const { annotated, association, irsa } = account;
  const other = annotated || association || irsa.pods > 0;
  const order = orders(account);
  const isKeysFirst = keys && !isBehind(account, order.keys);
  if (isKeysFirst && (onKeysAlone(account) || !other)) {
    return {
      verdict: 'no-move',
      sentence: other
        ? `Its pods ${keys}, which ${takers(
            account,
            order.keys,
          )} the identity that it has. Take the keys out.`
        : `Its pods ${keys}, so that there is no role to move. Give it an identity and take the keys out.`,
    };
  }
  const [byHand] = both(account, 'byHand');
  if (byHand && !isBehind(account, order.byHand)) {
    return {
      verdict: 'no-move',
      sentence: `Its pods ${byHand}${
        association
          ? `, which ${takers(account, order.byHand)} Pod Identity`
          : ''
      }. Take the variables out of the pod template, and the service account decides.`,
    };
  }
  const [kube2iam] = both(account, 'kube2iam');
  if (other || byHand) return undefined;
  if (kube2iam) {
    return {
      verdict: 'no-move',
      sentence: `Its pods ask kube2iam for ${foreign(
        kube2iam,
      )}. Give it an identity instead.`,
    };
  }
  const secrets = both(account, 'keySecrets');
  if (secrets.length === 0) return undefined;
  return cannotTell(
    `its pods take variables from ${listed(
      secrets,
    )}, by its name access keys, and Secrets are not read. If it holds keys, give it an identity and take them out.`,
  );
}

/** Of a service account with an association: what of the old road is still there. */
export function withAssociation(
  account: Account,
  trust: WebIdentityTrust | undefined,
): Judgement {
  const { annotated, association, irsa, pods } = account;
  const order = orders(account);
  const addon = addonOf(association);
  const has = addon
    ? `It has Pod Identity by the add-on ${addon}`
    : 'It has Pod Identity';
  // Nothing takes them: Pod Identity comes first for every program that was seen.
  const [keys] = isBehind(account, order.keys) ? both(account, 'keys') : [];
  const [byHand] = isBehind(account, order.byHand)
    ? both(account, 'byHand')
    : [];
  const reasons = [
    ...[keys, byHand].flatMap(one =>
      one
        ? [
            `Its pods ${one}, and Pod Identity comes first for ${listed(
              (one === keys ? order.keys : order.byHand).after,
            )}.`,
          ]
        : [],
    ),
    ...unreadSecrets(account),
  ];
  const others = (trust?.sharers ?? []).some(
    ({ kind }) => kind === 'service-account' || kind === 'pattern',
  );
  // A statement by which others live is not what is left of this one.
  const isOwn = trust?.answer === 'yes' && !trust.pattern && !others;
  const left = [
    ...(annotated ? ['the annotation of IRSA'] : []),
    ...(irsa.pods ? [`${irsa.pods} of ${pods.count} pods on IRSA`] : []),
    ...(isOwn ? ['the statement for IRSA of its role'] : []),
  ];
  return {
    verdict: left.length > 0 ? 'left-over' : 'no-move',
    sentence:
      left.length > 0 ? `${has}; still there: ${listed(left)}.` : `${has}.`,
    reasons,
    ...(addon ? { addon } : {}),
  };
}
