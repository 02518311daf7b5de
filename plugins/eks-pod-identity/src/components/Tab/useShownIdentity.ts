import {
  compareHarm,
  stringifyServiceAccountRef,
  type Identity,
} from 'backstage-plugin-eks-pod-identity-common';
import { useEffect, useState } from 'react';

/** The identity that the address names, else the worst one. That choice stays, even if another becomes the worst. */
export function useShownIdentity(
  identities: Identity[],
  asked: string | undefined,
) {
  const [kept, setKept] = useState<string>();
  const sorted = [...identities].sort(compareHarm);
  const named = (ref: string | undefined) =>
    sorted.find(each => stringifyServiceAccountRef(each.ref) === ref);
  const found = named(asked);
  const fallback = named(kept) ?? sorted[0];
  const identity = found ?? fallback;
  const ref = identity && stringifyServiceAccountRef(identity.ref);
  const isFallback = !found;
  useEffect(() => {
    if (isFallback) setKept(ref);
  }, [isFallback, ref]);
  return { sorted, identity, ref, found };
}
