import type {
  AccessNodeCandidate,
  AccessNodeGroup,
  AccessProgress,
} from 'backstage-plugin-eks-pod-identity-common';
import { Sentence } from '../Sentence';
import { relativeTime } from '../when';
import styles from './Access.module.css';
import { useTexts } from '../../hooks/useTexts';

/** Where a program acts as the nodes: with which role, how, and what may be meant. */
function Acting({ group }: { group: AccessNodeGroup }) {
  const { t } = useTexts();
  const { roles, programs, candidates = [], leftOut = 0 } = group;
  const further = (group.candidateCount ?? 0) - candidates.length;
  const named = ({ namespace, workload, hostNetwork }: AccessNodeCandidate) =>
    hostNetwork
      ? t('accessNodes.onHost', { name: `${namespace}/${workload}` })
      : `${namespace}/${workload}`;
  return (
    <ul>
      <li>{t('accessNodes.role', { names: roles.join(', ') })}</li>
      {programs.map(({ name, version, calls, lastAt }) => (
        <li
          key={`${name} ${version}`}
          title={new Date(lastAt).toLocaleString()}
        >
          {t('accessNodes.program', {
            program: [name, version].filter(Boolean).join(' '),
            calls: calls.join(', '),
            when: relativeTime(lastAt),
          })}
        </li>
      ))}
      {candidates.length > 0 && (
        <li>
          {t('accessNodes.candidates')}
          <ul>
            {candidates.map(one => (
              <li
                key={`${one.namespace} ${one.serviceAccount} ${one.workload}`}
              >
                {named(one)}
              </li>
            ))}
            {further > 0 && <li>{t('access.more', { count: further })}</li>}
          </ul>
        </li>
      )}
      {leftOut > 0 && <li>{t('accessNodes.leftOut', { count: leftOut })}</li>}
    </ul>
  );
}

/** Which programs call AWS with the role of their node; folded, and there only for administrators. */
export function NodeGroups({
  clusters,
}: {
  clusters: AccessProgress['clusters'];
}) {
  const { t } = useTexts();
  const looked = clusters.filter(({ nodeGroups = [] }) => nodeGroups.length);
  if (looked.length === 0) return null;
  const groups = looked.flatMap(({ nodeGroups = [] }) => nodeGroups);
  const count = groups.filter(({ programs }) => programs.length).length;
  return (
    <details className={styles.nodes}>
      <summary>
        {t('accessNodes.title')}
        <span className={styles.quiet}>
          {count
            ? t('accessNodes.acting', { count })
            : t('accessNodes.noneActing')}
        </span>
      </summary>
      <p>{t('accessNodes.limits')}</p>
      {looked.map(({ cluster, title, nodeGroups = [] }) => (
        <section key={cluster} aria-label={title}>
          <h3>{title}</h3>
          <ul>
            {nodeGroups.map(group => (
              <li key={`${group.kind} ${group.name}`}>
                <strong>
                  {t(`accessNodes.${group.kind}`)} {group.name}
                </strong>{' '}
                <Sentence>{group.sentence}</Sentence>
                {group.programs.length > 0 && <Acting group={group} />}
              </li>
            ))}
          </ul>
        </section>
      ))}
    </details>
  );
}
