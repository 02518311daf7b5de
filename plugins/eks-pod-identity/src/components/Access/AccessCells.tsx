import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type { AccessItem } from 'backstage-plugin-eks-pod-identity-common';
import { podIdentityTranslationRef } from '../../translation';
import { Moment, Quiet } from '../Fleet/EntityCells';
import { Sentence } from '../Sentence';
import styles from './Access.module.css';
import { Missing } from './Missing';
import { VerdictBadge } from './VerdictBadge';

interface CellProps {
  row: AccessItem;
}

/** The verdict and why. */
export function VerdictOf({ row: { verdict, sentence } }: CellProps) {
  return (
    <>
      <VerdictBadge verdict={verdict} />
      <p className={styles.quiet}>
        <Sentence>{sentence}</Sentence>
      </p>
    </>
  );
}

/** The road that wins, and the others. */
export function Roads({ row: { roads } }: CellProps) {
  const { t } = useTranslationRef(podIdentityTranslationRef);
  const [first, ...others] = roads.map(road => t(`accessRoad.${road}`));
  return (
    <>
      {first}
      {others.length > 0 && (
        <Quiet>{t('access.also', { names: others.join(', ') })}</Quiet>
      )}
    </>
  );
}

/** Programs that asked by IRSA, and which of them are too old. */
export function Sdks({ row: { programs, withheld } }: CellProps) {
  const { t } = useTranslationRef(podIdentityTranslationRef);
  if (!programs) return <Missing withheld={withheld} />;
  if (programs.length === 0) return <>–</>;
  return (
    <>
      {programs.map(({ name, version, age, minimum }, index) => (
        <p key={index} className={styles.sdk}>
          {[name ?? t('access.unnamedSdk'), version].filter(Boolean).join(' ')}{' '}
          {age === 'too-old' && (
            <span
              className={styles.flag}
              title={minimum && t('accessDetails.needs', { version: minimum })}
            >
              {t('accessDetails.tooOld')}
            </span>
          )}
        </p>
      ))}
    </>
  );
}

/** True if its use was read, and there is none. */
export const hasNoUse = ({ irsaAt, refusedAt, role, programs }: AccessItem) =>
  programs !== undefined && !irsaAt && !refusedAt && !role?.lastUsedAt;

/** When it last got the role by IRSA; else when anything last used the role. */
export function LastUse({
  row: { irsaAt, refusedAt, role, programs, withheld },
}: CellProps) {
  const { t } = useTranslationRef(podIdentityTranslationRef);
  const at = irsaAt ?? role?.lastUsedAt;
  if (!at && !refusedAt && !programs) return <Missing withheld={withheld} />;
  return (
    <>
      {at && <Moment at={at} />}
      {!at && !refusedAt && '–'}
      {at && (
        <Quiet>{t(irsaAt ? 'access.useByIrsa' : 'access.useOfRole')}</Quiet>
      )}
      {refusedAt && <span className={styles.flag}>{t('access.refused')}</span>}
    </>
  );
}
