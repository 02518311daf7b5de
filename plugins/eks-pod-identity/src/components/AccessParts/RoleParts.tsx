import type {
  AccessRole,
  AccessSharer,
} from 'backstage-plugin-eks-pod-identity-common';
import { CopyButton } from '../Copy';
import { relativeTime } from '../when';
import styles from './AccessParts.module.css';
import { Missing } from './Missing';
import { useTexts } from '../../hooks/useTexts';

/** Its name, its account and who made it. */
export function Role({
  role,
  brief = false,
}: {
  role: AccessRole;
  /** Without what is not known of it, and without its last use. */
  brief?: boolean;
}) {
  const { t } = useTexts();
  const { arn, exists, maker, makerBy, lastUsedAt } = role;
  const [, , , , account, path = ''] = arn.split(':');
  const madeBy = maker
    ? t(
        makerBy === 'name'
          ? 'accessDetails.madeByName'
          : 'accessDetails.madeByTag',
        { maker },
      )
    : t('accessDetails.makerUnknown');
  return (
    <>
      <span className={styles.role}>
        <span title={arn}>
          {path.split('/').pop() || arn}
          {account && (
            <span className={styles.quiet}>
              {t('accessDetails.account', { id: account })}
            </span>
          )}
        </span>
        <CopyButton text={arn} label={t('accessDetails.copyArn')} />
      </span>
      {exists === false && <p>{t('accessDetails.gone')}</p>}
      {exists && (maker || !brief) && (
        <p className={brief ? styles.quiet : undefined}>{madeBy}</p>
      )}
      {lastUsedAt && !brief && (
        <p title={new Date(lastUsedAt).toLocaleString()}>
          {t('accessDetails.roleUsedAt', { when: relativeTime(lastUsedAt) })}
        </p>
      )}
    </>
  );
}

/** Who else gets the role. */
export function Sharers({
  role: {
    sharedWith,
    sharedWithCount = sharedWith?.length ?? 0,
    fitting = [],
    fittingCount = 0,
    withheld,
  },
  limit,
}: {
  role: AccessRole;
  /** Names at most, without issuers; the others are counted. */
  limit?: number;
}) {
  const { t } = useTexts();
  if (!sharedWith) return <Missing withheld={withheld} />;
  if (sharedWithCount === 0) return <p>{t('accessDetails.sharedWithNone')}</p>;
  const inWords = ({ kind, name, issuer }: AccessSharer) => {
    const whom = t(`accessSharer.${kind}`, { name });
    if (!issuer) return whom;
    return limit === undefined
      ? t('accessSharerElsewhere', { whom, issuer })
      : t('accessFacts.elsewhere', { whom });
  };
  const named = sharedWith.slice(0, limit);
  const left = sharedWithCount - named.length;
  const unnamed = fittingCount - fitting.length;
  return (
    <ul>
      {named.map(sharer => (
        <li key={[sharer.name, sharer.issuer].join()} title={sharer.issuer}>
          {inWords(sharer)}
        </li>
      ))}
      {left > 0 && <li>{t('access.more', { count: left })}</li>}
      {limit === undefined && fittingCount > 0 && (
        <li>
          {t('accessDetails.fitting', {
            names: [
              ...fitting,
              ...(unnamed > 0 ? [t('access.more', { count: unnamed })] : []),
            ].join(', '),
          })}
        </li>
      )}
    </ul>
  );
}
