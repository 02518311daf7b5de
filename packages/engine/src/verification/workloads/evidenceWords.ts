import type { Evidence } from 'backstage-plugin-eks-pod-identity-common';
import { ageOf, programOf } from '../../evidence/sdks';
import { listed } from '../../text/listed';
import { type Outcome, skip, unknown } from '../framework/check';
import type { Fact } from '../framework/fact';
import { lackOutcome } from '../access/lackOutcome';
import { capitalised } from '../../text/capitalised';
import { settingOf, voiceOf } from '../../text/voice';
import type { ClusterConfig } from '../../clusters/types';

/** The right that evidence needs; AWS knows no resource for it. */
const LOOKUP_RIGHT = {
  action: 'cloudtrail:LookupEvents',
  resource: '*',
};

const TITLES: Record<string, string> = {
  secretsmanager: 'Secrets Manager',
  dynamodb: 'DynamoDB',
  lambda: 'Lambda',
  monitoring: 'CloudWatch',
  logs: 'CloudWatch Logs',
};

/** `s3` as `S3`. */
export function serviceInWords(service: string): string {
  return (
    TITLES[service] ?? (service.length < 5 ? service.toUpperCase() : service)
  );
}

/** `at 10:42 UTC`, with the day where it is another. */
export function whenInWords(at: string, now: number): string {
  const [day, time] = new Date(at).toISOString().split('T');
  const clock = `at ${time.slice(0, 5)} UTC`;
  return day === new Date(now).toISOString().slice(0, 10)
    ? clock
    : `on ${day} ${clock}`;
}

/**
 * ` (boto3 1.28.57, too old for Pod Identity: …)`, or ` with boto3 1.28.57 (too old …)` after another word; empty where the
 * user agent tells nothing.
 */
export function sdkSeen(
  { sdk, version }: { sdk?: string; version?: string },
  before = ' (',
): string {
  if (!sdk) return '';
  const program = programOf(sdk);
  const name = [sdk, version].filter(Boolean).join(' ');
  const age =
    program && ageOf(program, version) === 'too-old'
      ? `too old for Pod Identity: ${program.works} is the oldest known to work`
      : '';
  if (before === ' (') return ` (${name}${age && `, ${age}`})`;
  return `${before}${name}${age && ` (${age})`}`;
}

/** Whether a version was measured not to work. */
export function isTooOld({ sdk, version }: { sdk?: string; version?: string }) {
  const program = programOf(sdk);
  return program !== undefined && ageOf(program, version) === 'too-old';
}

/** A clause for a sentence about calls, or about those who obtained the role, where not all of them were read. */
export function readUpToInWords(
  { readUpTo = {} }: Evidence,
  about: 'calls' | 'role',
): string {
  const { events, sessions, calls } = readUpTo;
  const parts =
    about === 'role'
      ? [events && `the newest ${events} events of the role`]
      : [
          sessions && `the calls of the newest ${sessions} sessions`,
          calls && `the newest ${calls} calls of each session`,
        ];
  const limits = parts.filter(Boolean) as string[];
  return limits.length
    ? `; of what CloudTrail has, only ${listed(limits)} were read`
    : '';
}

/**
 * Why there is nothing to judge; one check says it whole, the others name that one.
 *
 * @returns undefined where evidence was read
 */
export function unreadOutcome(
  evidence: Fact<Evidence>,
  cluster: ClusterConfig,
  follows?: 'workloads.obtained',
): Outcome | undefined {
  if (!evidence.known) return lackOutcome(evidence.lack, cluster);
  const { state, reason } = evidence.value;
  if (state === 'read') return undefined;
  if (state === 'off') {
    return skip(
      follows
        ? `Not read: ${follows} says what would be seen.`
        : `Not read: with ${settingOf(
            voiceOf(cluster),
            'eksPodIdentity.evidence.cloudTrail',
          )} and the right ${
            LOOKUP_RIGHT.action
          }, this check would say which pods obtained the role themselves, with which SDK, and what AWS denied them.`,
    );
  }
  if (follows) {
    return skip('Not checked, because there are no events of CloudTrail.', {
      explainedBy: { check: follows },
    });
  }
  if (state === 'denied') {
    return lackOutcome(
      {
        kind: 'denied',
        sentence: `${capitalised(voiceOf(cluster).me)} is not allowed to call ${
          LOOKUP_RIGHT.action
        }, so it cannot see what the application did.`,
        aws: LOOKUP_RIGHT,
      },
      cluster,
    );
  }
  return reason
    ? unknown(`The events of CloudTrail could not be read: ${reason}`)
    : skip('The events of CloudTrail have not been read yet.');
}
