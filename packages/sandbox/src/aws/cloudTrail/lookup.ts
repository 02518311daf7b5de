import { createHash } from 'node:crypto';
import { AwsError } from '../errors';
import { epochSeconds } from '../protocol/json';
import type { AwsCall } from '../service';
import { LOOKUP_KEYS, LookupKey, TrailEvent } from '../state/trail';
import type { World } from '../state/world';

const DAY_MS = 86_400_000;
const KEPT_MS = 90 * DAY_MS;
const LARGEST_PAGE = 50;

/** What a lookup asks, checked. */
interface Question {
  attribute?: { key: LookupKey; value: string };
  /** Simulated epoch milliseconds. */
  start?: number;
  end?: number;
  pageSize: number;
  /** The event after which the page begins. */
  after?: string;
}

type Body = Record<string, unknown>;

const invalid = (code: string, message: string) => new AwsError(code, message);

const MEMBERS = new Set([
  'LookupAttributes',
  'StartTime',
  'EndTime',
  'EventCategory',
  'MaxResults',
  'NextToken',
]);

function readBody(call: AwsCall): Body {
  let body: unknown;
  try {
    body = JSON.parse(call.request.body.toString('utf8') || '{}');
  } catch {
    body = undefined;
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw invalid('SerializationException', 'The request is not valid JSON.');
  }
  return Object.fromEntries(
    Object.entries(body).filter(
      ([name, value]) => MEMBERS.has(name) && value !== null,
    ),
  );
}

function readAttribute({ LookupAttributes }: Body): Question['attribute'] {
  if (LookupAttributes === undefined) return undefined;
  const list = Array.isArray(LookupAttributes) ? LookupAttributes : [];
  if (list.length > 1) {
    throw invalid(
      'InvalidLookupAttributesException',
      'You can specify only one lookup attribute.',
    );
  }
  if (list.length === 0) return undefined;
  const { AttributeKey: key, AttributeValue: value } = list[0] ?? {};
  if (!LOOKUP_KEYS.includes(key)) {
    throw invalid(
      'ValidationException',
      `1 validation error detected: Value '${key}' at 'lookupAttributes.1.member.attributeKey' failed to satisfy constraint: Member must satisfy enum value set: [${LOOKUP_KEYS.join(
        ', ',
      )}]`,
    );
  }
  if (typeof value !== 'string' || value === '' || value.length > 2_000) {
    throw invalid(
      'InvalidLookupAttributesException',
      `The value of the lookup attribute ${key} is not valid.`,
    );
  }
  return { key, value };
}

function readTime(body: Body, name: string): number | undefined {
  const value = body[name];
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw invalid('SerializationException', `${name} is not a timestamp.`);
  }
  return value * 1000;
}

function readPageSize({ MaxResults: size = LARGEST_PAGE }: Body): number {
  if (!Number.isInteger(size) || Number(size) < 1 || Number(size) > 50) {
    throw invalid(
      'InvalidMaxResultsException',
      `MaxResults must be a number from 1 to ${LARGEST_PAGE}.`,
    );
  }
  return Number(size);
}

/** Of everything that a token must be used with again. */
function fingerprint(place: string, body: Body): string {
  const { NextToken: _, MaxResults: __, ...query } = body;
  const sorted = Object.entries(query).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([place, sorted]))
    .digest('base64url');
}

function readToken(body: Body, print: string): string | undefined {
  if (body.NextToken === undefined) return undefined;
  const [known, eventId] = Buffer.from(String(body.NextToken), 'base64')
    .toString('utf8')
    .split(' ');
  if (known !== print || !eventId) {
    throw invalid(
      'InvalidNextTokenException',
      'Invalid token or token that was previously used in a request with different parameters.',
    );
  }
  return eventId;
}

function readQuestion(body: Body, print: string): Question {
  if (body.EventCategory !== undefined && body.EventCategory !== 'insight') {
    throw invalid(
      'InvalidEventCategoryException',
      'The event category must be insight.',
    );
  }
  const start = readTime(body, 'StartTime');
  const end = readTime(body, 'EndTime');
  if (start !== undefined && end !== undefined && start > end) {
    throw invalid(
      'InvalidTimeRangeException',
      'The start time is after the end time.',
    );
  }
  return {
    attribute: readAttribute(body),
    start,
    end,
    pageSize: readPageSize(body),
    after: readToken(body, print),
  };
}

/** Of the newest event first; those that are not visible yet are left out. */
function answerOf(
  world: World,
  events: readonly TrailEvent[],
  question: Question,
): { page: TrailEvent[]; more: boolean } {
  const now = world.now();
  const start = Math.max(question.start ?? 0, now - KEPT_MS);
  const end = question.end ?? Infinity;
  const page: TrailEvent[] = [];
  let skipping = question.after !== undefined;
  for (let index = events.length - 1; index >= 0; index--) {
    const event = events[index];
    if (event.at < start) break;
    if (skipping) {
      skipping = event.eventId !== question.after;
    } else if (event.at <= end && event.visibleAt <= now) {
      if (page.length === question.pageSize) return { page, more: true };
      page.push(event);
    }
  }
  return { page, more: false };
}

const shown = (event: TrailEvent) => ({
  EventId: event.eventId,
  EventName: event.name,
  ReadOnly: String(event.readOnly),
  AccessKeyId: event.accessKeyId,
  EventTime: epochSeconds(event.at),
  EventSource: event.source,
  Username: event.username,
  Resources: event.resources,
  CloudTrailEvent: event.text,
});

/** LookupEvents: the management events of an account and region in the last 90 days. */
export function lookupEvents(world: World, call: AwsCall) {
  const { accountId } = call.caller;
  const body = readBody(call);
  const print = fingerprint(`${accountId}/${call.region}`, body);
  const question = readQuestion(body, print);
  const { page, more } = answerOf(
    world,
    // There are no trails, and so no insights.
    body.EventCategory
      ? []
      : world.trail.find(accountId, call.region, question.attribute),
    question,
  );
  const last = page.at(-1);
  return {
    Events: page.map(shown),
    NextToken:
      more && last
        ? Buffer.from(`${print} ${last.eventId}`).toString('base64')
        : undefined,
  };
}
