import type { AccessRow } from 'backstage-plugin-eks-pod-identity-common';
import { Sentence } from '../Sentence';
import { relativeTime } from '../when';
import styles from './AccessParts.module.css';
import { Missing } from './Missing';
import { VerdictBadge } from './VerdictBadge';
import { useTexts } from '../../hooks/useTexts';

interface CellProps {
  row: AccessRow & { withheld?: boolean };
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
  const { t } = useTexts();
  const [first, ...others] = roads.map(road => t(`accessRoad.${road}`));
  return (
    <>
      {first}
      {others.length > 0 && (
        <p className={styles.quiet}>
          {t('access.also', { names: others.join(', ') })}
        </p>
      )}
    </>
  );
}

/** Programs that asked by IRSA, and which of them are too old. */
export function Sdks({ row: { programs, withheld } }: CellProps) {
  const { t } = useTexts();
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
export const hasNoUse = ({ irsaAt, refusedAt, role, programs }: AccessRow) =>
  programs !== undefined && !irsaAt && !refusedAt && !role?.lastUsedAt;

/** When it last got the role by IRSA; else when anything last used the role. */
export function LastUse({
  row: { irsaAt, refusedAt, role, programs, withheld },
}: CellProps) {
  const { t } = useTexts();
  const at = irsaAt ?? role?.lastUsedAt;
  if (!at && !refusedAt && !programs) return <Missing withheld={withheld} />;
  return (
    <>
      {at && <p title={new Date(at).toLocaleString()}>{relativeTime(at)}</p>}
      {!at && !refusedAt && '–'}
      {at && (
        <p className={styles.quiet}>
          {t(irsaAt ? 'access.useByIrsa' : 'access.useOfRole')}
        </p>
      )}
      {refusedAt && <span className={styles.flag}>{t('access.refused')}</span>}
    </>
  );
}
