import { Button, Text } from '@backstage/ui';
import {
  stringifyServiceAccountRef,
  type EntityAccess,
} from 'backstage-plugin-eks-pod-identity-common';
import { useState } from 'react';
import { useTexts } from '../../hooks/useTexts';
import { AccessFacts } from '../AccessParts/AccessFacts';
import { RoadBadge } from '../AccessParts/RoadBadge';
import { MovePlanView } from '../MovePlan';
import styles from './IdentityCard.module.css';
import { AccountName, Line } from './Line';

/** Rows beyond this number are folded behind “N more”. */
const SHOWN_LINES = 5;

/** By what it is linked to the component, and what is known of it. */
function AccessBody({
  row,
  entityRef,
}: {
  row: EntityAccess;
  entityRef: string;
}) {
  const { t } = useTexts();
  return (
    <div className={styles.access}>
      <Text as="p" variant="body-small" color="secondary">
        {t(`accessLink.${row.linkedBy}`, { namespace: row.ref.namespace })}
      </Text>
      <AccessFacts row={row} />
      <MovePlanView row={row} entityRef={entityRef} isShort />
    </div>
  );
}

/** Service accounts of a component that get to AWS without Pod Identity: one alone at length, several as lines that open. */
export function AccessLines({
  rows,
  entityRef,
  besides = false,
}: {
  rows: EntityAccess[];
  entityRef: string;
  /** The component has identities as well. */
  besides?: boolean;
}) {
  const { t } = useTexts();
  const [openRef, setOpenRef] = useState<string>();
  const [all, setAll] = useState(false);
  const [only] = rows;
  const lines = all ? rows : rows.slice(0, SHOWN_LINES);
  return (
    <div className={styles.access}>
      <Text as="p" variant="body-medium" color="secondary">
        {besides
          ? t('accessFacts.others', { count: rows.length })
          : t('accessFacts.alone')}
      </Text>
      {rows.length === 1 && !besides && (
        <>
          <div className={styles.headline}>
            <AccountName of={only} />
            <RoadBadge row={only} />
          </div>
          <AccessBody row={only} entityRef={entityRef} />
        </>
      )}
      {(rows.length > 1 || besides) && (
        <div>
          {lines.map(row => {
            const ref = stringifyServiceAccountRef(row.ref);
            const open = ref === openRef;
            return (
              <Line
                key={ref}
                account={row}
                badge={<RoadBadge row={row} />}
                sentence={row.sentence}
                open={open}
                onToggle={() => setOpenRef(open ? undefined : ref)}
              >
                <AccessBody row={row} entityRef={entityRef} />
              </Line>
            );
          })}
        </div>
      )}
      {lines.length < rows.length && (
        <Button
          size="small"
          variant="tertiary"
          className={styles.more}
          onPress={() => setAll(true)}
        >
          {t('card.more', { count: rows.length - lines.length })}
        </Button>
      )}
    </div>
  );
}
