import { Text, VisuallyHidden } from '@backstage/ui';
import type {
  AccessProgress,
  AccessShare,
} from 'backstage-plugin-eks-pod-identity-common';
import styles from './Access.module.css';
import { useTexts } from '../../hooks/useTexts';

type Days = AccessProgress['days'];

const WIDTH = 100;
const HEIGHT = 40;

const dayOf = (day: string) =>
  new Date(`${day}T00:00:00Z`).toLocaleDateString(undefined, {
    timeZone: 'UTC',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
  });

/** Points of a line; days that are missing leave their room. */
function pointsOf(days: Days, key: 'byPodIdentity' | 'total'): string {
  const at = ({ day }: Days[number]) => Date.parse(day);
  const [first, last] = [at(days[0]), at(days[days.length - 1])];
  const most = Math.max(1, ...days.map(({ total }) => total));
  return days
    .map(each => {
      const x = ((at(each) - first) / Math.max(1, last - first)) * WIDTH;
      const y = HEIGHT - (each[key] / most) * HEIGHT;
      return `${x.toFixed(2)},${y.toFixed(2)}`;
    })
    .join(' ');
}

/** The figures of each day, for those who do not see the picture. */
function Table({ days }: { days: Days }) {
  const { t } = useTexts();
  return (
    <VisuallyHidden>
      <table>
        <caption>{t('accessProgress.caption')}</caption>
        <thead>
          <tr>
            <th scope="col">{t('accessProgress.day')}</th>
            <th scope="col">{t('accessProgress.byPodIdentity')}</th>
            <th scope="col">{t('accessProgress.total')}</th>
          </tr>
        </thead>
        <tbody>
          {days.map(({ day, byPodIdentity, total }) => (
            <tr key={day}>
              <th scope="row">{dayOf(day)}</th>
              <td>{byPodIdentity}</td>
              <td>{total}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </VisuallyHidden>
  );
}

/**
 * A picture of all days: what goes by Pod Identity, of everything with AWS access. One day alone is no picture, and without
 * any nothing is said: not everybody is shown the days of everything.
 *
 * @param now - which the last of the days might not be: a service account with several owners is in the days of one
 */
export function AccessDays({ days, now }: { days: Days; now: AccessShare }) {
  const { t } = useTexts();
  if (days.length === 0) return null;
  if (days.length < 2) {
    return (
      <Text as="p" variant="body-small" color="secondary">
        {t('accessProgress.firstDay')}
      </Text>
    );
  }
  const [first] = days;
  const last = days[days.length - 1];
  const done = pointsOf(days, 'byPodIdentity');
  const endsHere =
    last.total === now.total && last.byPodIdentity === now.byPodIdentity;
  return (
    <figure className={styles.days}>
      <svg
        aria-hidden="true"
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
      >
        <polygon
          className={styles.area}
          points={`0,${HEIGHT} ${done} ${WIDTH},${HEIGHT}`}
        />
        <polyline className={styles.doneLine} points={done} />
        <polyline className={styles.allLine} points={pointsOf(days, 'total')} />
      </svg>
      <div className={styles.ends} aria-hidden="true">
        <span>{dayOf(first.day)}</span>
        <span>{dayOf(last.day)}</span>
      </div>
      <figcaption>
        <span className={styles.key} data-line="all" aria-hidden="true">
          {t('accessProgress.total')}
        </span>
        <span className={styles.key} data-line="done" aria-hidden="true">
          {t('accessProgress.byPodIdentity')}
        </span>
        <span>
          {t(`accessProgress.${endsHere ? 'overTime' : 'between'}`, {
            day: dayOf(first.day),
            before: first.byPodIdentity.toLocaleString(),
            beforeTotal: first.total.toLocaleString(),
            done: last.byPodIdentity.toLocaleString(),
            total: last.total.toLocaleString(),
            lastDay: dayOf(last.day),
          })}
        </span>
      </figcaption>
      <Table days={days} />
    </figure>
  );
}
