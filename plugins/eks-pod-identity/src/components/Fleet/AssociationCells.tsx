import { useRouteRef } from '@backstage/frontend-plugin-api';
import { Link, Text } from '@backstage/ui';
import {
  capitalised,
  stringifyServiceAccountRef,
  type AssociationRow,
} from 'backstage-plugin-eks-pod-identity-common';
import { useTemplateHref } from '../../hooks/useLinks';
import { withValues } from '../../hooks/searchParams';
import { useAppLocation } from '../../olderBackstage';
import { associationsRouteRef } from '../../routes';
import { useTexts } from '../../hooks/useTexts';
import { EntityLink, Moment, Quiet } from './EntityCells';
import styles from './Fleet.module.css';

interface CellProps {
  row: AssociationRow;
}

const roleName = (arn: string | undefined) => arn?.split('/').pop() ?? '–';

function Flag({ text, why }: { text: string; why: string }) {
  return (
    <span className={styles.flag} title={why}>
      {text}
    </span>
  );
}

/** What an administrator can do about an orphan; the forms show the plan before anything is done. */
function Settle({ row }: CellProps) {
  const { t } = useTexts();
  const { cluster, namespace, serviceAccount } = row.ref;
  const target = { clusterName: cluster, namespace, serviceAccount };
  const remove = useTemplateHref('remove-aws-identity', target);
  const handOver = useTemplateHref('give-a-component-an-aws-identity', target);
  return (
    <Text as="p" variant="body-small" className={styles.settle}>
      {remove && <Link href={remove}>{t('fleet.removeOrphan')}</Link>}
      {handOver && <Link href={handOver}>{t('fleet.handOver')}</Link>}
    </Text>
  );
}

/** The component, or what can be done about an orphan. */
export function Component({ row }: CellProps) {
  const { t } = useTexts();
  const { orphan, entityRef, entityTitle } = row;
  return orphan && !entityRef && !entityTitle ? (
    <>
      <Flag text={t('fleet.orphan')} why={t('fleet.orphanWhy')} />
      {row.can?.settle && <Settle row={row} />}
    </>
  ) : (
    <EntityLink row={row} />
  );
}

/** When the association was last checked, and whether that is out of date. */
export function LastLook({ row }: CellProps) {
  const { t } = useTexts();
  return (
    <>
      <Moment at={row.lookedAt} />
      {row.stale && <Flag text={t('status.stale')} why={t('fleet.staleWhy')} />}
    </>
  );
}

/** Last use of the role, and what stands out in it. */
export function LastUse({ row }: CellProps) {
  const { t } = useTexts();
  const { deniedAt, irsaAt, lastUsedAt, unused } = row;
  const isWithin = (at: string | undefined, days: number) =>
    at !== undefined && Date.now() - Date.parse(at) < days * 24 * 3_600_000;
  return (
    <>
      {lastUsedAt || unused ? (
        <Moment at={lastUsedAt} />
      ) : (
        <Text color="secondary">–</Text>
      )}
      {unused && <Quiet>{t('fleet.useUnused')}</Quiet>}
      {isWithin(irsaAt, 7) && <Quiet>{t('fleet.useIrsa')}</Quiet>}
      {isWithin(deniedAt, 1) && <Quiet>{t('fleet.useDenied')}</Quiet>}
    </>
  );
}

/** The service account with a link to its own page, which also those have that no component claims. */
export function AccountLink({ row }: CellProps) {
  const { search } = useAppLocation();
  const page = useRouteRef(associationsRouteRef)?.();
  const { namespace, serviceAccount } = row.ref;
  const name = (
    <>
      {namespace}/<wbr />
      {serviceAccount}
    </>
  );
  const query = withValues(new URLSearchParams(search), {
    identity: stringifyServiceAccountRef(row.ref),
  });
  return (
    <Text as="p" weight="bold" className={styles.wrap}>
      {page ? <Link href={`${page}?${query}`}>{name}</Link> : name}
    </Text>
  );
}

export function Drift({ row }: CellProps) {
  const { t } = useTexts();
  if (!row.drift) return null;
  return (
    <>
      <Flag text={t('fleet.drift')} why={t('fleet.driftWhy')} />
      {row.driftReason && <Quiet>{row.driftReason}</Quiet>}
    </>
  );
}

export function Finding({ row }: CellProps) {
  return row.status === 'verified' ? null : (
    <Quiet>{capitalised(row.sentence)}</Quiet>
  );
}

export function Role({ row }: CellProps) {
  const { t } = useTexts();
  return (
    <>
      <span className={styles.role} title={row.roleArn}>
        {roleName(row.roleArn)}
      </span>
      {row.targetRoleArn && (
        <Quiet>
          {t('fleet.thenRole', { name: roleName(row.targetRoleArn) })}
        </Quiet>
      )}
    </>
  );
}

export function ManagedBy({ row }: CellProps) {
  const { t } = useTexts();
  const words: Record<AssociationRow['owner'], string> = {
    portal: t('fleet.ownerPortal'),
    addon: t('fleet.ownerAddon'),
    external: t('fleet.ownerExternal'),
  };
  return <Text as="p">{words[row.owner]}</Text>;
}
