import { EventResource } from '../state/trail';
import { World } from '../state/world';

/** An event as LookupEvents returns it, to be put into the history. */
export interface EventInput {
  accountId?: string;
  region?: string;
  EventName: string;
  EventSource: string;
  /** ISO 8601; default now. */
  EventTime?: string;
  EventId?: string;
  /** Default true. */
  ReadOnly?: boolean;
  Username?: string;
  AccessKeyId?: string;
  Resources?: EventResource[];
  /** The whole event; what it does not say of its name, source, time and place is added. */
  CloudTrailEvent?: Record<string, unknown>;
  /** Whether the delay `cloudTrail` applies to it; default not. */
  late?: boolean;
}

/** Direct access to the event history. */
export class CloudTrailDirect {
  constructor(
    private readonly world: World,
    private readonly mainAccount: string,
    private readonly mainRegion: string,
  ) {}

  /** Puts an event into the history, of whatever time; returns its ID. */
  putEvent(input: EventInput): string {
    const { trail, core } = this.world;
    const now = this.world.now();
    const accountId = input.accountId ?? this.mainAccount;
    const region = input.region ?? this.mainRegion;
    const time = input.EventTime ? Date.parse(input.EventTime) : now;
    const at = Math.floor(time / 1000) * 1000;
    const eventId = input.EventId ?? trail.newId();
    trail.add({
      eventId,
      accountId,
      region,
      at,
      visibleAt: input.late ? now + core.delays.cloudTrail : now,
      name: input.EventName,
      source: input.EventSource,
      username: input.Username,
      accessKeyId: input.AccessKeyId,
      readOnly: input.ReadOnly ?? true,
      resources: input.Resources ?? [],
      text: JSON.stringify({
        eventTime: new Date(at).toISOString().replace('.000Z', 'Z'),
        eventSource: input.EventSource,
        eventName: input.EventName,
        awsRegion: region,
        eventID: eventId,
        readOnly: input.ReadOnly ?? true,
        recipientAccountId: accountId,
        ...input.CloudTrailEvent,
      }),
    });
    return eventId;
  }

  /** The whole events, oldest first, also those that no lookup returns yet. */
  events(
    filter: { accountId?: string; region?: string; name?: string } = {},
  ): Record<string, any>[] {
    return this.world.trail
      .all()
      .filter(
        ({ accountId, region, name }) =>
          accountId === (filter.accountId ?? accountId) &&
          region === (filter.region ?? region) &&
          name === (filter.name ?? name),
      )
      .map(({ text }) => JSON.parse(text));
  }
}
