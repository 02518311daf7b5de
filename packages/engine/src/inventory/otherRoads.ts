import { nameOfArn } from '../aws/arn';
import type { WebIdentityTrust } from '../identity/webIdentityTrust';
import { capitalised } from '../text/capitalised';
import { foreign } from '../text/foreign';
import { listed } from '../text/listed';
import { addonOf } from './addons';
import type { AccessFacts } from './facts';
import { cannotTell, type Judgement } from './judgement';
import { unreadSecrets } from './obstacles';
import {
  type Account,
  askedFor,
  both,
  isBehind,
  isRefused,
  onKeysAlone,
  type Order,
  orderOf,
} from './roads';
import { associationTrust } from './trust';

/** Who uses variables of IRSA in the template before Pod Identity, as far as the programs that were seen differ. */
function users({ before, after }: Order): string {
  if (after.length === 0) return 'SDKs use them';
  const isOne = before.length === 1;
  return `${listed(before)} ${isOne ? 'uses' : 'use'} them`;
}

/** What to do with a road from which nothing can be moved. */
export function withoutMove(account: Account): Judgement | undefined {
  const [keys] = both(account, 'keys');
  const { annotated, association, irsa } = account;
  const other = annotated || association || irsa.pods > 0;
  if (keys && (onKeysAlone(account) || !other)) {
    return {
      verdict: 'no-move',
      sentence: other
        ? `Its pods ${keys}, which SDKs use before the identity that it has. Take the keys out.`
        : `Its pods ${keys}, so that there is no role to move. Give it an identity and take the keys out.`,
    };
  }
  const [byHand] = both(account, 'byHand');
  const order = orderOf(account);
  if (byHand && !isBehind(account, order)) {
    const others = order.after.length
      ? `; ${listed(order.after)} ${
          order.after.length === 1 ? 'does' : 'do'
        } not`
      : '';
    return {
      verdict: 'no-move',
      sentence: `Its pods ${byHand}${
        association ? `, and ${users(order)} before Pod Identity${others}` : ''
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
  const isOne = secrets.length === 1;
  return cannotTell(
    `its pods take variables from ${listed(secrets)}, whose ${
      isOne ? 'name suggests' : 'names suggest'
    } access keys. Secrets are not read here. If ${
      isOne ? 'it holds' : 'they hold'
    } keys, give the service account an identity and take them out.`,
  );
}

/** Where the road that was looked at is broken, keys of a Secret may be what its pods use; unless AWS was seen to refuse them. */
export function unlessOnKeys(account: Account, judged: Judgement): Judgement {
  const { annotated } = account;
  const [unread] = unreadSecrets(account, 'keySecrets');
  const isSeen = isRefused(askedFor(account, annotated?.roleArn ?? ''));
  if (judged.verdict !== 'broken' || !unread || isSeen) return judged;
  const { sentence, reasons = [], ...others } = judged;
  return {
    ...others,
    ...cannotTell(`its pods may use access keys. ${unread}`, [
      sentence,
      ...reasons.filter(one => one !== unread),
    ]),
  };
}

/** Of an association whose role gives pods nothing, or may be gone; undefined where it lets them in as far as was read. */
function withoutRole(
  account: Account,
  facts: Pick<AccessFacts, 'cluster' | 'roles'>,
  left: readonly string[],
): Judgement | undefined {
  const { annotated, association } = account;
  const { askedRole, roleArn = '' } = association ?? {};
  const addon = addonOf(association);
  const role = `role ${nameOfArn(roleArn)}`;
  const byAddon = `The add-on ${addon} gives it ${role} by Pod Identity, and the role`;
  const ofAssociation = `${capitalised(role)} of its association`;
  const still = left.length > 0 ? [`Still there: ${listed(left)}.`] : [];
  if (askedRole && !askedRole.known) {
    return cannotTell(
      `${role} of its association is not among those that were listed, and whether it exists is not known. ${askedRole.lack.sentence}`,
      still,
    );
  }
  if (askedRole && askedRole.value?.arn !== roleArn) {
    const namesake = askedRole.value?.arn;
    const others = annotated && annotated.roleArn !== roleArn;
    return {
      verdict: 'broken',
      sentence: `${
        addon ? byAddon : ofAssociation
      } does not exist, so that its pods get no new credentials by it.`,
      reasons: [
        ...(namesake
          ? [
              `The account has a role of that name at another path: ${namesake}.`,
            ]
          : []),
        'Verify it to see what to do.',
        ...(others
          ? [
              `Its annotation names another role: ${foreign(
                annotated.roleArn,
              )}.`,
            ]
          : []),
        ...still,
      ],
    };
  }
  const ofRole = associationTrust(account, facts);
  return ofRole?.verdict === 'denies'
    ? {
        verdict: 'broken',
        sentence: `${
          addon
            ? `${byAddon} does not let it in`
            : `${ofAssociation} does not let it in by Pod Identity`
        }, so that pods that start now get no credentials by it, and running ones none when theirs end.`,
        reasons: still,
        trustReasons: ofRole.reasons,
        // The rest of its move, or the way back
        ...(left.length > 0 ? { movesByHand: true } : {}),
      }
    : undefined;
}

/** Of a service account with an association: what of the old road is still there. */
export function withAssociation(
  account: Account,
  facts: Pick<AccessFacts, 'cluster' | 'roles'>,
  trust: WebIdentityTrust | undefined,
): Judgement {
  const { annotated, association, irsa, pods } = account;
  const order = orderOf(account);
  const addon = addonOf(association);
  const has = addon
    ? `The add-on ${addon} gives it Pod Identity`
    : 'It has Pod Identity';
  const [byHand] = isBehind(account, order) ? both(account, 'byHand') : [];
  const reasons = [
    ...(byHand
      ? [
          `Its pods ${byHand}, and Pod Identity comes first for ${listed(
            order.after,
          )}.`,
        ]
      : []),
    ...unreadSecrets(account, 'keySecrets'),
  ];
  const others = (trust?.sharers ?? []).some(
    ({ kind }) => kind === 'service-account' || kind === 'pattern',
  );
  // A statement by which others live is not what is left of this one.
  const isOwn = trust?.answer === 'yes' && !trust.pattern && !others;
  const left = [
    // That of an add-on EKS keeps
    ...(annotated && !(addon && annotated.byEks)
      ? ['the annotation of IRSA']
      : []),
    ...(irsa.pods ? [`${irsa.pods} of ${pods.count} pods on IRSA`] : []),
    ...(isOwn ? ['the statement for IRSA of its role'] : []),
  ];
  const none = withoutRole(account, facts, left);
  const judged = none ?? {
    verdict: left.length > 0 ? 'left-over' : 'no-move',
    sentence:
      left.length > 0 ? `${has}; still there: ${listed(left)}.` : `${has}.`,
  };
  return {
    ...judged,
    reasons: [...(none?.reasons ?? []), ...reasons],
    ...(addon ? { addon } : {}),
  };
}
