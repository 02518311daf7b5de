import type { Evidence } from 'backstage-plugin-eks-pod-identity-common';
import { defineCheck, note, pass } from '../framework/check';
import {
  readUpToInWords,
  unreadOutcome,
  whenInWords,
} from '../workloads/evidenceWords';
import { valueOf } from '../framework/fact';

type Kind = Evidence['others'][number]['kind'];

/** Kinds in words, one and several. No name: not every reader may know who else there is. */
const WORDS: [Kind, string, string][] = [
  ['pod-identity', 'other service account', 'other service accounts'],
  ['irsa', 'subject of IRSA', 'subjects of IRSA'],
  ['node', 'node', 'nodes'],
  ['role', 'other role', 'other roles'],
  ['user', 'user', 'users'],
  ['service', 'service of AWS', 'services of AWS'],
  ['other', 'caller of another kind', 'callers of other kinds'],
];

export const roleShared = defineCheck({
  id: 'role.shared',
  category: 'role',
  title: 'No one else uses the role',
  question: 'Who else obtained the role of this identity?',
  neededBy: [],
  dependsOn: [{ check: 'association.exists', onlyWhenFailed: true }],
  needs: [],
  uses: ['evidence'],
  evaluate({ evidence: read }, { now, cluster }) {
    const unread = unreadOutcome(read, cluster, 'workloads.obtained');
    if (unread) return unread;
    const evidence = valueOf(read)!;
    const limit = readUpToInWords(evidence, 'role');
    const others = evidence.others.filter(({ own }) => !own);
    if (others.length === 0) {
      return pass(`AWS saw no one else obtain the role${limit}.`);
    }
    const parts = WORDS.flatMap(([kind, one, several]) => {
      const names = new Set(
        others.filter(other => other.kind === kind).map(({ name }) => name),
      );
      if (names.size === 0) return [];
      return [`${names.size} ${names.size === 1 ? one : several}`];
    });
    return note(
      `Others obtained the role too: ${parts.join(', ')}, last ${whenInWords(
        others[0].lastAt,
        now,
      )}${limit}.`,
      {
        fix: {
          cause:
            'The trust policy of the role lets them, and each of them may do what any of them needs.',
          actions: [
            'If that is not meant, give each its own role, and narrow the trust policy to this service account: this report has the statement where it judges the trust policy.',
          ],
        },
      },
    );
  },
});
