import { ControlError } from '../core/controlError';
import { IrsaAccount, makeIrsaAccount } from '../seed/irsa/account';
import { ROLE_MAKERS } from '../seed/irsa/makers';
import { TRUST_SHAPES } from '../seed/irsa/trust';
import { namespace } from '../seed/manifests';
import type { Scenario } from './scenario';
import { identityFrom, Stage } from './stage';

let serial = 1;

/** One of the values that an input may have. */
function oneOf(name: string, given: unknown, values: readonly string[]): void {
  if (given !== undefined && !values.includes(String(given))) {
    throw new ControlError(`${name} must be one of ${values.join(', ')}.`);
  }
}

/** A service account from before Pod Identity, for a look at it and for its move. */
export const irsaAccount: Scenario = {
  rows: [],
  description:
    'Makes the service account `identity` as it was before Pod Identity: a trust policy of `shape` (T1 to T14), a role as `maker` makes it, a program with `sdk`, and whatever else `IrsaAccount` has.',
  async run(context, { identity: given, ...more }) {
    const identity = identityFrom(given);
    oneOf('shape', more.shape, TRUST_SHAPES);
    oneOf('maker', more.maker, ROLE_MAKERS);
    const { cluster, namespace: ns, serviceAccount } = identity;
    const kube = context.cluster(cluster);
    const account: IrsaAccount = {
      ...more,
      namespace: ns,
      name: serviceAccount,
    };
    const { roleArn, manifests } = makeIrsaAccount(
      { aws: context.aws, cluster, issuer: kube.issuer },
      account,
      serial++,
    );
    await kube.apply([
      ...(kube.get('namespaces', undefined, ns) ? [] : [namespace(ns)]),
      ...manifests,
    ]);
    if (account.kind !== 'CronJob') {
      const stage = new Stage(context, identity);
      await stage.rolledOut();
      if (account.sdk) await stage.called();
    }
    return { identity, roleArn };
  },
};
