import { listed } from '../../text/listed';
import { defineCheck, fail, note, pass, warn } from '../framework/check';
import { valueOf } from '../framework/fact';
import { mayBeLag, notInjectedFix } from './notInjected';
import { INJECTED_PARTS } from '../probe/injection';
import { slowFix, slowSentence } from '../probe/webhookTrouble';

function overAddresses(count: number): string {
  if (count === 0) return 'by the proxy';
  return `over ${count} ${count === 1 ? 'address' : 'addresses'}`;
}

export const admissionInjects = defineCheck({
  id: 'admission.injects',
  category: 'admission',
  title: 'New pods receive the identity',
  question:
    'Does every API server give new pods of this service account the variables and the token of Pod Identity?',
  neededBy: ['admission', 'pod'],
  dependsOn: [
    { check: 'cluster.active', onlyWhenFailed: true },
    { check: 'cluster.supported', onlyWhenFailed: true },
    { check: 'association.exists', onlyWhenFailed: true },
    { check: 'service-account.exists', onlyWhenFailed: true },
  ],
  needs: ['admission'],
  uses: ['webhook', 'namespace', 'association', 'pods'],
  evaluate(
    { admission, webhook, namespace, association, pods },
    { ref, now, changedAt },
  ) {
    const who = `${ref.namespace}/${ref.serviceAccount}`;
    const { answered, injected, attempts } = admission;
    const observed = admission.fromCreatedPod
      ? `${injected} of ${answered} created pods`
      : `${injected} of ${answered} dry runs ${overAddresses(
          admission.addresses,
        )}`;
    if (injected === answered) {
      const waited = admission.waitedMs
        ? `, after ${(admission.waitedMs / 1000).toFixed(1)} s`
        : '';
      const message = admission.fromCreatedPod
        ? `A created pod of ${who} received the identity; dry runs are not possible here.`
        : `New pods of ${who} receive the identity${waited}.`;
      const { slow } = admission;
      return slow
        ? note([message, slowSentence(slow.ms, slow.webhooks)], {
            observed,
            attempts,
            fix: slowFix(slow.webhooks),
          })
        : pass(message, { observed, attempts });
    }
    const facts = {
      serviceAccount: ref.serviceAccount,
      admission,
      webhook,
      namespace: valueOf(namespace),
      association: valueOf(association) ?? undefined,
      pods: valueOf(pods) ?? [],
      now,
      changedAt,
    };
    const rest = {
      expected: `${answered} of ${answered}`,
      observed,
      attempts,
      fix: notInjectedFix(facts),
      ...(injected === 0 && mayBeLag(facts) ? { settling: true } : {}),
    };
    if (injected > 0) {
      return warn(
        `Only ${injected} of ${answered} new pods of ${who} receive the identity: it depends on which API server answers.`,
        rest,
      );
    }
    const { missing, account } = admission;
    if (account) {
      return fail(
        `New pods of ${who} do not receive the identity: admission puts them under the service account ${account}.`,
        rest,
      );
    }
    if (missing.length === INJECTED_PARTS) {
      return fail(`New pods of ${who} start without the identity.`, rest);
    }
    return fail(
      missing.length
        ? `New pods of ${who} do not receive the identity: ${listed(missing)} ${
            missing.length === 1 ? 'is' : 'are'
          } missing.`
        : `New pods of ${who} do not receive the identity: its variables hold something else.`,
      rest,
    );
  },
});
