import { useRouteRef } from '@backstage/frontend-plugin-api';
import { Link } from '@backstage/ui';
import type { EntityAccess } from 'backstage-plugin-eks-pod-identity-common';
import type { ReactNode } from 'react';
import { accessRouteRef } from '../../routes';
import { LastUse, Sdks, VerdictOf } from './AccessCells';
import styles from './AccessParts.module.css';
import { RoadBadge } from './RoadBadge';
import { Role, Sharers } from './RoleParts';
import { useTexts } from '../../hooks/useTexts';

/** Whom a role lets in as well, by name. */
const NAMED_SHARERS = 2;

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className={styles.fact}>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** What all AWS access says of one service account, as a card has room for it. */
export function AccessFacts({
  row,
  showRoad = false,
}: {
  row: EntityAccess;
  /** Where nothing beside it says by what it gets to AWS. */
  showRoad?: boolean;
}) {
  const { t } = useTexts();
  const page = useRouteRef(accessRouteRef)?.();
  const { ref, role, withheld } = row;
  const filter = new URLSearchParams({
    cluster: ref.cluster,
    q: `${ref.namespace}/${ref.serviceAccount}`,
  });
  return (
    <div className={styles.facts}>
      {showRoad && <RoadBadge row={row} />}
      <div>
        <VerdictOf row={row} />
      </div>
      {withheld && (
        <p className={styles.quiet}>{t('accessDetails.withheld')}</p>
      )}
      <dl className={styles.list}>
        {role && (
          <Fact label={t('accessDetails.role')}>
            <Role role={role} brief />
          </Fact>
        )}
        {role && role.exists !== false && (
          <Fact label={t('accessFacts.sharedWith')}>
            <Sharers role={role} limit={NAMED_SHARERS} />
          </Fact>
        )}
        {!withheld && (
          <Fact label={t('access.sdk')}>
            <Sdks row={row} />
          </Fact>
        )}
        <Fact label={t('access.lastUse')}>
          <LastUse row={row} />
        </Fact>
      </dl>
      {page && (
        <Link href={`${page}?${filter}`} variant="body-small">
          {t('accessFacts.open')}
        </Link>
      )}
    </div>
  );
}
