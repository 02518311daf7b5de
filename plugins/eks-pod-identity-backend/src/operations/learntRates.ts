import type { EngineOptions } from 'eks-pod-identity-engine';
import type { Store } from '../store';

const keyOf = (accountId: string) => `iamRate:${accountId}`;

/** What a replica learnt of the rate of calls to IAM, for the others and for later. */
export const learntRates = ({
  settings,
}: Pick<Store, 'settings'>): NonNullable<EngineOptions['rates']> => ({
  async read(accountId) {
    const text = await settings.get(keyOf(accountId));
    return text === undefined ? undefined : JSON.parse(text);
  },
  async write(accountId, learnt) {
    await settings.swap(keyOf(accountId), JSON.stringify(learnt));
  },
});
