import type { Identity } from 'backstage-plugin-eks-pod-identity-common';
import type { ReactNode } from 'react';
import { shownStatus } from '../headline';
import { useSentence } from '../OpenChange';
import { StatusBadge } from '../StatusBadge';
import { Line } from './Line';

/** One identity among several: a line that opens. */
export function IdentityLine({
  identity,
  ...line
}: {
  identity: Identity;
  open: boolean;
  onToggle: () => void;
  children: ReactNode;
}) {
  const sentence = useSentence(identity);
  const status = shownStatus(identity);
  return (
    <Line
      account={identity}
      badge={<StatusBadge status={status} notes={identity.notes} />}
      sentence={status === 'verified' ? undefined : sentence}
      {...line}
    />
  );
}
