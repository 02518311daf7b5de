import { ButtonLink, Text } from '@backstage/ui';
import {
  isRestartable,
  type CheckFix,
  type Identity,
  type OutdatedWorkload,
} from 'backstage-plugin-eks-pod-identity-common';
import {
  createContext,
  useContext,
  useMemo,
  useRef,
  type MutableRefObject,
  type ReactElement,
  type ReactNode,
} from 'react';
import { useRepairHref } from '../../hooks/useLinks';
import { useTexts } from '../../hooks/useTexts';
import styles from './Fix.module.css';
import { RestartNow } from './RestartNow';

interface Offered {
  identity: Identity;
  entityRef?: string;
  onChanged: () => void;
}

interface Offering extends Offered {
  /** Id of the one that may open by itself, of several that restart the same. */
  first: MutableRefObject<string | undefined>;
}

const OfferedContext = createContext<Offering | undefined>(undefined);

/** The fixes below it are of this identity: what the portal can do about them is offered there. */
export function OfferFixes({
  identity,
  entityRef,
  onChanged,
  isCurrent = true,
  children,
}: Offered & {
  /** False while they may be out of date; then nothing is offered. */
  isCurrent?: boolean;
  children: ReactNode;
}) {
  const first = useRef<string>(undefined);
  const value = useMemo(
    () => (isCurrent ? { identity, entityRef, onChanged, first } : undefined),
    [identity, entityRef, onChanged, isCurrent],
  );
  return (
    <OfferedContext.Provider value={value}>{children}</OfferedContext.Provider>
  );
}

/** The template, filled in with what was asked for last. */
function Repair({
  identity,
  entityRef,
  rerun,
}: {
  identity: Identity;
  entityRef: string;
  rerun: NonNullable<CheckFix['rerun']>;
}) {
  const { t } = useTexts();
  const href = useRepairHref(entityRef, identity);
  if (!href) return null;
  const { installsAgent: _, ...asked } = identity.repair ?? {};
  const isNew = Object.keys(asked).length === 0;
  const labels = {
    'as-before': isNew ? 'empty.give' : 'fix.repair',
    'with-changes': 'fix.changeInForm',
    'with-agent': 'fix.installAgent',
  } as const;
  return (
    <ButtonLink size="small" variant="primary" href={href}>
      {t(labels[rerun])}
    </ButtonLink>
  );
}

/** What the portal does about a finding at a click; for those who are not allowed to, whom to ask. */
export function useFixOffers(
  { rerun }: CheckFix,
  restart: OutdatedWorkload[] = [],
): { element?: ReactElement; isOffered: boolean } {
  const { t } = useTexts();
  const offered = useContext(OfferedContext);
  const workloads = restart.filter(isRestartable);
  const none = { isOffered: false };
  if (!offered || (!rerun && workloads.length === 0)) return none;
  const { identity, entityRef } = offered;
  if (identity.askWhom) {
    return {
      isOffered: false,
      element: (
        <Text as="p" variant="body-small">
          {t('fix.askWhom', { owners: identity.askWhom })}
        </Text>
      ),
    };
  }
  const restarts = workloads.length > 0 && identity.can.restart;
  const repairs =
    rerun &&
    identity.repair &&
    entityRef &&
    (rerun !== 'with-agent' || identity.repair.installsAgent);
  if (!restarts && !repairs) return none;
  return {
    isOffered: true,
    element: (
      <div className={styles.offers}>
        {restarts && <RestartNow {...offered} workloads={workloads} />}
        {repairs && (
          <Repair identity={identity} entityRef={entityRef} rerun={rerun} />
        )}
      </div>
    ),
  };
}
