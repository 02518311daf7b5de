import { parseEntityRef } from '@backstage/catalog-model';
import { Link, Text } from '@backstage/ui';
import type { ServiceAccountRef } from 'backstage-plugin-eks-pod-identity-common';
import { useEntityHrefs, useReportHrefs } from '../../hooks/useLinks';
import { useTexts } from '../../hooks/useTexts';
import { relativeTime } from '../when';
import styles from './Fleet.module.css';

/** What a row of any list knows of its component. */
interface EntityRow {
  ref: ServiceAccountRef;
  /** Only if the catalog shows the entity to the user. */
  entityRef?: string;
  entityTitle?: string;
  hasTab?: boolean;
  claimed?: boolean;
  ownedBy?: { title: string }[];
}

export function Quiet({ children }: { children: string }) {
  return (
    <Text as="p" variant="body-small" color="secondary" className={styles.wrap}>
      {children}
    </Text>
  );
}

/** The component with a link to its identity tab, or to its page where that has none, if the catalog shows the component to the user. */
export function EntityLink({ row }: { row: EntityRow }) {
  const { t } = useTexts();
  const tabOf = useReportHrefs();
  const pageOf = useEntityHrefs();
  const { entityRef, hasTab } = row;
  const title =
    row.entityTitle ?? (entityRef && parseEntityRef(entityRef).name);
  if (!title) return <Text color="secondary">–</Text>;
  const href =
    entityRef && (hasTab ? tabOf(entityRef, row.ref) : pageOf(entityRef));
  return (
    <>
      <span className={styles.wrap}>
        {href ? <Link href={href}>{title}</Link> : title}
      </span>
      {row.claimed && (
        <Text as="p" variant="body-small" color="secondary">
          <span title={t('fleet.claimedWhy')}>{t('fleet.claimed')}</span>
        </Text>
      )}
    </>
  );
}

/** Who owns the component, as the catalog says. */
export function Team({ row }: { row: EntityRow }) {
  return row.ownedBy?.length ? (
    <Quiet>{row.ownedBy.map(({ title }) => title).join(', ')}</Quiet>
  ) : null;
}

/** When something last happened; pointing at it tells the very time. */
export function Moment({ at }: { at: string | undefined }) {
  const { t } = useTexts();
  return (
    <Text as="p" title={at && new Date(at).toLocaleString()}>
      {at ? relativeTime(at) : t('card.never')}
    </Text>
  );
}
