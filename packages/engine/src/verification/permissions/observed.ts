import type { Evidence } from 'backstage-plugin-eks-pod-identity-common';
import { parseDenial } from '../../aws/denial';
import { capitalised } from '../../text/capitalised';
import { defineCheck, note, pass } from '../framework/check';
import {
  readUpToInWords,
  serviceInWords,
  unreadOutcome,
  whenInWords,
} from '../workloads/evidenceWords';
import { type Fact, valueOf } from '../framework/fact';
import { deniedFix } from './denied';
import type { PodRunFact } from '../framework/facts/probe';
import { readPermissionAnswer } from './permissionErrors';
import { presentSince } from '../workloads/obtainedByPods';
import { actingRole } from './tested';

/** What AWS denied before that may have been fixed since. */
const RECENT_MS = 24 * 3_600_000;
/** Operations that one sentence names. */
const NAMED = 3;

type Denied = Evidence['denied'][number];

const succeededSince = ({ allowedAt = '', lastAt }: Denied) =>
  allowedAt > lastAt;

/** Whether the application does now what AWS refused; of one resource that a success elsewhere does not tell. */
const isOver = (one: Denied) =>
  succeededSince(one) && parseDenial(one.message).resource === undefined;

/** What the commands of this run found, as a clause. */
function tested(podRun: Fact<PodRunFact>): string | undefined {
  const readings = Object.values(valueOf(podRun)?.permissions ?? {}).map(
    readPermissionAnswer,
  );
  if (readings.length === 0) return undefined;
  const allowed = readings.filter(({ kind }) => kind === 'allowed').length;
  return `of the commands that this run tried, ${allowed} of ${readings.length} succeeded`;
}

export const permissionsObserved = defineCheck({
  id: 'permissions.observed',
  category: 'permissions',
  title: 'AWS denied the application nothing',
  question: 'What did AWS deny the application itself?',
  neededBy: [],
  dependsOn: [{ check: 'association.exists', onlyWhenFailed: true }],
  needs: [],
  uses: [
    'evidence',
    'podRun',
    'association',
    'role',
    'targetRole',
    'rolePolicies',
    'expected',
  ],
  evaluate({ evidence: read, podRun, ...identity }, context) {
    const unread = unreadOutcome(read, context.cluster, 'workloads.obtained');
    if (unread) return unread;
    const evidence = valueOf(read)!;
    const since = Math.max(
      presentSince(valueOf(identity.association), valueOf(identity.role)),
      context.now - RECENT_MS,
    );
    const recent = evidence.denied.filter(
      ({ lastAt }) => Date.parse(lastAt) >= since,
    );
    const denied = recent.filter(one => !isOver(one));
    const beside = tested(podRun);
    if (denied.length === 0) {
      return pass(
        `${
          recent.length === 0
            ? 'AWS denied none of the calls of the application that CloudTrail recorded in the last day; calls for data are not among them'
            : 'What AWS denied the application in the last day has succeeded since; calls for data are not among what CloudTrail records'
        }${readUpToInWords(evidence, 'calls')}.`,
      );
    }
    const [last] = denied;
    const { action, resource, layer, explicit } = parseDenial(last.message);
    const clauses = denied
      .slice(0, NAMED)
      .map(
        one =>
          `${serviceInWords(one.service)} ${one.operation} ${
            one.count === 1 ? 'once' : `${one.count} times`
          }, last ${whenInWords(one.lastAt, context.now)}${
            succeededSince(one)
              ? ', and the same call succeeded since, maybe on another resource'
              : ''
          }`,
      );
    const more = denied.length - NAMED;
    return note(
      `${capitalised(
        [
          `AWS denied the application ${clauses.join('; ')}`,
          ...(more > 0 ? [`and ${more} more`] : []),
          ...(beside ? [beside] : []),
        ].join('; '),
      )}${readUpToInWords(evidence, 'calls')}.`,
      {
        counted: true,
        observed: last.message || last.code,
        fix: deniedFix(
          {
            kind: 'denied',
            text: last.message,
            explicit,
            action,
            resource,
            layer,
          },
          [],
          actingRole(identity),
          context,
        ),
      },
    );
  },
});
